# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a SigMF recording that has nothing but its samples, their rate and their frequency."""
import json
import pathlib

import numpy as np

FULL_SCALE = 32767


def write_recording(meta_path, air, rate, frequency):
    """Writes meta_path, whose name ends in .sigmf-meta, and the samples (ci16_le) beside it.

    air: complex[n], within -1 to 1; rate: samples/s; frequency: of the centre, in Hz. Makes the
    folder where it is missing. Raises ValueError for another name.
    """
    meta_path = pathlib.Path(meta_path)
    if meta_path.suffix != ".sigmf-meta":
        raise ValueError(f"{meta_path}: the name must end in .sigmf-meta")
    meta_path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.round(FULL_SCALE * np.stack([air.real, air.imag], axis=1)).astype("<i2")
    samples.tofile(meta_path.with_suffix(".sigmf-data"))
    meta_path.write_text(json.dumps({
        "global": {"core:version": "1.0.0", "core:datatype": "ci16_le", "core:sample_rate": rate},
        "captures": [{"core:sample_start": 0, "core:frequency": frequency}],
        "annotations": []}))

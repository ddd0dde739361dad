# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording: a scene in memory; the simulated DMA engine copies it and computes nothing."""
import json
import os

import numpy

# A power of two, so that the recording fits every ring exactly and resident DMA can use it.
SAMPLES = 1 << 16
DATATYPES = {"fc32": "cf32_le", "sc16": "ci16_le"}


def write(folder, format, rate, frequency=100e6):
    """Writes an FM tone of this format and rate; returns the path, for scene=."""
    turns = numpy.arange(SAMPLES) / SAMPLES
    wave = 0.5 * numpy.exp(1j * 100 * numpy.sin(2 * numpy.pi * 16 * turns))
    if format == "sc16":
        data = numpy.stack([wave.real, wave.imag], 1)
        data = numpy.round(data * 32767).astype("<i2")
    else:
        data = wave.astype("<c8")
    name = os.path.join(folder, f"{format}-{rate:.0f}")
    data.tofile(name + ".sigmf-data")
    with open(name + ".sigmf-meta", "w", encoding="utf-8") as file:
        json.dump({"global": {"core:datatype": DATATYPES[format], "core:version": "1.0.0",
                              "core:sample_rate": rate},
                   "captures": [{"core:sample_start": 0, "core:frequency": frequency}],
                   "annotations": []}, file)
    return name + ".sigmf-meta"

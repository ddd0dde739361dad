#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ADC clips at full scale, and counts the samples that it clips, as a model in numpy does.

A sample is clipped if I or Q, before it is rounded, lies outside of the format of the ring. The
recordings have no value that 30 dB of gain move to within a thousandth of full scale, as the model
does not round the gain.
"""

import json
import pathlib
import tempfile

import numpy as np
from gnuradio import blocks, gr_unittest, zcring
from qa_source import LOSSLESS, DeviceTestCase, received

GAIN_DB = 30
GAIN = 10 ** (GAIN_DB / 20)
FULL_SCALE = {"sc8": 128, "sc16": 32768, "fc32": 1}
SAMPLES = 3000  # of the recording
ITEMS = 20000
RECORDED = {"ci8": (np.int8, 128), "ci16_le": (np.int16, 32768), "cf32_le": (np.float32, 1)}
# The sink, the type of its items, and the type of I and of Q. A sink of bytes gives them unsigned.
SINKS = {"sc8": (blocks.vector_sink_b, np.uint8, np.int8, 2),
         "sc16": (blocks.vector_sink_s, np.int16, np.int16, 2),
         "fc32": (blocks.vector_sink_c, np.complex64, np.float32, 1)}


def limits(ring):
    """The least and the largest value of a format, as parts of full scale."""
    return -1, 1 if ring == "fc32" else 1 - 1 / FULL_SCALE[ring]


def recorded_values(datatype):
    """I and Q in turn, as the file has them; about a third of the samples will be clipped."""
    kind, scale = RECORDED[datatype]
    values = np.random.default_rng(17).normal(0, 0.025, 2 * SAMPLES).clip(-0.9, 0.9)
    values = (np.round(values * scale) if scale > 1 else values).astype(kind)
    for limit in (limit for ring in FULL_SCALE for limit in limits(ring)):
        values[np.abs(values.astype(float) / scale * GAIN - limit) < 1e-3] = 0
    return values


class QaOverload(DeviceTestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def recording(self, datatype):
        """Writes a recording; gives its path and its values as parts of full scale."""
        values = recorded_values(datatype)
        path = pathlib.Path(self.folder.name, datatype)
        path.with_suffix(".sigmf-data").write_bytes(values.tobytes())
        path.with_suffix(".sigmf-meta").write_text(json.dumps({
            "global": {"core:version": "1.0.0", "core:datatype": datatype,
                       "core:sample_rate": 1e6},
            "captures": [{"core:sample_start": 0, "core:frequency": 100e6}],
            "annotations": []}), encoding="utf-8")
        return path.with_suffix(".sigmf-meta"), values.astype(float) / RECORDED[datatype][1]

    def receive(self, path, ring, gain):
        """The values that arrive, as parts of full scale, and the counters at the end."""
        source = zcring.source(f"{LOSSLESS},noise=none,scene={path},format={ring}", ring, 1, 1e6,
                               100e6, gain)
        sink, item, kind, reals = SINKS[ring]
        values = np.array(received(source, ITEMS, reals, sink).data(), item).view(kind)
        return values.astype(float) / FULL_SCALE[ring], source.telemetry()

    def check(self, datatype, ring):
        """Every value, and the number of clipped samples of all that were produced."""
        path, recorded = self.recording(datatype)
        got, counters = self.receive(path, ring, GAIN_DB)
        low, high = limits(ring)
        wanted = recorded * GAIN
        is_clipped = ((wanted < low) | (wanted > high)).reshape(-1, 2).any(axis=1)
        self.assertTrue(0.2 < is_clipped.mean() < 0.8)

        expected = np.tile(wanted, ITEMS // SAMPLES + 1)[:2 * ITEMS].clip(low, high)
        self.assertLessEqual(np.abs(got).max(), 1)
        step = 0 if ring == "fc32" else 0.5 / FULL_SCALE[ring]
        self.assertLess(np.abs(got - expected).max(), step + 1e-4)

        rounds, rest = divmod(counters["produced_samples"], SAMPLES)
        self.assertEqual(counters["clipped_samples"],
                         rounds * is_clipped.sum() + is_clipped[:rest].sum())

    def test_what_is_beyond_full_scale_is_clipped_and_counted(self):
        for datatype in RECORDED:
            for ring in FULL_SCALE:
                with self.subTest(datatype=datatype, ring=ring):
                    self.check(datatype, ring)

    def test_a_copy_is_not_clipped(self):
        for datatype, ring in (("ci8", "sc8"), ("ci16_le", "sc16"), ("cf32_le", "fc32")):
            path, recorded = self.recording(datatype)
            got, counters = self.receive(path, ring, 0)
            self.assertEqual(counters["clipped_samples"], 0)
            self.assertTrue(np.array_equal(got[:2 * SAMPLES], recorded))


if __name__ == "__main__":
    gr_unittest.run(QaOverload)

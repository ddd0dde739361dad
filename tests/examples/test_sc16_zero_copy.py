#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sc16_zero_copy: the recording has the samples of the device, bit for bit, without a copy."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from gnuradio import blocks, zcring

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402

SAMPLES = 240_000  # a second
WAYS = ("sc16, zero copy", "sc16, copied", "fc32, converted")


class Flowgraph(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.application = flowgraph.application()
        cls.flowgraph = flowgraph.load("sc16_zero_copy")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="zcring-recording-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def record(self, arguments, others=()):
        """The flowgraph, stopped once it has recorded SAMPLES.

        The samples of the other sources with these names are in files of the same names.
        """
        top = self.flowgraph(args=arguments, file=str(self.folder / "recording"))
        flowgraph.run_snippets(top)
        recorders = [top.blocks_file_sink_0]
        for name in others:
            source = getattr(top, name)
            recorders.append(blocks.file_sink(source.output_signature().sizeof_stream_item(0),
                                              str(self.folder / name)))
            top.connect(source, recorders[-1])
        sources = [top.zero_copy, *(getattr(top, name) for name in others)]
        top.start()
        try:
            flowgraph.run_snippets(top, "main_after_start")
            self.wait_until(lambda: all(r.nitems_read(0) > SAMPLES for r in recorders),
                            f"{SAMPLES} samples")
            if others:
                # A row is complete once the source has had a second burst.
                self.wait_until(lambda: top.cpu.count("ns/sample") == len(WAYS), "full table")
            self.assertEqual([s.telemetry()["lost_samples"] for s in sources], [0] * len(sources))
            self.assertEqual([s.is_zero_copy() for s in sources], [True] + [False] * len(others))
        finally:
            flowgraph.stop(top)
        for recorder in recorders:
            recorder.close()
        return top

    def wait_until(self, condition, what):
        """As waiting.wait_until(); the window reacts meanwhile."""
        wait_until(lambda: self.application.processEvents() or condition(), what)

    def test_the_recording_is_the_counter_of_the_scene(self):
        self.record("emulator,scene=counter,interval_us=10000")
        samples = np.fromfile(self.folder / "recording.sigmf-data", "<u4")
        self.assertGreater(len(samples), SAMPLES)
        np.testing.assert_array_equal(samples, np.arange(len(samples)))

    def test_it_records_what_the_other_ways_receive(self):
        top = self.record("emulator,interval_us=10000", ("copied", "converted"))
        recorded, copied = (np.fromfile(self.folder / name, "<i2")
                            for name in ("recording.sigmf-data", "copied"))
        converted = np.fromfile(self.folder / "converted", "<f4")
        common = min(len(recorded), len(copied), len(converted))
        self.assertGreater(common, 2 * SAMPLES)
        np.testing.assert_array_equal(recorded[:common], copied[:common])
        np.testing.assert_array_equal(recorded[:common], converted[:common] * 32768)

        metadata = json.loads((self.folder / "recording.sigmf-meta").read_text())
        self.assertEqual((metadata["global"]["core:datatype"],
                          metadata["global"]["core:sample_rate"],
                          metadata["captures"][0]["core:frequency"]),
                         ("ci16_le", top.samp_rate, top.freq))

        # It is a scene, as any recording.
        scene = f"emulator,scene={self.folder / 'recording.sigmf-meta'}"
        self.assertEqual(zcring.recorded_frequency(scene), top.freq)
        self.assertEqual(zcring.source(scene, "sc16", 1, top.samp_rate, top.freq)
                         .get_samp_rate_list()[0], top.samp_rate)

        # The device has decimated the band to one station: the next ones, 300 kHz away, would
        # be heard 60 kHz from it, had they not been filtered out.
        signal = recorded[:common].astype(float).view(complex)
        power = np.abs(np.fft.fft(signal[:SAMPLES] * np.hanning(SAMPLES))) ** 2
        hz = np.fft.fftfreq(SAMPLES, 1 / top.samp_rate)
        station = power[abs(hz) < 20e3].sum()
        for other in (-60e3, 60e3):
            self.assertLess(10 * np.log10(power[abs(hz - other) < 5e3].sum() / station), -20)


class Program(unittest.TestCase):
    def test_it_prints_the_time_of_each_way(self):
        result = subprocess.run(
            [sys.executable, str(flowgraph.EXAMPLES / "copy_costs.py"), "--rounds", "1",
             "--samples", "5e5"], capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        rows = dict(re.findall(r"^(.{17}) (yes|no) +[\d.]+  \([\d.]+ to [\d.]+\) +\d+$",
                               result.stdout, re.M))
        self.assertEqual({way.strip(): zero_copy for way, zero_copy in rows.items()},
                         dict(zip(WAYS, ("yes", "no", "no"))), result.stdout)


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

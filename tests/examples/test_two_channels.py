#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""two_channels.grc: the phase difference of two aligned channels."""

import pathlib
import sys
import unittest

import numpy as np
from gnuradio import blocks

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from waiting import wait_until  # noqa: E402

SAMPLES = 1 << 16
ARGUMENTS = "emulator,pace=free"
CONSTANT = 1e-3  # rad; the noise of the receivers is 2e-4 rad of the tone


class TwoChannels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.application = flowgraph.application()
        cls.flowgraph = flowgraph.load("two_channels")

    def setUp(self):
        self.top = self.flowgraph(args=ARGUMENTS)
        flowgraph.run_snippets(self.top)
        self.phases = blocks.probe_signal_vf(SAMPLES)
        self.top.connect(self.top.blocks_complex_to_arg_0,
                         blocks.stream_to_vector(4, SAMPLES), self.phases)
        # Equal levels: at -20 dB the noise of the receiver would be a tenth of the tone.
        self.top.set_gain1(0)
        self.top.start()
        self.addCleanup(flowgraph.stop, self.top)

    def phase(self):
        """The phase difference, of new samples, in rad without jumps of a turn."""
        def consumed():
            self.application.processEvents()
            return self.top.zcring_source_0.telemetry()["consumed_samples"]

        # A change takes effect at most one ring later; what is in the buffers is old too.
        end = consumed() + 2 * 2**25 / 8 + 3 * SAMPLES
        wait_until(lambda: consumed() > end, f"{end} samples")
        return np.unwrap(np.array(self.phases.level(), float))

    def test_equal_frequencies_have_a_constant_phase_difference(self):
        phase = self.phase()
        self.assertLess(np.std(phase), CONSTANT)
        self.assertLess(abs(np.mean(phase)), CONSTANT)

    def test_gain_does_not_move_the_phase(self):
        self.top.set_gain1(6)
        phase = self.phase()
        self.assertLess(np.std(phase), CONSTANT)
        self.assertLess(abs(np.mean(phase)), CONSTANT)

    def test_the_phase_turns_at_the_difference_frequency(self):
        for difference in (100.0, -2300.0, 50e3):
            self.top.set_freq1(self.top.freq0 + difference)
            phase = self.phase()
            slope, start = np.polyfit(np.arange(SAMPLES), phase, 1)
            self.assertAlmostEqual(slope / (2 * np.pi * difference / self.top.samp_rate), 1,
                                   delta=1e-3)
            line = start + slope * np.arange(SAMPLES)
            self.assertLess(np.std(phase - line), CONSTANT)
        self.top.set_freq1(self.top.freq0)
        self.assertLess(np.std(self.phase()), CONSTANT)


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

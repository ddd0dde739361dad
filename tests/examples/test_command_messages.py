#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""command_messages: each step of frequency and gain is at the very sample that was asked for."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from gnuradio import blocks

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402

STEPS = 120
PERIOD = 5000  # samples
LEAD = 300_000  # samples; more than two rings, the farthest that free pace is ahead
ARGUMENTS = "emulator,pace=free,ring_bytes=1048576"
SPAN = 200  # samples looked at before and after a step
TONE = 100.0125e6  # Hz, an eighth of the rate above the centre
LEVEL = 0.5  # of the tone, of full scale
TOLERANCE = 2e-3  # of full scale; the noise is 1e-4


class Flowgraph(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.application = flowgraph.application()

    def run_steps(self, path):
        """The flowgraph after STEPS steps; its samples are written to path."""
        top = flowgraph.load("command_messages")(args=ARGUMENTS)
        flowgraph.run_snippets(top)
        top.set_period(PERIOD)
        top.set_lead(LEAD)
        recorder = blocks.file_sink(8, path)
        top.connect(top.zcring_source_0, recorder)
        top.start()
        try:
            self.wait_until(lambda: len(top.timed_steps.done) > STEPS, f"{STEPS} steps")
            self.wait_until(lambda: "Difference" in top.shown, "table in the window")
            self.assertEqual(top.zcring_source_0.telemetry()["lost_samples"], 0)
        finally:
            flowgraph.stop(top)
        recorder.close()
        return top

    def test_goes_on_after_a_gap(self):
        top = flowgraph.load("command_messages")(args=ARGUMENTS)
        flowgraph.run_snippets(top)
        top.start()
        try:
            steps = top.timed_steps
            self.wait_until(lambda: len(steps.done) > 2, "steps")
            top.zcring_source_0.inject_drop(1000)
            self.wait_until(lambda: top.zcring_source_0.telemetry()["lost_samples"], "gap")
            number = steps.number
            self.wait_until(lambda: steps.number > number + 20, "steps behind the gap")
            done = len(steps.done)
            self.wait_until(lambda: len(steps.done) > done, "a tag behind the gap")
        finally:
            flowgraph.stop(top)

    def wait_until(self, condition, what):
        """As waiting.wait_until(); the window reacts meanwhile."""
        wait_until(lambda: self.application.processEvents() or condition(), what)

    def test_each_step_is_at_the_sample_that_was_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "samples")
            top = self.run_steps(path)
            samples = np.fromfile(path, np.complex64)
        done = top.timed_steps.done[:STEPS]
        self.assertEqual([tagged - asked for _, asked, tagged in done], [0] * STEPS)
        self.assertEqual([asked for _, asked, _ in done],
                         [LEAD + PERIOD * n for n in range(STEPS)])

        # The samples themselves: old frequency and gain before the step, new ones from it on.
        old = {"freq": 100e6, "gain": 0.0}
        steps = {"freq": 0, "gain": 0}
        for step, sample, _ in done:
            new = {**old, **step}
            for settings, piece in ((old, samples[sample - SPAN:sample]),
                                    (new, samples[sample:sample + SPAN])):
                level = LEVEL * 10 ** (settings["gain"] / 20)
                turn = np.exp(2j * np.pi * (TONE - settings["freq"]) / top.samp_rate)
                self.assertLess(np.abs(np.abs(piece) - level).max(), TOLERANCE, (step, sample))
                self.assertLess(np.abs(piece[1:] - piece[:-1] * turn).max(), TOLERANCE,
                                (step, sample))
            for key in step:
                steps[key] += new[key] != old[key]
            old = new
        self.assertEqual(steps, {"freq": STEPS // 2, "gain": STEPS // 2})


class Program(unittest.TestCase):
    def test_it_prints_no_difference(self):
        program = flowgraph.EXAMPLES / "timed_commands.py"
        result = subprocess.run(
            [sys.executable, str(program), "--args", "emulator,pace=free", "--steps", str(STEPS)],
            capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        rows = re.findall(r"^(freq|gain) \S+ +([\d,]+) +([\d,]+) +(-?\d+)$", result.stdout, re.M)
        self.assertEqual(len(rows), STEPS, result.stdout)
        for _, asked, tagged, difference in rows:
            self.assertEqual((asked, difference), (tagged, "0"))


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""spectrum.grc: what its source sends to the plots."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from waiting import wait_until  # noqa: E402


class Spectrum(unittest.TestCase):
    def test_it_runs_without_a_lost_sample(self):
        application = flowgraph.application()
        top = flowgraph.load("spectrum")(args="emulator")
        top.start()
        try:
            def played():
                application.processEvents()
                return top.zcring_source_0.telemetry()["consumed_samples"] > 1e6
            wait_until(played, "million samples")
            self.assertEqual(top.zcring_source_0.telemetry()["lost_samples"], 0)
        finally:
            top.stop()
            top.wait()


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sink as Python and Companion see it, as far as no antenna is needed."""

import pathlib

import yaml
from gnuradio import gr_unittest, zcring

ROOT = pathlib.Path(__file__).resolve().parents[3]
BLOCK = ROOT / "grc" / "zcring_sink.block.yml"


class QaSink(gr_unittest.TestCase):

    def test_an_antenna_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(OSError, "/dev/zcring-no-such-antenna"):
            zcring.sink("/dev/zcring-no-such-antenna")

    def test_values_out_of_range_are_refused_with_the_range(self):
        for values, text in [({"nchan": 0}, "1 to 8"), ({"nchan": 9}, "1 to 8"),
                             ({"samp_rate": 0}, "0.001 to 1e10"),
                             ({"samp_rate": float("nan")}, "0.001 to 1e10"),
                             ({"center_freq": 2e12}, "-1e12 to 1e12"),
                             ({"turnaround": -1}, "0 to 60"), ({"turnaround": 61}, "0 to 60"),
                             ({"type": "fc64"}, "fc64")]:
            with self.assertRaisesRegex(ValueError, text):
                zcring.sink("/dev/zcring-no-such-antenna", **values)

    def test_every_call_has_a_docstring(self):
        for name in "__doc__", "telemetry", "time_now", "device":
            self.assertGreater(len(getattr(zcring.sink, name).__doc__ or ""), 20, name)

    def test_companion_makes_the_sink_with_the_fields(self):
        block = yaml.safe_load(BLOCK.read_text(encoding="utf-8"))
        fields = {parameter["id"] for parameter in block["parameters"]}
        self.assertEqual(block["id"], "zcring_sink")
        for field in fields:
            self.assertIn("${%s}" % field, block["templates"]["make"])


if __name__ == "__main__":
    gr_unittest.run(QaSink)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A flowgraph made by Companion, without a window: its setters never raise.

In a window, the slot of a slider calls them, and an exception there ends the program.
"""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from gnuradio import gr_unittest
from qa_source import DEVICE, RECORDING, ROOT, DeviceTestCase

FLOWGRAPH = """
options:
  parameters: {{id: sliders, generate_options: no_gui, output_language: python,
               run_options: run, title: sliders}}
  states: {{state: enabled, coordinate: [0, 0]}}
blocks:
{variables}
- name: source
  id: zcring_source
  parameters:
    args: "'{args}'"
    type: fc32
    nchan: '2'
    samp_rate: samp_rate
    center_freq0: freq
    center_freq1: freq
    gain0: gain
    gain1: gain
    bandwidth: bandwidth
    noise: level
    telemetry_interval: interval
  states: {{state: enabled, coordinate: [0, 100]}}
{sinks}
connections:
- [source, '0', sink0, '0']
- [source, '1', sink1, '0']
metadata: {{file_format: 1, grc_version: 3.10.5.1}}
"""
VARIABLE = """- name: {0}
  id: variable
  parameters: {{value: '{1}'}}
  states: {{state: enabled, coordinate: [0, 50]}}"""
SINK = """- name: sink{0}
  id: blocks_null_sink
  parameters: {{type: complex}}
  states: {{state: enabled, coordinate: [200, {0}]}}"""


def companions(folder, args, **values):
    """The class that Companion makes of the flowgraph, with the values of its variables."""
    text = FLOWGRAPH.format(args=args,
                            variables="\n".join(VARIABLE.format(*v) for v in values.items()),
                            sinks="\n".join(SINK.format(n) for n in range(2)))
    path = pathlib.Path(folder, "sliders.grc")
    path.write_text(text, encoding="utf-8")
    environment = dict(os.environ, GRC_BLOCKS_PATH=str(ROOT / "grc"), HOME=folder)
    result = subprocess.run(["grcc", "-o", folder, str(path)], env=environment,
                            capture_output=True, text=True, check=False)
    if result.returncode:
        raise AssertionError(result.stdout + result.stderr)
    spec = importlib.util.spec_from_file_location("sliders", path.with_suffix(".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sliders


@unittest.skipUnless(shutil.which("grcc"), "needs grcc")
class QaCompanion(DeviceTestCase):

    def test_a_slider_that_leaves_the_range_does_not_raise(self):
        with tempfile.TemporaryDirectory() as folder:
            flowgraph = companions(folder, DEVICE + ",interval_us=1000", samp_rate="1e6",
                                   freq="98e6", gain="0", bandwidth="0", interval="0",
                                   level="-70")()
            flowgraph.start()
            flowgraph.set_gain(70)
            flowgraph.set_freq(1e15)
            flowgraph.set_samp_rate(-1)
            flowgraph.set_bandwidth(-1)
            flowgraph.set_interval(1e-9)
            for channel in range(2):
                self.assertEqual(flowgraph.source.gain(channel), 60)
                self.assertEqual(flowgraph.source.center_freq(channel), 1e12)
            self.assertEqual(flowgraph.source.samp_rate(), 0.001)
            self.assertEqual(flowgraph.source.bandwidth(), 0)
            self.assertEqual(flowgraph.source.noise(), -70)
            flowgraph.set_level(1)
            self.assertEqual(flowgraph.source.noise(), 0)
            flowgraph.set_gain(12)
            self.assertEqual(flowgraph.source.gain(1), 12)
            flowgraph.stop()
            flowgraph.wait()

    def test_a_recording_keeps_its_rate_where_another_cannot_be_set(self):
        with tempfile.TemporaryDirectory() as folder:
            flowgraph = companions(folder, f"{DEVICE},scene={RECORDING}", samp_rate="1e6",
                                   freq="1090e6", gain="0", bandwidth="0", interval="0",
                                   level="-70")()
            flowgraph.start()
            flowgraph.set_samp_rate(3e6)
            self.assertEqual(flowgraph.source.samp_rate(), 1e6)
            flowgraph.set_samp_rate(5e5)
            self.assertEqual(flowgraph.source.samp_rate(), 5e5)
            flowgraph.stop()
            flowgraph.wait()


if __name__ == "__main__":
    gr_unittest.run(QaCompanion)

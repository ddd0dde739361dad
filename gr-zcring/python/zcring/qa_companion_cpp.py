#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A flowgraph that Companion writes in C++ is built against an installed block, and runs.

qa_companion_cpp.py BUILD: installs what was built in BUILD to a prefix of its own.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from gnuradio import gr_unittest
from qa_source import ROOT

BUILD = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build").resolve()
ITEMS = 100000
FLOWGRAPH = """
options:
  parameters: {{id: receiver, generate_options: no_gui, output_language: cpp, run_options: run,
               title: receiver, gen_cmake: 'On', gen_linking: dynamic}}
  states: {{state: enabled, coordinate: [0, 0]}}
blocks:
- name: rate
  id: variable
  parameters: {{value: 2e6}}
  states: {{state: enabled, coordinate: [0, 50]}}
- name: freq
  id: variable
  parameters: {{value: 98e6}}
  states: {{state: enabled, coordinate: [0, 50]}}
- name: source
  id: zcring_source
  parameters: {{type: sc8, device: emulator, pace: free, scene: counter, nchan: '2',
               samp_rate: rate, center_freq0: freq, center_freq1: freq, gain1: '3',
               bandwidth: 1e5, ring_bytes: 2**20, args: seed=1, start_time: '1',
               telemetry_interval: '1'}}
  states: {{state: enabled, coordinate: [0, 100]}}
- name: head
  id: blocks_head
  parameters: {{type: byte, vlen: '2', num_items: '{items}'}}
  states: {{state: enabled, coordinate: [200, 0]}}
- name: file
  id: blocks_file_sink
  parameters: {{type: byte, vlen: '2', file: {file}}}
  states: {{state: enabled, coordinate: [400, 0]}}
- name: rest
  id: blocks_null_sink
  parameters: {{type: byte, vlen: '2'}}
  states: {{state: enabled, coordinate: [200, 50]}}
connections:
- [source, '0', head, '0']
- [head, '0', file, '0']
- [source, '1', rest, '0']
metadata: {{file_format: 1, grc_version: 3.10.5.1}}
"""


@unittest.skipUnless(shutil.which("grcc") and shutil.which("cmake"), "needs grcc and cmake")
class QaCompanionCpp(gr_unittest.TestCase):

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zcring-companion-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def call(self, *command, **environment):
        """Runs a command; its output is the message if it fails."""
        result = subprocess.run([str(word) for word in command], cwd=self.folder,
                                env={**os.environ, **environment}, capture_output=True,
                                text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def generate(self):
        """The folder of the code that Companion writes."""
        path = self.folder / "receiver.grc"
        path.write_text(FLOWGRAPH.format(items=ITEMS, file=self.folder / "items"),
                        encoding="utf-8")
        self.call("grcc", "-o", self.folder, path, GRC_BLOCKS_PATH=str(ROOT / "grc"),
                  HOME=str(self.folder))
        return self.folder / "receiver"

    def test_a_flowgraph_in_cpp_is_built_and_runs(self):
        code = self.generate()
        prefix = self.folder / "prefix"
        self.call("cmake", "--install", BUILD, "--prefix", prefix)
        self.call("cmake", "-S", code, "-B", code / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
        self.call("cmake", "--build", code / "build")
        [library] = prefix.rglob("libzcring.so")
        self.call(code / "build" / "receiver", LD_LIBRARY_PATH=str(library.parent))
        self.assertEqual((self.folder / "items").stat().st_size, ITEMS * 2)

    def test_a_variable_has_the_setters_of_every_channel(self):
        text = (self.generate() / "receiver.cpp").read_text(encoding="utf-8")
        for call in ("set_samp_rate(this->rate)", "set_center_freq(this->freq, 0)",
                     "set_center_freq(this->freq, 1)"):
            self.assertIn(f"this->source->{call};", text)


if __name__ == "__main__":
    gr_unittest.run(QaCompanionCpp)

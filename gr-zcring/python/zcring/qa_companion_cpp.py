#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowgraphs that Companion writes in C++ are built against an installed block, and run.

qa_companion_cpp.py BUILD: installs what was built in BUILD to a prefix of its own.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml
from gnuradio import gr, gr_unittest
from qa_source import ROOT
from waiting import wait_until

try:
    from gnuradio.grc.core.platform import Platform
except ImportError:
    Platform = None

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


@unittest.skipUnless(Platform and shutil.which("grcc") and shutil.which("cmake"),
                     "needs grcc and cmake")
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

    def generate(self, name="receiver", text=None):
        """The folder of the code that Companion writes."""
        path = self.folder / f"{name}.grc"
        path.write_text(text or FLOWGRAPH.format(items=ITEMS, file=self.folder / "items"),
                        encoding="utf-8")
        self.call("grcc", "-o", self.folder, path, GRC_BLOCKS_PATH=str(ROOT / "grc"),
                  HOME=str(self.folder))
        return self.folder / name

    def build(self, code):
        """Builds the code in a folder; returns the program, and the environment that it needs."""
        prefix = self.folder / "prefix"
        self.call("cmake", "--install", BUILD, "--prefix", prefix)
        self.call("cmake", "-S", code, "-B", code / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
        self.call("cmake", "--build", code / "build")
        [library] = prefix.rglob("libzcring.so")
        return code / "build" / code.name, {"LD_LIBRARY_PATH": str(library.parent)}

    def in_cpp(self, path):
        """The text of a flowgraph with a window, for a program in C++ without one.

        GNU Radio 3.10 writes neither Python snippets nor widgets, and no string of a parameter,
        in C++: a value is written as it is at the time of generation, a plot becomes a file.
        """
        platform = Platform(version=gr.version(), version_parts=(
            gr.major_version(), gr.api_version(), gr.minor_version()), prefs=gr.prefs())
        platform.build_library()
        flowgraph = platform.make_flow_graph()
        data = platform.parse_flow_graph(path)
        flowgraph.import_data(data)
        flowgraph.rewrite()
        data["options"]["parameters"].update(output_language="cpp", generate_options="no_gui",
                                             run_options="prompt")
        blocks = {block["name"]: block for block in data["blocks"]}
        for name, block in list(blocks.items()):
            value = flowgraph.namespace.get(name)
            if block["id"] == "zcring_source":
                block["parameters"].update(device="emulator", args="")
            elif block["id"].startswith("qtgui_"):
                block.update(id="blocks_file_sink", parameters={
                    "type": block["parameters"]["type"], "file": str(self.folder / name)})
            elif isinstance(value, (int, float, str)) and block["id"] != "parameter":
                block.update(id="variable", parameters={
                    "value": f'"{value}"' if isinstance(value, str) else repr(value)})
            elif "cpp" not in flowgraph.get_block(name).flags.data or block["id"] == "parameter":
                del blocks[name]
        data["blocks"] = list(blocks.values())
        data["connections"] = [connection for connection in data["connections"]
                               if {connection[0], connection[2]} <= set(blocks)
                               and connection[1].isdigit()]
        return yaml.safe_dump(data)

    def test_a_flowgraph_in_cpp_is_built_and_runs(self):
        program, environment = self.build(self.generate())
        self.call(program, **environment)
        self.assertEqual((self.folder / "items").stat().st_size, ITEMS * 2)

    def test_an_example_in_cpp_is_built_and_runs(self):
        path = ROOT / "examples/spectrum.grc"
        program, environment = self.build(self.generate("spectrum", self.in_cpp(path)))
        blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["blocks"]
        files = [self.folder / block["name"] for block in blocks
                 if block["id"] in ("qtgui_freq_sink_x", "qtgui_waterfall_sink_x")]
        self.assertNotEqual(files, [])
        with subprocess.Popen([program], env={**os.environ, **environment}, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            try:
                wait_until(lambda: process.poll() is not None or all(
                    file.exists() and file.stat().st_size > ITEMS for file in files), "samples")
                said, _ = process.communicate("\n")
            finally:
                process.kill()
        self.assertEqual(process.returncode, 0, said)
        self.assertNotRegex(said, "(?i)warning|error")

    def test_a_variable_has_the_setters_of_every_channel(self):
        text = (self.generate() / "receiver.cpp").read_text(encoding="utf-8")
        for call in ("set_samp_rate(this->rate)", "set_center_freq(this->freq, 0)",
                     "set_center_freq(this->freq, 1)"):
            self.assertIn(f"this->source->{call};", text)


if __name__ == "__main__":
    gr_unittest.run(QaCompanionCpp)

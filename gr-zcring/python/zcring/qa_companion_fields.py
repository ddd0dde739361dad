#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialog of the block in Companion: what each field writes, and what it refuses."""

import os
import pathlib
import re
import shutil
import tempfile
import unittest

import yaml
from gnuradio import gr, gr_unittest, zcring
from qa_source import RECORDING, ROOT

try:
    HOME = tempfile.mkdtemp(prefix="zcring-home-")
    os.environ.update(HOME=HOME, GRC_BLOCKS_PATH=str(ROOT / "grc"))
    from gnuradio.grc.core.platform import Platform
except ImportError:
    Platform = None

DEFAULT_CALL = "zcring.source('', 'fc32', 1, 1e6, 100e6, 0, 'auto', 'stop', 'clip')"
# What each field writes, in the argument string or in the lines behind the call.
ARGUMENTS = [
    ({"device": "emulator"}, "'emulator'"),
    ({"device": "kernel"}, "'device=/dev/zcring0'"),
    ({"device": "kernel", "device_path": "/dev/zcring7"}, "'device=/dev/zcring7'"),
    ({"device": "kernel", "pace": "free"}, "'device=/dev/zcring0'"),
    ({"device": "kernel", "device_path": "path"}, "'device=' + (path)"),
    ({"device_path": "/dev/zcring7"}, "''"),
    ({"device": "server"}, "'device=default'"),
    ({"device": "server", "server": "fm", "pace": "free", "args": "'member'"},
     "'device=fm,member'"),
    ({"device": "server", "server": "path"}, "'device=' + (path)"),
    ({"scene": "tone"}, "'scene=tone'"),
    ({"scene": "noise"}, "'scene=noise'"),
    ({"scene": "counter"}, "'scene=counter'"),
    ({"scene_file": "a.sigmf-meta"}, "''"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta"}, "'scene=a.sigmf-meta'"),
    ({"scene": "recording", "scene_file": "band"}, "'scene=' + (band)"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_start": "1.5",
      "scene_stop": "1e2", "scene_loop": "no"},
     "'scene=a.sigmf-meta,start=1.5,stop=100,loop=no'"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_start": "0",
      "scene_stop": "later"}, "'scene=a.sigmf-meta,start=0,stop=' + str(later)"),
    ({"scene": "tone", "scene_start": "1", "scene_stop": "2", "scene_loop": "no"},
     "'scene=tone'"),
    ({"noise": "-80.5"}, "'noise=-80.5'"),
    ({"noise": "-8e1"}, "'noise=-80'"),
    ({"noise": "'none'"}, "'noise=none'"),
    ({"noise": "level"}, "'noise=' + str(level)"),
    ({"scene": "noise", "noise": "quiet", "pace": "free"},
     "'scene=noise,noise=' + (quiet) + ',pace=free'"),
    ({"pace": "real"}, "'pace=real'"),
    ({"pace": "free"}, "'pace=free'"),
    ({"dma": "copy"}, "'dma=copy'"),
    ({"dma": "resident"}, "'dma=resident'"),
    ({"ring_bytes": "4096"}, "'ring_bytes=4096'"),
    ({"ring_bytes": "2**20"}, "'ring_bytes=' + str(int(2**20))"),
    ({"interval_us": "1e3"}, "'interval_us=1000'"),
    ({"seed": "0"}, "'seed=0'"),
    ({"seed": "18446744073709551615"}, "'seed=18446744073709551615'"),
    ({"args": "'format=sc8'"}, "'format=sc8'"),
    ({"args": "path + ',format=sc8'"}, "path + ',format=sc8'"),
    ({"args": "none"}, "none"),
    ({"device": "emulator", "args": "none"}, "'emulator,' + (none)"),
    ({"device": "emulator", "args": "''"}, "'emulator'"),
    ({"device": "emulator", "scene": "noise", "pace": "free", "ring_bytes": "ring", "seed": "7",
      "args": "format=sc8"},
     "'emulator,scene=noise,pace=free,ring_bytes=' + str(int(ring)) + ',seed=7,format=sc8'"),
]
# What is refused, with the name of the field that the message must begin with.
REFUSED = [
    ({"device": "kernel", "device_path": ""}, "Device Path"),
    ({"device": "kernel", "device_path": "a,b"}, "Device Path"),
    ({"device": "server", "server": ""}, "Server"),
    ({"device": "server", "server": "a,member"}, "Server"),
    ({"scene": "recording"}, "Recording"),
    ({"scene": "recording", "scene_file": "a.wav"}, "Recording"),
    ({"scene": "recording", "scene_file": "a,b.sigmf-meta"}, "Recording"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_start": "-1"},
     "Recording Start"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_start": "2e9"},
     "Recording Start"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_stop": "0"}, "Recording Stop"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_start": "3",
      "scene_stop": "3"}, "Recording Stop"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_stop": "2e9"},
     "Recording Stop"),
    ({"nchan": "0"}, "Number of Channels"),
    ({"nchan": "9"}, "Number of Channels"),
    ({"samp_rate": "0"}, "Sample Rate"),
    ({"samp_rate": "1.1e10"}, "Sample Rate"),
    ({"center_freq0": "-1.1e12"}, "Center Freq"),
    ({"center_freq7": "1.1e12"}, "Center Freq"),
    ({"gain0": "61"}, "Gain"),
    ({"gain7": "-61"}, "Gain"),
    ({"bandwidth": "-1"}, "Bandwidth"),
    ({"noise": "-151"}, "Noise"),
    ({"noise": "0.1"}, "Noise"),
    ({"noise": "'loud'"}, "Noise"),
    ({"ring_bytes": "2048"}, "Ring Size"),
    ({"ring_bytes": "5000"}, "Ring Size"),
    ({"ring_bytes": "2**31"}, "Ring Size"),
    ({"interval_us": "99"}, "Burst Interval"),
    ({"interval_us": "60000001"}, "Burst Interval"),
    ({"interval_us": "1000.5"}, "Burst Interval"),
    ({"seed": "-1"}, "Seed"),
    ({"seed": "2**64"}, "Seed"),
    ({"seed": "0.5"}, "Seed"),
    ({"device": "emulator", "args": "device=/dev/zcring0"}, "Device Arguments"),
    ({"device": "kernel", "args": "dma=copy, emulator"}, "Device Arguments"),
    ({"device": "server", "args": "device=other"}, "Device Arguments"),
    ({"scene": "tone", "args": "scene=noise"}, "Device Arguments"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_start": "1",
      "args": "start=1"}, "Device Arguments"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_stop": "1",
      "args": "stop=1"}, "Device Arguments"),
    ({"scene": "recording", "scene_file": "a.sigmf-meta", "scene_loop": "no",
      "args": "loop=yes"}, "Device Arguments"),
    ({"noise": "-80", "args": "noise=none"}, "Device Arguments"),
    ({"pace": "real", "args": "pace=free"}, "Device Arguments"),
    ({"dma": "copy", "args": "dma=copy"}, "Device Arguments"),
    ({"ring_bytes": "4096", "args": "emulator, ring_bytes = 8192"}, "Device Arguments"),
    ({"interval_us": "1000", "args": "interval_us=1000"}, "Device Arguments"),
    ({"seed": "0", "args": "seed=1"}, "Device Arguments"),
    ({"zero_copy": "on", "on_device_lost": "wait"}, "Zero Copy"),
    ({"start_time": "-1"}, "Start Time"),
    ({"start_time": "1e11"}, "Start Time"),
    ({"telemetry_interval": "1e-4"}, "Telemetry Every"),
]
ALLOWED = [
    {"args": "emulator,scene=noise,ring_bytes=4096,seed=1"},
    {"device": "emulator", "args": "format=sc8"},
    {"device": "kernel", "pace": "free", "args": "dma=copy"},
    {"scene": "tone", "args": "seed=1"},
    {"args": "scene=a.sigmf-meta,start=1,stop=2,loop=no,noise=none"},
    {"scene_start": "1", "scene_loop": "no", "args": "scene=a.sigmf-meta,start=1,loop=yes"},
    {"scene": "recording", "scene_file": "a.sigmf-meta", "scene_stop": "0.5",
     "args": "start=0.25"},
    {"noise": "0"},
    {"noise": "-150"},
    {"center_freq0": "", "nchan": "8"},
    {"ring_bytes": "1073741824", "interval_us": "100", "seed": "2**64 - 1", "start_time": "0"},
    {"zero_copy": "off", "on_device_lost": "wait"},
]


def tearDownModule():
    shutil.rmtree(HOME)


@unittest.skipUnless(Platform, "needs GNU Radio Companion")
class QaCompanionFields(gr_unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        version = (gr.major_version(), gr.api_version(), gr.minor_version())
        cls.platform = Platform(version=gr.version(), version_parts=version, prefs=gr.prefs())
        cls.platform.build_library()

    def block(self, **fields):
        """The block of a flowgraph with some variables; fields that are not given are as new."""
        flowgraph = self.platform.make_flow_graph()
        values = {"ring": "2**20", "path": "'/dev/zcring1'", "band": "'b.sigmf-meta'",
                  "none": "''", "zero": "0", "f": "98e6", "later": "7.5", "level": "-70",
                  "quiet": "'none'"}
        for name, value in values.items():
            variable = flowgraph.new_block("variable")
            variable.params["id"].set_value(name)
            variable.params["value"].set_value(value)
        block = flowgraph.new_block("zcring_source")
        block.params["id"].set_value("source")
        for name, value in {"samp_rate": "1e6", **fields}.items():
            block.params[name].set_value(value)
        flowgraph.rewrite()
        flowgraph.validate()
        return block

    def errors(self, block):
        """The messages of the block and its fields; its outputs are not connected."""
        return [text for element, text in block.iter_error_messages()
                if element not in block.sources]

    def code(self, **fields):
        """The lines of Python that make the block."""
        block = self.block(**fields)
        self.assertEqual(self.errors(block), [], fields)
        return block.templates.render("make").splitlines()

    def shown(self, **fields):
        """The fields that the block on the canvas shows, and those that only the dialog shows."""
        params = self.block(**fields).params.values()
        return [{p.key for p in params if p.hide == hide} for hide in ("none", "part")]

    def test_a_new_block_is_as_before(self):
        self.assertEqual(self.code(), [DEFAULT_CALL])

    def test_a_file_with_arguments_only_is_as_before(self):
        lines = self.code(args="path + ',seed=3'", center_freq0="f", samp_rate="ring", nchan="2",
                          center_freq1="100e6")
        self.assertEqual(lines, [
            "zcring.source(path + ',seed=3', 'fc32', 2, ring, f, 0, 'auto', 'stop', 'clip')",
            "self.source.set_center_freq(100e6, 1)",
            "self.source.set_gain(0, 1)"])

    def test_each_field_of_the_argument_string_is_written(self):
        for fields, expected in ARGUMENTS:
            with self.subTest(fields):
                self.assertIn(f"source({expected}, 'fc32'", self.code(**fields)[0])

    def test_what_is_written_is_the_string_that_the_values_give(self):
        call = self.code(device="emulator", scene="noise", pace="free", ring_bytes="ring",
                         center_freq0="98e6", args="'seed=' + '3'")[0]
        source = eval(call, {"zcring": zcring, "ring": 2**20})
        self.assertEqual(source.device(), "emulator")
        self.assertEqual(source.center_freq(), 98e6)

    def test_the_other_fields_are_written(self):
        self.assertIn("'sc16', 1, 5e5, f, 3, 'off', 'wait', 'clip')",
                      self.code(type="sc16", samp_rate="5e5", center_freq0="f", gain0="3",
                                zero_copy="off", on_device_lost="wait")[0])
        self.assertEqual(self.code(bandwidth="2e5")[1:], ["self.source.set_bandwidth(2e5)"])
        self.assertEqual(self.code(telemetry_interval="1")[1:],
                         ["self.source.set_telemetry_interval(1)"])
        self.assertEqual(self.code(start_time="1700000000.5")[1:],
                         ["self.source.set_start_time(round((1700000000.5) * 10**9))"])
        self.assertEqual(self.code(start_time="zero")[1:],
                         ["self.source.set_start_time(round((zero) * 10**9))"])
        self.assertEqual(round(1700000000.5 * 10**9), 1700000000500000000)

    def test_a_recording_gives_the_frequency_where_the_field_is_empty(self):
        [line] = self.code(device="emulator", scene="recording", scene_file=RECORDING,
                           samp_rate="2e6")
        self.assertEqual(eval(line).center_freq(), 1090e6)
        [line] = self.code(args=f"emulator,scene={RECORDING}", samp_rate="2e6")
        self.assertEqual(eval(line).center_freq(), 1090e6)
        [line] = self.code(device="emulator", scene="recording", scene_file=RECORDING,
                           samp_rate="2e6", center_freq0="1089.5e6")
        self.assertEqual(eval(line).center_freq(), 1089.5e6)

    def test_without_a_recording_an_empty_frequency_is_100_mhz(self):
        self.assertEqual(eval(self.code(args="emulator")[0]).center_freq(), 100e6)
        self.assertEqual(zcring.recorded_frequency("emulator,scene=noise", 5.0), 5.0)
        self.assertEqual(zcring.recorded_frequency("scene=/no/such/file.sigmf-meta", 5.0), 5.0)

    def test_freq_among_the_arguments_is_the_frequency_where_the_field_is_empty(self):
        [line] = self.code(args=f"emulator,freq=1089e6,scene={RECORDING}", samp_rate="2e6")
        self.assertEqual(eval(line).center_freq(), 1089e6)

    def test_a_recording_without_a_frequency_leaves_it_to_the_caller(self):
        for text in ('{"global": {}}', '{"captures": []}', '{"captures": [{}]}', "no JSON", "[]"):
            path = pathlib.Path(HOME, "a.sigmf-meta")
            path.write_text(text, encoding="utf-8")
            self.assertEqual(zcring.recorded_frequency(f"scene={path}", 5.0), 5.0, text)

    def test_a_part_of_a_recording_has_the_frequency_of_its_begin(self):
        path = pathlib.Path(HOME, "part.sigmf-meta")
        path.with_suffix(".sigmf-data").write_bytes(bytes(2 * 5000))
        path.write_text('{"global": {"core:sample_rate": 1000, "core:datatype": "ci8"},'
                        ' "captures": [{"core:sample_start": 0, "core:frequency": 1e6},'
                        '{"core:sample_start": 2000},'
                        '{"core:sample_start": 3000, "core:frequency": 2e6},'
                        '{"core:sample_start": 3000, "core:frequency": 3e6}]}', encoding="utf-8")
        for part, freq in (("start=0", 1e6), ("start=1.999", 1e6), ("start=1.9996", 3e6),
                           ("start=2", 3e6), ("start=2,stop=3", 5.0), ("start=4", 3e6),
                           ("start=no", 5.0), ("start=6", 5.0)):
            self.assertEqual(zcring.recorded_frequency(f"scene={path},{part}", 5.0), freq, part)

    def test_cpp_has_the_values_at_the_time_of_generation(self):
        block = self.block(device="kernel", device_path="path", scene="recording",
                           scene_file="band", scene_stop="later", noise="level",
                           ring_bytes="ring", args=r"""'format=\"sc8\"'""",
                           start_time="1700000000.5", samp_rate="f")
        self.assertEqual(self.errors(block), [])
        lines = block.cpp_templates.render("make").splitlines()
        self.assertEqual(lines, [
            r'this->source = gr::zcring::source::make("device=/dev/zcring1,scene=b.sigmf-meta,'
            r'stop=7.5,noise=-70,ring_bytes=1048576,format=\"sc8\"", "fc32", 1, f, 100000000.0, 0,'
            r' "auto", "stop", "clip");',
            "this->source->set_start_time(1700000000500000000u);"])

    def test_cpp_has_the_frequency_of_a_recording(self):
        block = self.block(scene="recording", scene_file=RECORDING)
        self.assertIn(", 1e6, 1090000000.0, 0, ", block.cpp_templates.render("make"))
        block = self.block(scene="recording", scene_file=RECORDING, center_freq0="f")
        self.assertIn(", 1e6, f, 0, ", block.cpp_templates.render("make"))

    def test_cpp_has_no_arguments_where_a_variable_has_none(self):
        block = self.block(device="emulator", args="none")
        self.assertIn('make("emulator", ', block.cpp_templates.render("make"))

    def test_an_empty_channel_follows_the_first(self):
        block = self.block(nchan="3", center_freq0="f", center_freq2="99e6")
        self.assertEqual(block.templates.render("make").splitlines()[1:], [
            "self.source.set_gain(0, 1)", "self.source.set_center_freq(99e6, 2)",
            "self.source.set_gain(0, 2)"])
        callbacks = block.get_callbacks()
        for line in ("self.source.set_center_freq(f, 0)", "self.source.set_center_freq(f, 1)",
                     "self.source.set_center_freq(99e6, 2)"):
            self.assertIn(line, callbacks)
        self.assertNotIn("self.source.set_center_freq(f, 3)", callbacks)

    def test_an_empty_frequency_has_no_callback(self):
        self.assertNotIn("set_center_freq", "".join(self.block(nchan="8").get_callbacks()))

    def test_the_noise_has_a_callback_where_it_has_a_level(self):
        self.assertIn("self.source.set_noise(level)", self.block(noise="level").get_callbacks())
        for noise in ("", "'none'", "quiet"):
            self.assertNotIn("set_noise", "".join(self.block(noise=noise).get_callbacks()), noise)

    def test_a_bad_value_is_refused_by_the_name_of_its_field(self):
        for fields, name in REFUSED:
            with self.subTest(fields):
                errors = self.errors(self.block(**fields))
                self.assertEqual(len(errors), 1, errors)
                self.assertTrue(errors[0].startswith(f"Assertion \"'{name} "), errors)

    def test_companion_can_show_the_code_of_too_many_channels(self):
        self.assertIn("zcring.source(", self.block(nchan="9").templates.render("make"))

    def test_a_good_value_is_not_refused(self):
        for fields in ALLOWED:
            with self.subTest(fields):
                self.assertEqual(self.errors(self.block(**fields)), [])

    def test_every_assertion_but_those_of_menus_is_tried(self):
        block = self.block()
        tried = {a for fields, _ in REFUSED for a in block.asserts
                 if a[2:-1].strip() in "".join(self.errors(self.block(**fields)))}
        # A menu has no other values; GRC replaces them by the default.
        self.assertEqual({a for a in block.asserts if a not in tried},
                         {a for a in block.asserts if " in ('" in a and "_bytes" not in a})

    def test_the_canvas_shows_little(self):
        usual = {"samp_rate", "gain0"}
        self.assertEqual(self.shown()[0], usual)
        self.assertEqual(self.shown(center_freq0="f")[0], usual | {"center_freq0"})
        self.assertEqual(self.shown(scene="recording")[0], usual | {"scene", "scene_file"})
        self.assertEqual(self.shown(scene="recording", scene_start="1", scene_stop="2",
                                    scene_loop="no")[0],
                         usual | {"scene", "scene_file", "scene_start", "scene_stop",
                                  "scene_loop"})
        self.assertEqual(self.shown(noise="-70")[0], usual | {"noise"})
        self.assertEqual(self.shown(device="kernel")[0], usual | {"device", "device_path"})
        self.assertEqual(self.shown(device="server")[0], usual | {"device", "server"})

    def test_the_dialog_shows_the_fields_that_are_used(self):
        for field, fields in (("scene_file", {"scene": "recording"}),
                              ("scene_start", {"scene": "recording"}),
                              ("scene_stop", {"scene": "recording"}),
                              ("scene_loop", {"scene": "recording"}),
                              ("device_path", {"device": "kernel"}),
                              ("server", {"device": "server"}),
                              ("center_freq1", {"nchan": "2"}), ("gain7", {"nchan": "8"})):
            self.assertNotIn(field, set.union(*self.shown()))
            self.assertIn(field, set.union(*self.shown(**fields)))
        self.assertIn("pace", self.shown()[1])
        self.assertIn("noise", self.shown()[1])
        for device in "kernel", "server":
            self.assertNotIn("pace", set.union(*self.shown(device=device)))

    def test_the_documentation_has_every_field(self):
        description = yaml.safe_load((ROOT / "grc/zcring_source.block.yml").read_text())
        for parameter in description["parameters"]:
            label = re.sub(r"^Ch\d: | \(.*", "", parameter["label"])
            self.assertIn(label, description["documentation"])


if __name__ == "__main__":
    gr_unittest.run(QaCompanionFields)

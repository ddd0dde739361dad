#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small programs of examples/pipelines: what each of them receives."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import numpy as np
import pmt
from gnuradio import blocks, gr, zcring
from gnuradio.grc.core.platform import Platform
from gnuradio.zcring import scenes
from gnuradio.zcring.scenes import fm_band
from scipy.io import wavfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PIPELINES = ROOT / "examples" / "pipelines"
sys.path[:0] = [str(PIPELINES), str(ROOT / "examples"), str(ROOT / "tests" / "support")]
import file_with_tags  # noqa: E402
import flowgraph  # noqa: E402
import fm_demo  # noqa: E402
import scanner  # noqa: E402
import sigmf_recorder  # noqa: E402
import top_block  # noqa: E402
from waiting import wait_until  # noqa: E402

FREE = "emulator,pace=free"
# Little enough that a change takes effect soon after the samples that were read.
SMALL_RING = "ring_bytes=65536,interval_us=1000"
ARGUMENTS = f"{FREE},{SMALL_RING},scene={scenes.fm_band_file()}"


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="zcring-pipelines-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


def likeness(received, station):
    """The correlation of audio (48 kHz), whose last part is one loop, with what was sent."""
    band = pathlib.Path(scenes.fm_band_file())
    _, sent = wavfile.read(fm_band.sent_path(band, station.name))
    received = np.array(received[-len(sent):], float)
    return fm_demo.correlation(received, sent.astype(float))


class HierarchicalBlock(InFolder):
    """hier_fm_station.grc makes a block, and use_hier_fm_station.grc has it."""

    def setUp(self):
        super().setUp()
        # The folder in which Companion keeps the blocks that its user has made.
        for patch in (mock.patch.dict(os.environ, GRC_HIER_PATH=str(self.folder)),
                      mock.patch("sys.path", [str(self.folder), *sys.path])):
            patch.start()
            self.addCleanup(patch.stop)
        self.addCleanup(sys.modules.pop, "hier_fm_station", None)
        self.grcc("--user-lib-dir", "hier_fm_station.grc")

    def grcc(self, *arguments):
        said = subprocess.run(["grcc", *arguments[:-1], str(PIPELINES / arguments[-1])],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertNotIn("Error", said.stdout)
        return said.stdout

    def test_its_block_is_in_the_tree_with_its_fields_and_ports(self):
        platform = Platform(name="test", prefs=gr.prefs(), version=gr.version(),
                            version_parts=(gr.major_version(), gr.api_version(),
                                           gr.minor_version()))
        platform.build_library([str(self.folder), *platform.config.block_paths])
        made = platform.blocks["hier_fm_station"]
        self.assertEqual((made.label, made.category), ("ZCRing FM Station", ["GRC Hier Blocks"]))
        self.assertEqual([(field["id"], field["label"]) for field in made.parameters_data
                          if field["id"] in ("args", "freq")],
                         [("args", "Device Arguments"), ("freq", "Station (Hz)")])
        self.assertEqual([port["label"] for port in made.inputs_data], ["command"])
        self.assertEqual([port["label"] for port in made.outputs_data], ["audio"])

    def test_it_receives_the_station_of_its_parameter(self):
        from hier_fm_station import hier_fm_station
        *_, side = fm_band.STATIONS
        top = gr.top_block()
        block = hier_fm_station(ARGUMENTS, side.frequency)
        self.assertGreaterEqual(likeness(run(top, block, side), side), 0.99)

    def test_it_is_tuned_by_a_message(self):
        from hier_fm_station import hier_fm_station
        front, *_ = fm_band.STATIONS
        top = gr.top_block()
        block = hier_fm_station(ARGUMENTS)
        command = pmt.cons(pmt.intern("freq"), pmt.from_double(front.frequency))
        strobe = blocks.message_strobe(command, 1)
        top.msg_connect(strobe, "strobe", block, "command")
        self.assertGreaterEqual(likeness(run(top, block, front), front), 0.99)

    def test_the_flowgraph_that_has_it_is_tuned_by_its_buttons(self):
        said = self.grcc("-o", str(self.folder), "use_hier_fm_station.grc")
        self.assertIn("no audio or RF hardware blocks found", said)  # as its note explains
        application = flowgraph.application()
        from use_hier_fm_station import use_hier_fm_station
        *_, side = fm_band.STATIONS
        top = use_hier_fm_station(f"{FREE},{SMALL_RING}")

        def press():
            application.processEvents()
            if top.get_freq() != side.frequency:
                top._freq_button_group.button(2).click()

        audio = run(top, top.hier_fm_station_0, side, press)
        self.assertGreaterEqual(likeness(audio, side), 0.99)


def run(top, block, station, meanwhile=lambda: None):
    """The audio (float[n], 48 kHz) of block in top, with a loop of this station at its end.

    meanwhile() is called now and then while the flowgraph runs.
    """
    samples = round((fm_band.LOOP_SECONDS + 0.1) * fm_band.AUDIO_RATE)
    audio = blocks.vector_sink_f()
    top.connect(block, audio)
    top.start()
    try:
        def loop_received():
            meanwhile()
            starts = [tag.offset for tag in audio.tags()
                      if pmt.equal(tag.value, pmt.from_double(station.frequency))]
            return starts and audio.nitems_read(0) >= starts[0] + samples
        wait_until(loop_received, f"loop of {station.name}")
    finally:
        top.stop()
        top.wait()
    return audio.data()


class TopBlock(InFolder):
    def test_each_station_is_recorded_as_it_was_sent(self):
        band = scenes.fm_band_file()
        for station in fm_band.STATIONS:
            with self.subTest(station=station.name):
                path = self.folder / "station.wav"
                # One loop, and what the filters drop at the start.
                seconds = fm_band.LOOP_SECONDS + 0.1
                receiver = top_block.Receiver(f"{FREE},scene={band}", station.frequency, seconds,
                                              str(path))
                receiver.run()
                rate, received = wavfile.read(path)
                self.assertEqual(rate, fm_band.AUDIO_RATE)
                self.assertGreaterEqual(likeness(received, station), 0.99)
                self.assertEqual(receiver.source.telemetry()["lost_samples"], 0)


class Scanner(unittest.TestCase):
    def test_it_finds_the_three_stations_and_nothing_else(self):
        frequencies = np.arange(97.5e6, 98.55e6, 100e3).tolist()
        powers = scanner.scan(f"{FREE},scene={scenes.fm_band_file()}", frequencies)
        self.assertEqual(list(powers), frequencies)
        self.assertEqual(scanner.stations(powers), [s.frequency for s in fm_band.STATIONS])

    def test_no_sample_of_the_old_frequency_is_counted(self):
        # The tone is at 98.015 MHz. One sample of it would lift the floor of a step by 30 dB.
        powers = scanner.scan(FREE, [98.0e6, 99.0e6, 98.0e6, 97.0e6])
        self.assertAlmostEqual(powers[98.0e6], -6, delta=0.1)
        for quiet in (99.0e6, 97.0e6):
            self.assertAlmostEqual(powers[quiet], -80, delta=0.5)


class FileWithTags(InFolder):
    def test_every_tag_is_at_its_sample_and_every_sample_is_the_same(self):
        path = str(self.folder / "with_tags.dat")
        recorder = file_with_tags.Recorder(f"{FREE},{SMALL_RING}", path)
        sent = blocks.vector_sink_c()
        recorder.connect(recorder.source, sent)
        file_with_tags.record(recorder)

        player = file_with_tags.Player(path)
        player.run()
        played = np.array(player.sink.data(), np.complex64)
        self.assertGreater(len(played), 0.6 * file_with_tags.RATE)
        np.testing.assert_array_equal(played, np.array(sent.data(), np.complex64)[:len(played)])

        tags = [tag for tag in in_order(sent.tags()) if tag[0] < len(played)]
        self.assertEqual([key for _, key, _ in tags].count("rx_lost"), 1)
        self.assertEqual([value for _, key, value in tags if key == "rx_freq"][-1], 98.2e6)
        self.assertEqual(without_repetitions(player.tags()), without_repetitions(tags))

    def test_without_the_block_before_it_the_sink_repeats_a_loss(self):
        path = str(self.folder / "repeated.dat")
        recorder = file_with_tags.Recorder(f"{FREE},{SMALL_RING}", path)
        recorder.disconnect_all()
        recorder.connect(recorder.source, recorder.sink)
        file_with_tags.record(recorder)
        player = file_with_tags.Player(path)
        player.run()
        losses = [value for _, key, value in player.tags() if key == "rx_lost"]
        self.assertEqual(losses, [1000, 1000])

    def test_a_sigmf_file_of_gnu_radio_has_no_tags_and_can_be_a_scene(self):
        path = str(self.folder / "recording")
        top = gr.top_block()
        sink = blocks.sigmf_sink_minimal(gr.sizeof_gr_complex, path, 1e6, 98e6, "", "", "", True)
        source = zcring.source(f"{FREE},{SMALL_RING}", "fc32", samp_rate=1e6, center_freq=98e6)
        top.connect(source, sink)
        top.start()
        source.inject_drop(1000)
        wait_until(lambda: source.telemetry()["lost_samples"] == 1000, "gap")
        end = source.nitems_written(0) + 100_000
        wait_until(lambda: source.nitems_written(0) > end, "samples after the gap")
        top.stop()
        top.wait()
        metadata = json.loads(pathlib.Path(f"{path}.sigmf-meta").read_text())
        self.assertEqual(metadata["captures"],
                         [{"core:sample_start": 0, "core:frequency": 98e6}])
        self.assertEqual(metadata["annotations"], [])

        top = gr.top_block()
        source = zcring.source(f"{FREE},scene={path}.sigmf-meta", "fc32", 1, 1e6, 98e6)
        played = blocks.vector_sink_c()
        top.connect(source, blocks.head(gr.sizeof_gr_complex, 100_000), played)
        top.run()
        recorded = np.fromfile(f"{path}.sigmf-data", np.complex64, 100_000)
        np.testing.assert_array_equal(np.array(played.data(), np.complex64), recorded)


class SigmfRecorder(InFolder):
    def test_a_recording_is_played_with_its_gap_and_every_sample(self):
        path = self.folder / "recording.sigmf-meta"
        recorder = sigmf_recorder.Recorder(f"{FREE},{SMALL_RING}", path)
        sigmf_recorder.record(recorder)
        player = sigmf_recorder.Player(path)
        player.run()

        recorded = np.fromfile(path.with_suffix(".sigmf-data"), np.int16)
        self.assertGreater(len(recorded), 2 * 0.4 * sigmf_recorder.RATE)
        np.testing.assert_array_equal(np.array(player.sink.data(), np.int16), recorded)

        sent, played = (list(top.captures.captures()) for top in (recorder, player))
        self.assertEqual(sent[1]["core:global_index"] - sent[1]["core:sample_start"], 1000)
        for key in ("core:sample_start", "core:global_index", "core:frequency"):
            self.assertEqual([c[key] for c in sent], [c[key] for c in played])

    def test_a_retune_is_a_capture(self):
        path = self.folder / "recording.sigmf-meta"
        recorder = sigmf_recorder.Recorder(f"{FREE},{SMALL_RING}", path)
        recorder.start()
        recorder.wait_for(0.1)
        recorder.source.set_center_freq(98.2e6)
        recorder.wait_for(0.1)
        recorder.finish()
        captures = json.loads(path.read_text())["captures"]
        self.assertEqual([c["core:frequency"] for c in captures], [98e6, 98.2e6])
        self.assertEqual(*(c["core:global_index"] - c["core:sample_start"] for c in captures))


def in_order(tags):
    """[(sample, key, value)] of GNU Radio's tags."""
    return sorted((tag.offset, pmt.symbol_to_string(tag.key), pmt.to_python(tag.value))
                  for tag in tags)


def without_repetitions(tags):
    """The tags less those of rx_rate and rx_freq that repeat the value that holds already."""
    last = {}
    kept = []
    for sample, key, value in tags:
        if key not in ("rx_rate", "rx_freq") or last.get(key) != value:
            kept.append((sample, key, value))
        last[key] = value
    return kept


if __name__ == "__main__":
    unittest.main()

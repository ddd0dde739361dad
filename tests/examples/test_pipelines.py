#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small programs of examples/pipelines: what each of them receives."""

import pathlib
import sys
import tempfile
import unittest

import numpy as np
import pmt
from gnuradio import blocks
from gnuradio.zcring import scenes
from gnuradio.zcring.scenes import fm_band
from scipy.io import wavfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples" / "pipelines"), str(ROOT / "examples")]
import file_with_tags  # noqa: E402
import fm_demo  # noqa: E402
import scanner  # noqa: E402
import top_block  # noqa: E402

FREE = "emulator,pace=free"
# Little enough that a change takes effect soon after the samples that were read.
SMALL_RING = "ring_bytes=65536,interval_us=1000"


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="zcring-pipelines-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


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
                _, sent = wavfile.read(fm_band.sent_path(pathlib.Path(band), station.name))
                self.assertEqual(rate, fm_band.AUDIO_RATE)
                received = received[-len(sent):].astype(float)
                self.assertGreaterEqual(fm_demo.correlation(received, sent.astype(float)), 0.99)
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

        tags = sorted((tag.offset, pmt.symbol_to_string(tag.key), pmt.to_python(tag.value))
                      for tag in sent.tags() if tag.offset < len(played))
        self.assertEqual([key for _, key, _ in tags].count("rx_lost"), 1)
        self.assertEqual([value for _, key, value in tags if key == "rx_freq"][-1], 98.2e6)
        self.assertEqual(without_repetitions(player.tags()), without_repetitions(tags))


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

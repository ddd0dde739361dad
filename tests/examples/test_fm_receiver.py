#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fm_receiver.grc: what each station sent is heard, and recorded, after its button is pressed.

Exit status 77: skipped; the speech of the stations and the comparison need packages.
"""

import os
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "examples")]
try:
    import numpy as np
    import pmt
    from fm_demo import correlation
    from gnuradio import blocks
    from gnuradio.zcring import scenes
    from gnuradio.zcring.scenes import fm_band
    from scipy.io import wavfile
except ImportError as missing:
    print(f"SKIPPED test_fm_receiver: {missing}")
    sys.exit(77)
import flowgraph  # noqa: E402
from waiting import wait_until  # noqa: E402

CORRELATION_MIN = 0.99
SETTLE_SAMPLES = 2400  # 50 ms of audio; the tag and the filters' transient lie within
LOOP_SAMPLES = round(fm_band.LOOP_SECONDS * fm_band.AUDIO_RATE)


class FmReceiver(unittest.TestCase):
    def setUp(self):
        self.application = flowgraph.application()
        folder = tempfile.TemporaryDirectory(prefix="zcring-fm-")
        self.addCleanup(folder.cleanup)
        self.wav = os.path.join(folder.name, "heard.wav")
        self.top = flowgraph.load("fm_receiver")(
            args="emulator,pace=free", audio_output="null", wav=self.wav)
        self.heard = blocks.vector_sink_f(1, 1 << 21)
        self.top.connect(self.top.deemphasis, self.heard)
        self.top.start()
        self.addCleanup(self.stop)

    def stop(self):
        self.top.stop()
        self.top.wait()

    def wait_until(self, condition, what):
        """As waiting.wait_until(); the window reacts meanwhile."""
        def reacted():
            self.application.processEvents()
            return condition()
        return wait_until(reacted, what)

    def start_of(self, frequency):
        """The first sample of the audio from this frequency (Hz), or None: not yet received."""
        tuned = [(tag.offset, pmt.to_double(tag.value)) for tag in self.heard.tags()
                 if pmt.symbol_to_string(tag.key) == "rx_freq"]
        return tuned[-1][0] if tuned and tuned[-1][1] == frequency else None

    def loop_of(self, frequency):
        """Waits for one loop of the station on this frequency (Hz); returns it, float32[n]."""
        start = self.wait_until(lambda: self.start_of(frequency) is not None and
                                self.start_of(frequency) + SETTLE_SAMPLES,
                                f"audio from {frequency / 1e6} MHz")
        self.wait_until(lambda: self.heard.nitems_read(0) >= start + LOOP_SAMPLES,
                        f"3.2 s of {frequency / 1e6} MHz")
        return np.array(self.heard.data()[start:start + LOOP_SAMPLES], np.float32)

    def press(self, number):
        """Presses the button of this station, from 0."""
        self.top._station_button_group.button(number).click()

    def test_each_station_is_heard_after_its_button_is_pressed(self):
        band = pathlib.Path(scenes.fm_band_file())
        sent = {station.name: wavfile.read(fm_band.sent_path(band, station.name))[1]
                for station in fm_band.STATIONS}
        # The first station again at the end: no station is heard because the graph began with it.
        for number in (0, 1, 2, 0):
            station = fm_band.STATIONS[number]
            self.press(number)
            loop = self.loop_of(station.frequency)
            found = {name: correlation(loop, audio) for name, audio in sent.items()}
            print(f"{station.name}, {station.frequency / 1e6} MHz: correlation "
                  f"{found.pop(station.name):.4f} with what it sent, "
                  f"{max(found.values()):.4f} with another")
            self.assertGreaterEqual(correlation(loop, sent[station.name]), CORRELATION_MIN)
            self.assertLess(max(found.values()), 0.5)
        self.assertEqual(self.top.zcring_source_0.telemetry()["lost_samples"], 0)

    def test_the_wav_holds_what_is_heard_while_record_is_ticked(self):
        first = fm_band.STATIONS[0].frequency
        self.loop_of(first)
        self.top.set_record(False)
        recorded = self.heard.nitems_read(0)
        end = recorded + 4 * LOOP_SAMPLES
        self.wait_until(lambda: self.heard.nitems_read(0) > end, "audio that is not recorded")
        self.stop()
        heard = np.array(self.heard.data(), np.float32)
        rate, written = wavfile.read(self.wav)
        self.assertEqual(rate, fm_band.AUDIO_RATE)
        self.assertTrue(LOOP_SAMPLES <= len(written) < recorded + 2 * LOOP_SAMPLES)
        np.testing.assert_allclose(written / 32767, heard[:len(written)], atol=1.1 / 32767)


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

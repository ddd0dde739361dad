#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""spectrum.grc: what its source sends to the plots, and what a double click into them does."""

import pathlib
import sys
import unittest

import numpy as np
from gnuradio import blocks

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from waiting import wait_until  # noqa: E402

BINS = 1024
STATIONS = (97.7e6, 98.0e6, 98.3e6)  # Hz
EDGE = 98.48e6  # Hz, the upper end of the band
TOLERANCE = 10e3  # Hz; a hundredth of a plot
CARRIER = 30e3  # Hz of a station, most of its power


class Spectrum(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.application = flowgraph.application()
        cls.flowgraph = flowgraph.load("spectrum")

    def run_it(self, arguments):
        """The running flowgraph, whose samples also go to its new member `samples`."""
        top = self.flowgraph(args=arguments)
        flowgraph.run_snippets(top)
        top.samples = blocks.probe_signal_vc(64 * BINS)
        top.connect(top.zcring_source_0, blocks.stream_to_vector(8, 64 * BINS), top.samples)
        top.show()
        top.start()
        self.addCleanup(flowgraph.stop, top)
        return top

    def wait_until(self, condition, what):
        """As waiting.wait_until(); the windows react meanwhile."""
        def reacted():
            self.application.processEvents()
            return condition()
        return wait_until(reacted, what)

    def received(self, top, samples):
        """Returns once so many more samples were read."""
        end = top.zcring_source_0.telemetry()["consumed_samples"] + samples
        self.wait_until(lambda: top.zcring_source_0.telemetry()["consumed_samples"] > end,
                        f"{samples} samples")

    def spectrum(self, top):
        """Frequencies in Hz, and the mean power of each in dB of full scale, of new samples."""
        self.received(top, 3 * 64 * BINS)
        pieces = np.array(top.samples.level()).reshape(-1, BINS)
        window = np.blackman(BINS) / np.blackman(BINS).sum()
        power = np.mean(np.abs(np.fft.fft(pieces * window)) ** 2, axis=0)
        return (top.zcring_source_0.get_center_freq()
                + np.fft.fftfreq(BINS, 1 / top.samp_rate), 10 * np.log10(power))

    def double_click(self, top, plot, place):
        """Double-clicks into a plot, at a place from 0, left, to 1; returns the new frequency."""
        from PyQt5 import Qt, QtTest, sip

        window = sip.wrapinstance(plot.qwidget(), Qt.QWidget)
        [canvas] = [child for child in window.findChildren(Qt.QWidget)
                    if child.metaObject().className() == "QwtPlotCanvas"]
        before = top.freq
        QtTest.QTest.mouseDClick(canvas, Qt.Qt.LeftButton, Qt.Qt.NoModifier,
                                 Qt.QPoint(round(place * canvas.width()), canvas.height() // 2))
        self.wait_until(lambda: top.freq != before, "new frequency")
        return top.freq

    def test_it_loses_nothing(self):
        top = self.run_it("emulator")
        self.received(top, 1e6)
        self.assertEqual(top.zcring_source_0.telemetry()["lost_samples"], 0)

    def test_it_shows_floor_stations_and_an_edge(self):
        top = self.run_it("emulator,pace=free")
        hz, power = self.spectrum(top)
        floor = np.median(power)
        for station in STATIONS:
            self.assertGreater(power[abs(hz - station) < CARRIER].max(), floor + 30)

        top.set_freq(98.5e6)
        self.received(top, 1e6)  # beyond what was in the buffers
        hz, power = self.spectrum(top)
        beyond = np.median(power[(hz > EDGE + 48e3) & (hz < EDGE + 300e3)])
        self.assertGreater(floor, beyond + 15)

    def test_noise_covers_the_floor_and_gain_clips(self):
        top = self.run_it("emulator,pace=free")
        floor = np.median(self.spectrum(top)[1])
        self.assertEqual(top.clipped, 0)
        top.set_noise(-30)
        self.received(top, 1e6)
        self.assertGreater(np.median(self.spectrum(top)[1]), floor + 20)
        top.set_gain(30)
        self.wait_until(lambda: int(top._clipped_label.text()) > 0, "clipped samples, shown")

    def test_a_double_click_moves_slider_source_and_both_plots(self):
        top = self.run_it("emulator")
        spectrum, waterfall = top.qtgui_freq_sink_x_0, top.qtgui_waterfall_sink_x_0
        for plot, place, expected in ((spectrum, 0.75, 98.24e6), (waterfall, 0.75, 98.48e6),
                                      (waterfall, 0.25, 98.24e6), (spectrum, 0.25, 98.0e6)):
            tuned = self.double_click(top, plot, place)
            self.assertAlmostEqual(tuned, expected, delta=TOLERANCE)
            self.assertAlmostEqual(top._freq_win.d_widget.counter.value(), tuned, delta=1)
            self.assertAlmostEqual(top.zcring_source_0.get_center_freq(), tuned, delta=1)


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

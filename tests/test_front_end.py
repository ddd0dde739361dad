#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a flowgraph hears of the simulated front end: floor, tone, retunes, a clipping ADC."""

import pathlib
import unittest

import numpy as np
from gnuradio import blocks, gr, zcring

RECORDING = pathlib.Path(__file__).resolve().parent / "recordings" / "adsb_1090mhz.sigmf-meta"
EMULATOR = "emulator,pace=free"
SAMPLES = 1 << 17
FRAME = 4096  # samples of one spectrum


def received(source, samples=SAMPLES):
    """complex64[samples] of the first channel."""
    sink = blocks.vector_sink_c(1, samples)
    flowgraph = gr.top_block()
    flowgraph.connect(source, blocks.head(gr.sizeof_gr_complex, samples), sink)
    flowgraph.run()
    return np.array(sink.data(), np.complex64)


class DefaultAntenna(unittest.TestCase):
    """A source without a scene shows a tone over a floor."""

    def check(self, source, tone_hz):
        """Checks the floor, and that the strongest line is the tone, at this offset."""
        frames = received(source).reshape(-1, FRAME) * np.blackman(FRAME)
        powers = np.mean(np.abs(np.fft.fft(frames)) ** 2, axis=0)
        powers /= FRAME * np.sum(np.blackman(FRAME) ** 2)  # the sum is the power of the samples
        rate = source.get_samp_rate()
        offsets = np.fft.fftfreq(FRAME, 1 / rate)
        self.assertAlmostEqual(offsets[powers.argmax()], tone_hz, delta=rate / FRAME)
        near = np.abs(offsets - tone_hz) < 4 * rate / FRAME
        decibels = 10 * np.log10([powers[near].sum(), np.median(powers) * FRAME])
        self.assertAlmostEqual(decibels[0], -6.02, delta=0.1)
        self.assertAlmostEqual(decibels[1], -80, delta=0.3)

    def test_the_tone_stands_over_a_floor(self):
        source = zcring.source(EMULATOR)
        self.check(source, source.get_samp_rate() / 8)

    def test_a_retune_moves_the_tone_and_leaves_the_floor(self):
        source = zcring.source(EMULATOR)
        rate = source.get_samp_rate()
        source.set_center_freq(source.get_center_freq() + rate / 16)
        self.check(source, rate / 16)

    def test_a_new_rate_leaves_the_tone_at_its_frequency(self):
        source = zcring.source(EMULATOR)
        rate = source.get_samp_rate()
        source.set_samp_rate(2 * rate)
        self.check(source, rate / 8)


class Adc(unittest.TestCase):
    """What does not fit into the format is clipped, and counted."""

    def test_a_gain_of_30_decibels_clips_what_a_model_clips(self):
        once = np.fromfile(RECORDING.with_suffix(".sigmf-data"), np.uint8).reshape(-1, 2) / 128 - 1
        for ring, largest in (("sc8", 127 / 128), ("sc16", 32767 / 32768), ("fc32", 1)):
            with self.subTest(ring):
                source = zcring.source(f"{EMULATOR},format={ring},scene={RECORDING}", "fc32", 1,
                                       2e6, 1090e6)
                source.set_gain(30)
                samples = received(source)
                self.assertLessEqual(np.abs(samples.view(np.float32)).max(), 1)
                telemetry = source.telemetry()
                produced = np.resize(once * 10 ** (30 / 20), (telemetry["produced_samples"], 2))
                outside = ((produced > largest) | (produced < -1)).any(axis=1)
                self.assertGreater(outside.sum(), SAMPLES / 10)
                self.assertEqual(telemetry["clipped_samples"], outside.sum())


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Receives all stations of an FM band at once, each at a quarter of the band's rate.

The receivers are the channels of one source. One more is tuned to the lower edge of the band,
where a front end without a channel filter hears the last station, which is near the upper edge.
"""

import numpy as np
from gnuradio import analog, blocks, filter, gr, zcring
from gnuradio.zcring.scenes import fm_band

DIVISOR = 4  # of the band's rate
RING_BYTES = 1 << 23  # for each receiver, 4.3 s of fc32
OVERLAP = 20e3  # Hz of the band that the receiver at the lower edge hears
SETTLE_SECONDS = 0.02  # dropped at the start: the transient of the filters
FLOOR_DB = -150  # of full scale; the power of silence


def demodulator(rate):
    """The blocks from a station at this rate (samples/s) to its audio (float, 48 kHz)."""
    return (analog.quadrature_demod_cf(rate / (2 * np.pi * fm_band.MAX_DEVIATION)),
            filter.fir_filter_fff(int(rate) // fm_band.AUDIO_RATE,
                                  filter.firdes.low_pass(1, rate, 20e3, 12e3)),
            analog.fm_deemph(fm_band.AUDIO_RATE, tau=fm_band.TAU))


class Receivers(gr.top_block):
    """ZCRing source with a channel for each station and one at the edge -> audio, power."""

    def __init__(self, arguments, band):
        super().__init__("zcring FM receivers")
        rate = band.rate / DIVISOR
        tuned = [*band.stations.values(), band.centre - (band.rate + rate) / 2 + OVERLAP]
        self.source = zcring.source(f"ring_bytes={RING_BYTES},{arguments}", "fc32", len(tuned),
                                    rate, band.centre)
        samples = round((SETTLE_SECONDS + fm_band.LOOP_SECONDS) * rate)
        self.audio = []
        self.powers = []
        for channel, frequency in enumerate(tuned):
            self.source.set_center_freq(frequency, channel)
            station = blocks.head(gr.sizeof_gr_complex, samples)
            self.audio.append(blocks.vector_sink_f(1, round(samples * fm_band.AUDIO_RATE / rate)))
            self.powers.append(blocks.vector_sink_f(1, samples))
            self.connect((self.source, channel), station, *demodulator(rate), self.audio[-1])
            self.connect(station, blocks.complex_to_mag_squared(), self.powers[-1])

    def loops(self):
        """One loop of each receiver's audio, float32[n]."""
        start = round(SETTLE_SECONDS * fm_band.AUDIO_RATE)
        return [np.array(sink.data()[start:], np.float32) for sink in self.audio]

    def levels(self):
        """The mean power that each receiver hears, in dB of full scale."""
        return [10 * np.log10(np.mean(sink.data()) + 10 ** (FLOOR_DB / 10))
                for sink in self.powers]


def receive(arguments, band):
    """Receives one loop of the band.

    Returns the audio {station: float32[n]}, how much less than the last station's receiver the one
    at the lower edge hears (dB), and the number of lost samples.
    """
    receivers = Receivers(arguments, band)
    receivers.run()
    levels = receivers.levels()
    lost = receivers.source.telemetry()["lost_samples"]
    return dict(zip(band.stations, receivers.loops())), levels[-2] - levels[-1], lost

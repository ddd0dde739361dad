#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records a station of an FM band to a WAV file: a receiver as a Python top block.

The antenna receives a band with stations at 97.7, 98.0 and 98.3 MHz. The band is made when it is
first needed.
"""

import argparse
import sys

import numpy as np
from gnuradio import analog, blocks, filter, gr, zcring
from gnuradio.zcring import scenes

RATE = 192_000  # samples/s; a channel of FM broadcast fits into it
AUDIO_RATE = 48_000  # samples/s
DEVIATION = 75e3  # Hz


class Receiver(gr.top_block):
    """ZCRing source -> FM demodulator -> WAV file."""

    def __init__(self, arguments, frequency, seconds, path):
        super().__init__("FM receiver")
        self.source = zcring.source(arguments, "fc32", samp_rate=RATE, center_freq=frequency)
        self.connect(
            self.source,
            blocks.head(gr.sizeof_gr_complex, round(seconds * RATE)),
            analog.quadrature_demod_cf(RATE / (2 * np.pi * DEVIATION)),
            filter.fir_filter_fff(RATE // AUDIO_RATE,
                                  filter.firdes.low_pass(1, RATE, 20e3, 12e3)),
            analog.fm_deemph(AUDIO_RATE, tau=50e-6),
            blocks.wavfile_sink(path, 1, AUDIO_RATE, blocks.FORMAT_WAV, blocks.FORMAT_PCM_16))


def main():
    """Runs the command line; returns the exit status: 1 if a sample was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--args", default="",
                        help="device arguments, such as emulator or device=/dev/zcring0")
    parser.add_argument("--freq", type=float, default=98.0e6, help="Hz (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3.2, help="default: %(default)s")
    parser.add_argument("--out", default="station.wav", metavar="FILE.wav",
                        help="default: %(default)s")
    options = parser.parse_args()

    arguments = f"scene={scenes.fm_band_file()},{options.args}"
    receiver = Receiver(arguments, options.freq, options.seconds, options.out)
    receiver.run()
    lost = receiver.source.telemetry()["lost_samples"]
    print(f"{options.out}: {options.seconds} s of {options.freq / 1e6} MHz, {lost} samples lost")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())

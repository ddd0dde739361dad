#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for what stations sent in what a receiver recorded, and prints how alike they are.

1.0000 is a perfect copy. What a station sends is an exact loop, so the receiver may begin anywhere
in it, and may have been tuned to one station after the other. The exit status is 1 if a station is
not found.
"""

import argparse
import pathlib
import sys

import numpy as np
from scipy.io import wavfile

ALIKE = 0.99
POOR = 0.5
HOP_SECONDS = 0.1
DELAYS_PER_SAMPLE = 4  # the filters of a receiver delay by no whole number of samples


def correlation(received, sent, delays_per_sample=1):
    """The highest correlation of two float[n] over all delays of one of them, as a loop."""
    received, sent = received - received.mean(), sent - sent.mean()
    spectrum = np.fft.rfft(received) * np.fft.rfft(sent).conj()
    product = delays_per_sample * np.fft.irfft(spectrum, delays_per_sample * len(sent))
    return product.max() / max(np.linalg.norm(received) * np.linalg.norm(sent), 1e-9)


def find(sent, received, rate):
    """Where in received one loop of sent is, in seconds, and their correlation there."""
    starts = range(0, len(received) - len(sent) + 1, round(HOP_SECONDS * rate))
    loops = {start: received[start:start + len(sent)] for start in starts}
    best = max(starts, key=lambda start: correlation(loops[start], sent))
    return best / rate, correlation(loops[best], sent, DELAYS_PER_SAMPLE)


def describe(alike, start, seconds):
    """A correlation in words, of a loop of this many seconds that was found at start seconds."""
    if alike >= ALIKE:
        return f"received from {start:.1f} s on"
    if alike >= POOR:
        return f"a poor copy from {start:.1f} s on: check filter, demodulator and the log"
    return f"not found: stay on the station for at least {seconds + 1:.0f} s"


def main():
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("received", metavar="RECEIVED.wav")
    parser.add_argument("sent", nargs="+", metavar="SENT.wav")
    options = parser.parse_args()
    rate, received = wavfile.read(options.received)
    found = []
    for path in options.sent:
        sent_rate, sent = wavfile.read(path)
        if (sent_rate, sent.ndim, received.ndim) != (rate, 1, 1):
            parser.error(f"{options.received} and {path} must be mono and of one rate")
        if len(received) < len(sent):
            parser.error(f"{options.received} lasts {len(received) / rate:.1f} s; it must last at "
                         f"least the {len(sent) / rate:.1f} s of {path}")
        start, alike = find(sent.astype(float), received.astype(float), rate)
        found.append(alike >= ALIKE)
        print(f"{pathlib.Path(path).name:<20} {alike:.4f}  "
              + describe(alike, start, len(sent) / rate), flush=True)
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())

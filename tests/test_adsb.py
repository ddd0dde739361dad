#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording of aircraft, at its own rate and at two others, beside what scipy makes of it.

At 2.4 MS/s, Debian's dump1090-mutability decodes both. Usage: test_adsb.py Recording|Frames; exit
status 77: skipped, for Frames needs that program, and both need scipy.
"""

import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
    from gnuradio import blocks, gr, zcring
    from scipy import signal
except ImportError as missing:
    print(f"SKIPPED test_adsb: {missing}")
    sys.exit(77)

RECORDING = pathlib.Path(__file__).resolve().parent / "recordings" / "adsb_1090mhz.sigmf-meta"
RECORDED_RATE = 2_000_000  # samples/s
DECODER = "dump1090-mutability"
DECODER_RATE = 2_400_000  # samples/s; the program has no other
FRAMES_MIN = 0.95  # of those in scipy's samples
LOW_RATE = 250_000  # samples/s
GHOST_MAX_DB = -50


def recorded():
    """The bytes of the recording, uint8[2 n]: I and Q in turn, 128 is 0."""
    return np.fromfile(RECORDING.with_suffix(".sigmf-data"), np.uint8)


def to_complex(values):
    """complex128[n] of real[2 n], I and Q in turn."""
    return values[0::2] + 1j * values[1::2]


def received(rate, samples):
    """The first samples of the recording at this rate, as int16[2 samples] of sc8."""
    source = zcring.source(f"emulator,pace=free,scene={RECORDING}", "sc8", 1, rate, 1090e6)
    sink = blocks.vector_sink_b(2)
    flowgraph = gr.top_block()
    flowgraph.connect(source, blocks.head(2, samples), sink)
    flowgraph.run()
    return np.array(sink.data(), np.uint8).view(np.int8).astype(np.int16)


def decode(values):
    """The frames, as {hexadecimal: count}, that dump1090 finds in real[2 n] of uint8's scale."""
    with tempfile.NamedTemporaryFile(suffix=".cu8") as file:
        np.clip(np.round(values), 0, 255).astype(np.uint8).tofile(file)
        file.flush()
        result = subprocess.run([DECODER, "--ifile", file.name, "--iformat", "UC8", "--raw"],
                                capture_output=True, text=True, check=True)
    return collections.Counter(line for line in result.stdout.splitlines()
                               if line.startswith("*"))


def lowest_part(samples, factor):
    """complex[n / factor] of complex[n]: the lowest 0.76 / factor of the band, sharply cut."""
    taps = signal.firwin(80 * factor + 1, 0.38 / factor, window=("kaiser", 8), fs=1)
    return signal.upfirdn(taps, samples, down=factor)[40:][:len(samples) // factor]


class Recording(unittest.TestCase):
    """The samples, at a rate that needs no filter and at one that needs a narrow one."""

    def test_at_its_own_rate_it_is_the_file(self):
        once = recorded()
        got = received(RECORDED_RATE, len(once))  # twice the recording
        self.assertTrue(np.array_equal(got + 128, np.tile(once, 2)))

    def test_at_250_kilosamples_nothing_beyond_the_band_is_heard(self):
        once = to_complex(recorded() - 128.0)
        factor = RECORDED_RATE // LOW_RATE
        got = to_complex(received(LOW_RATE, len(once) // factor))
        # 0.76 of what was received, and the same part of each band that decimation folds on it.
        heard = lowest_part(got, 1)
        turns = np.arange(len(once)) / factor
        zones = [lowest_part(once * np.exp(-2j * np.pi * zone * turns), factor)
                 for zone in range(-factor // 2 + 1, factor // 2 + 1)]
        inside = slice(100, -100)
        weights, *_ = np.linalg.lstsq(np.stack(zones, 1)[inside], heard[inside], rcond=None)
        levels = 20 * np.log10(np.abs(weights))
        wanted = factor // 2 - 1
        ghosts = np.delete(levels, wanted)
        print(f"wanted: {levels[wanted]:.2f} dB, loudest ghost: {ghosts.max():.1f} dB")
        self.assertAlmostEqual(levels[wanted], 0, delta=0.1)
        self.assertLess(ghosts.max(), GHOST_MAX_DB)


class Frames(unittest.TestCase):
    """What a decoder finds in samples whose rate is no fraction of the recording's."""

    def test_at_2_4_megasamples_the_frames_are_those_of_scipy(self):
        once = recorded()
        samples = len(once) // 2 * DECODER_RATE // RECORDED_RATE
        resampled = signal.resample_poly(once.reshape(-1, 2) - 127.5, 6, 5)
        expected = decode(resampled.ravel() + 127.5)
        found = decode(received(DECODER_RATE, samples) + 128)
        common = (expected & found).total()
        print(f"frames: {expected.total()} in scipy's samples, {found.total()} in zcring's, "
              f"{common} in both")
        self.assertGreater(expected.total(), 300)
        self.assertGreaterEqual(common, FRAMES_MIN * expected.total())


if __name__ == "__main__":
    if "Frames" in sys.argv and not shutil.which(DECODER):
        print(f"SKIPPED test_adsb Frames: no {DECODER}")
        sys.exit(77)
    unittest.main()

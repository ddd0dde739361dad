# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene of GPS satellites: their C/A codes below noise, for gnss-sdr.

The codes are public (IS-GPS-200): two shift registers of ten bits, of which the second is delayed
by a number of chips that is the satellite's own. They carry no navigation message.
"""
import numpy as np
from gnuradio.zcring.scenes.sigmf import write_recording

RATE = 2_000_000  # samples/s
CENTRE = 1575.42e6  # Hz
LOOP_SECONDS = 1
CHIPS = 1023  # in a millisecond
# Of a satellite: the delay of its second register (chips), Doppler shift (Hz), code phase (chips).
SATELLITES = {3: (7, 1000, 100), 7: (139, -2000, 700), 19: (471, 3000, 350)}
AMPLITUDE = 0.04  # of full scale, each
NOISE = 0.1  # of full scale, RMS: 8 dB above a satellite


def register(taps):
    """The bits of a shift register that begins with ones, int[CHIPS]."""
    state, bits = [1] * 10, []
    for _ in range(CHIPS):
        bits.append(state[-1])
        state = [sum(state[tap - 1] for tap in taps) % 2, *state[:-1]]
    return np.array(bits)


def code(delay):
    """The C/A code of a satellite, +1 or -1, float[CHIPS]."""
    return 1.0 - 2 * (register((3, 10)) ^ np.roll(register((2, 3, 6, 8, 9, 10)), delay))


def write_scene(meta_path):
    """Writes one loop as ci16_le, with its metadata at meta_path (.sigmf-meta)."""
    clock = np.arange(LOOP_SECONDS * RATE)
    random = np.random.default_rng(1)
    air = NOISE / np.sqrt(2) * (random.normal(size=len(clock)) +
                                1j * random.normal(size=len(clock)))
    for delay, doppler, phase in SATELLITES.values():
        chips = (clock * (CHIPS * 1000 / RATE) + phase).astype(int) % CHIPS
        air += AMPLITUDE * code(delay)[chips] * np.exp(2j * np.pi * doppler / RATE * clock)
    write_recording(meta_path, air, RATE, CENTRE)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a scene: a SigMF recording of weather sensors at 433.92 MHz, as rtl_433 decodes them.

Each of three sensors has another modulation, and sends once. The recording is one loop.

    python3 -m gnuradio.zcring.scenes.sensors FILE.sigmf-meta

The formats are public, as rtl_433's documentation of its decoders has them:

- Nexus-TH: OOK, pulses of 0.5 ms; the length of the pause after a pulse is the bit.
- LaCrosse TX141TH-Bv2: OOK, bits of 0.625 ms; the length of the pulse is the bit.
- LaCrosse TX29-IT: FSK, 17241 bits/s; the frequency is the bit.
"""
import argparse

import numpy as np

from .sigmf import write_recording

RATE = 250_000  # samples/s
CENTRE = 433.92e6  # Hz
LOOP_SECONDS = 2
AMPLITUDE = 0.5  # of full scale
NOISE = 0.003  # of full scale, RMS
OFFSET = 10e3  # Hz, of a sensor from the centre
DEVIATION = 30e3  # Hz
# What rtl_433 must print of each telegram, by the model's name there.
TELEGRAMS = {
    "Nexus-TH": {"id": 90, "channel": 2, "temperature_C": 21.3, "humidity": 45},
    "LaCrosse-TX141THBv2": {"id": 135, "channel": 1, "temperature_C": -3.5, "humidity": 71},
    "LaCrosse-TX29IT": {"id": 37, "temperature_C": 17.6},
}
TX29_NO_HUMIDITY = 0x6A


def bits(value, count):
    """The lowest bits of a number, the highest of them first."""
    return [value >> shift & 1 for shift in reversed(range(count))]


def to_bytes(values):
    """The bytes of a list of bits, whose number is a multiple of 8."""
    return [int("".join(map(str, values[start:start + 8])), 2)
            for start in range(0, len(values), 8)]


def digest(message, generator=0x31, key=0xF4):
    """The checksum of a TX141TH-Bv2: a register's values, added where a bit is set."""
    result = 0
    for byte in reversed(message):
        for place in range(8):
            if byte >> place & 1:
                result ^= key
            key = (key << 1 ^ (generator if key & 0x80 else 0)) & 0xFF
    return result


def crc8(message, polynomial=0x31):
    """The checksum of a TX29-IT."""
    result = 0
    for byte in message:
        result ^= byte
        for _ in range(8):
            result = (result << 1 ^ (polynomial if result & 0x80 else 0)) & 0xFF
    return result


def keyed(runs, rate=RATE):
    """The envelope, float[n], of [(microseconds, level)]."""
    ends = np.round(np.cumsum([length for length, _ in runs]) * 1e-6 * rate).astype(int)
    return np.repeat([level for _, level in runs], np.diff(ends, prepend=0)).astype(float)


def nexus(telegram, rate=RATE):
    """float[n]: 12 times the telegram of a Nexus-TH, at this rate (samples/s)."""
    content = [*bits(telegram["id"], 8), 1, 0, *bits(telegram["channel"] - 1, 2),
               *bits(round(10 * telegram["temperature_C"]), 12), *bits(15, 4),
               *bits(telegram["humidity"], 8)]
    pauses = [2000 if bit else 1000 for bit in content] + [4000]
    return keyed([run for pause in 12 * pauses for run in ((500, 1), (pause, 0))], rate)


def tx141(telegram):
    """float[n]: 12 times the telegram of a LaCrosse TX141TH-Bv2."""
    content = [*bits(telegram["id"], 8), 0, 0, *bits(telegram["channel"], 2),
               *bits(round(10 * telegram["temperature_C"]) + 500, 12),
               *bits(telegram["humidity"], 8)]
    content += bits(digest(to_bytes(content)), 8)
    pulses = 4 * [(833, 833)] + [(417, 208) if bit else (208, 417) for bit in content]
    return keyed([run for pulse, pause in 12 * pulses for run in ((pulse, 1), (pause, 0))])


def tx29(telegram):
    """complex[n]: the telegram of a LaCrosse TX29-IT."""
    tenths = round(10 * (telegram["temperature_C"] + 40))
    content = [*bits(9, 4), *bits(telegram["id"], 6), 0, 0,
               *(bit for digit in f"{tenths:03}" for bit in bits(int(digit), 4)),
               0, *bits(TX29_NO_HUMIDITY, 7)]
    content += bits(crc8(to_bytes(content)), 8)
    tones = keyed([(58, 2 * bit - 1) for bit in [*bits(0xAAAAAA2DD4, 40), *content]])
    return np.exp(2j * np.pi * DEVIATION / RATE * np.cumsum(tones))


def air():
    """complex[n]: one loop, in which each sensor sends once."""
    loop = np.zeros(LOOP_SECONDS * RATE, complex)
    place = RATE // 4
    for make, telegram in zip((nexus, tx141, tx29), TELEGRAMS.values()):
        burst = AMPLITUDE * make(telegram)
        turns = OFFSET / RATE * np.arange(len(burst))
        loop[place:place + len(burst)] = burst * np.exp(2j * np.pi * turns)
        place += len(burst) + RATE // 20
    random = np.random.default_rng(1)
    return loop + NOISE / np.sqrt(2) * (random.normal(size=len(loop)) +
                                        1j * random.normal(size=len(loop)))


def write_scene(meta_path):
    """Writes meta_path, whose name ends in .sigmf-meta, and the samples (ci16_le) beside it.

    Raises ValueError for another name.
    """
    write_recording(meta_path, air(), RATE, CENTRE)


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="sensors.sigmf-meta",
                        metavar="FILE.sigmf-meta")
    path = parser.parse_args().file
    write_scene(path)
    print(f"{path}: {LOOP_SECONDS} s around {CENTRE / 1e6:g} MHz, {RATE / 1e3:g} kS/s, "
          f"sensors {', '.join(TELEGRAMS)}")


if __name__ == "__main__":
    main()

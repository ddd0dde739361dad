# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a scene: a SigMF recording of what aircraft send at 1090 MHz (ADS-B).

Each of some made-up aircraft sends its callsign, and its position in the two halves that a
receiver needs. The annotations of the recording name every frame. The recording is one loop. The
same version of numpy gives the same bytes.

The frames are those of ICAO Annex 10, Volume IV, as Junzi Sun's "The 1090 Megahertz Riddle"
explains them.

    python3 -m gnuradio.zcring.scenes.adsb FILE.sigmf-meta
"""

import argparse
import hashlib
import json
import pathlib
from typing import NamedTuple

import numpy as np

RATE = 2_000_000  # samples/s: two to a bit
CENTRE = 1090e6  # Hz
LOOP_SECONDS = 1
FRAME_BITS = 112
PREAMBLE = 16  # samples
PULSES = (0, 2, 7, 9)  # samples of the preamble that have a pulse
FRAME_SAMPLES = PREAMBLE + 2 * FRAME_BITS
POLYNOMIAL = 0xFFF409  # of the parity, without its highest bit, x^24
NOISE_AMPLITUDE = 0.01  # of full scale, RMS
SEED = 1090
CHARACTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"


class Aircraft(NamedTuple):
    """Address, callsign, altitude in feet, position in degrees; level (1 is full scale)."""

    address: int
    callsign: str
    altitude: int
    latitude: float
    longitude: float
    level: float


AIRCRAFT = (
    Aircraft(0x3C0001, "ZCR101", 36_000, 52.3086, 4.7639, 0.60),
    Aircraft(0x3C0002, "ZCR202", 11_025, 51.9500, 5.2100, 0.35),
    Aircraft(0x3C0003, "RING33", 2_400, 52.1000, 4.3000, 0.20),
    Aircraft(0x3C0004, "BURST4", 41_000, 53.0200, 6.5800, 0.12),
    Aircraft(0x3C0005, "GAPLESS5", 24_500, -33.9461, 151.1772, 0.45),
)


def parity(bits):
    """The 24 bits of parity of these bits (0 or 1), as a number."""
    remainder = 0
    for bit in [*bits, *[0] * 24]:
        overflow = remainder >> 23
        remainder = (remainder << 1 | bit) & 0xFFFFFF
        if overflow:
            remainder ^= POLYNOMIAL
    return remainder


def to_bits(*fields):
    """The bits of (value, number of bits)..., the highest of each first."""
    return [value >> place & 1 for value, width in fields for place in reversed(range(width))]


def frame(address, message):
    """The 112 bits of an extended squitter: the message (56 bits) of the aircraft with an address.

    Downlink format 17, capability 5: airborne.
    """
    bits = to_bits((17, 5), (5, 3), (address, 24)) + message
    return bits + to_bits((parity(bits), 24))


def identification(aircraft):
    """The 56 bits that say the callsign: type code 4."""
    letters = [(CHARACTERS.index(letter), 6) for letter in aircraft.callsign.ljust(8)]
    return to_bits((4, 5), (0, 3), *letters)


def zones(latitude):
    """The number of longitude zones at a latitude in degrees: NL of the compact position."""
    ratio = (1 - np.cos(np.pi / 30)) / np.cos(np.radians(latitude)) ** 2
    return 1 if ratio > 2 else int(2 * np.pi / np.arccos(1 - ratio))


def position(aircraft, odd):
    """The 56 bits that say altitude and position: type code 11, in the even or the odd zones."""
    height = 360 / (60 - odd)
    northing = round(aircraft.latitude % height / height * 2**17)
    latitude = height * (aircraft.latitude // height + northing / 2**17)
    width = 360 / max(zones(latitude) - odd, 1)
    easting = round(aircraft.longitude % width / width * 2**17)
    steps = (aircraft.altitude + 1000) // 25
    return to_bits((11, 5), (0, 3), (steps >> 4, 7), (1, 1), (steps & 15, 4), (0, 1), (odd, 1),
                   (northing % 2**17, 17), (easting % 2**17, 17))


def to_hex(bits):
    """The bits of a frame in hexadecimal."""
    return np.packbits(bits).tobytes().hex().upper()


def pulses(bits):
    """The pulses of a frame, 0 or 1 for each of its FRAME_SAMPLES: a 1 is high, then low."""
    samples = np.zeros(FRAME_SAMPLES)
    samples[list(PULSES)] = 1
    samples[PREAMBLE::2] = bits
    samples[PREAMBLE + 1::2] = 1 - np.array(bits)
    return samples


def frames():
    """[(first sample, bits, aircraft)] of one loop, in order."""
    rounds = (lambda aircraft: position(aircraft, 0), identification,
              lambda aircraft: position(aircraft, 1))
    sent = [(frame(aircraft.address, message(aircraft)), aircraft)
            for message in rounds for aircraft in AIRCRAFT]
    slot = LOOP_SECONDS * RATE // len(sent)
    places = np.random.default_rng(SEED).integers(FRAME_SAMPLES, slot - 2 * FRAME_SAMPLES,
                                                  len(sent))
    return [(number * slot + int(place), *what)
            for number, (place, what) in enumerate(zip(places, sent))]


def transmit(sent):
    """One loop of the frames and noise, complex128[LOOP_SECONDS * RATE].

    Each frame has its own phase, and begins up to a quarter of a sample late.
    """
    random = np.random.default_rng(SEED)
    air = NOISE_AMPLITUDE / np.sqrt(2) * random.standard_normal((LOOP_SECONDS * RATE, 2))
    air = air.view(np.complex128).ravel()
    for start, bits, aircraft in sent:
        late = random.uniform(0, 0.25)
        envelope = np.convolve(pulses(bits), [1 - late, late])
        phase = np.exp(2j * np.pi * random.uniform())
        air[start:start + len(envelope)] += aircraft.level * phase * envelope
    return air


def metadata(sent, data_path):
    """SigMF metadata of the recording at data_path, as a dictionary."""
    return {
        "global": {
            "core:version": "1.0.0",
            "core:datatype": "ci16_le",
            "core:sample_rate": RATE,
            "core:sha512": hashlib.sha512(data_path.read_bytes()).hexdigest(),
            "core:description": "ADS-B of some made-up aircraft; one loop",
            "core:recorder": "gnuradio.zcring.scenes.adsb",
        },
        "captures": [{"core:sample_start": 0, "core:frequency": CENTRE}],
        "annotations": [
            {
                "core:sample_start": start,
                "core:sample_count": FRAME_SAMPLES,
                "core:label": aircraft.callsign,
                "core:comment": to_hex(bits),
            }
            for start, bits, aircraft in sent
        ],
    }


def write_frames(meta_path):
    """Writes meta_path, whose name ends in .sigmf-meta, and the samples beside it.

    Raises ValueError for another name.
    """
    meta_path = pathlib.Path(meta_path)
    if meta_path.suffix != ".sigmf-meta":
        raise ValueError(f"{meta_path}: the name must end in .sigmf-meta")
    meta_path.parent.mkdir(parents=True, exist_ok=True)
    data_path = meta_path.with_suffix(".sigmf-data")
    sent = frames()
    samples = transmit(sent).view(np.float64)
    np.round(32767 * np.clip(samples, -1, 1)).astype("<i2").tofile(data_path)
    meta_path.write_text(json.dumps(metadata(sent, data_path), indent=4) + "\n")


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="adsb.sigmf-meta", metavar="FILE.sigmf-meta")
    path = parser.parse_args().file
    write_frames(path)
    print(f"{path}: {LOOP_SECONDS} s around {CENTRE / 1e6:g} MHz, {RATE / 1e6:g} MS/s, "
          f"{len(frames())} frames of " + ", ".join(a.callsign for a in AIRCRAFT))


if __name__ == "__main__":
    main()

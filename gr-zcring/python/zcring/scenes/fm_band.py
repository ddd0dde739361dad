# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a scene: a SigMF recording of an FM broadcast band with three stations.

Each station sends its own speech (package alsa-utils). The recording is one exact loop: it can
be repeated without a click. The programme of each station is written beside it as a WAV. The
same inputs give the same bytes.

    python3 -m gnuradio.zcring.scenes.fm_band FILE.sigmf-meta
"""

import argparse
import hashlib
import json
import pathlib
from typing import NamedTuple

import numpy as np
from gnuradio import analog, blocks, filter, gr
from scipy.io import wavfile

SPEECH = pathlib.Path("/usr/share/sounds/alsa")
AUDIO_RATE = 48_000  # samples/s
RATE = 960_000  # samples/s
CENTRE = 98.0e6  # Hz
LOOP_SECONDS = 3.2
TAU = 50e-6  # s; the pre-emphasis of Europe
MAX_DEVIATION = 75e3  # Hz
CHANNEL_WIDTH = 200e3  # Hz
WHOLE_VECTORS = 64  # samples; no SIMD unit processes more at once
NOISE_AMPLITUDE = 1e-3  # of full scale, RMS


class Station(NamedTuple):
    """A transmitter: its name, frequency in Hz, level (1 is full scale) and speech files."""

    name: str
    frequency: float
    level: float
    speech: tuple


STATIONS = (
    Station("Front", 97.7e6, 0.15, ("Front_Left.wav", "Front_Right.wav")),
    Station("Rear", 98.0e6, 0.30, ("Rear_Left.wav", "Rear_Right.wav")),
    Station("Side", 98.3e6, 0.22, ("Side_Left.wav", "Side_Right.wav")),
)


def programme(station):
    """The programme of a station: float32[LOOP_SECONDS * AUDIO_RATE], 1 is MAX_DEVIATION.

    Its mean is zero, so that the carrier's phase at the end is the phase at the beginning. Its
    peak is low enough that the signal stays within the deviation after pre-emphasis, which
    amplifies an "s" far above the rest.
    """
    audio = np.zeros(round(LOOP_SECONDS * AUDIO_RATE))
    slot = len(audio) // len(station.speech)
    for number, name in enumerate(station.speech):
        try:
            rate, clip = wavfile.read(SPEECH / name)
        except FileNotFoundError as missing:
            raise FileNotFoundError(f"{SPEECH / name}: the stations' speech is missing; install "
                                    "the package alsa-utils") from missing
        if rate != AUDIO_RATE or clip.ndim != 1 or len(clip) > slot:
            raise ValueError(f"{SPEECH / name}: {rate} Hz, {clip.ndim} dimensions, {len(clip)} "
                             f"samples; must be {AUDIO_RATE} Hz, mono, {slot} samples at most")
        start = number * slot + (slot - len(clip)) // 2
        audio[start:start + len(clip)] = clip
    audio -= audio.mean()
    emphasized = audio + TAU * AUDIO_RATE * np.gradient(audio)
    return (0.8 * audio / np.abs(emphasized).max()).astype(np.float32)


def transmit(audio, data_path):
    """Modulates float32[n] of each station and writes one loop of the band as ci16_le."""
    loop_samples = round(LOOP_SECONDS * RATE)
    factor = RATE // AUDIO_RATE
    taps = filter.firdes.low_pass(factor, RATE, 15e3, 6e3)
    band = blocks.add_cc()
    # SIMD code and the code for the rest round differently: whole vectors make the result
    # independent of the sizes that the scheduler chooses.
    band.set_output_multiple(WHOLE_VECTORS)
    top = gr.top_block()
    for port, (station, samples) in enumerate(zip(STATIONS, audio)):
        mixer = blocks.multiply_cc()
        mixer.set_output_multiple(WHOLE_VECTORS)
        top.connect(blocks.vector_source_f(samples, repeat=True),
                    filter.interp_fir_filter_fff(factor, taps),
                    analog.fm_preemph(RATE, tau=TAU),
                    analog.frequency_modulator_fc(2 * np.pi * MAX_DEVIATION / RATE),
                    mixer,
                    (band, port))
        top.connect(analog.sig_source_c(RATE, analog.GR_COS_WAVE, station.frequency - CENTRE,
                                        station.level),
                    (mixer, 1))
    top.connect(analog.noise_source_c(analog.GR_GAUSSIAN, NOISE_AMPLITUDE, 1),
                (band, len(STATIONS)))
    # The filters fill during the first loop; the end of the second fits its beginning.
    top.connect(band,
                blocks.skiphead(gr.sizeof_gr_complex, loop_samples),
                blocks.head(gr.sizeof_gr_complex, loop_samples),
                blocks.complex_to_interleaved_short(False, 32767),
                blocks.file_sink(gr.sizeof_short, str(data_path)))
    top.run()


def metadata(data_path):
    """SigMF metadata of the recording at data_path, as a dictionary."""
    return {
        "global": {
            "core:version": "1.0.0",
            "core:datatype": "ci16_le",
            "core:sample_rate": RATE,
            "core:sha512": hashlib.sha512(data_path.read_bytes()).hexdigest(),
            "core:description": "FM broadcast band, three stations; one exact loop",
            "core:recorder": "gnuradio.zcring.scenes.fm_band",
        },
        "captures": [{"core:sample_start": 0, "core:frequency": CENTRE}],
        "annotations": [
            {
                "core:sample_start": 0,
                "core:sample_count": round(LOOP_SECONDS * RATE),
                "core:freq_lower_edge": station.frequency - CHANNEL_WIDTH / 2,
                "core:freq_upper_edge": station.frequency + CHANNEL_WIDTH / 2,
                "core:label": station.name,
                "core:comment": " ".join(station.speech),
            }
            for station in STATIONS
        ],
    }


def sent_path(meta_path, name):
    """Path of the WAV with the programme of the station of this name."""
    meta_path = pathlib.Path(meta_path)
    return meta_path.with_name(f"{meta_path.stem}-{name}-sent.wav")


def write_band(meta_path):
    """Writes meta_path, whose name ends in .sigmf-meta, and the samples and WAVs beside it.

    Raises ValueError for another name, and FileNotFoundError where the speech is not installed.
    """
    meta_path = pathlib.Path(meta_path)
    if meta_path.suffix != ".sigmf-meta":
        raise ValueError(f"{meta_path}: the name must end in .sigmf-meta")
    meta_path.parent.mkdir(parents=True, exist_ok=True)
    data_path = meta_path.with_suffix(".sigmf-data")
    audio = [programme(station) for station in STATIONS]
    transmit(audio, data_path)
    for station, samples in zip(STATIONS, audio):
        wavfile.write(sent_path(meta_path, station.name), AUDIO_RATE,
                      np.round(samples * 32767).astype(np.int16))
    meta_path.write_text(json.dumps(metadata(data_path), indent=4) + "\n")


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default="band.sigmf-meta", metavar="FILE.sigmf-meta")
    path = parser.parse_args().file
    write_band(path)
    print(f"{path}: {LOOP_SECONDS} s around {CENTRE / 1e6} MHz, {RATE / 1e3:.0f} kS/s, stations "
          + ", ".join(f"{s.name} {s.frequency / 1e6} MHz" for s in STATIONS))


if __name__ == "__main__":
    main()

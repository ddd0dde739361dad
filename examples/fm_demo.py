#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tunes to every station of an FM band while streaming, and checks the audio received.

One flowgraph runs once. The audio is cut at the rx_freq tags, which travel with the samples,
so that each WAV holds exactly one station. Then three receivers at a quarter of the rate hear the
stations at once. The exit status is 1 if a sample was lost, if audio differs from what the station
sent, or if a station is heard at the wrong edge of the band.
"""

import argparse
import glob
import json
import pathlib
import sys
import time

import fm_receivers
import numpy as np
import pmt
from fm_picture import draw
from gnuradio import blocks, filter, gr, zcring
from gnuradio.zcring.scenes import fm_band
from scipy.io import wavfile

RING_BYTES = 1 << 25  # 4.3 s of fc32: the demo may be delayed for that long
QUADRATURE_RATE = 192_000  # samples/s
FRAME_SAMPLES = 1024  # in one line of the waterfall
FRAME_PERIOD = 16  # one frame in 16 is kept
SURVEY_SECONDS = 1.5
WAIT_SECONDS = 120
CORRELATION_MIN = 0.99
DELAYS_PER_SAMPLE = 4
EDGE_MIN_DB = 50  # by which a station is weaker at the other edge of the band


class Band:
    """The band, from its SigMF metadata: rate and centre in Hz, stations {name: Hz}."""

    def __init__(self, meta_path):
        meta = json.loads(meta_path.read_text())
        self.rate = meta["global"]["core:sample_rate"]
        self.centre = meta["captures"][0]["core:frequency"]
        self.stations = {
            a["core:label"]: (a["core:freq_lower_edge"] + a["core:freq_upper_edge"]) / 2
            for a in meta["annotations"]
        }


class Receiver(gr.top_block):
    """ZCRing source -> FM receiver -> audio (float, 48 kHz); frames for the waterfall."""

    def __init__(self, arguments, band):
        super().__init__("zcring FM demo")
        self.source = zcring.source(arguments, "fc32", 1, band.rate, band.centre)
        self.audio = blocks.vector_sink_f(1, 1 << 20)
        self.frames = blocks.vector_sink_c(FRAME_SAMPLES, 1 << 10)
        self.connect(
            self.source,
            filter.fir_filter_ccf(int(band.rate) // QUADRATURE_RATE,
                                  filter.firdes.low_pass(1, band.rate, 95e3, 70e3)),
            *fm_receivers.demodulator(QUADRATURE_RATE),
            self.audio)
        self.connect(
            self.source,
            blocks.stream_to_vector(gr.sizeof_gr_complex, FRAME_SAMPLES),
            blocks.keep_one_in_n(gr.sizeof_gr_complex * FRAME_SAMPLES, FRAME_PERIOD),
            self.frames)

    def retunes(self):
        """[(index of the first audio sample, Hz)], one for each frequency received so far."""
        found = []
        for tag in self.audio.tags():
            if pmt.symbol_to_string(tag.key) == "rx_freq":
                frequency = pmt.to_double(tag.value)
                if not found or found[-1][1] != frequency:
                    found.append((tag.offset, frequency))
        return found

    def wait_for(self, frequency, seconds):
        """Waits until this many seconds of audio from this frequency (Hz) were received."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            start, tuned = (self.retunes() or [(0, None)])[-1]
            if tuned == frequency:
                if self.audio.nitems_read(0) - start >= seconds * fm_band.AUDIO_RATE:
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {seconds} s of {frequency / 1e6} MHz "
                                   f"within {WAIT_SECONDS} s")
            time.sleep(0.02)


def tour(receiver, band):
    """Streams the whole band first, then one loop of each station; returns the telemetry."""
    receiver.start()
    try:
        print(f"streaming: {band.rate / 1e3:.0f} kS/s, "
              f"surveying the band around {band.centre / 1e6} MHz", flush=True)
        receiver.wait_for(band.centre, SURVEY_SECONDS)
        for name, frequency in band.stations.items():
            print(f"tuned to {name}, {frequency / 1e6} MHz", flush=True)
            receiver.source.set_center_freq(frequency)
            receiver.wait_for(frequency, fm_receivers.SETTLE_SECONDS + fm_band.LOOP_SECONDS)
        return receiver.source.telemetry()
    finally:
        receiver.stop()
        receiver.wait()


def cut(audio, retunes, frequency):
    """Returns one loop of the station on this frequency (Hz) from audio, float32[n]."""
    start = next(start for start, tuned in reversed(retunes) if tuned == frequency)
    start += round(fm_receivers.SETTLE_SECONDS * fm_band.AUDIO_RATE)
    return audio[start:start + round(fm_band.LOOP_SECONDS * fm_band.AUDIO_RATE)]


def correlation(received, sent):
    """Peak of the normalised circular cross-correlation of two float[n]; 1 if equal.

    The delay of the filters is no whole number of samples: the peak may lie between two.
    """
    x, y = (a - a.mean() for a in (received, sent))
    product = np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(y).conj(), DELAYS_PER_SAMPLE * len(x))
    return DELAYS_PER_SAMPLE * product.max() / (np.linalg.norm(x) * np.linalg.norm(y))


def judge(received, sent):
    """{name: (correlation with its own programme, highest with another programme)}."""
    return {
        name: (correlation(audio, sent[name]),
               max(correlation(audio, sent[other]) for other in sent if other != name))
        for name, audio in received.items()
    }


def describe_device(source):
    """The device that streamed, and the reason for an emulator."""
    if source.device() != "emulator":
        return source.device()
    if not glob.glob("/dev/zcring*"):
        return "emulator: no /dev/zcring* on this machine"
    return "emulator: requested, or no /dev/zcring* can be opened"


def report(source, telemetry):
    """Prints how the samples came, and their accounting."""
    print(f"""
device         {describe_device(source)}
data path      {"zero copy" if source.is_zero_copy() else "one copy"}
produced       {telemetry['produced_bytes']:,} bytes in {telemetry['bursts']} bursts
consumed       {telemetry['consumed_bytes']:,} bytes
overflow       {telemetry['overflow_bytes']:,} bytes in {telemetry['overflow_count']} events
samples lost   {telemetry['lost_samples']}""")


def report_stations(band, verdict):
    """Prints a verdict as a small table; returns whether all stations were heard."""
    print("\nstation    frequency   correlation with what it sent   with another")
    for name, (own, other) in verdict.items():
        print(f"{name:<10} {band.stations[name] / 1e6:>5.1f} MHz   {own:>29.3f}   {other:>12.3f}")
    return all(own >= CORRELATION_MIN for own, _ in verdict.values())


def receive_in_turn(options, meta_path, band, sent):
    """One receiver tunes to each station; returns whether all was heard, and the device."""
    arguments = f"ring_bytes={RING_BYTES},{options.args},scene={meta_path}"
    receiver = Receiver(arguments, band)
    telemetry = tour(receiver, band)

    audio = np.array(receiver.audio.data(), np.float32)
    retunes = receiver.retunes()
    received = {name: cut(audio, retunes, f) for name, f in band.stations.items()}
    for name, samples in received.items():
        path = options.out / f"{name}-{band.stations[name] / 1e6:.1f}MHz.wav"
        wavfile.write(path, fm_band.AUDIO_RATE, samples)
        print(f"wrote {path}")
    frames = np.array(receiver.frames.data(), np.complex64).reshape(-1, FRAME_SAMPLES)
    seconds = [(start / fm_band.AUDIO_RATE, tuned) for start, tuned in retunes]
    draw(options.out / "spectrum.png", frames, FRAME_SAMPLES * FRAME_PERIOD / band.rate,
         seconds, band)
    print(f"wrote {options.out / 'spectrum.png'}")

    report(receiver.source, telemetry)
    heard = report_stations(band, judge(received, sent))
    return heard and not telemetry["lost_samples"], receiver.source.device()


def receive_at_once(arguments, band, sent):
    """A receiver for each station; returns whether all was heard, and nothing at the edge."""
    received, weaker_db, lost = fm_receivers.receive(arguments, band)
    rate = band.rate / fm_receivers.DIVISOR
    print(f"\nthe same stations at once: {len(received)} receivers at {rate / 1e3:.0f} kS/s each")
    heard = report_stations(band, judge(received, sent))
    print(f"\n{list(received)[-1]} at the other edge of the band: {weaker_db:.0f} dB weaker")
    return heard and weaker_db >= EDGE_MIN_DB and not lost


def parse_command_line():
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--args", default="",
                        help="device arguments, such as emulator or device=/dev/zcring0")
    parser.add_argument("--out", type=pathlib.Path, default="fm_demo", metavar="DIR",
                        help="folder for the WAVs and the picture (default: %(default)s)")
    parser.add_argument("--band", type=pathlib.Path, metavar="FILE.sigmf-meta",
                        help="recording of the band; made if missing (default: band in DIR)")
    return parser.parse_args()


def main():
    """Runs the demo; returns the exit status."""
    options = parse_command_line()
    meta_path = options.band or options.out / "band.sigmf-meta"
    options.out.mkdir(parents=True, exist_ok=True)
    if not meta_path.exists():
        print(f"making the band: {meta_path}", flush=True)
        fm_band.write_band(meta_path)
    band = Band(meta_path)

    sent = {name: wavfile.read(fm_band.sent_path(meta_path, name))[1] for name in band.stations}

    passed, device = receive_in_turn(options, meta_path, band, sent)
    # An emulator need not keep to real time.
    pace = ",pace=free" if device == "emulator" else ""
    passed &= receive_at_once(f"{options.args}{pace},scene={meta_path}", band, sent)
    print("\n" + ("every station heard, no sample lost" if passed else "FAILED"))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

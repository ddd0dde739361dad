#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream retuned at random has each sample on the frequency that its tag says.

ZCRING_TEST_SCALE divides the number of retunes, and slows the stream down, for machines
that are emulated themselves.
"""

import os
import threading

import numpy as np
import pmt
from gnuradio import gr, gr_unittest, zcring
from qa_source import DEVICE, ON_EMULATOR, DeviceTestCase
from waiting import DEADLINE_SECONDS

SCALE = int(os.environ.get("ZCRING_TEST_SCALE", "1"))
RATE = 1e6 / min(SCALE, 20)
CENTRE = 100e6
TONE = CENTRE + RATE / 8
LEVEL = 0.5  # -6 dBFS
RETUNES = max(8, 1000 // SCALE)

# Retunes of free pace fall between two bursts, those of real pace anywhere. A ring of free
# pace is filled as soon as there is room, and so a small one is soon past a retune.
PACES = [",interval_us=1000,ring_bytes=67108864"]
if ON_EMULATOR:
    PACES.append(",interval_us=1000,ring_bytes=65536,pace=free")


def wrapped(hz):
    """Where hz appears in a band as wide as the rate."""
    return (hz + RATE / 2) % RATE - RATE / 2


class Segment:
    """What came from one rx_freq tag to the next, looked at as it comes."""

    FFT_ITEMS = 4096

    def __init__(self, begin, freq):
        self.begin = begin
        self.freq = freq
        self.items = 0
        self.worst = 0.0  # farthest from what is due, of all samples
        self.start = np.empty(0, np.complex64)  # the first FFT_ITEMS of them
        self.tone = wrapped(TONE - freq) if abs(TONE - freq) <= RATE / 2 else None
        self.turn = np.complex64(np.exp(2j * np.pi * (self.tone or 0) / RATE))
        self.last = None

    def append(self, items):
        if not len(items):
            return
        level = 0 if self.tone is None else LEVEL
        self.worst = max(self.worst, np.max(np.abs(np.abs(items) - level)))
        before = items[:-1] if self.last is None else np.append(self.last, items[:-1])
        if len(before):
            off = items[len(items) - len(before):] - before * self.turn
            self.worst = max(self.worst, np.max(np.abs(off)))
        self.last = items[-1]
        self.items += len(items)
        if len(self.start) < self.FFT_ITEMS:
            room = self.FFT_ITEMS - len(self.start)
            self.start = np.append(self.start, items[:room])

    def peak(self):
        """Where the spectrum is highest, and how wide a bin of it is; in Hz."""
        n = len(self.start)
        spectrum = np.abs(np.fft.fft(self.start * np.hanning(n)))
        return np.fft.fftfreq(n, 1 / RATE)[np.argmax(spectrum)], RATE / n


class SegmentSink(gr.sync_block):
    """Cuts a stream into segments at its rx_freq tags, and notifies of what has come.

    On a busy machine samples are lost; a segment begins behind each gap too, then.
    """

    def __init__(self, changed):
        super().__init__("segment_sink", [np.complex64], None)
        self.changed = changed
        self.segments = []
        self.freqs = []  # of the segments, where they changed
        self.untuned_items = 0

    def work(self, input_items, output_items):
        items = np.array(input_items[0])
        first = self.nitems_read(0)
        tags = sorted((t.offset, pmt.to_double(t.value)) for t in self.get_tags_in_window(
            0, 0, len(items), pmt.intern("rx_freq")))
        with self.changed:
            done = 0
            for offset, freq in tags:
                self.extend(items[done:offset - first])
                self.segments.append(Segment(offset, freq))
                if self.freqs[-1:] != [freq]:
                    self.freqs.append(freq)
                done = offset - first
            self.extend(items[done:])
            self.changed.notify_all()
        return len(items)

    def extend(self, items):
        if self.segments:
            self.segments[-1].append(items)
        else:
            self.untuned_items += len(items)


class QaRetune(DeviceTestCase):

    def retune(self, rng, args, kind, zero_copy, nchan, rounds):
        """Streams and retunes; gives the segments of all channels."""
        source = zcring.source(f"{DEVICE}{args},scene=tone,noise=none,format={kind}", "fc32",
                               nchan, RATE, CENTRE, 0, zero_copy)
        changed = threading.Condition()
        sinks = [SegmentSink(changed) for _ in range(nchan)]
        flowgraph = gr.top_block()
        for c in range(nchan):
            flowgraph.connect((source, c), sinks[c])
        asked = [[CENTRE] for _ in range(nchan)]

        def come(sink, tags, items):
            with changed:
                return changed.wait_for(
                    lambda: len(sink.freqs) >= tags and sink.segments[-1].items >= items,
                    DEADLINE_SECONDS)

        flowgraph.start()
        try:
            # Before its first item, a stream may not have been started yet.
            self.assertTrue(all(come(sink, 1, 1) for sink in sinks))
            for _ in range(rounds):
                c = int(rng.integers(nchan))
                # One in ten leaves the tone out of the band.
                freq = float(round(TONE + rng.uniform(-0.55, 0.55) * RATE))
                source.set_center_freq(freq, c)
                asked[c].append(freq)
                self.assertTrue(come(sinks[c], len(asked[c]), rng.integers(1, 3000)))
        finally:
            flowgraph.stop()
            flowgraph.wait()

        for sink, freqs in zip(sinks, asked):
            self.assertEqual(sink.untuned_items, 0)
            self.assertEqual(sink.freqs, freqs)
        return [s for sink in sinks for s in sink.segments]

    def check(self, kind, zero_copy, precision):
        seed = 20240229
        rng = np.random.default_rng(seed)
        peaks = silent = short = 0
        paths = [(args, nchan) for args in PACES for nchan in range(1, 5)]
        for k, (args, nchan) in enumerate(paths):
            rounds = RETUNES * (k + 1) // len(paths) - RETUNES * k // len(paths)
            for s in self.retune(rng, args, kind, zero_copy, nchan, rounds):
                where = f"{args}, {nchan} channels, from item {s.begin}, seed {seed}"
                self.assertLess(s.worst, precision, where)
                if s.tone is None:
                    silent += 1
                elif s.items < 256:
                    short += 1
                else:
                    peaks += 1
                    hz, bin_hz = s.peak()
                    self.assertLessEqual(abs(wrapped(hz - s.tone)), bin_hz, where)
        self.assertGreater(peaks, RETUNES // 2)
        print(f"zero_copy={zero_copy}: {RETUNES} retunes; {peaks} segments with the peak where "
              f"the tag says, {silent} silent as the tone is out of the band, {short} short")

    def test_every_segment_in_the_ring_has_the_tone_where_its_tag_says(self):
        self.check("fc32", "on", 1e-4)

    def test_every_segment_converted_has_the_tone_where_its_tag_says(self):
        self.check("sc16", "off", 1e-4)


if __name__ == "__main__":
    gr_unittest.run(QaRetune)

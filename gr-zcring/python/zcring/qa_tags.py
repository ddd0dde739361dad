#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags survive GNU Radio's own blocks: recorders of files, and changes of the rate.

The scene is the counter: an sc16 item, read as an uint32, is its own sample clock. The pace
is real and the ring small, so that it overflows when a block behind is held up.
ZCRING_TEST_SCALE divides the number of retunes, and slows the stream down, for machines
that are emulated themselves.
"""

import os
import tempfile
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, filter, gr, gr_unittest, zcring
from gnuradio.blocks import parse_file_metadata
from qa_source import DEVICE, DeviceTestCase
from waiting import eventually

SCALE = int(os.environ.get("ZCRING_TEST_SCALE", "1"))
RATE = 500e3 / min(SCALE, 10)
FREQ = 100e6
SMALL = DEVICE + ",interval_us=1000,ring_bytes=262144"
ROUNDS = max(3, 30 // SCALE)
SPACING = 4000  # items, at least, from one retune to the next
NS = 1000000000


def time_ns(value):
    """An rx_time as it is in a tag."""
    return (pmt.to_uint64(pmt.tuple_ref(value, 0)) * NS +
            round(pmt.to_double(pmt.tuple_ref(value, 1)) * NS))


class Conductor(gr.sync_block):
    """Passes a stream on, and calls acts, one after the other, which holds it up.

    The next one's turn is SPACING items after all that was there at the last; then it ends,
    but not within TAIL items of a time, for who is behind may want those.
    """

    TAIL = 100

    def __init__(self, source, dtype, acts):
        super().__init__("conductor", [dtype], [dtype])
        self.source = source
        self.acts = list(acts)
        self.done = []
        self.turn = SPACING

    def work(self, input_items, output_items):
        n = len(input_items[0])
        if self.nitems_read(0) + n > self.turn:
            if self.acts:
                self.done.append(self.acts.pop(0)())
                self.turn = self.source.telemetry()["produced_samples"] + SPACING
            elif not self.get_tags_in_range(0, max(0, self.nitems_read(0) - self.TAIL),
                                            self.nitems_read(0), pmt.intern("rx_time")):
                self.source = None  # a device has one user at a time
                return -1
        output_items[0][:] = input_items[0]
        return n


class Control:
    """Sets the source, and notes between which sample clocks it did."""

    def __init__(self, source):
        self.source = source
        self.asked = {"rx_freq": [(FREQ, 0, 0)], "rx_rate": [(RATE, 0, 0)]}

    def sample_clock(self):
        return self.source.telemetry()["sample_clock"]

    def set(self, key, value, channel=-1):
        before = self.sample_clock()
        if key == "rx_freq":
            self.source.set_center_freq(value, channel)
        else:
            self.source.set_samp_rate(value)
        self.asked[key].append((value, before, self.sample_clock()))
        return True

    def overflow(self):
        """Blocks the caller until samples are lost, and retunes within the gap."""
        lost = self.source.telemetry()["lost_samples"]
        return (eventually(lambda: self.source.telemetry()["lost_samples"] > lost) and
                self.set("rx_freq", self.asked["rx_freq"][-1][0] + 1e3))

    def acts(self, rates):
        """Retunes, one change of the rate in five if that is wanted, one overflow in five."""
        result = []
        for k in range(1, ROUNDS + 1):
            if k % 5 == 2:
                result.append(self.overflow)
            elif k % 5 == 3 and rates:
                result.append(lambda k=k: self.set("rx_rate", RATE * (1 + k / 50)))
            else:
                result.append(lambda k=k: self.set("rx_freq", FREQ + k * 1e5))
        return result


def segments_of(path):
    """Yields the headers and the data of what blocks.file_meta_sink wrote."""
    with open(path, "rb") as file:
        while header := file.read(parse_file_metadata.HEADER_LENGTH):
            info = parse_file_metadata.parse_header(pmt.deserialize_str(header))
            extra = file.read(info["extra_len"])
            if extra:
                parse_file_metadata.parse_extra_dict(pmt.deserialize_str(extra), info)
            info["time_ns"] = info["rx_time_secs"] * NS + round(info["rx_time_fracs"] * NS)
            info["rx_freq"] = pmt.to_double(info["rx_freq"])
            yield info, np.frombuffer(file.read(info["nbytes"]), np.uint32)


class QaTags(DeviceTestCase):

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def check_asked(self, asked, begun):
        """Whether each setting asked for begun at a sample that is due.

        begun: a list of (value, sample clock of the first item, samples lost before it)
        """
        at = 0
        for value, before, after in asked:
            # Two settings may fall into one gap; only the second of them is seen then.
            found = [k for k in range(at, len(begun)) if begun[k][0] == value]
            at = found[0] if found else at + 1
            self.assertLess(at, len(begun), f"{value} never came")
            _, clock, lost = begun[at]
            self.assertLessEqual(before, clock, value)
            self.assertLessEqual(clock - lost, after, value)
            if not found:
                at -= 1
        self.assertEqual(begun[-1][0], asked[-1][0])
        self.assertLessEqual(len(begun), len(asked))

    def check_recording(self, segments, asked):
        """Compares the headers with the data, and with what was asked; gives the gaps."""
        begun = {"rx_freq": [], "rx_rate": []}
        gaps = 0
        last = None
        clock = 0
        for info, data in segments:
            if not len(data):
                continue
            first = int(data[0])
            self.assertTrue(np.all(np.diff(data) == 1), "a segment has a gap inside")
            lost = first - clock
            if lost:
                gaps += 1
                self.assertEqual(pmt.to_uint64(info["rx_lost"]), lost)
            if last:
                # A change of the rate may have come amid the gap, or a gap with it.
                since = info["time_ns"] - last["time_ns"]
                due = [(last["nitems"] / last["rx_rate"] + lost / r) * NS
                       for r in (last["rx_rate"], info["rx_rate"])]
                self.assertTrue(min(due) - 2 <= since <= max(due) + 2, (since, due))
            for key, all_begun in begun.items():
                if not all_begun or all_begun[-1][0] != info[key]:
                    all_begun.append((info[key], first, lost))
            clock = first + len(data)
            last = info
        for key, all_begun in begun.items():
            self.check_asked(asked[key], all_begun)
        return gaps

    def record(self, scene, zero_copy, acts_of):
        """Records the scene with what acts_of(control) does; gives all segments and asked."""
        path = os.path.join(self.folder.name, "recording")
        source = zcring.source(f"{SMALL},noise=none,scene={scene}", "sc16", 1, RATE, FREQ, 0,
                               zero_copy)
        control = Control(source)
        acts = acts_of(control)
        conductor = Conductor(source, np.uint32, acts)
        # Headers come between tags too: every 10,000 items.
        sink = blocks.file_meta_sink(4, path, 1, 1, blocks.GR_FILE_SHORT, True, 10000)
        flowgraph = gr.top_block()
        flowgraph.connect(source, conductor, blocks.null_sink(4))
        flowgraph.connect(source, sink)
        flowgraph.run()
        sink.close()
        self.assertEqual(conductor.done, [True] * len(acts))
        segments = list(segments_of(path))
        self.assertGreater(len(segments), len(acts))
        return segments, control.asked

    def test_a_file_with_headers_tells_each_sample_its_time_rate_and_frequency(self):
        for zero_copy in ("on", "off"):
            with self.subTest(zero_copy=zero_copy):
                before = time.time()
                segments, asked = self.record("counter", zero_copy,
                                              lambda control: control.acts(rates=True))
                self.assertTrue(before - 1 < segments[0][0]["rx_time"] < time.time() + 1)
                gaps = self.check_recording(segments, asked)
                self.assertGreaterEqual(gaps, ROUNDS // 5)
                print(f"file_meta_sink, zero_copy={zero_copy}: {len(segments)} segments, "
                      f"{gaps} gaps")

    def test_a_file_with_headers_has_every_retune_at_the_very_sample(self):
        # Every second one leaves the tone out of the band, and so silence.
        def acts(control):
            return [lambda k=k: control.set("rx_freq", FREQ + RATE * (k / 250 if k % 2 else 1))
                    for k in range(ROUNDS)]

        for zero_copy in ("on", "off"):
            with self.subTest(zero_copy=zero_copy):
                for info, data in self.record("tone", zero_copy, acts)[0]:
                    iq = data.view(np.int16) / 32768
                    iq = iq[0::2] + 1j * iq[1::2]
                    tone = FREQ + RATE / 8 - info["rx_freq"]
                    level = 0.5 if abs(tone) <= RATE / 2 else 0  # -6 dBFS
                    off = iq[1:] - iq[:-1] * np.exp(2j * np.pi * tone / RATE)
                    self.assertLess(np.max(np.abs(off), initial=0), 1e-4)
                    self.assertLess(np.max(np.abs(np.abs(iq) - level), initial=0), 1e-4)


class BurstTagger(gr.sync_block):
    """Passes a stream on, and tags a burst of LENGTH items AFTER items after each rx_time.

    blocks.tagged_file_sink looks for the time from the first rx_time on of the very call in
    which a burst begins, and extrapolates wrongly without; so both are handed on at once.
    """

    AFTER = Conductor.TAIL
    LENGTH = 1000

    def __init__(self):
        super().__init__("burst_tagger", [np.uint32], [np.uint32])
        self.free_from = 0  # where no burst is any more
        self.bursts = []  # (end, first item's sample clock)
        self.rates = set()
        self.start_ns = None  # time of the first item

    def work(self, input_items, output_items):
        n = len(input_items[0])
        first = self.nitems_read(0)
        self.rates |= {pmt.to_double(t.value) for t in self.get_tags_in_window(
            0, 0, n, pmt.intern("rx_rate"))}
        for tag in sorted(self.get_tags_in_window(0, 0, n, pmt.intern("rx_time")),
                          key=lambda t: t.offset):
            if self.start_ns is None:
                self.start_ns = time_ns(tag.value)
            begin = tag.offset + self.AFTER
            if tag.offset < self.free_from:
                continue
            if begin >= first + n:
                n = tag.offset - first
                break
            self.free_from = begin + self.LENGTH
            self.bursts.append((self.free_from, int(input_items[0][begin - first])))
            self.add_item_tag(0, begin, pmt.intern("burst"), pmt.PMT_T)
            self.add_item_tag(0, self.free_from, pmt.intern("burst"), pmt.PMT_F)
        output_items[0][:n] = input_items[0][:n]
        return n


class QaBursts(DeviceTestCase):

    def test_files_of_bursts_have_the_time_of_their_first_sample_in_their_names(self):
        for zero_copy in ("on", "off"):
            with self.subTest(zero_copy=zero_copy), tempfile.TemporaryDirectory() as folder:
                self.record(zero_copy, folder)

    def record(self, zero_copy, folder):
        source = zcring.source(SMALL + ",scene=counter", "sc16", 1, RATE, FREQ, 0, zero_copy)
        control = Control(source)
        acts = control.acts(rates=False)
        conductor = Conductor(source, np.uint32, acts)
        tagger = BurstTagger()
        sink = blocks.tagged_file_sink(4, RATE)
        flowgraph = gr.top_block()
        flowgraph.connect(source, conductor, tagger, sink)
        back = os.getcwd()
        os.chdir(folder)  # the sink knows no other
        try:
            flowgraph.run()
        finally:
            os.chdir(back)
        self.assertEqual(conductor.done, [True] * len(acts))
        self.assertEqual(tagger.rates, {RATE})
        self.assertGreater(source.telemetry()["overflow_count"], 0)

        # fileID_NUMBER_SECONDS.dat; one of a burst that has not ended is not closed.
        names = sorted(os.listdir(folder), key=lambda name: int(name.split("_")[1]))
        whole = [clock for end, clock in tagger.bursts if end < sink.nitems_read(0)]
        self.assertGreater(len(whole), len(acts) // 2)
        for name, clock in zip(names, whole, strict=False):
            data = np.fromfile(os.path.join(folder, name), np.uint32)
            self.assertEqual((len(data), int(data[0])), (tagger.LENGTH, clock))
            seconds = float(name.split("_")[2][:-len(".dat")])
            due = tagger.start_ns / NS + clock / RATE
            self.assertLess(abs(seconds - due), 0.5 / RATE, name)  # a double has 0.24 us
        self.assertIn(len(names) - len(whole), (0, 1))
        print(f"tagged_file_sink, zero_copy={zero_copy}: {len(whole)} files, "
              f"{source.telemetry()['overflow_count']} gaps")


def contents(sink):
    """The tags and the items; the sink itself would hold on to the ring that it has read."""
    tags = sorted((t.offset, str(t.key), str(t.value), str(t.srcid)) for t in sink.tags())
    return tags, np.array(sink.data(), np.complex64)


class QaRates(DeviceTestCase):

    # What is made of a stream, and where an item's tag goes: GNU Radio rounds to the nearest
    # item, but keep_one_in_n cuts.
    CHANGES = {
        "fir_filter": (lambda: filter.fir_filter_ccf(8, [1, 0, 0, 0, 0]),
                       lambda at: (at + 4) // 8, lambda x: x[::8]),
        "interp_fir_filter": (lambda: filter.interp_fir_filter_ccf(3, [1, 1, 1]),
                              lambda at: at * 3, lambda x: np.repeat(x, 3)),
        "keep_one_in_n": (lambda: blocks.keep_one_in_n(8, 4),
                          lambda at: at // 4, lambda x: x[3::4]),
    }

    def run_changes(self, zero_copy, nchan):
        """Gives the contents of each channel as it comes, and behind each change."""
        source = zcring.source(SMALL + ",scene=tone", "fc32", nchan, RATE, FREQ, 0, zero_copy)
        control = Control(source)
        acts = [control.overflow if k % 5 == 2 else
                lambda k=k: control.set("rx_freq", FREQ + k * 1e3, k % nchan)
                for k in range(ROUNDS)]
        conductor = Conductor(source, np.complex64, acts)
        flowgraph = gr.top_block()
        flowgraph.connect((source, 0), conductor, blocks.null_sink(8))
        sinks = []
        for c in range(nchan):
            sinks.append({name: blocks.vector_sink_c() for name in ("as it comes", *self.CHANGES)})
            flowgraph.connect((source, c), sinks[c]["as it comes"])
            for name, (block, _, _) in self.CHANGES.items():
                flowgraph.connect((source, c), block(), sinks[c][name])
        flowgraph.run()
        self.assertEqual(conductor.done, [True] * len(acts))
        return source.alias(), [{name: contents(sink) for name, sink in channel.items()}
                                for channel in sinks]

    def test_tags_stay_with_their_samples_when_the_rate_changes(self):
        for zero_copy in ("on", "off"):
            for nchan in (1, 4):
                with self.subTest(zero_copy=zero_copy, nchan=nchan):
                    srcid, channels = self.run_changes(zero_copy, nchan)
                    self.check(srcid, channels)
                    print(f"rates, zero_copy={zero_copy}, {nchan} channels: "
                          f"{[len(c['as it comes'][0]) for c in channels]} tags")

    def check(self, srcid, channels):
        for channel in channels:
            tags, data = channel["as it comes"]
            self.assertGreaterEqual(len({t[0] for t in tags}), ROUNDS // 5 + 1)
            self.assertEqual({t[1] for t in tags}, {"rx_time", "rx_rate", "rx_freq", "rx_lost"})
            self.assertEqual({t[3] for t in tags}, {srcid})
            self.assertLess(len(data), 1 << 24)  # keep_one_in_n reckons in floats
            for name, (_, place, change) in self.CHANGES.items():
                got_tags, got = channel[name]
                due = change(data)
                # With one reader done, others of the same buffer may miss the last items.
                n = min(len(got), len(due)) - 1
                self.assertGreater(n, 0.9 * len(due), name)
                self.assertTrue(np.array_equal(got[:n], due[:n]), name)
                due_tags = sorted((place(at), *tag) for at, *tag in tags)
                self.assertEqual([t for t in got_tags if t[0] < n],
                                 [t for t in due_tags if t[0] < n], name)


if __name__ == "__main__":
    unittest.main()

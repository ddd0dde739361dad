#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""loopback: every packet of the transmitter arrives, but those at a gap.

What the transmitter sends becomes a recording, which the receiver hears at the emulator. The
receiver is tuned beside the transmitter, and adds noise.
"""
import importlib.util
import json
import pathlib
import sys
import tempfile
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, zcring

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402

PACKETS = 10_000
PACKET_SAMPLES = 1616  # with the pause
SETTLING_SAMPLES = 1616  # the note of the receiver says so
RATE = 500e3
FREQ = 433e6
OFFSET = 100  # Hz
NOISE = -25  # dB of full scale
DROP = 2000  # samples
RING_BYTES = 1 << 18  # a drop takes effect behind the samples that wait in the ring
DROP_EVERY = 50 * DROP  # 2 % of the samples


def load(name, folder):
    """The class of examples/loopback/NAME.grc."""
    flowgraph.compile_flowgraph(flowgraph.EXAMPLES / "loopback" / f"{name}.grc", folder)
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(folder) / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


class Gaps(gr.sync_block):
    """Writes down the gaps of a source, as [first, end) of the lost samples' clocks.

    With drop, it has the source lose DROP samples after each DROP_EVERY.
    """

    def __init__(self, source, drop):
        super().__init__("gaps", [np.complex64], None)
        self.source, self.drop, self.dropped = source, drop, 0
        self.gaps, self.lost = [], 0

    def work(self, input_items, _):
        samples = len(input_items[0])
        for tag in self.get_tags_in_window(0, 0, samples, pmt.intern("rx_lost")):
            first = tag.offset + self.lost
            self.lost += pmt.to_python(tag.value)
            self.gaps.append((first, tag.offset + self.lost))
        if self.drop and self.nitems_read(0) + samples > (self.dropped + 1) * DROP_EVERY:
            self.dropped += 1
            try:
                self.source.inject_drop(DROP)
            except OSError:
                pass  # the recording has ended
        return samples


class Loopback(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="zcring-loopback-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.receiver = load("loopback_receive", folder.name)
        cls.recording = cls.transmit()

    @classmethod
    def transmit(cls):
        """What the transmitter sends, as a recording."""
        data = cls.folder / "air.sigmf-data"
        sent = []

        def to_file(antenna, kind, channels, rate, freq, *_):
            sent.append((antenna, kind, channels, rate, freq))
            return blocks.file_sink(gr.sizeof_gr_complex, str(data))
        transmitter = load("loopback_transmit", cls.folder)
        sink, zcring.sink = zcring.sink, to_file
        try:
            top = transmitter(packets=PACKETS)
        finally:
            zcring.sink = sink
        top.run()
        top.zcring_sink_0.close()
        assert sent == [("loopback", "fc32", 1, RATE, FREQ)], sent
        meta = data.with_suffix(".sigmf-meta")
        meta.write_text(json.dumps({
            "global": {"core:datatype": "cf32_le", "core:sample_rate": RATE,
                       "core:version": "1.0.0"},
            "captures": [{"core:sample_start": 0, "core:frequency": FREQ}],
            "annotations": []}), encoding="utf-8")
        return meta

    def receive(self, drop):
        """The numbers of the packets that arrived, the gaps, and the seconds that it took."""
        text = self.folder / "received.txt"
        top = self.receiver(
            args=f"emulator,pace=free,scene={self.recording},loop=no,noise={NOISE},seed=1,"
            f"ring_bytes={RING_BYTES}",
            file=str(text), freq=FREQ + OFFSET)
        gaps = Gaps(top.zcring_source_0, drop)
        top.connect(top.zcring_source_0, gaps)
        begin = time.monotonic()
        top.run()
        seconds = time.monotonic() - begin
        top.text_sink.close()
        lines = text.read_text(encoding="ascii").splitlines()
        for line in lines:
            self.assertRegex(
                line, rf"^packet \d{{6}} of {PACKETS:06}, from one flowgraph to another *$")
        return [int(line.split()[1]) for line in lines], gaps.gaps, seconds

    def test_every_packet_arrives(self):
        numbers, gaps, seconds = self.receive(drop=False)
        self.assertEqual(gaps, [])
        self.assertEqual([n for n in numbers if n <= PACKETS], list(range(1, PACKETS + 1)))
        air = PACKETS * PACKET_SAMPLES / RATE
        print(f"{PACKETS:,} packets, {air:.1f} s of air, in {seconds:.1f} s")

    def test_only_packets_at_a_gap_are_missing(self):
        numbers, gaps, _ = self.receive(drop=True)
        self.assertGreater(len(gaps), 50)
        self.assertEqual(numbers, sorted(set(numbers)))
        near = set()
        for first, end in gaps:
            low = first // PACKET_SAMPLES
            high = (end + SETTLING_SAMPLES) // PACKET_SAMPLES
            near.update(range(low + 1, high + 2))
        missing = set(range(1, PACKETS + 1)) - set(numbers)
        self.assertEqual(sorted(missing - near), [])
        self.assertGreater(len(missing), len(gaps) // 2)
        print(f"{len(gaps)} gaps, {len(missing)} packets missing, each at a gap;"
              f" {len(near - missing)} at a gap arrived")


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

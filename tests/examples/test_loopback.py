#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""loopback: every packet of the transmitter arrives, but those at a gap.

usage: test_loopback.py [--packets N] [unittest arguments]

Through a server, N packets (200 without --packets) go from one flowgraph to the other. At the
emulator, what the transmitter sends becomes a recording, which the receiver hears tuned beside the
transmitter, and with noise.
"""
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, zcring

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from served import served  # noqa: E402
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402

PACKETS_SERVED = 200  # through a server
PACKETS = 10_000
PACKET_SAMPLES = 1616  # with the pause
SETTLING_SAMPLES = 1616  # the note of the receiver says so
RATE = 500e3
FREQ = 433e6
OFFSET = 100  # Hz
NOISE = -25  # dB of full scale
DROP = 2002  # samples, of the recording: no whole number of symbols
RING_BYTES = 1 << 18  # a drop takes effect behind the samples that wait in the ring
DROP_SERVED = 402  # samples, with real pace
RATE_SERVED = 100e3  # for a machine that is busy
RUNS = 10  # with real pace: in all but one, the transmitter may be late


def load(name, folder):
    """The class of examples/loopback/NAME.grc."""
    flowgraph.compile_flowgraph(flowgraph.EXAMPLES / "loopback" / f"{name}.grc", folder)
    spec = importlib.util.spec_from_file_location(name, pathlib.Path(folder) / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


class Gaps(gr.sync_block):
    """Writes down the gaps of a source, as [first, end) of the lost samples' clocks.

    With drop, it has the source lose that many samples out of 50 times as many.
    """

    def __init__(self, source, drop):
        super().__init__("gaps", [np.complex64], None)
        self.source, self.drop, self.dropped = source, drop, 0
        self.gaps, self.lost = [], 0
        self.time = None  # of the first sample, ns since 1970

    def work(self, input_items, _):
        samples = len(input_items[0])
        for tag in self.get_tags_in_window(0, 0, samples, pmt.intern("rx_lost")):
            first = tag.offset + self.lost
            self.lost += pmt.to_python(tag.value)
            self.gaps.append((first, tag.offset + self.lost))
        if self.time is None:
            for tag in self.get_tags_in_window(0, 0, 1, pmt.intern("rx_time")):
                seconds, fraction = pmt.to_python(tag.value)
                self.time = seconds * 10**9 + round(fraction * 1e9)
        if self.drop and self.nitems_read(0) + samples > (self.dropped + 1) * 50 * self.drop:
            self.dropped += 1
            try:
                self.source.inject_drop(self.drop)
            except OSError:
                pass  # the stream has ended
        return samples


def received_numbers(text, packets):
    """The numbers of the packets in a file of the receiver."""
    lines = text.read_text(encoding="ascii").splitlines()
    for line in lines:
        begin, number, of, rest = line[:7], line[7:13], line[13:23], line[23:].rstrip()
        assert (begin, of, rest) == ("packet ", f" of {packets:06}",
                                     ", from one flowgraph to another"), line
        assert number.isdigit(), line
    return [int(line[7:13]) for line in lines]


def packets_near(gaps, origin):
    """The numbers of the packets at a gap, or behind it within the settling length.

    origin is the sample clock at which the first packet begins.
    """
    near = set()
    for first, end in gaps:
        low = (first - origin) // PACKET_SAMPLES
        high = (end - origin + SETTLING_SAMPLES) // PACKET_SAMPLES
        near.update(range(low + 1, high + 2))
    return near


class Recorded(unittest.TestCase):
    """The transmission as a recording, at the emulator."""

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
        gaps = Gaps(top.zcring_source_0, DROP if drop else 0)
        top.connect(top.zcring_source_0, gaps)
        begin = time.monotonic()
        top.run()
        seconds = time.monotonic() - begin
        top.text_sink.close()
        return received_numbers(text, PACKETS), gaps.gaps, seconds

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
        near = packets_near(gaps, 0)
        missing = set(range(1, PACKETS + 1)) - set(numbers)
        self.assertEqual(sorted(missing - near), [])
        self.assertGreater(len(missing), len(gaps) // 2)
        print(f"{len(gaps)} gaps, {len(missing)} packets missing, each at a gap;"
              f" {len(near - missing)} at a gap arrived")


class Served(unittest.TestCase):
    """Two flowgraphs and a server, each a process, or two in this one."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="zcring-loopback-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.receiver = load("loopback_receive", folder.name)
        cls.transmitter = load("loopback_transmit", folder.name)

    def program(self, name, *arguments):
        """A flowgraph as its user starts it."""
        process = subprocess.Popen([sys.executable, "-u", self.folder / f"{name}.py", *arguments],
                                   stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_every_packet_arrives(self):
        text = self.folder / "free.txt"
        with served("pace=free") as server:
            sender = self.program("loopback_transmit", "-a", str(server),
                                  "-n", str(PACKETS_SERVED))
            begin = time.monotonic()
            receiver = self.program("loopback_receive", "-d", f"device={server},member",
                                    "-o", text)
            self.assertEqual(receiver.wait(DEADLINE_SECONDS + PACKETS_SERVED), 0)
            seconds = time.monotonic() - begin
            self.assertEqual(sender.wait(DEADLINE_SECONDS), 0)
        numbers = received_numbers(text, PACKETS_SERVED)
        self.assertEqual([n for n in numbers if n <= PACKETS_SERVED],
                         list(range(1, PACKETS_SERVED + 1)))
        air = PACKETS_SERVED * PACKET_SAMPLES / RATE
        print(f"{PACKETS_SERVED:,} packets through a server, {air:.1f} s of air, in"
              f" {seconds:.1f} s with the start of the receiver")

    def receive_with_gaps(self, server):
        """The numbers of the packets that arrived, the gaps, and the sample clock at which the
        first packet began; None if the transmitter was late, which shifts packets.
        """
        text = self.folder / "real.txt"
        receive = self.receiver(args=f"device={server}", file=str(text), samp_rate=RATE_SERVED,
                                freq=FREQ)
        gaps = Gaps(receive.zcring_source_0, DROP_SERVED)
        receive.connect(receive.zcring_source_0, gaps)
        send = self.transmitter(antenna=str(server), packets=PACKETS_SERVED,
                                samp_rate=RATE_SERVED)
        receive.start()
        wait_until(lambda: gaps.nitems_read(0), "sample")
        send.run()
        receive.wait()  # its stream ends behind the feed
        receive.text_sink.close()
        antenna = send.zcring_sink_0
        counted = antenna.telemetry()
        if counted["position"] != counted["written_samples"] or counted["late_samples"]:
            return None
        seconds = (antenna.time_now() - gaps.time) / 1e9
        origin = round(seconds * RATE_SERVED) - counted["clock"]
        return received_numbers(text, PACKETS_SERVED), gaps.gaps, origin

    def test_only_packets_at_a_gap_are_missing_with_real_pace(self):
        with served("pace=real") as server:
            runs = (self.receive_with_gaps(server) for _ in range(RUNS))
            run = next((run for run in runs if run), None)
        self.assertIsNotNone(run, f"the transmitter was late in {RUNS} runs")
        numbers, gaps, origin = run
        near = packets_near(gaps, origin)
        missing = set(range(1, PACKETS_SERVED + 1)) - set(numbers)
        self.assertEqual(sorted(missing - near), [])
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertGreater(len(gaps), PACKETS_SERVED * PACKET_SAMPLES // (100 * DROP_SERVED))
        self.assertGreater(len(missing), len(gaps) // 2)
        print(f"{PACKETS_SERVED:,} packets through a server with real pace: {len(gaps)} gaps of"
              f" {sum(end - first for first, end in gaps):,} samples, {len(missing)} packets"
              f" missing, each at a gap; {len(near - missing)} at a gap arrived")


if __name__ == "__main__":
    flowgraph.require("grcc")
    if "--packets" in sys.argv:
        at = sys.argv.index("--packets")
        PACKETS_SERVED = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main()

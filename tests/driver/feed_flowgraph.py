#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: feed_flowgraph.py PATH/TO/zcring

One process feeds the antenna of the device that ZCRING_TEST_DEVICE names (zcring play --live),
and a flowgraph of GNU Radio in this process receives: at first with a feeder that is in time, then
with one that is stopped for a second. Sample n of a feed has the value n + 1, so that
each sample that is received is either the one of its moment or silence, which is 0.

Ten million samples, divided by ZCRING_TEST_SCALE.
"""
import fcntl
import mmap
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile

import numpy as np
from gnuradio import gr, zcring

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402

RATE = 1000000
SAMPLES = 10000000 // int(os.environ.get("ZCRING_TEST_SCALE", "1"))
DEVICE = os.environ.get("ZCRING_TEST_DEVICE", "").partition("=")[2]
RING_SECONDS = 16  # however late this machine is

GET_INFO, GET_FEED = 0x80C05A00, 0x80805A0D  # of abi.h
GET_REGION, BURSTS, UNDERFLOW = 0xC0405A01, 2, 1 << 8


def ioctl(path, request, argument):
    """The struct after the call, on a file that only observes."""
    with open(path, "rb", buffering=0) as file:
        result = bytearray(argument)
        fcntl.ioctl(file, request, result)
        return bytes(result)


def feed_written():
    """How many samples of the feed that is on the air are written."""
    number = re.search("[0-9]+$", DEVICE)[0]
    try:
        return struct.unpack_from("<QQ", ioctl(f"/dev/zcring-antenna{number}", GET_FEED, 128))[1]
    except OSError:  # no feed is on the air
        return 0


def flagged_underflow(bursts):
    """Samples that the descriptors of these bursts tell as silent."""
    info = ioctl(DEVICE, GET_INFO, 192)
    stride, slots = struct.unpack_from("<I8xQ", info, 28)
    assert bursts <= slots, "descriptors were written over; the ring is too small"
    with open(DEVICE, "rb", buffering=0) as file:
        region = bytearray(struct.pack("<I60x", BURSTS))
        fcntl.ioctl(file, GET_REGION, region)
        offset, length = struct.unpack_from("<QQ", region, 16)
        with mmap.mmap(file.fileno(), length, prot=mmap.PROT_READ, offset=offset) as ring:
            flagged = 0
            for burst in range(bursts):
                flags, silent = struct.unpack_from("<I28xQ", ring, burst * stride + 56)
                assert bool(flags & UNDERFLOW) == bool(silent), (burst, flags, silent)
                flagged += silent
            return flagged


class Check(gr.sync_block):
    """Compares each sample with the one of its moment."""

    def __init__(self):
        super().__init__("check", [np.uint32], [])
        self.items = self.silent = self.wrong = self.silences = 0
        self.was_silent = False

    def work(self, input_items, output_items):
        """Of GNU Radio."""
        got = input_items[0]
        expected = np.arange(self.items + 1, self.items + 1 + len(got), dtype=np.uint32)
        is_silent = got == 0
        self.silent += int(np.sum(is_silent))
        self.wrong += int(np.sum(~is_silent & (got != expected)))
        begins = is_silent & ~np.concatenate(([self.was_silent], is_silent[:-1]))
        self.silences += int(np.sum(begins))
        self.was_silent = bool(is_silent[-1])
        self.items += len(got)
        return len(got)


class Run:
    """A feeder and a receiver of so many samples."""

    def __init__(self, command, samples, buffer_seconds):
        self.samples = np.arange(1, samples + 1, dtype=np.uint32)
        self.file = tempfile.TemporaryFile()
        self.file.write(self.samples.tobytes())
        self.file.seek(0)
        ring_bytes = 1 << (4 * RATE * RING_SECONDS - 1).bit_length()
        self.source = zcring.source(
            f"device={DEVICE},format=sc16,ring_bytes={ring_bytes},noise=none,"
            "interval_us=20000,dma=copy", "sc16", samp_rate=RATE)
        self.check = Check()
        self.flowgraph = gr.top_block()
        self.flowgraph.connect(self.source, self.check)
        self.feeder = subprocess.Popen(
            [command, "play", "--live", f"--buffer={buffer_seconds}", "-",
             f"device={DEVICE},format=sc16,rate={RATE},freq=1e8"],
            stdin=self.file, stdout=subprocess.PIPE, text=True)

    def start(self):
        """Begins to receive when the feeder is some way ahead."""
        ahead = min(len(self.samples), RATE // 4)
        wait_until(lambda: feed_written() >= ahead, "feed")
        self.flowgraph.start()

    def finish(self):
        """Receives the rest; compares all that was counted."""
        self.flowgraph.wait()
        report, _ = self.feeder.communicate(timeout=DEADLINE_SECONDS)
        self.file.close()
        told = {name: int(number.replace(",", "")) for name, number in
                re.findall(r"^ *(written|late|silence) +([0-9,]+)", report, re.MULTILINE)}
        counted = self.source.telemetry()
        flagged = flagged_underflow(counted["bursts"])
        check = self.check
        print(f"{check.items} samples in the flowgraph: {check.wrong} wrong, {check.silent} "
              f"silent in {check.silences} runs; device: {counted['lost_samples']} lost, "
              f"{counted['feed_underflow_samples']} silent in {counted['feed_underflow_count']} "
              f"runs, {flagged} flagged; feeder: {told['late']} late", flush=True)
        assert told["written"] == len(self.samples), told
        assert check.wrong == counted["lost_samples"] == 0
        assert check.silent == counted["feed_underflow_samples"] == flagged == told["silence"]
        # The end of a feed can be late, too: silence after the last sample.
        late_end = check.items - len(self.samples)
        assert 0 <= late_end == told["silence"] - told["late"], (check.items, told)
        assert check.silences == counted["feed_underflow_count"]
        assert self.feeder.returncode == (1 if check.silent else 0)
        return check.silent


def a_feeder_in_time(command):
    """Every sample is received."""
    run = Run(command, SAMPLES, RING_SECONDS)
    run.start()
    assert run.finish() == 0


def a_feeder_that_stops_for_a_second(command):
    """So many samples are silent, and no more."""
    run = Run(command, 4 * RATE, 0.2)
    run.start()
    wait_until(lambda: run.check.items > RATE // 2, "stream")
    run.feeder.send_signal(signal.SIGSTOP)
    before = run.source.telemetry()["feed_underflow_samples"]
    wait_until(lambda: run.source.telemetry()["feed_underflow_samples"] - before >= RATE,
               "silence")
    run.feeder.send_signal(signal.SIGCONT)
    assert run.finish() >= RATE


if __name__ == "__main__":
    if not DEVICE:
        print("SKIPPED feed_flowgraph: ZCRING_TEST_DEVICE names no device")
        sys.exit(77)
    a_feeder_in_time(sys.argv[1])
    a_feeder_that_stops_for_a_second(sys.argv[1])

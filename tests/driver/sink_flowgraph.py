#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZCRing Sink at the antenna of the kernel device that ZCRING_TEST_DEVICE names.

A flowgraph sends, and another one receives: at first a counter that is written before anybody
receives, then two bursts with times. Ten million samples, divided by ZCRING_TEST_SCALE.
"""
import os
import pathlib
import sys
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, zcring

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from counters import CounterCheck, CounterSource  # noqa: E402
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402

DEVICE = os.environ.get("ZCRING_TEST_DEVICE", "").partition("=")[2]
SAMPLES = 10_000_000 // int(os.environ.get("ZCRING_TEST_SCALE", "1"))
RATE = 100e3
RING_SECONDS = 64  # however late this machine is
BURST = 1000  # samples
PAUSE = 0.25  # seconds from one burst to the next


def make_source(rate):
    """A receiver that loses nothing, at the frequency of the sink."""
    ring_bytes = 1 << int(4 * rate * RING_SECONDS - 1).bit_length()
    return zcring.source(f"device={DEVICE},format=sc16,ring_bytes={ring_bytes},noise=none,"
                         "interval_us=20000,dma=copy", "sc16", samp_rate=rate)


class Bursts(gr.sync_block):
    """Keeps the items that are not 0, their indices, and the time of item 0 in seconds."""

    def __init__(self):
        super().__init__("bursts", [np.uint32], None)
        self.indices, self.values, self.begin = [], [], None

    def work(self, input_items, _):
        """Of GNU Radio."""
        got = input_items[0]
        if self.begin is None:
            tag, = self.get_tags_in_window(0, 0, 1, pmt.intern("rx_time"))
            self.begin = pmt.to_python(tag.value)
        found = np.flatnonzero(got)
        self.indices += (found + self.nitems_read(0)).tolist()
        self.values += got[found].tolist()
        return len(got)


def every_sample_is_received():
    """A feed that was written before its receiver began, to its end."""
    send, receive = gr.top_block(), gr.top_block()
    counter, check = CounterSource(SAMPLES), CounterCheck()
    sink = zcring.sink(DEVICE, "sc16", samp_rate=RATE, buffer_samples=SAMPLES)
    assert sink.device().startswith("/dev/zcring-antenna"), sink.device()
    send.connect(counter, sink)
    send.run()
    source = make_source(RATE)
    receive.connect(source, check)
    receive.run()
    counted, lost = sink.telemetry(), source.telemetry()["lost_samples"]
    print(f"{check.items} samples from sink to source: {check.wrong} wrong, {lost} lost;"
          f" {counted}", flush=True)
    assert (check.items, check.first, check.wrong, lost) == (SAMPLES, 1, 0, 0)
    assert counted["written_samples"] == SAMPLES and not counted["late_samples"]


def at_time(item, seconds):
    """A tx_time tag."""
    tag = gr.tag_t()
    tag.offset, tag.key = item, pmt.intern("tx_time")
    tag.value = pmt.make_tuple(pmt.from_uint64(int(seconds)), pmt.from_double(seconds % 1))
    return tag


def send_bursts(lead_seconds):
    """Two bursts, the first so many seconds ahead. Returns whether both were in time."""
    send, receive, bursts = gr.top_block(), gr.top_block(), Bursts()
    times = [int(time.time()) + lead_seconds + pause for pause in (0, PAUSE)]
    data = blocks.vector_source_i(range(1, 2 * BURST + 1), False, 1,
                                  [at_time(k * BURST, t) for k, t in enumerate(times)])
    sink = zcring.sink(DEVICE, "sc16", samp_rate=RATE)
    source = make_source(RATE)
    send.connect(data, sink)
    receive.connect(source, bursts)
    send.start()  # the feed is on the air, and waits for the antenna's time
    receive.start()
    send.wait()
    receive.wait()
    counted = sink.telemetry()
    if counted["late_bursts"] or counted["late_samples"]:
        print(f"late by a lead of {lead_seconds} s: {counted}", flush=True)
        return False
    places = bursts.indices[::BURST]
    expected = [(t - bursts.begin[0] - bursts.begin[1]) * RATE for t in times]
    print(f"bursts at samples {places}, expected at {expected}", flush=True)
    assert bursts.values == list(range(1, 2 * BURST + 1))
    assert bursts.indices == [p + i for p in places for i in range(BURST)]
    assert all(abs(place - index) <= 1 for place, index in zip(places, expected))
    assert places[1] - places[0] == RATE * PAUSE
    assert source.telemetry()["lost_samples"] == 0
    return True


def bursts_are_at_their_times():
    """With a lead that suffices on this machine."""
    leads = iter([2 << k for k in range(int(DEADLINE_SECONDS).bit_length())])
    wait_until(lambda: send_bursts(next(leads)), "bursts in time")


if __name__ == "__main__":
    if not DEVICE:
        print("SKIPPED sink_flowgraph: ZCRING_TEST_DEVICE names no device")
        sys.exit(77)
    every_sample_is_received()
    bursts_are_at_their_times()

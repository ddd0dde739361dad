# SPDX-License-Identifier: GPL-3.0-or-later
"""Response: how long a waiting source takes to stop, and to apply a message."""
import time

import pmt
from gnuradio import blocks, gr

import contestants
import rounds

RATE = 1e6
ARGS = "emulator,pace=real,scene=tone"
INTERVALS_US = (1000, 50000, 10000000)
TIMES = 30
COMMAND = pmt.intern("command")


def running(source):
    top = gr.top_block()
    top.connect(source, blocks.null_sink(gr.sizeof_gr_complex))
    top.start()
    return top


def stop_ns(source):
    """Time from stop() until wait() returns; the source waits for a burst before."""
    top = running(source)
    time.sleep(0.005)
    began = time.perf_counter_ns()
    top.stop()
    top.wait()
    return time.perf_counter_ns() - began


def apply_ns(source, number):
    """Time from a message until its frequency is in effect."""
    began = time.perf_counter_ns()
    source._post(COMMAND, pmt.cons(pmt.intern("freq"), pmt.from_double(number)))
    while source.center_freq(0) != number:
        if time.perf_counter_ns() - began > 60e9:
            raise RuntimeError(f"{source.name()}: a message was not applied within a minute")
    return time.perf_counter_ns() - began


def of_source(interval_us):
    source = contestants.ring(rate=RATE, interval_us=interval_us, args=ARGS,
                              ring_bytes=contestants.RING_BYTES)
    stops = [stop_ns(source) for _ in range(TIMES)]
    top = running(source)
    time.sleep(0.005)
    messages = [apply_ns(source, float(number)) for number in range(TIMES)]
    top.stop()
    top.wait()
    return {"stop_ns": max(stops), "message_ns": max(messages)}


def of_null_source():
    return {"stop_ns": max(stop_ns(blocks.null_source(gr.sizeof_gr_complex))
                           for _ in range(TIMES))}


def measure(number_of_rounds):
    rounds.say("response")
    runs = {str(interval): (lambda i=interval: of_source(i)) for interval in INTERVALS_US}
    runs["null_source"] = of_null_source
    names = {str(interval): f"**zcring**, a burst each {interval / 1000:,g} ms"
             for interval in INTERVALS_US}
    found, _ = rounds.interleave(runs, number_of_rounds)
    return {"mode": f"{ARGS}; rate {RATE:.0e}, null sink; the longest of {TIMES} trials in each "
                    f"of {number_of_rounds} rounds",
            "names": {**names, "null_source": "null_source"},
            "summary": rounds.summaries(found)}

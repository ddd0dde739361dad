# SPDX-License-Identifier: GPL-3.0-or-later
"""Latency: from a burst's interrupt until work() returns the burst, or a bare loop has it."""
import collections
import time

import contestants
import flowgraph
import rounds

RATE = 1e6
INTERVAL_US = 1000
ARGS = "emulator,pace=real,dma=resident,scene=tone"
CONTESTANTS = [
    ("loop_fc32", "bare poll loop, fc32 ring", "fc32", False),
    ("zero_copy", "**zcring, zero copy** (fc32 ring)", "fc32", True),
    ("loop_sc16", "bare poll loop, sc16 ring", "sc16", False),
    ("one_copy_sc16", "**zcring, one copy** from sc16", "sc16", True),
]


def of_loop(loops, format, seconds):
    """Histogram of a bare loop: {lower edge of a bucket in ns: bursts}."""
    found = rounds.loop(loops, "poll",
                        contestants.ring_arguments(format, RATE, INTERVAL_US, ARGS), seconds)
    return {int(edge): count for edge, count in found["histogram"].items()}


def of_block(format, seconds):
    source = contestants.ring(format, rate=RATE, interval_us=INTERVAL_US, args=ARGS)
    with flowgraph.Run(source, flowgraph.null):
        time.sleep(seconds)
        return source.latency_histogram()


def upper_edge(edge):
    """Upper edge of the bucket with this lower edge; 16 buckets per octave."""
    return edge + (1 << max(edge.bit_length() - 5, 0))


def quantile(histogram, part):
    """Interpolates: assumes that the bursts of a bucket are spread evenly over it."""
    wanted = part * sum(histogram.values())
    for edge, count in sorted(histogram.items()):
        if wanted <= count:
            return edge + (upper_edge(edge) - edge) * wanted / count
        wanted -= count
    return float("nan")


def pool(histograms):
    total = collections.Counter()
    for histogram in histograms:
        total.update(histogram)
    return dict(sorted(total.items()))


def statistics_of(histogram):
    return {"p50_ns": quantile(histogram, 0.5), "p99_ns": quantile(histogram, 0.99),
            "max_ns": quantile(histogram, 1.0)}


def measure(loops, number_of_rounds, seconds):
    rounds.say("latency")
    runs = {}
    for key, _, format, is_block in CONTESTANTS:
        runs[key] = ((lambda f=format: of_block(f, seconds)) if is_block
                     else (lambda f=format: of_loop(loops, f, seconds)))
    found, _ = rounds.interleave(runs, number_of_rounds)
    return {"mode": f"{ARGS}; rate {RATE:.0e}, a burst each {INTERVAL_US} µs, null sink; "
                    f"{number_of_rounds} rounds of {seconds:g} s",
            "names": {key: name for key, name, _, _ in CONTESTANTS},
            "summary": {key: rounds.summary([statistics_of(h) for h in histograms])
                        for key, histograms in found.items()},
            "histograms": {key: pool(histograms) for key, histograms in found.items()}}

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: edu_flowgraph.py DEVICE SAMPLES

Runs the block on a device with the counter scene, and compares every byte of its output with
the formula of docs/abi.md.
"""

import sys

import numpy as np
from gnuradio import blocks, gr, zcring


def main():
    device, samples = sys.argv[1], int(sys.argv[2])
    source = zcring.source(device + ",scene=counter,format=sc8", "sc8")
    head = blocks.head(2, samples)
    sink = blocks.vector_sink_b(2, samples)
    flowgraph = gr.top_block()
    flowgraph.connect(source, head, sink)
    flowgraph.run()

    n = np.arange(samples)
    expected = np.stack((n & 0xff, n >> 8 & 0xff), axis=1).astype(np.uint8).reshape(-1)
    got = np.array(sink.data(), dtype=np.uint8)
    counters = source.telemetry()
    wrong = int(np.sum(got != expected)) if len(got) == len(expected) else -1
    print("%s, %s: %d bytes, %d wrong, %d samples lost" % (
        source.device(), "zero copy" if source.is_zero_copy() else "one copy", len(got), wrong,
        counters["lost_samples"]))
    return 0 if wrong == 0 and not counters["lost_samples"] and source.is_zero_copy() else 1


if __name__ == "__main__":
    sys.exit(main())

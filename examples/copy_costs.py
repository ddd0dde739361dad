#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the processor time that a source takes for a sample of 16-bit integers: where its output
buffer is the ring itself, where each sample is copied, and where it is converted to a float.

The ways take turns, so that a change of the machine's speed meets all of them."""
import argparse
import pathlib
import statistics
import time

from gnuradio import blocks, gr, zcring

# The output type and zero_copy of a source whose ring has 16-bit integers.
WAYS = {
    "sc16, zero copy": ("sc16", "on"),
    "sc16, copied": ("sc16", "off"),
    "fc32, converted": ("fc32", "off"),
}
ITEM_BYTES = {"sc16": 4, "fc32": 8}


class Run:
    """A flowgraph from a source to nowhere, started."""

    def __init__(self, arguments, rate, kind, zero_copy):
        self.top = gr.top_block()
        self.source = zcring.source(f"format=sc16,ring_bytes=67108864,{arguments}", kind, 1, rate,
                                    zero_copy=zero_copy)
        self.top.connect(self.source, blocks.null_sink(ITEM_BYTES[kind]))
        self.top.start()

    def wait(self, samples):
        """Returns the processor time of the source in ns, and its samples, once it has so many."""
        while self.source.nitems_written(0) < samples:
            time.sleep(0.01)
        # The kernel keeps 15 letters of the name that GNU Radio gives a thread.
        name = f"{self.source.name()}{self.source.unique_id()}"[:15]
        for thread in pathlib.Path("/proc/self/task").iterdir():
            if (thread / "comm").read_text().strip() == name:
                ns = int((thread / "schedstat").read_text().split()[0])
                return ns, self.source.nitems_written(0)
        raise SystemExit(f"no thread {name}: has the source ended?")

    def stop(self):
        self.top.stop()
        self.top.wait()


def measure(arguments, rate, samples, kind, zero_copy):
    """Nanoseconds of processor time for a sample, whether without a copy, and lost samples."""
    run = Run(arguments, rate, kind, zero_copy)
    try:
        first_ns, first = run.wait(1)
        ns, last = run.wait(first + samples)
        lost = run.source.telemetry()["lost_samples"]
        return (ns - first_ns) / (last - first), run.source.is_zero_copy(), lost
    finally:
        run.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    # Resident DMA moves no samples, so that only the source is at work.
    parser.add_argument("--args", default="emulator,dma=resident",
                        help="device arguments (%(default)s)")
    parser.add_argument("--rate", type=float, default=5e6, help="samples/s (%(default)g)")
    parser.add_argument("--samples", type=float, default=2e6,
                        help="samples of each way and round (%(default)g)")
    parser.add_argument("--rounds", type=int, default=5, help="(%(default)s)")
    options = parser.parse_args()

    gr.logging().set_default_level(gr.log_levels.warn)
    results = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way, (kind, zero_copy) in WAYS.items():
            results[way].append(measure(options.args, options.rate, options.samples, kind,
                                        zero_copy))
    print("way               zero copy   CPU, ns/sample (least to most)   lost samples")
    for way, rounds in results.items():
        times = [ns for ns, _, _ in rounds]
        print(f"{way:17} {'yes' if all(is_zero for _, is_zero, _ in rounds) else 'no':11} "
              f"{statistics.median(times):6.3f}  ({min(times):.3f} to {max(times):.3f}) "
              f"{sum(lost for _, _, lost in rounds):19}")


if __name__ == "__main__":
    main()

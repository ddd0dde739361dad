#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SoapySDR module beside the bare VOLK loop, and the block beside gr-soapy, on the same ring.

All but the last block convert an sc16 ring to fc32 ("zero copy": the block with a ring of fc32).

    ./run env bench/soapy.py build

Rounds in turn; medians of CPU time a sample, and their ratios. Ends with status 1 where a ratio is
beyond its bound.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

RING = "emulator,pace=free,dma=resident,scene=tone,rate=1e6"
LOOPS = ("volk", "read_cf32", "read_cs16", "direct")
BLOCKS = ("zcring.source", "soapy.source", "zero copy")

# What, above, below, most.
BOUNDS = (
    ("readStream(), CF32 from sc16, relative to the bare VOLK loop", "read_cf32", "volk", 1.3),
    ("direct buffers, relative to readStream(), CF32", "direct", "read_cf32", 1 / 3),
    ("direct buffers, relative to readStream(), CS16", "direct", "read_cs16", 1 / 3),
    ("the block into a null sink, converting, relative to gr-soapy", "zcring.source",
     "soapy.source", 1),
)


def flowgraph(block, seconds):
    """CPU time in ns, and time in ns, of a sample from a source into a null sink."""
    from gnuradio import blocks, gr  # pylint: disable=import-outside-toplevel
    if block == "soapy.source":
        from gnuradio import soapy  # pylint: disable=import-outside-toplevel
        arguments = f"driver=zcring,{RING},format=sc16"
        source = soapy.source(arguments, "fc32", 1, "", "", [""], [""])
    else:
        from gnuradio import zcring  # pylint: disable=import-outside-toplevel
        ring_format = "fc32" if block == "zero copy" else "sc16"
        source = zcring.source(f"{RING},format={ring_format}", "fc32")
    top = gr.top_block()
    sink = blocks.null_sink(gr.sizeof_gr_complex)
    top.connect(source, sink)
    top.start()
    time.sleep(0.5)
    cpu, clock, samples = time.process_time_ns(), time.monotonic_ns(), sink.nitems_read(0)
    time.sleep(seconds)
    cpu, clock = time.process_time_ns() - cpu, time.monotonic_ns() - clock
    samples = sink.nitems_read(0) - samples
    top.stop()
    top.wait()
    return cpu / samples, clock / samples


def measure(build, rounds, seconds):
    """Medians of CPU ns a sample by contestant, and of ns a sample for the blocks."""
    program = os.path.join(build, "bench", "zcring-bench-soapy")
    cpu = {name: [] for name in LOOPS + BLOCKS}
    clock = {name: [] for name in BLOCKS}
    for _ in range(rounds):
        for loop in LOOPS:
            cpu[loop].append(float(subprocess.check_output([program, loop, str(seconds)])))
        for block in BLOCKS:
            line = subprocess.check_output([sys.executable, __file__, "--block", block,
                                            "--seconds", str(seconds), build])
            found = line.split()[-2:]
            cpu[block].append(float(found[0]))
            clock[block].append(float(found[1]))

    def medians(found):
        return {name: statistics.median(values) for name, values in found.items()}

    return medians(cpu), medians(clock)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="folder of the build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each measurement")
    parser.add_argument("--block", choices=BLOCKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.block:
        print(*flowgraph(options.block, options.seconds))
        return 0
    cpu, clock = measure(options.build, options.rounds, options.seconds)
    for name, value in cpu.items():
        rate = f"{1e3 / clock[name]:8.0f} MS/s" if name in clock else ""
        print(f"{name:14} {value:8.4f} ns of CPU a sample {rate}")
    failed = False
    for what, above, below, most in BOUNDS:
        ratio = cpu[above] / cpu[below]
        failed |= ratio > most
        print(f"{'FAIL' if ratio > most else 'ok  '} {what}: {ratio:.3f}, at most {most:.3f}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one contestant into a null sink for some seconds, for strace or perf to observe.

Prints the number of samples.
"""
import argparse
import sys
import time

from gnuradio import gr

import flowgraph
import syscalls


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contestant", choices=syscalls.CONTESTANTS)
    parser.add_argument("seconds", type=float)
    options = parser.parse_args()

    gr.logging().set_default_level(gr.log_levels.warn)
    with syscalls.CONTESTANTS[options.contestant].opened() as source:
        with flowgraph.Run(source, flowgraph.null) as run:
            time.sleep(options.seconds)
            samples = run.samples()
    print(samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receives the samples and tags of zmq_publisher.py, from this computer or another.

It prints each tag. With --check it compares the samples, those of a publisher with scene=counter,
with their tags: every sample there, once, in order. Put your own blocks in the place of the check.
"""
import argparse
import sys

import numpy as np
import pmt
from gnuradio import blocks, gr, zeromq

ADDRESS = "tcp://127.0.0.1:5555"
MESSAGES = 100  # that may be on their way on each side; each has the samples of one call of work()


class Tags(gr.sync_block):
    """Prints every tag of a stream of samples (short[2]) and keeps it in self.seen."""

    def __init__(self, verb):
        gr.sync_block.__init__(self, "tags", in_sig=[(np.int16, 2)], out_sig=None)
        self.verb = verb
        self.seen = []  # [(item, key, value)]

    def work(self, input_items, output_items):
        count = len(input_items[0])
        for tag in self.get_tags_in_window(0, 0, count):
            found = tag.offset, pmt.symbol_to_string(tag.key), pmt.to_python(tag.value)
            self.seen.append(found)
            print(self.verb, "item {:,}: {} {}".format(*found), flush=True)
        return count


class Check(gr.sync_block):
    """Compares samples (short[2]) of scene=counter with the tags rx_lost.

    self.wrong is the number of samples that do not follow the one before.
    """

    def __init__(self):
        gr.sync_block.__init__(self, "check", in_sig=[(np.int16, 2)], out_sig=None)
        self.last = None
        self.wrong = 0

    def work(self, input_items, output_items):
        numbers = np.ascontiguousarray(input_items[0]).view(np.uint32).ravel()
        before = numbers[:1] - np.uint32(1) if self.last is None else self.last
        steps = np.diff(numbers, prepend=before) - np.uint32(1)
        for tag in self.get_tags_in_window(0, 0, len(numbers), pmt.intern("rx_lost")):
            steps[tag.offset - self.nitems_read(0)] -= np.uint32(pmt.to_python(tag.value))
        self.wrong += np.count_nonzero(steps)
        self.last = numbers[-1:].copy()
        return len(numbers)


class Subscriber(gr.top_block):
    """ZeroMQ PULL socket -> the first samples -> tags; self.check, where it is wanted."""

    def __init__(self, address, samples, check):
        super().__init__("zcring subscriber")
        self.pull = zeromq.pull_source(gr.sizeof_short, 2, address, pass_tags=True, hwm=MESSAGES)
        self.head = blocks.head(2 * gr.sizeof_short, samples)
        self.tags = Tags("received")
        self.connect(self.pull, self.head, self.tags)
        if check:
            self.check = Check()
            self.connect(self.head, self.check)


def main():
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default=ADDRESS, help="of the publisher (%(default)s)")
    parser.add_argument("--samples", type=int, default=10_000_000,
                        help="after which it ends (%(default)s)")
    parser.add_argument("--check", action="store_true", help="check the samples of scene=counter")
    options = parser.parse_args()

    subscriber = Subscriber(options.address, options.samples, options.check)
    subscriber.run()
    print(f"{subscriber.head.nitems_written(0):,} samples received, "
          f"{len(subscriber.tags.seen)} tags")
    if options.check:
        print(f"{subscriber.check.wrong:,} samples out of order")
        return subscriber.check.wrong > 0
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends commands with a time to a source, and prints for each the sample that was asked for and
the sample whose tags tell of it."""
import argparse

import numpy as np
import pmt
from gnuradio import gr, zcring

NS = 10**9  # a second
RATE = 1e6  # samples/s
PERIOD = 20_000  # samples from a step to the next
LEAD = 500_000  # samples from a message to its step: more than the ring, and time enough
COMMANDS = [{"freq": 100.01e6}, {"gain": -6.0}, {"freq": 100e6}, {"gain": 0.0}]


class TimedSteps(gr.sync_block):
    """Sends each command LEAD samples before its step, and prints the sample of the tags."""

    def __init__(self, steps):
        super().__init__("timed steps", [np.complex64], None)
        self.message_port_register_out(pmt.intern("command"))
        # Samples are counted as the ADC takes them, lost ones included.
        self.asked = []  # (command, sample) of the steps whose tags are still to come
        self.todo = [(COMMANDS[n % len(COMMANDS)], LEAD + n * PERIOD) for n in range(steps)]
        self.differences = []
        self.lost = 0

    def work(self, input_items, output_items):
        begin, count = self.nitems_read(0), len(input_items[0])
        tags = {}  # of each sample that has some
        for tag in self.get_tags_in_range(0, begin, begin + count):
            tags.setdefault(tag.offset, {})[str(tag.key)] = pmt.to_python(tag.value)
        for sample, values in sorted(tags.items()):
            if "rx_lost" in values:
                self.lost += values["rx_lost"]
                self.skip(sample + self.lost)
            elif sample == 0:
                seconds, fraction = values["rx_time"]
                self.start_ns = seconds * NS + round(fraction * NS)
            else:
                self.compare(sample + self.lost)
        while self.todo and self.todo[0][1] < begin + self.lost + count + LEAD:
            self.ask(*self.todo.pop(0))
        # WORK_DONE ends the flowgraph.
        return count if self.todo or self.asked else -1

    def ask(self, command, sample):
        """Sends a command: a dictionary, to which the time of its sample is added."""
        seconds, ns = divmod(self.start_ns + round(sample * NS / RATE), NS)
        message = pmt.to_pmt(command)
        message = pmt.dict_add(message, pmt.intern("time"),
                               pmt.cons(pmt.from_uint64(seconds), pmt.from_double(ns / NS)))
        # With this key the sample also has the tag rx_rate.
        message = pmt.dict_add(message, pmt.intern("tag"), pmt.PMT_T)
        self.asked.append((command, sample))
        self.message_port_pub(pmt.intern("command"), message)

    def skip(self, end):
        """Leaves out the steps whose sample a gap before the sample `end` may have swallowed."""
        self.asked = [step for step in self.asked if step[1] > end]
        self.todo = [step for step in self.todo if step[1] > end + LEAD // 2]

    def compare(self, tagged):
        """Prints the step that was asked for first, beside the sample of these tags."""
        command, asked = self.asked.pop(0)
        [(key, value)] = command.items()
        self.differences.append(tagged - asked)
        print(f"{key} {value:<13,.10g} {asked:>14,} {tagged:>14,} {tagged - asked:>12}",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--args", default="emulator", help="device arguments (%(default)s)")
    parser.add_argument("--steps", type=int, default=20, help="number of steps (%(default)s)")
    options = parser.parse_args()

    print(f"{'command':18} {'asked sample':>14} {'tagged sample':>14} {'difference':>12}")
    top = gr.top_block()
    source = zcring.source("ring_bytes=1048576," + options.args, "fc32", samp_rate=RATE,
                           center_freq=100e6)
    steps = TimedSteps(options.steps)
    top.connect(source, steps)
    top.msg_connect(steps, "command", source, "command")
    top.run()
    wrong = sum(difference != 0 for difference in steps.differences)
    print(f"{len(steps.differences)} steps, {wrong} of them not at the sample that was asked for, "
          f"{steps.lost} samples lost")
    return wrong > 0


if __name__ == "__main__":
    raise SystemExit(main())

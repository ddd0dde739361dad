#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Injects each fault that causes an event, one after the other, and prints the events that a
flowgraph gets. Replace the sink by your own blocks to test them."""
import argparse
import threading

import pmt
from gnuradio import blocks, gr, zcring

WAIT_SECONDS = 60


class EventPrinter(gr.basic_block):
    """Prints the source's events, and waits for the next event of a kind."""

    def __init__(self):
        gr.basic_block.__init__(self, "event printer", in_sig=[], out_sig=[])
        self.message_port_register_in(pmt.intern("in"))
        self.set_msg_handler(pmt.intern("in"), self.print)
        self.changed = threading.Condition()
        self.seen = []

    def print(self, message):
        event = pmt.to_python(message)
        print("   ", ", ".join(f"{key} {value}" for key, value in sorted(event.items())),
              flush=True)
        with self.changed:
            self.seen.append(event["event"])
            self.changed.notify_all()

    def after(self, fault, *events):
        """Calls fault(), and waits until each of the events was received after that."""
        with self.changed:
            before = {event: self.seen.count(event) for event in events}
        fault()
        with self.changed:
            for event in events:
                if not self.changed.wait_for(
                        lambda: self.seen.count(event) > before[event], WAIT_SECONDS):
                    raise SystemExit(f"no event {event} within {WAIT_SECONDS} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--args", default="emulator", help="device arguments (%(default)s)")
    options = parser.parse_args()

    top = gr.top_block()
    source = zcring.source(options.args + ",ring_bytes=65536,interval_us=1000", "sc16",
                           samp_rate=1e6, on_device_lost="wait")
    events = EventPrinter()
    top.connect(source, blocks.null_sink(4))
    top.msg_connect(source, "async_msgs", events, "in")
    top.start()
    try:
        for what, fault, *seen in (
                ("the DMA engine drops 1000 samples",
                 lambda: source.inject_drop(1000), "overflow"),
                ("the DMA engine stalls for 0.1 s",
                 lambda: source.inject_stall(0.1), "overflow"),
                ("the flowgraph is slow for 0.1 s",
                 lambda: source.inject_slow_consumer(0.1), "overflow"),
                ("the program retunes", lambda: source.set_center_freq(101e6), "retune"),
                ("the device is unplugged", source.inject_unplug, "device_lost"),
                ("the device is plugged in again", source.inject_plug, "device_back", "overflow")):
            print(what, flush=True)
            events.after(fault, *seen)
    finally:
        top.stop()
        top.wait()
    counters = source.telemetry()
    print(f"{counters['produced_samples']} samples since the device is back, "
          f"{counters['lost_samples']} lost")


if __name__ == "__main__":
    main()

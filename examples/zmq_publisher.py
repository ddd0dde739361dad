#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends samples and their tags to zmq_subscriber.py, on this computer or another, until Ctrl-C.

To another computer: zmq_publisher.py --address tcp://*:5555 here, and there zmq_subscriber.py
--address tcp://HERE:5555, where HERE is this computer's name or address. The firewall here must
let TCP port 5555 in. Nothing is encrypted, and whoever connects gets samples.

Why PUSH and PULL, not PUB and SUB: a PUB socket drops what a slow subscriber has no room for, or
what comes before it connects, and neither side learns of it. A PUSH socket makes this flowgraph
wait instead. The samples then wait in the ring, and if the ring is too small for that, the source
counts the lost ones and tags the gap: the subscriber learns of every sample that it does not get.
Two subscribers would get alternate pieces of the stream: run one publisher for each. A subscriber
that ends takes along what was on its way to it; the next one counts its items from 0 again.
"""
import argparse
import signal
import threading

from gnuradio import gr, zcring, zeromq
from zmq_subscriber import ADDRESS, MESSAGES, Tags

RING_BYTES = 1 << 26  # 16 s at 1 MS/s, for which a subscriber or the network may be away


class Publisher(gr.top_block):
    """ZCRing source (sc16) -> ZeroMQ PUSH socket; self.tags has the tags that were sent."""

    def __init__(self, arguments, address, samp_rate, center_freq):
        super().__init__("zcring publisher")
        self.source = zcring.source(f"ring_bytes={RING_BYTES},{arguments}", "sc16", 1, samp_rate,
                                    center_freq)
        # One item is one sample: I and Q, 16 bits each; half of what fc32 would send.
        self.push = zeromq.push_sink(gr.sizeof_short, 2, address, pass_tags=True, hwm=MESSAGES)
        self.address = address
        self.tags = Tags("sent")
        self.connect(self.source, self.push)
        self.connect(self.source, self.tags)

    def end(self):
        """Ends the stream, also where the subscriber left while it was sent to."""
        self.stop()
        # A PUSH socket that has just lost its subscriber blocks until another one connects.
        another = zeromq.pull_source(gr.sizeof_short, 2, self.address.replace("*", "127.0.0.1"))
        self.wait()
        del another


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default=ADDRESS, help="where to listen (%(default)s)")
    parser.add_argument("--args", default="", help="device arguments, such as scene=counter")
    parser.add_argument("--rate", type=float, default=1e6, help="samples a second (%(default)g)")
    parser.add_argument("--freq", type=float, default=100e6, help="Hz (%(default)g)")
    options = parser.parse_args()

    publisher = Publisher(options.args, options.address, options.rate, options.freq)
    ended = threading.Event()
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, lambda *_: ended.set())
    publisher.start()
    print(f"listening at {options.address}", flush=True)
    ended.wait()
    counts = publisher.source.telemetry()
    publisher.end()
    print(f"{counts['consumed_samples']:,} samples sent, {counts['lost_samples']:,} lost")


if __name__ == "__main__":
    main()

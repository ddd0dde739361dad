#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZeroMQ between two computers: samples and tags arrive complete, in order, at the same items.

The programs run in two network namespaces, as on two computers; the flowgraphs run in one process.
Exit status 77: skipped, where this user may not make namespaces.
"""
import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "examples")]
import flowgraph  # noqa: E402
from computers import NoComputers, TwoComputers  # noqa: E402
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402
from zmq_publisher import Publisher  # noqa: E402
from zmq_subscriber import Subscriber  # noqa: E402

SAMPLES = 20_000_000
RING_BYTES = 1 << 20  # a fault takes effect behind the samples that wait in the ring
EVERY = 2_000_000  # samples between two faults
FAULTS = 5
GRAPH_SAMPLES = 1_000_000


def publish(address):
    """Publishes numbered samples with some faults; prints the tags once its input ends."""
    publisher = Publisher(f"emulator,pace=free,scene=counter,ring_bytes={RING_BYTES}", address,
                          1e6, 100e6)
    publisher.start()
    source = publisher.source
    for number in range(1, FAULTS + 1):
        wait_until(lambda: source.telemetry()["consumed_samples"] > number * EVERY, "samples")
        source.inject_drop(1000 + number)
        source.set_center_freq(100e6 + number * 1e5)
    sys.stdin.read()
    publisher.end()
    print(json.dumps({"tags": publisher.tags.seen, "lost": source.telemetry()["lost_samples"]}))


def subscribe(address):
    """Receives samples; prints the tags and what was wrong."""
    subscriber = Subscriber(address, SAMPLES, True)
    subscriber.run()
    print(json.dumps({"tags": subscriber.tags.seen, "wrong": subscriber.check.wrong,
                      "samples": subscriber.head.nitems_written(0)}))


def start(computers, end, role, address):
    """Starts a role of this file on one of the computers."""
    return subprocess.Popen(computers.command(end, sys.executable, __file__, role, address),
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def result(process):
    """What a role printed last, once its input has ended."""
    output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    if process.returncode:
        raise AssertionError(f"status {process.returncode}: {output}")
    return json.loads(output.splitlines()[-1])


class Zmq(unittest.TestCase):
    def test_samples_and_tags_arrive_on_another_computer(self):
        with contextlib.ExitStack() as stack:
            try:
                computers = stack.enter_context(TwoComputers())
            except NoComputers as missing:
                self.skipTest(str(missing))
            publisher = start(computers, 0, "publish", "tcp://*:5555")
            subscriber = start(computers, 1, "subscribe", f"tcp://{computers.addresses[0]}:5555")
            stack.callback(publisher.kill)
            stack.callback(subscriber.kill)
            received, sent = result(subscriber), result(publisher)
        self.assertEqual((received["samples"], received["wrong"]), (SAMPLES, 0))
        tags = [tag for tag in sent["tags"] if tag[0] < SAMPLES]
        self.assertEqual(sorted(received["tags"], key=str), sorted(tags, key=str))
        keys = [key for _, key, _ in received["tags"]]
        self.assertEqual(keys.count("rx_lost"), FAULTS)
        self.assertEqual({*keys}, {"rx_time", "rx_rate", "rx_freq", "rx_lost"})
        print(f"{SAMPLES:,} samples, {len(keys)} tags, {keys.count('rx_lost')} of them gaps")

    def test_the_flowgraphs_show_the_same_samples_and_tags(self):
        application = flowgraph.application()
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        publisher = flowgraph.load("zmq_publish")(
            args=f"emulator,pace=free,ring_bytes={RING_BYTES}", address=address)
        subscriber_class = flowgraph.load("zmq_subscribe")
        sinks = []

        def keep(top, block):
            sinks.append(blocks.vector_sink_s(2, GRAPH_SAMPLES))
            top.connect(block, blocks.head(2 * gr.sizeof_short, GRAPH_SAMPLES), sinks[-1])
            return sinks[-1]

        def has(sink, samples):
            application.processEvents()
            return sink.nitems_read(0) >= samples
        sent = keep(publisher, publisher.zcring_source_0)
        publisher.start()
        try:
            # Without a subscriber the samples wait: the new frequency comes among the first.
            wait_until(lambda: has(sent, 1), "sample")
            publisher.set_freq(98.2e6)
            subscriber = subscriber_class(address=address)
            received = keep(subscriber, subscriber.zeromq_pull_source_0)
            subscriber.start()
            wait_until(lambda: has(received, GRAPH_SAMPLES), "all samples")
        finally:
            # First the side that must not wait for the other one.
            publisher.stop()
            publisher.wait()
        subscriber.stop()
        subscriber.wait()
        np.testing.assert_array_equal(received.data(), sent.data())
        tags = [[(tag.offset, str(tag.key), pmt.to_python(tag.value)) for tag in sink.tags()]
                for sink in sinks]
        self.assertEqual(*tags)
        self.assertEqual([value for _, key, value in tags[1] if key == "rx_freq"], [98e6, 98.2e6])
        self.assertIn("rx_freq 98200000.0", subscriber.tag_reader.text())


if __name__ == "__main__":
    if len(sys.argv) == 3:
        {"publish": publish, "subscribe": subscribe}[sys.argv[1]](sys.argv[2])
        sys.exit()
    flowgraph.require("grcc", "ip")
    outcome = unittest.main(exit=False).result
    if not outcome.wasSuccessful():
        sys.exit(1)
    for test, why in outcome.skipped:
        print(f"SKIPPED {test}: {why}")
    sys.exit(flowgraph.SKIPPED if outcome.skipped else 0)

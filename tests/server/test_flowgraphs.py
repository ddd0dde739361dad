#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowgraphs at a server with free pace: ZCRing Sink and ZCRing Source.

usage: test_flowgraphs.py [--samples N] [unittest arguments]

N is the number of samples of the counter scene, 2e7 without --samples.
"""
import pathlib
import sys
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, pdu, zcring

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from counters import CounterCheck, CounterSource  # noqa: E402
from served import served  # noqa: E402
from waiting import wait_until  # noqa: E402

RATE = 1e6
SCENE_SAMPLES = 20_000_000
SENT_SAMPLES = 1_000_000
ROUNDS = 20  # of asking and answering
BURST = 1000  # samples
TURNAROUND = 0.01  # seconds


class Answer(gr.sync_block):
    """Asks for burst 1 when it hears anything, and for burst k + 1 when it has heard burst k end.

    Burst k consists of k. ask(k) asks for it; heard has the number and the length of each burst.
    """

    def __init__(self, ask):
        super().__init__("answer", [np.complex64], None)
        self.ask, self.heard = ask, []
        self.level = self.length = 0

    def work(self, input_items, _):
        """Of GNU Radio."""
        if not self.nitems_read(0):
            self.ask(1)
        levels = np.real(input_items[0])
        edges = np.flatnonzero(np.diff(levels, prepend=self.level))
        begin = 0
        for edge in [*edges.tolist(), len(levels)]:
            self.length += edge - begin
            if edge < len(levels):
                self.end_of_level()
                self.level = levels[edge]
            begin = edge
        return len(levels)

    def end_of_level(self):
        """The samples of one level have ended."""
        if self.level:
            self.heard.append((round(float(self.level) * 128), self.length))
            if self.heard[-1][0] < ROUNDS:
                self.ask(self.heard[-1][0] + 1)
        self.length = 0


class Flowgraphs(unittest.TestCase):
    def source(self, server, kind):
        """A member, zero copy."""
        source = zcring.source(f"device={server},member,format={kind}", kind, samp_rate=RATE,
                               zero_copy="on")
        self.assertTrue(source.is_zero_copy())
        return source

    def test_every_sample_of_a_sink_reaches_a_source(self):
        with served("pace=free") as server:
            send, receive = gr.top_block(), gr.top_block()
            counter, check = CounterSource(SENT_SAMPLES), CounterCheck()
            sink = zcring.sink(str(server), "sc16", samp_rate=RATE)
            source = self.source(server, "sc16")
            send.connect(counter, sink)
            receive.connect(source, check)
            send.start()  # the feed is on the air
            receive.run()  # until its end
            send.wait()
            self.assertEqual(source.telemetry()["lost_samples"], 0)
        self.assertEqual((check.items, check.first, check.wrong), (SENT_SAMPLES, 1, 0))
        self.assertEqual(sink.telemetry()["written_samples"], SENT_SAMPLES)
        self.assertEqual(sink.telemetry()["late_samples"], 0)

    def test_every_sample_of_the_scene_reaches_a_source(self):
        with served("pace=free", "scene=counter") as server:
            top, check = gr.top_block(), CounterCheck()
            source = self.source(server, "sc16")
            top.connect(source, blocks.head(4, SCENE_SAMPLES), check)
            begin = time.monotonic()
            top.run()
            seconds = time.monotonic() - begin
            self.assertEqual(source.telemetry()["lost_samples"], 0)
        self.assertEqual((check.items, check.first, check.wrong), (SCENE_SAMPLES, 0, 0))
        print(f"{SCENE_SAMPLES:,} samples of the counter in {seconds:.1f} s, zero copy: none lost,"
              " doubled or torn")

    def test_a_transmitter_that_answers_what_it_receives_goes_on(self):
        with served("pace=free") as server:
            send, receive = gr.top_block(), gr.top_block()
            bursts = pdu.pdu_to_tagged_stream(gr.types.complex_t, "packet_len")
            sink = zcring.sink(str(server), samp_rate=RATE, length_tag="packet_len",
                               turnaround=TURNAROUND)

            def ask(burst):
                samples = pmt.init_c32vector(BURST + burst, [burst / 128] * (BURST + burst))
                bursts.to_basic_block()._post(pmt.intern("pdus"), pmt.cons(pmt.PMT_NIL, samples))
            answer = Answer(ask)
            send.connect(bursts, sink)
            receive.connect(self.source(server, "fc32"), answer)
            send.start()
            receive.start()
            wait_until(lambda: len(answer.heard) >= ROUNDS, f"{ROUNDS} answers")
            for top in receive, send:
                top.stop()
                top.wait()
        self.assertEqual(answer.heard, [(k, BURST + k) for k in range(1, ROUNDS + 1)])
        self.assertEqual(sink.telemetry()["bursts"], ROUNDS)


if __name__ == "__main__":
    if "--samples" in sys.argv:
        at = sys.argv.index("--samples")
        SCENE_SAMPLES = int(float(sys.argv[at + 1]))
        del sys.argv[at:at + 2]
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gaps.grc: each button causes its fault and no other, and every lost sample is accounted for.

The stream is compared with its tags: the samples are numbered, so that their jumps show what was
lost.
"""
import itertools
import pathlib
import re
import sys
import unittest

import numpy as np
import pmt
from gnuradio import blocks

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from waiting import wait_until  # noqa: E402

COUNTS = 1 << 16  # the real part of a sample is the low 16 bits of its number
CLOCK_TOLERANCE = 1e-6  # seconds


def counters(samples):
    """The low 16 bits of the numbers of float[n], the real parts of samples, as int64[n]."""
    return np.round(np.asarray(samples) * 32768).astype(np.int64) % COUNTS


class Gaps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.application = flowgraph.application()
        cls.top = top = flowgraph.load("gaps")(args="emulator")
        # As main() does.
        type(top).__init__.__globals__["snippets_main_after_init"](top)
        cls.events = blocks.message_debug(False)
        top.msg_connect(top.zcring_source_0, "async_msgs", cls.events, "store")
        cls.samples = blocks.vector_sink_f(1, 1 << 24)
        top.connect(top.blocks_complex_to_real_0, cls.samples)

    def wait_until(self, condition, what):
        """As waiting.wait_until(); the window reacts meanwhile."""
        def reacted():
            self.application.processEvents()
            return condition()
        return wait_until(reacted, what)

    def seen(self):
        """The events so far, as dictionaries."""
        return [pmt.to_python(self.events.get_message(number))
                for number in range(self.events.num_messages())]

    def tags(self, key):
        """[(offset, value)] of the tags with this key so far."""
        return [(tag.offset, pmt.to_python(tag.value)) for tag in self.samples.tags()
                if pmt.symbol_to_string(tag.key) == key]

    def press(self, button, *expected):
        """Presses a button, waits for these events, and has some samples arrive after them."""
        before = len(self.seen())
        getattr(self.top, button).click()
        self.wait_until(lambda: len(self.seen()) >= before + len(expected), f"events of {button}")
        # A slow machine may lose samples twice: a long gap is one event or several.
        kinds = [kind for kind, _ in itertools.groupby(e["event"] for e in self.seen()[before:])]
        self.assertEqual(kinds, list(expected))
        if button != "unplug":
            end = self.samples.nitems_read(0) + 50_000
            self.wait_until(lambda: self.samples.nitems_read(0) > end, f"samples after {button}")

    def lost(self):
        """The lost samples of all overflow events so far."""
        return [event["lost"] for event in self.seen() if event["event"] == "overflow"]

    def check_telemetry(self, lost):
        """The counters add up, and this many samples were lost."""
        counts = self.top.zcring_source_0.telemetry()
        self.assertEqual(counts["sample_clock"],
                         counts["produced_samples"] + counts["lost_samples"])
        self.assertEqual(counts["lost_samples"], lost)
        print(f"sample clock {counts['sample_clock']:,} = {counts['produced_samples']:,} produced"
              f" + {lost:,} lost")

    def check_stream(self):
        """The numbers of the samples jump where a tag says so, by what it says, and nowhere else.

        A device that comes back numbers its samples from 0 again.
        """
        jumps = (np.diff(counters(self.samples.data())) - 1) % COUNTS
        expected = np.zeros(len(jumps), np.int64)
        for offset, lost in self.tags("rx_lost"):
            expected[offset - 1] = lost % COUNTS
        for event in self.seen():
            if event["event"] == "device_back":
                jumps[event["item"] - 1] = expected[event["item"] - 1]
        np.testing.assert_array_equal(np.flatnonzero(jumps != expected), [])

    def test_each_button_causes_its_events_and_tags(self):
        self.top.show()
        self.top.start()
        try:
            self.wait_until(lambda: self.samples.nitems_read(0) > 1000, "samples")
            self.press("stall", "overflow")
            self.press("drop", "overflow")
            self.assertEqual(self.lost()[-1], 20_000)
            self.press("clock_jump")
            self.press("slow_consumer", "overflow")
            self.check_telemetry(sum(self.lost()))
            before_unplugging = len(self.tags("rx_time"))
            self.press("unplug", "device_lost")
            self.press("plug", "device_back", "overflow")
            self.wait_until(lambda: "device_back" in self.top.gap_log.log(), "text of the log")
        finally:
            self.top.stop()
            self.top.wait()
        self.check_telemetry(0)  # the device that came back has lost none

        overflows = [(event["item"], event["lost"]) for event in self.seen()
                     if event["event"] == "overflow"]
        self.assertEqual(self.tags("rx_lost"), overflows)
        self.assertEqual(self.top.gap_log.lost, sum(self.lost()))
        self.check_stream()
        print("lost:", ", ".join(f"{lost:,} before item {item:,}" for item, lost in overflows))

        self.assertEqual(self.jumps(before_unplugging), [0, 0, -0.1, 0])
        said = re.sub(r"\d\d:\d\d:\d\d &nbsp; |</?b>", "", self.top.gap_log.log()).split("<br>")
        self.assertEqual([line.split(":")[0] for line in said if line], [
            "button", "overflow", "button", "overflow", "button", "rx_time", "button", "overflow",
            "button", "device_lost", "button", "device_back", "overflow"][-len(said):])

    def jumps(self, count):
        """By how many seconds, rounded, the clock jumps at each of the first rx_time tags."""
        lost = dict(self.tags("rx_lost"))
        times = self.tags("rx_time")[:count]
        found = []
        for (old, (old_s, old_frac)), (new, (new_s, new_frac)) in zip(times, times[1:]):
            passed = (new - old + lost.get(new, 0)) / self.top.samp_rate
            jump = new_s - old_s + new_frac - old_frac - passed
            self.assertLess(abs(jump - round(jump, 3)), CLOCK_TOLERANCE)
            found.append(round(jump, 3))
        return found


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

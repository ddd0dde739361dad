# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks that send and check a counter; what the tests of flowgraphs share.

An item is an uint32, which is an sc16 sample of the counter scene: I is the low half, Q the high.
"""
import numpy as np
from gnuradio import gr


class CounterSource(gr.sync_block):
    """Sends the numbers 1 to last, and is done."""

    def __init__(self, last):
        super().__init__("counter_source", None, [np.uint32])
        self.sent, self.last = 0, last

    def work(self, _, output_items):
        """Of GNU Radio."""
        n = min(len(output_items[0]), self.last - self.sent)
        if not n:
            return -1
        output_items[0][:n] = np.arange(self.sent + 1, self.sent + 1 + n, dtype=np.uint32)
        self.sent += n
        return n


class CounterCheck(gr.sync_block):
    """Counts the items that are not one more than the item before them, modulo 2^32.

    items: how many came; first: the first one; wrong: how many of the others were wrong.
    """

    def __init__(self):
        super().__init__("counter_check", [np.uint32], None)
        self.items = self.wrong = 0
        self.first = self.last = None
        self.steps = np.arange(1, 1 << 16, dtype=np.uint32)

    def work(self, input_items, _):
        """Of GNU Radio."""
        got = input_items[0][:len(self.steps)]
        if self.first is None:
            self.first = int(got[0])
            self.last = np.uint32((self.first - 1) % 2**32)
        self.wrong += int(np.count_nonzero(got - self.last != self.steps[:len(got)]))
        self.last = got[-1].copy()
        self.items += len(got)
        return len(got)

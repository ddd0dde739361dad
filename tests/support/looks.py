# SPDX-License-Identifier: GPL-3.0-or-later
"""What photographs of a window show: pixels are uint8[height, width, 3], see desktop.py.

No look knows a colour or a place: flowgraphs may be laid out anew.
"""
import numpy as np


def painted(pixels):
    """Whether axes and letters are drawn: their smoothed edges have many colours."""
    return len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100


def changes(before, after):
    """The pixels that differ in two photographs, bool[height, width]."""
    if before.shape != after.shape:
        return np.zeros(after.shape[:2], bool)
    return (before != after).any(axis=2)


def moves(before, after):
    """Whether more changes than a cursor that blinks, or a digit."""
    return changes(before, after).sum() > 300


def trace_moves(before, after):
    """Whether a trace lives: something changes in more than a third of the columns."""
    return changes(before, after).any(axis=0).mean() > 1 / 3


def waterfall_moves(before, after):
    """Whether a waterfall flows, too: more than 4 % of all pixels change."""
    return trace_moves(before, after) and changes(before, after).mean() > 0.04

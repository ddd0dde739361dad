# SPDX-License-Identifier: GPL-3.0-or-later
"""What a photograph shows: pixels are uint8[height, width, 3], as of desktop.photograph()."""
import numpy as np


def painted(pixels):
    """Whether axes and letters are drawn: their smoothed edges have many colours."""
    return len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100


def trace(pixels):
    """The pixels of a trace, bool[height, width]: a trace is bluer than any widget."""
    _, green, blue = np.moveaxis(pixels.astype(int), 2, 0)
    return blue - green > 80


def spectrum(pixels):
    """Whether a trace spans a plot: it is in more than half of the columns of the window."""
    return trace(pixels).any(axis=0).mean() > 0.5


def waterfall(pixels):
    """Whether a waterfall fills: its weak signals are greener than any widget."""
    red, green, _ = np.moveaxis(pixels.astype(int), 2, 0)
    return (green - red > 80).mean() > 0.01


def moved(before, after):
    """Whether two photographs of one window differ by more than a cursor that blinks."""
    return before.shape == after.shape and (before != after).any(axis=2).sum() > 300

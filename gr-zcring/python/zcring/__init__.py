# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples from a DMA ring: the kernel driver's, or that of the emulator in this process.

>>> from gnuradio import gr, blocks, zcring
>>> tb = gr.top_block()
>>> tb.connect(zcring.source("emulator,scene=tone", "fc32"), blocks.null_sink(8))
"""

# The base classes of source must be known before it.
from gnuradio import gr  # noqa: F401

from .zcring_python import __version__, recorded_frequency, sink, source  # noqa: F401

__all__ = ["recorded_frequency", "sink", "source"]

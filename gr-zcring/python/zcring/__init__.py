# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples from a DMA ring: the kernel driver's, or the emulator's in this process.

>>> from gnuradio import gr, blocks, zcring
>>> tb = gr.top_block()
>>> tb.connect(zcring.source("emulator,scene=tone", "fc32"), blocks.null_sink(8))
"""

# The bases of what is bound must be known first.
from gnuradio import gr  # noqa: F401

from .zcring_python import source

__all__ = ["source"]

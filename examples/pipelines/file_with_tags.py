#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records samples with their tags to a file, and plays the file to a flowgraph.

While the program records, the DMA engine loses samples, and the source is tuned. The tags that the
file has are printed: each is at the sample that the source tagged.
"""

import argparse
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, zcring

RATE = 1e6  # samples/s
SEGMENT_SAMPLES = 2**31 - 1  # the most that file_meta_source can read
RX_LOST = pmt.intern("rx_lost")


class WithoutLoss(gr.sync_block):
    """Passes samples and tags, and sets rx_lost to 0 where there are other tags only.

    At each sample that has a tag, file_meta_sink writes the last values of all tags that it has
    met. Without the 0, it would write a loss again at the next retune.
    """

    def __init__(self):
        super().__init__("without loss", in_sig=[np.complex64], out_sig=[np.complex64])

    def work(self, input_items, output_items):
        output_items[0][:] = input_items[0]
        tags = self.get_tags_in_window(0, 0, len(input_items[0]))
        with_loss = {tag.offset for tag in tags if pmt.eq(tag.key, RX_LOST)}
        for offset in {tag.offset for tag in tags} - with_loss:
            self.add_item_tag(0, offset, RX_LOST, pmt.from_uint64(0))
        return len(output_items[0])


class Recorder(gr.top_block):
    """ZCRing source -> file with tags."""

    def __init__(self, arguments, path):
        super().__init__("recorder")
        self.source = zcring.source(arguments, "fc32", samp_rate=RATE, center_freq=98e6)
        self.without_loss = WithoutLoss()  # GNU Radio keeps no reference to a Python block
        self.sink = blocks.file_meta_sink(gr.sizeof_gr_complex, path, RATE, 1,
                                          blocks.GR_FILE_FLOAT, True, SEGMENT_SAMPLES)
        self.connect(self.source, self.without_loss, self.sink)

    def wait_for(self, seconds):
        """Waits until this much more signal has come."""
        end = self.source.nitems_written(0) + seconds * RATE
        while self.source.nitems_written(0) < end:
            time.sleep(0.01)

    def finish(self):
        """Ends the recording. close() writes how long the last segment is."""
        self.stop()
        self.wait()
        self.sink.close()


class Player(gr.top_block):
    """File with tags -> samples and tags."""

    def __init__(self, path):
        super().__init__("player")
        self.sink = blocks.vector_sink_c()
        self.connect(blocks.file_meta_source(path), self.sink)

    def tags(self):
        """[(sample, key, value)] in the order of the samples, without those of no loss."""
        return sorted((tag.offset, pmt.symbol_to_string(tag.key), pmt.to_python(tag.value))
                      for tag in self.sink.tags()
                      if not (pmt.eq(tag.key, RX_LOST) and pmt.to_uint64(tag.value) == 0))


def record(recorder):
    """Records a loss of 1000 samples, and a retune from 98.0 to 98.2 MHz."""
    recorder.start()
    try:
        for change in (lambda: recorder.source.inject_drop(1000),
                       lambda: recorder.source.set_center_freq(98.2e6)):
            recorder.wait_for(0.2)
            change()
        recorder.wait_for(0.2)
    finally:
        recorder.finish()


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--args", default="",
                        help="device arguments, such as emulator or device=/dev/zcring0")
    parser.add_argument("--out", default="with_tags.dat", metavar="FILE",
                        help="default: %(default)s")
    options = parser.parse_args()

    record(Recorder(options.args, options.out))
    player = Player(options.out)
    player.run()
    print(f"{options.out}: {len(player.sink.data())} samples")
    for sample, key, value in player.tags():
        print(f"{sample:>9}  {key}  {value}")


if __name__ == "__main__":
    main()

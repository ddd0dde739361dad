#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records samples to SigMF, with a capture for each gap and each retune, and plays them again.

While the program records, the DMA engine loses 1000 samples. The recording is then the scene of
another source, which has the gap at the same sample, as if the receiver had lost it again.
"""

import argparse
import datetime
import json
import pathlib
import time

import numpy as np
import pmt
from gnuradio import blocks, gr, zcring

RATE = 1e6  # samples/s
FREQUENCY = 98e6  # Hz


class Captures(gr.sync_block):
    """Takes the tags of a stream of sc16, and makes SigMF's captures of them."""

    def __init__(self):
        super().__init__("captures", in_sig=[(np.int16, 2)], out_sig=None)
        self.tags = {}  # {sample: {key: value}}

    def work(self, input_items, output_items):
        for tag in self.get_tags_in_window(0, 0, len(input_items[0])):
            keys = self.tags.setdefault(tag.offset, {})
            keys[pmt.symbol_to_string(tag.key)] = pmt.to_python(tag.value)
        return len(input_items[0])

    def captures(self):
        """The captures, as SigMF has them: global_index counts the lost samples, too."""
        lost = 0
        for sample, keys in sorted(self.tags.items()):
            lost += keys.get("rx_lost", 0)
            seconds, fraction = keys["rx_time"]
            moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
            yield {
                "core:sample_start": sample,
                "core:global_index": sample + lost,
                "core:frequency": keys["rx_freq"],
                "core:datetime": f"{moment:%Y-%m-%dT%H:%M:%S}.{round(fraction * 1e9):09}Z",
            }


class Recorder(gr.top_block):
    """ZCRing source -> SigMF recording."""

    def __init__(self, arguments, path):
        super().__init__("recorder")
        self.path = pathlib.Path(path)  # FILE.sigmf-meta
        self.source = zcring.source(arguments, "sc16", samp_rate=RATE, center_freq=FREQUENCY)
        self.captures = Captures()  # GNU Radio keeps no reference to a Python block
        self.connect(self.source, self.captures)
        self.connect(self.source,
                     blocks.file_sink(2 * gr.sizeof_short,
                                      str(self.path.with_suffix(".sigmf-data"))))

    def wait_for(self, seconds):
        """Waits until this much more signal has come."""
        end = self.source.nitems_written(0) + seconds * RATE
        while self.source.nitems_written(0) < end:
            time.sleep(0.01)

    def finish(self):
        """Ends the recording, and writes its metadata."""
        self.stop()
        self.wait()
        self.path.write_text(json.dumps({
            "global": {"core:version": "1.0.0", "core:datatype": "ci16_le",
                       "core:sample_rate": RATE},
            "captures": list(self.captures.captures()),
            "annotations": [],
        }, indent=4) + "\n")


class Player(gr.top_block):
    """SigMF recording at the antenna -> ZCRing source -> samples and captures."""

    def __init__(self, path):
        super().__init__("player")
        self.source = zcring.source(f"emulator,pace=free,loop=no,scene={path}", "sc16",
                                    samp_rate=RATE, center_freq=FREQUENCY)
        self.captures = Captures()
        self.sink = blocks.vector_sink_s(2)
        self.connect(self.source, self.captures)
        self.connect(self.source, self.sink)


def record(recorder):
    """Records 0.2 s, a loss of 1000 samples, and 0.2 s."""
    recorder.start()
    try:
        recorder.wait_for(0.2)
        recorder.source.inject_drop(1000)
        recorder.wait_for(0.2)
    finally:
        recorder.finish()


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--args", default="",
                        help="device arguments, such as emulator or device=/dev/zcring0")
    parser.add_argument("--out", default="recording.sigmf-meta", metavar="FILE.sigmf-meta",
                        help="default: %(default)s")
    options = parser.parse_args()

    recorder = Recorder(options.args, options.out)
    record(recorder)
    player = Player(options.out)
    player.run()
    for what, flowgraph in ("recorded", recorder), ("played", player):
        for capture in flowgraph.captures.captures():
            print(f"{what:<8} {capture['core:sample_start']:>9} "
                  f"{capture['core:global_index']:>9}  {capture['core:datetime']}")


if __name__ == "__main__":
    main()

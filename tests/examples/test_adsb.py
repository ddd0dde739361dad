#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""adsb.grc: it finds each frame that was sent once, and those of a recording.

Exit status 77: skipped, where a package of the flowgraph is missing.
"""
import json
import pathlib
import re
import sys
import unittest

import pmt
from gnuradio import blocks
from gnuradio.zcring import scenes
from gnuradio.zcring.scenes import adsb

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import flowgraph  # noqa: E402
from waiting import wait_until  # noqa: E402

RECORDING = ROOT / "tests" / "recordings" / "adsb_1090mhz.sigmf-meta"
DELAY = adsb.FRAME_SAMPLES - 1  # samples, of the output of the decoder
LOOP = adsb.LOOP_SECONDS * adsb.RATE
LOOPS = 3
DIFFERENT_MIN = 10
# A frame that is explained in "The 1090 Megahertz Riddle", and what it says.
TEXTBOOK = {
    bytes.fromhex("8D4840D6202CC371C32CE0576098"): "callsign KLM1023",
    bytes.fromhex("8D40621D58C382D690C8AC2863A7"): "altitude 38000 ft, half of a position",
    bytes.fromhex("8D40621D58C386435CC412692AD6"): "altitude 38000 ft, position 52.2572, 3.9194",
}


class Adsb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.application = flowgraph.application()
        cls.flowgraph = flowgraph.load("adsb")

    def tags(self, samples, **parameters):
        """[(first sample, hexadecimal)] of the frames in so many samples, and the decoder."""
        top = self.flowgraph(args="emulator,pace=free", **parameters)
        sink = blocks.tag_debug(4, "frames", "frame")
        sink.set_display(False)
        sink.set_save_all(True)
        top.connect(top.decoder, blocks.head(4, samples + DELAY), sink)
        top.start()
        try:
            def played():
                self.application.processEvents()
                return sink.nitems_read(0) >= samples + DELAY
            wait_until(played, f"{samples} samples")
        finally:
            top.stop()
            top.wait()
        return [(tag.offset - DELAY, pmt.symbol_to_string(tag.value))
                for tag in sink.current_tags()], top.decoder

    def test_each_generated_frame_is_found_once_in_each_loop(self):
        with open(scenes.adsb_file(), encoding="utf-8") as file:
            sent = [(frame["core:sample_start"], frame["core:comment"])
                    for frame in json.load(file)["annotations"]]
        self.assertEqual(len(sent), 3 * len(adsb.AIRCRAFT))
        found, decoder = self.tags(LOOPS * LOOP)
        self.assertEqual(found, [(loop * LOOP + start, text)
                                 for loop in range(LOOPS) for start, text in sent])
        rows = [re.findall("<td>(.*?)</td>", row) for row in decoder.table().split("<tr>")[2:]]
        self.assertEqual([row[:5] for row in rows], [
            [f"{a.address:06X}", a.callsign, str(a.altitude), f"{a.latitude:.4f}",
             f"{a.longitude:.4f}"] for a in adsb.AIRCRAFT])
        print(f"{len(found)} frames in {LOOPS} loops")

    def test_the_frames_of_a_recording_are_found(self):
        samples = RECORDING.with_suffix(".sigmf-data").stat().st_size // 2
        found, _ = self.tags(samples, recording=str(RECORDING))
        different = {text for _, text in found}
        print(f"{len(found)} frames of the recording, {len(different)} different ones")
        self.assertGreaterEqual(len(different), DIFFERENT_MIN)

    def test_it_explains_the_frames_of_the_textbook(self):
        decoder = self.flowgraph(args="emulator").decoder
        for frame, text in TEXTBOOK.items():
            self.assertEqual(decoder.explain(frame), text)


if __name__ == "__main__":
    flowgraph.require("grcc")
    unittest.main()

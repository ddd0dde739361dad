#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""zcring play, as people call it: test_play.py PATH/TO/zcring.

What is played, another process receives: needs ZCRING_TEST_DEVICE=device=/dev/zcring0.
"""

import array
import fcntl
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

COMMAND = "zcring"
DEADLINE_SECONDS = float(os.environ.get("ZCRING_TEST_PATIENCE", "60"))
DEVICE = os.environ.get("ZCRING_TEST_DEVICE", "")


def run(*arguments):
    """The exit status, what it said on stdout, and on stderr."""
    done = subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=DEADLINE_SECONDS
    )
    return done.returncode, done.stdout, done.stderr


@unittest.skipUnless(DEVICE, "ZCRING_TEST_DEVICE names no device")
class Play(unittest.TestCase):
    RECEIVER = (DEVICE + ",format=sc16,channels=1,rate=2e5,freq=100e6,gain=0,noise=none,"
                "ring_bytes=16777216,interval_us=20000")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.assertEqual(run("info", self.RECEIVER)[0], 0)

    def play(self, *words, samples=b"", **options):
        """The process, whose stdin are the samples."""
        process = subprocess.Popen([COMMAND, "play", *words], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        process.stdin.write(samples)
        process.stdin.close()
        process.stdin = None
        return process

    def receive(self, size):
        """That many bytes off the air, or fewer where the stream stops before."""
        with open(DEVICE.split("=")[1], "rb") as device:
            received = b""
            while len(received) < size and (piece := device.read(size - len(received))):
                received += piece
            return received

    @staticmethod
    def numbers(first, end):
        return array.array("I", range(first + 1, end + 1)).tobytes()

    def wait_until_written(self, samples):
        """What is on the air then is not late, however slow this machine is."""
        number = re.search(r"[0-9]+$", DEVICE)[0]
        get_feed = 0x80805A0D  # ZCRING_IOC_GET_FEED, of 128 bytes
        give_up = time.monotonic() + DEADLINE_SECONDS
        with open(f"/dev/zcring-antenna{number}", "rb", buffering=0) as antenna:
            while True:
                feed = bytearray(128)
                try:
                    fcntl.ioctl(antenna, get_feed, feed)
                except OSError:  # no feed is on the air yet
                    pass
                if int.from_bytes(feed[8:16], "little") == samples:
                    return
                self.assertLess(time.monotonic(), give_up)

    def test_raw_samples_of_a_pipe_are_received_in_time(self):
        samples = self.numbers(0, 100000)
        process = self.play("--live", "--buffer=1", "-", DEVICE + ",format=sc16,rate=2e5",
                            samples=samples + b"xyz")
        self.wait_until_written(100000)
        self.assertEqual(self.receive(2 * len(samples)), samples)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        self.assertEqual((process.returncode, err), (0, b""), out)
        self.assertIn(b"The last 3 bytes are no whole sample", out)
        self.assertEqual(out.splitlines()[-1], b"in time: all samples were on the air")

    def test_late_samples_are_silent_counted_and_fail(self):
        process = subprocess.Popen(
            [COMMAND, "play", "--live", "--json", "-", DEVICE + ",format=sc16,rate=2e5"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        rest = self.numbers(1000, 400000)
        process.stdin.write(self.numbers(0, 1000))
        process.stdin.flush()
        self.wait_until_written(1000)
        with open(DEVICE.split("=")[1], "rb") as device:
            received = b""
            while received.count(bytes(4)) < 1000:  # the pipe ran dry
                received += device.read(4 * 1000)
            process.stdin.write(rest)
            process.stdin.close()
            process.stdin = None
            while piece := device.read(1 << 20):
                received += piece
        out, _ = process.communicate(timeout=DEADLINE_SECONDS)
        self.assertEqual(process.returncode, 1)
        report = json.loads(out)
        words = array.array("I", received)
        silent = sum(word == 0 for word in words)
        wrong = sum(word not in (0, n + 1) for n, word in enumerate(words))
        # The end of a feed can be late, too: silence after the last sample.
        late_end = len(words) - 400000
        self.assertGreaterEqual(late_end, 0)
        self.assertEqual(wrong, 0)
        self.assertEqual(report["underflow_samples"], silent)
        self.assertEqual(report["late_samples"], silent - late_end)
        self.assertEqual((report["written_samples"], report["complete"]), (400000, True))

    def recording(self, samples, **capture):
        data = self.folder / "r.sigmf-data"
        data.write_bytes(samples)
        meta = data.with_suffix(".sigmf-meta")
        captures = [{"core:sample_start": 0, "core:frequency": 100e6, "core:global_index": 0}]
        if capture:
            captures.append(capture)
        meta.write_text(json.dumps({
            "global": {"core:version": "1.0.0", "core:datatype": "ci16_le",
                       "core:sample_rate": 2e5}, "captures": captures}))
        return str(meta)

    def test_a_recording_is_sent_with_its_gaps(self):
        samples = self.numbers(0, 50000)
        gap = {"core:sample_start": 20000, "core:global_index": 20000 + 7000}
        process = self.play("--live", self.recording(samples, **gap), DEVICE)
        self.wait_until_written(57000)
        received = self.receive(2 * len(samples))
        self.assertEqual(received, samples[:80000] + bytes(4 * 7000) + samples[80000:])
        process.communicate(timeout=DEADLINE_SECONDS)
        self.assertEqual(process.returncode, 0)

    def test_a_scene_is_on_the_air_until_ctrl_c(self):
        samples = self.numbers(0, 1000)
        raw = self.folder / "raw"
        raw.write_bytes(samples)
        for words in ([str(raw), DEVICE + ",format=sc16,rate=2e5"],
                      [self.recording(samples), DEVICE]):
            process = self.play(*words)
            self.assertIn(b"is on the air; Ctrl-C ends it", process.stdout.readline())
            self.assertEqual(self.receive(3 * len(samples)), 3 * samples)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=DEADLINE_SECONDS)
            self.assertEqual(process.returncode, 0)

    def test_ctrl_c_ends_a_live_feed(self):
        process = subprocess.Popen(
            [COMMAND, "play", "--live", "-", DEVICE + ",format=sc16,rate=2e5"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertIn(b"a live feed: sc16, 1 channel, 200 kS/s at 100 MHz",
                      process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=DEADLINE_SECONDS)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"ended early", out.splitlines()[-1])

    def test_words_that_do_not_fit_are_refused(self):
        for words, text in ((["-", DEVICE], "add format= and rate="),
                            (["--live", "tone", DEVICE], "remove --live"),
                            (["--buffer=1", "tone", DEVICE], "add --live"),
                            (["--live", self.recording(self.numbers(0, 9)), DEVICE + ",rate=1e6"],
                             "remove rate="),
                            (["--live", self.recording(
                                self.numbers(0, 9), **{"core:sample_start": 5,
                                                       "core:frequency": 1e6}), DEVICE],
                             "several frequencies")):
            status, out, err = run("play", *words)
            self.assertEqual((status, out), (2, ""))
            self.assertRegex(err, r"\Azcring: [^\n]+\n\Z")
            self.assertIn(text, err)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        COMMAND = sys.argv.pop(1)
    unittest.main(verbosity=2)

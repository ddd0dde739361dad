#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of Debian as clients of rtl_tcp: rtl_433, welle-cli and gr-osmosdr, all at once.

test_rtl_clients.py SERVER: the server is called as SERVER 127.0.0.1:0 ARGS. The scene has 4 MS/s:
a sensor of weather at 433.92 MHz, and a carrier at 434.2 MHz. Each program asks for another rate.
A program that is not installed is skipped; exit status 77 if none is.
"""
import itertools
import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.path.insert(0, str(ROOT / "gr-zcring" / "python" / "zcring"))  # a build without GNU Radio, too
from program import Program  # noqa: E402
from rtl_433 import COMMAND as RTL_433, STALLED  # noqa: E402
from scenes import sensors  # noqa: E402
from scenes.sigmf import write_recording  # noqa: E402

RATE = 4e6
CENTRE = 434e6
SENSOR = 433.92e6
CARRIER = 434.2e6
SECONDS = 1
RESTARTS_MAX = 3  # of rtl_433
MODEL = "Nexus-TH"
TELEGRAM = sensors.TELEGRAMS[MODEL]

try:
    import osmosdr
    from gnuradio import blocks, gr
except ImportError:
    osmosdr = None


def write_scene(folder):
    """Writes the recording; returns the path of its metadata."""
    clock = np.arange(int(SECONDS * RATE)) / RATE
    air = 0.3 * np.exp(2j * np.pi * (CARRIER - CENTRE) * clock)
    telegrams = 0.5 * sensors.nexus(TELEGRAM, RATE)
    begin = int(0.05 * RATE)
    sent = slice(begin, begin + len(telegrams))
    air[sent] += telegrams * np.exp(2j * np.pi * (SENSOR - CENTRE) * clock[sent])
    random = np.random.default_rng(1)
    air += 0.004 * (random.normal(size=len(air)) + 1j * random.normal(size=len(air)))
    meta = folder / "air.sigmf-meta"
    write_recording(meta, air, RATE, CENTRE)
    return meta


def carrier_seen_by_osmosdr(port, rate, samples):
    """The strongest frequency in the band of gr-osmosdr, in Hz."""
    graph = gr.top_block()
    source = osmosdr.source(f"rtl_tcp=127.0.0.1:{port}")
    source.set_sample_rate(rate)
    source.set_center_freq(CARRIER - 0.1e6)
    source.set_gain_mode(False)
    source.set_gain(0)
    skip = blocks.skiphead(gr.sizeof_gr_complex, int(rate))  # sent before the commands arrived
    head = blocks.head(gr.sizeof_gr_complex, samples)
    sink = blocks.vector_sink_c()
    graph.connect(source, skip, head, sink)
    graph.run()
    spectrum = np.abs(np.fft.fft(np.array(sink.data()) * np.hanning(samples)))
    spectrum[0] = 0  # the middle of the bytes is between two values
    return CARRIER - 0.1e6 + np.fft.fftfreq(samples, 1 / rate)[np.argmax(spectrum)]


class Clients(unittest.TestCase):
    def test_all_at_once_each_at_its_own_rate(self):
        server = self.start("server", SERVER, "127.0.0.1:0",
                            f"emulator,scene={write_scene(self.folder)}")
        port = int(server.wait_for(r"listening on 127\.0\.0\.1:(\d+)")[0])
        clients = {}
        if shutil.which("rtl_433"):
            clients["rtl_433"] = self.start_rtl_433(port)
        if shutil.which("welle-cli"):
            clients["welle-cli"] = self.start(
                "welle-cli",
                "welle-cli", "-F", f"rtl_tcp,127.0.0.1:{port}", "-c", "5A", "-p", "any")
        if osmosdr:
            with self.subTest("gr-osmosdr"):
                seen = carrier_seen_by_osmosdr(port, 1e6, 1 << 19)
                self.assertLess(abs(seen - CARRIER), 3 * 1e6 / (1 << 19))
        if "rtl_433" in clients:
            with self.subTest("rtl_433"):
                clients["rtl_433"], telegrams = self.decoded(clients["rtl_433"], port)
                for telegram in map(json.loads, telegrams):
                    self.assertEqual({key: telegram[key] for key in TELEGRAM}, TELEGRAM)
        if "welle-cli" in clients:
            with self.subTest("welle-cli"):  # it says nothing more where no station is
                clients["welle-cli"].wait_for("Tuner type: 5|R820T")
        for client in clients.values():
            client.end()
        left = server.wait_for(r"left; (\d+) samples sent.* (\d+) samples a second",
                               len(clients) + bool(osmosdr))
        rates = {int(rate) for sent, rate in left if int(sent) > 100_000}
        expected = {"rtl_433": 250_000, "welle-cli": 2_048_000}
        self.assertEqual(rates, {expected[name] for name in clients} |
                         ({1_000_000} if osmosdr else set()))
        self.assertEqual(server.end(), 0)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start_rtl_433(self, port):
        return self.start("rtl_433", *RTL_433, "-d", f"rtl_tcp:127.0.0.1:{port}", "-f",
                          f"{SENSOR:.0f}", "-s", "250000", "-F", "json")

    def decoded(self, rtl_433, port):
        """The rtl_433 that has decoded telegrams, and these.

        Another one is started, and this is told, where a version with a timer found its input
        stalled.
        """
        for restarts in itertools.count(1):
            try:
                return rtl_433, rtl_433.wait_for(rf'(\{{.*"model" : "{MODEL}".*\}})', 3)
            except AssertionError:
                if STALLED not in rtl_433.said() or restarts > RESTARTS_MAX:
                    raise
                print(f"rtl_433: {STALLED}; start {restarts} of {RESTARTS_MAX} again",
                      file=sys.stderr)
                rtl_433 = self.start_rtl_433(port)

    def start(self, name, *command):
        program = Program(command, self.folder / f"{name}.log")
        self.addCleanup(program.kill)
        return program


if __name__ == "__main__":
    SERVER = os.path.realpath(sys.argv.pop(1))
    if not (osmosdr or shutil.which("rtl_433") or shutil.which("welle-cli")):
        print("skipped: no rtl_433, welle-cli or gr-osmosdr")
        sys.exit(77)
    unittest.main()

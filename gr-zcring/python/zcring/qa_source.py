#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block as Python sees it; on the emulator, or on ZCRING_TEST_DEVICE."""

import hashlib
import inspect
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import numpy as np
import pmt
from gnuradio import blocks, gr, gr_unittest, zcring

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from waiting import eventually  # noqa: E402

DEVICE = os.environ.get("ZCRING_TEST_DEVICE", "emulator")
ON_EMULATOR = DEVICE == "emulator"
LOSSLESS = DEVICE + (",pace=free" if ON_EMULATOR else ",interval_us=10000,ring_bytes=67108864")
RECORDING = str(ROOT / "tests" / "recordings" / "adsb_1090mhz.sigmf-meta")
CHECK_ACCOUNTING = ROOT / "tools" / "check-accounting"


# Threads that ask for counters, as the function probes of a flowgraph, while Python ends.
POLLED_TO_THE_END = """
import itertools, sys, threading
from gnuradio import zcring
source = zcring.source(sys.argv[1])
def poll(begun):
    for _ in itertools.count():
        source.telemetry()
        begun.set()
for begun in [threading.Event() for _ in range(4)]:
    threading.Thread(target=poll, args=(begun,), daemon=True).start()
    begun.wait()
"""


def received(source, items, item_reals, sink_type):
    """Runs source for a number of items; gives the sink with its data and tags."""
    flowgraph = gr.top_block()
    sink = sink_type() if item_reals == 1 else sink_type(item_reals)
    head = blocks.head(source.output_signature().sizeof_stream_item(0), items)
    flowgraph.connect(source, head, sink)
    flowgraph.run()
    return sink


class TagSink(gr.sync_block):
    """Keeps every tag and every item of one complex stream."""

    def __init__(self):
        super().__init__("tag_sink", [np.complex64], None)
        self.items = []
        self.tags = []

    def work(self, input_items, output_items):
        n = len(input_items[0])
        self.tags += [(t.offset, str(t.key), pmt.to_python(t.value))
                      for t in self.get_tags_in_window(0, 0, n)]
        self.items.append(np.array(input_items[0]))
        return n


class DeviceTestCase(gr_unittest.TestCase):
    """Its tests leave the accounting of the device right.

    The next stream would begin them anew; the emulator's are gone with the source.
    """

    def tearDown(self):
        if not ON_EMULATOR:
            self.assertEqual(subprocess.call([CHECK_ACCOUNTING, "any"]), 0,
                             "the accounting is wrong")


class QaSource(DeviceTestCase):

    def test_everything_public_has_a_docstring(self):
        own = set(vars(zcring.source))
        for name in sorted(n for n in own if not n.startswith("_")):
            text = inspect.getdoc(getattr(zcring.source, name))
            self.assertGreater(len(text.partition("\n")[2]), 10, name)
        self.assertIn("rx_time", inspect.getdoc(zcring.source))
        self.assertIn("out_of_range", zcring.source.__init__.__doc__)
        self.assertRegex(zcring.__version__, r"^\d+\.\d+\.\d+$")

    def test_the_ranges_are_those_that_the_setters_allow(self):
        source = zcring.source(DEVICE, "sc16")
        for limits, setter in ((source.get_gain_range(), source.set_gain),
                               (source.get_freq_range(0), source.set_center_freq),
                               (source.get_samp_rates(), source.set_samp_rate),
                               (source.get_bandwidth_range(), source.set_bandwidth),
                               (source.get_noise_range(), source.set_noise)):
            for value in (limits.min, limits.max):
                setter(value)
            for value in (limits.min - 1, limits.max * 1.001 + 1):
                with self.assertRaises(ValueError):
                    setter(value)
            self.assertGreaterEqual(limits.step, 0)
        self.assertEqual(source.get_gain(), source.get_gain_range().max)

    def test_the_rates_of_a_recording_are_listed(self):
        source = zcring.source(DEVICE + ",scene=" + RECORDING, "sc16", 1, 4e6, 1090e6)
        self.assertEqual(source.get_samp_rate_list(), [4e6 / n for n in range(1, 65)])
        limits = source.get_samp_rate_range()
        self.assertEqual((limits.min, limits.max), (4e6 / 64, 4e6))
        source.set_samp_rate(source.get_samp_rate_list()[3])
        self.assertEqual(source.samp_rate(), 1e6)
        with self.assertRaisesRegex(OSError, "set one of its rates, or open the device again"):
            source.set_samp_rate(3e6)
        del source  # a device has one user at a time
        self.assertEqual(zcring.source(DEVICE + ",scene=tone").get_samp_rate_list(), [])

    def test_the_noise_is_a_level_or_none(self):
        source = zcring.source(DEVICE + ",scene=tone,noise=-60", "sc16")
        self.assertEqual(source.noise(), -60)
        source.set_noise("none")
        self.assertEqual(source.get_noise(), float("-inf"))
        source.set_noise(-75.5)
        self.assertEqual(source.get_noise(), -75.5)
        with self.assertRaisesRegex(ValueError, 'noise=loud.*"none"'):
            source.set_noise("loud")

    def test_a_child_of_a_fork_gets_an_error_and_ends(self):
        source = zcring.source(DEVICE, "sc16")
        child = os.fork()
        if child == 0:
            try:
                source.set_gain(3)
            except PermissionError as error:
                os._exit("make a source after fork()" not in str(error))
            os._exit(2)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_python_ends_while_other_threads_ask_for_counters(self):
        subprocess.run([sys.executable, "-c", POLLED_TO_THE_END, DEVICE], check=True)

    def test_it_tells_what_was_opened_and_how_it_is_set(self):
        source = zcring.source(DEVICE, "fc32", 2, 2e6, 98.5e6, -3.5)
        self.assertEqual(source.device(), "emulator" if ON_EMULATOR else DEVICE[7:])
        self.assertEqual(source.samp_rate(), 2e6)
        self.assertEqual(source.center_freq(1), 98.5e6)
        self.assertEqual(source.gain(1), -3.5)
        source.set_center_freq(99e6, 1)
        self.assertEqual((source.center_freq(0), source.center_freq(1)), (98.5e6, 99e6))
        self.assertIsInstance(source.is_zero_copy(), bool)

    def test_telemetry_is_a_dict_of_exact_counters(self):
        source = zcring.source(LOSSLESS, "sc16")
        received(source, 200000, 2, blocks.vector_sink_s)
        t = source.telemetry()
        for key in ("produced_bytes", "consumed_bytes", "overflow_bytes",
                    "overflow_count", "lost_samples", "bursts"):
            self.assertIn(key, t)
        self.assertEqual(t["sample_clock"], t["produced_samples"] + t["lost_samples"])
        self.assertEqual(t["produced_bytes"], 4 * t["produced_samples"])
        self.assertGreaterEqual(t["produced_bytes"], t["consumed_bytes"])
        self.assertGreater(t["bursts"], 0)

    def test_every_type_has_the_same_tone(self):
        n = 4096
        tone = 0.5 * np.exp(2j * np.pi * np.arange(n) / 8)
        for kind, scale, sink, reals in (("fc32", 1.0, blocks.vector_sink_c, 1),
                                         ("sc16", 32768, blocks.vector_sink_s, 2),
                                         ("sc8", 128, blocks.vector_sink_b, 2)):
            for ring in ("fc32", "sc16", "sc8"):
                with self.subTest(kind=kind, ring=ring):
                    source = zcring.source(f"{LOSSLESS},scene=tone,noise=none,format={ring}", kind)
                    data = np.array(received(source, n, reals, sink).data())
                    del source  # a device has one user at a time
                    if reals == 2:
                        data = data.astype(np.uint8).view(np.int8) if kind == "sc8" else data
                        data = data[0::2] + 1j * data[1::2]
                    worst = np.max(np.abs(data / scale - tone))
                    # Truncated to 8 bits once or twice, or rounded to 16 and more.
                    self.assertLess(worst, 2.0 / 128 if "sc8" in (kind, ring) else 1e-4)

    def test_the_first_item_is_tagged_with_time_rate_and_frequency(self):
        before = time.time()
        source = zcring.source(LOSSLESS, "fc32", 1, 2e6, 98e6)
        sink = received(source, 1000, 1, blocks.vector_sink_c)
        tags = {str(t.key): t for t in sink.tags() if t.offset == 0}
        self.assertEqual(pmt.to_double(tags["rx_rate"].value), 2e6)
        self.assertEqual(pmt.to_double(tags["rx_freq"].value), 98e6)
        seconds = pmt.to_uint64(pmt.tuple_ref(tags["rx_time"].value, 0))
        fraction = pmt.to_double(pmt.tuple_ref(tags["rx_time"].value, 1))
        self.assertTrue(0 <= fraction < 1)
        self.assertTrue(before - 1 <= seconds + fraction <= time.time() + 1)
        self.assertTrue(all(str(t.srcid) != "#f" for t in sink.tags()))
        self.assertNotIn("rx_lost", tags)

    def test_a_retune_is_tagged_at_the_very_sample(self):
        rate = 4e5
        source = zcring.source(DEVICE + ",scene=tone,noise=none,interval_us=2000,"
                               "ring_bytes=67108864", "fc32", 1, rate, 100e6)
        sink = TagSink()
        flowgraph = gr.top_block()
        flowgraph.connect(source, sink)
        flowgraph.start()
        for k in range(1, 6):
            source.set_center_freq(100e6 - k * 30e3)
            self.assertTrue(eventually(
                lambda: sum(t[1] == "rx_freq" for t in sink.tags) > k))
            seen = len(sink.items)
            self.assertTrue(eventually(lambda: len(sink.items) > seen + 2))
        flowgraph.stop()
        flowgraph.wait()
        self.assertEqual(source.telemetry()["lost_samples"], 0)

        data = np.concatenate(sink.items)
        retunes = [(t[0], t[2]) for t in sink.tags if t[1] == "rx_freq"]
        self.assertEqual([f for _, f in retunes], [100e6 - k * 30e3 for k in range(6)])
        ends = [at for at, _ in retunes[1:]] + [len(data)]
        for (begin, freq), end in zip(retunes, ends):
            # Relative to the expected frequency: the last one is half of the rate, where the
            # angle from sample to sample is pi or -pi, by rounding.
            expected = np.exp(2j * np.pi * (100e6 + rate / 8 - freq) / rate)
            turn = np.angle(data[begin + 1:end] * np.conj(data[begin:end - 1] * expected))
            self.assertLess(np.max(np.abs(turn * rate / (2 * np.pi))), 1e-4 * rate)

    def test_latency_is_told_of_the_bursts_that_came(self):
        source = zcring.source(DEVICE + ",interval_us=1000", "fc32")
        received(source, 100000, 1, blocks.vector_sink_c)
        counts = source.latency_histogram()
        self.assertTrue(0 < sum(counts.values()) <= source.telemetry()["bursts"])
        self.assertTrue(all(edge >= 0 for edge in counts))
        if ON_EMULATOR:
            free = zcring.source(LOSSLESS, "fc32")
            received(free, 1000, 1, blocks.vector_sink_c)
            self.assertEqual(free.latency_histogram(), {})

    def test_channels_are_tuned_on_their_own(self):
        source = zcring.source(LOSSLESS + ",scene=tone,noise=none", "fc32", 2)
        source.set_center_freq(100.05e6, 1)
        flowgraph = gr.top_block()
        sinks = [blocks.vector_sink_c(), blocks.vector_sink_c()]
        for c in range(2):
            flowgraph.connect((source, c), blocks.head(8, 1000), sinks[c])
        flowgraph.run()
        for sink, hz in zip(sinks, (125e3, 75e3)):
            data = np.array(sink.data())
            turn = np.angle(data[1:] * np.conj(data[:-1]))
            self.assertLess(np.max(np.abs(turn * 1e6 / (2 * np.pi) - hz)), 100)

    def test_errors_are_pythons_own_and_name_the_remedy(self):
        for text, arguments in (
                ("known ones", dict(args="color=red")),
                ("fc32", dict(type="fc64")),
                ("1 to 8", dict(nchan=9)),
                ("0.001", dict(samp_rate=0)),
                ("power of two", dict(args="ring_bytes=5000")),
                ("contradicts", dict(args="rate=2e6")),
                ("auto", dict(zero_copy="maybe"))):
            with self.subTest(**arguments):
                with self.assertRaisesRegex(ValueError, text):
                    zcring.source(**arguments)
        with self.assertRaisesRegex(FileNotFoundError, "load the driver"):
            zcring.source("device=/dev/zcring-none")
        with self.assertRaises(FileNotFoundError):
            zcring.source(DEVICE + ",scene=/none.sigmf-meta")
        with self.assertRaisesRegex(OSError, "not a zcring"):
            zcring.source("device=/dev/null")

    @unittest.skipUnless(not ON_EMULATOR, "needs a device")
    def test_a_device_in_use_is_busy(self):
        first = zcring.source(DEVICE, "sc16")
        with self.assertRaisesRegex(OSError, "in use"):
            zcring.source(DEVICE, "sc16")
        self.assertEqual(zcring.source("", "sc16").device(), "emulator")
        del first

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_a_device_that_one_may_not_open_names_the_group(self):
        path = "" if ON_EMULATOR else DEVICE[7:]
        with tempfile.NamedTemporaryFile() as stand_in:
            groups = os.getgroups()
            os.setgroups([])
            os.setegid(65534)
            os.seteuid(65534)
            try:
                with self.assertRaisesRegex(PermissionError, "member of the group"):
                    zcring.source("device=" + (path or stand_in.name))
            finally:
                os.seteuid(0)
                os.setegid(0)
                os.setgroups(groups)

    def test_a_truncated_scene_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            data = bytes(range(200))
            meta = {"global": {"core:datatype": "ci16_le", "core:sample_rate": 1e6,
                               "core:version": "1.0.0",
                               "core:sha512": hashlib.sha512(data).hexdigest()},
                    "captures": [], "annotations": []}
            path = os.path.join(folder, "scene.sigmf-")
            with open(path + "meta", "w") as out:
                json.dump(meta, out)
            for length in (0, 198, 196):
                with open(path + "data", "wb") as out:
                    out.write(data[:length])
                with self.assertRaisesRegex(ValueError, "truncated|empty"):
                    zcring.source(DEVICE + ",scene=" + path + "meta", "sc16")
            with open(path + "data", "wb") as out:
                out.write(data)
            source = zcring.source(LOSSLESS + ",scene=" + path + "meta", "sc16")
            got = received(source, 100, 2, blocks.vector_sink_s).data()
            self.assertEqual(np.array(got, np.int16).tobytes(), data + data)

    def test_a_real_recording_comes_back_sample_for_sample_and_without_a_seam(self):
        with open(RECORDING.replace(".sigmf-meta", ".sigmf-data"), "rb") as file:
            once = np.frombuffer(file.read(), np.uint8).astype(np.int16) - 128
        loops = 3
        source = zcring.source(LOSSLESS + ",scene=" + RECORDING, "sc8", 1, 2e6, 1090e6)
        got = received(source, loops * len(once) // 2, 2, blocks.vector_sink_b).data()
        got = np.array(got, np.uint8).view(np.int8).astype(np.int16)
        self.assertEqual(source.telemetry()["lost_samples"], 0)
        self.assertTrue(np.array_equal(got, np.tile(once, loops)))


if __name__ == "__main__":
    gr_unittest.run(QaSource)

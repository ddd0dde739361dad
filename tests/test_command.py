#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zcring command, as people call it: test_command.py PATH/TO/zcring.

ZCRING_TEST_DEVICE=device=/dev/zcring0 runs what needs a device, too.
"""

import glob
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

COMMAND = "zcring"
DEADLINE_SECONDS = 60
DEVICE = os.environ.get("ZCRING_TEST_DEVICE", "")
ROOT = pathlib.Path(__file__).resolve().parents[1]
CHECK_ACCOUNTING = ROOT / "tools" / "check-accounting"


def run(*arguments):
    """The exit status, what it said on stdout, and on stderr."""
    done = subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=DEADLINE_SECONDS
    )
    return done.returncode, done.stdout, done.stderr


def run_json(*arguments):
    status, out, err = run(*arguments, "--json")
    assert err == "", err
    return status, json.loads(out)


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Usage(unittest.TestCase):
    def expect_refusal(self, arguments, *words):
        status, out, err = run(*arguments)
        self.assertEqual(status, 2, err)
        self.assertEqual(out, "")
        self.assertRegex(err, r"\Azcring: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, err)

    def test_help_explains_every_key(self):
        status, out, err = run("--help")
        self.assertEqual((status, err), (0, ""))
        keys = "device emulator format channels rate freq gain noise ring_bytes interval_us scene"
        for key in (keys + " start stop loop dma pace seed").split():
            self.assertRegex(out, rf"(?m)^  {key}(=\S*)? ")

    def test_arguments_prints_the_table_of_the_help(self):
        status, table, err = run("arguments")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("rate=         0.001 to 1e10 (default 1e6): samples a second\n", table)
        self.assertIn(table, run("--help")[1])

    def test_help_of_each_subcommand_fits_a_terminal(self):
        for words in ([], ["info"], ["serve"], ["verify"], ["play"]):
            status, out, _ = run(*words, "--help")
            self.assertEqual(status, 0)
            self.assertLessEqual(max(map(len, out.splitlines())), 100)

    def test_version_is_printed(self):
        status, out, _ = run("--version")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\Azcring \d+\.\d+\.\d+\n\Z")

    def test_wrong_words_are_refused_on_one_line(self):
        self.expect_refusal([])
        self.expect_refusal(["nonsense"])
        self.expect_refusal(["verify", "emulator", "emulator"])
        self.expect_refusal(["verify", "--sample", "1"])

    def test_wrong_numbers_are_refused_with_what_is_allowed(self):
        for number in ("0", "-1", "1.5", "ten", "1e30", "nan"):
            self.expect_refusal(["verify", "--samples=" + number], "whole number from 1")
        for number in ("0", "-1", "nan", "soon"):
            self.expect_refusal(["verify", "--seconds=" + number], "--seconds")
        self.expect_refusal(["verify", "--stall=-1"], "--stall", "60000")

    def test_a_wrong_argument_string_is_refused_with_what_is_allowed(self):
        self.expect_refusal(["info", "colour=red"], "colour", "interval_us")
        self.expect_refusal(["verify", "emulator,format=sc12"], "sc8, sc16 or fc32")

    def test_a_device_that_is_not_there_is_reported_with_the_remedy(self):
        for command in ("info", "verify"):
            self.expect_refusal([command, "device=/dev/zcring4711"], "/dev/zcring4711", "modprobe")

    def test_a_file_that_is_no_device_is_refused(self):
        for command in ("info", "verify"):
            self.expect_refusal([command, "device=/dev/null"], "/dev/null", "not a zcring device")

    def test_what_play_cannot_do_is_refused_with_the_remedy(self):
        antenna = "device=/dev/zcring4711"
        self.expect_refusal(["play"], "FILE")
        self.expect_refusal(["play", "tone", antenna], "/dev/zcring4711", "modprobe")
        self.expect_refusal(["play", "tone", "emulator"], "zcring serve")
        self.expect_refusal(["play", "tone", antenna + ",gain=3"], "gain=", "remove it")
        self.expect_refusal(["play", "--buffer=0", "tone", antenna], "--buffer", "0.001")

    def test_a_stream_that_cannot_start_is_reported(self):
        self.expect_refusal(["verify", "emulator,dma=resident,format=sc16"], "dma=resident")

    def test_output_that_cannot_be_written_is_reported(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run(
                [COMMAND, "info", "emulator"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        self.assertEqual(done.returncode, 2)


class Info(unittest.TestCase):
    def test_settings_are_in_the_json(self):
        status, report = run_json(
            "info",
            "emulator,format=fc32,channels=3,rate=2.5e6,freq=433.92e6,gain=-1.5,"
            "ring_bytes=65536,interval_us=2000,noise=-70.5",
        )
        self.assertEqual(status, 0)
        expected = {
            "name": "emulator",
            "emulator": True,
            "state": "stopped",
            "format": "fc32",
            "channels": 3,
            "ring_bytes": 65536,
            "ring_samples": 8192,
            "interval_seconds": 0.002,
            "rate_hz": 2.5e6,
            "bandwidth_hz": 0,
            "noise_db": -70.5,
            "frequency_hz": [433.92e6] * 3,
            "gain_db": [-1.5] * 3,
        }
        self.assertEqual({key: report[key] for key in expected}, expected)

    def test_every_counter_is_in_the_json(self):
        _, report = run_json("info", "emulator")
        header = (ROOT / "kmod/include/zcring/abi.h").read_text(encoding="utf-8")
        struct = re.search(r"struct zcring_telemetry \{(.*?)\};", header, re.DOTALL)
        counters = re.findall(r"__u64 (\w+);", struct[1])
        self.assertIn("sample_clock", counters)
        for key in counters + ["ring_held_samples"]:
            self.assertEqual(report[key], 0, key)

    def test_no_noise_is_null_in_the_json(self):
        self.assertIsNone(run_json("info", "emulator,noise=none")[1]["noise_db"])
        self.assertIn("none", run("info", "emulator,noise=none")[1])

    def test_the_table_has_units(self):
        status, out, _ = run("info", "emulator,rate=2.4e6,gain=0.5")
        self.assertEqual(status, 0)
        for words in ("2.4 MS/s", "100 MHz, 0.5 dB", "8 MiB", "50 ms", "sc16, 4 bytes a sample",
                      "-80 dB of full scale"):
            self.assertIn(words, out)

    @unittest.skipIf(glob.glob("/dev/zcring[0-9]*"), "there is a device")
    def test_without_a_device_it_says_so_and_shows_the_emulator(self):
        status, out, _ = run("info")
        self.assertEqual(status, 0)
        self.assertIn("There is no /dev/zcring*", out)
        status, report = run_json("info")
        self.assertEqual(status, 0)
        self.assertEqual([device["name"] for device in report["devices"]], ["emulator"])


class Servers(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(unittest.mock.patch.dict(os.environ, XDG_RUNTIME_DIR=folder))
        self.folder = pathlib.Path(folder) / "zcring"
        self.folder.mkdir()

    def listen(self, name):
        server = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        server.bind(str(self.folder / name))
        server.listen()
        server.setblocking(False)
        return server

    def start(self, *arguments):
        server = subprocess.Popen(
            [COMMAND, "serve", *arguments], stdout=subprocess.PIPE, text=True
        )
        self.enterContext(server)
        self.addCleanup(server.terminate)
        self.assertIn("serving", server.stdout.readline())
        return server

    def test_are_listed_and_not_connected_to(self):
        idle = self.listen("idle")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stale:
            stale.bind(str(self.folder / "stale"))
        (self.folder / "file").write_text("")
        status, report = run_json("info")
        self.assertEqual(status, 0)
        self.assertEqual(report["servers"], ["idle"])
        self.assertIn("zcring info device=idle", run("info")[1])
        with self.assertRaises(BlockingIOError):  # nobody has connected
            idle.accept()

    def test_show_their_receivers(self):
        server = self.start("lab", "rate=2e6")
        self.assertEqual(run_json("info", "device=lab"),
                         (0, {"server": "lab", "receivers": []}))
        with subprocess.Popen(
            [COMMAND, "verify", "device=lab", "--seconds=1000"], stdout=subprocess.DEVNULL
        ) as client:
            deadline = time.monotonic() + DEADLINE_SECONDS
            receivers = []
            while not receivers or receivers[0]["state"] != "running":
                self.assertLess(time.monotonic(), deadline)
                receivers = run_json("info", "device=lab")[1]["receivers"]
            client.send_signal(signal.SIGINT)
        self.assertEqual([(r["name"], r["receiver"], r["rate_hz"]) for r in receivers],
                         [("lab", 0, 2e6)])
        server.terminate()
        self.assertEqual(server.wait(DEADLINE_SECONDS), 0)
        status, _, err = run("info", "device=lab")
        self.assertEqual(status, 2)
        self.assertIn("no such server", err)

    def test_any_other_key_opens_a_receiver_and_sets_it(self):
        self.start("lab", "pace=free")
        for setting, key, value in (("noise=-60", "noise_db", -60), ("gain=3", "gain_db", [3])):
            status, report = run_json("info", f"device=lab,{setting}")
            self.assertEqual((status, report["receiver"], report.get(key)), (0, 0, value))
        needed = {"scene": "noise", "stop": "1,scene=none.sigmf-meta", "patience": "9,member",
                  "quorum": "2,member"}
        keys = re.findall(r"(?m)^  (\w+)(=?) .*?(?:\(default ([^)]*)\)|$)", run("arguments")[1])
        self.assertGreater(len(keys), 15)
        for key, equals, default in keys:
            if key not in ("device", "emulator", "pace"):
                setting = f"{key}{equals}{needed.get(key, default)}"
                status, out, err = run("info", f"device=lab,{setting}")
                self.assertNotIn("no program has a receiver", out, setting)
                # Or it was opened, and refused for lack of a recording.
                self.assertTrue(status == 0 or "recording" in err or "none.sigmf-meta" in err, err)


class Verify(unittest.TestCase):
    def test_every_format_and_several_channels_are_proven(self):
        for form in ("sc8", "sc16", "fc32"):
            for channels in (1, 3):
                status, report = run_json(
                    "verify",
                    f"emulator,pace=free,ring_bytes=65536,format={form},channels={channels}",
                    "--samples=3e6",
                )
                self.assertEqual((status, report["verdict"]), (0, "proven"), report)
                self.assertEqual(report["samples"], 3000000)
                self.assertEqual(report["channels"], channels)

    def test_the_last_line_is_the_verdict(self):
        status, out, err = run("verify", "emulator,pace=free", "--samples", "1000000")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out.splitlines()[-1], "proven: no sample was lost, doubled or torn")

    def test_another_scene_does_not_count(self):
        status, _, _ = run("verify", "emulator,pace=free,scene=noise", "--samples=1e5")
        self.assertEqual(status, 0)

    def test_it_ends_after_the_seconds(self):
        status, report = run_json("verify", "emulator,rate=1e6,interval_us=1000", "--seconds=0.3")
        self.assertEqual((status, report["verdict"]), (0, "proven"), report)
        self.assertGreaterEqual(report["seconds"], 0.3)

    def test_samples_left_in_the_ring_are_checked_and_counted(self):
        status, report = run_json("verify", "emulator,rate=1e6,interval_us=20000", "--samples=100")
        self.assertEqual((status, report["samples"]), (0, 100), report)
        self.assertGreaterEqual(report["left_samples"], 19000)
        self.assertEqual(report["checked_samples"], report["samples"] + report["left_samples"])

    # Every burst is three times the ring.
    LOSSY = "emulator,rate=5e6,interval_us=10000,ring_bytes=65536"

    def test_a_loss_fails(self):
        status, report = run_json("verify", self.LOSSY, "--samples=1e5")
        self.assertEqual((status, report["verdict"]), (1, "lost"), report)
        self.assertTrue(report["sums_hold"])

    def test_an_allowed_loss_does_not_fail(self):
        status, report = run_json("verify", self.LOSSY, "--samples=1e5", "--allow-loss")
        self.assertEqual((status, report["verdict"]), (0, "accounted"), report)

    def test_a_stall_loses_samples_and_accounts_for_them(self):
        status, report = run_json(
            "verify",
            "emulator,rate=5e6,interval_us=1000,ring_bytes=65536",
            "--samples=200000",
            "--stall=10",
        )
        self.assertEqual((status, report["verdict"]), (0, "accounted"), report)
        self.assertGreater(report["overflow_count"], 0)
        self.assertEqual(
            report["sample_clock"], report["produced_samples"] + report["lost_samples"]
        )
        self.assertEqual(
            report["produced_samples"], report["consumed_samples"] + report["ring_held_samples"]
        )
        self.assertEqual(report["overflow_bytes"], 4 * report["lost_samples"])

    def test_ctrl_c_ends_it_early_with_the_summary(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen(
                [COMMAND, "verify", "emulator,pace=free", "--seconds=1000"],
                stdout=subprocess.PIPE,
                text=True,
            ) as process:
                self.assertIn("emulator: sc16", process.stdout.readline())
                give_up = time.monotonic() + DEADLINE_SECONDS
                begun = cpu_seconds(process)
                while cpu_seconds(process) < begun + 0.3:  # it streams
                    self.assertLess(time.monotonic(), give_up)
                    time.sleep(0.01)
                process.send_signal(number)
                out, _ = process.communicate(timeout=DEADLINE_SECONDS)
            self.assertEqual(process.returncode, 0, out)
            self.assertRegex(out, r"read +[1-9][0-9,]* .*, ended early")
            self.assertRegex(out, r"\nproven: [^\n]*\n\Z")

    def test_ctrl_c_wakes_one_that_waits_for_its_first_burst(self):
        with subprocess.Popen(
            [COMMAND, "verify", "emulator,interval_us=60000000"],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            self.assertIn("emulator: sc16", process.stdout.readline())
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=DEADLINE_SECONDS)
            self.assertLess(time.monotonic() - started, 5)
        self.assertIn("ended early", out)


@unittest.skipUnless(DEVICE, "ZCRING_TEST_DEVICE names no device")
class OnADevice(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(subprocess.call([CHECK_ACCOUNTING]), 0, "the accounting is wrong")

    def wait_until_it_streams(self):
        give_up = time.monotonic() + DEADLINE_SECONDS
        while True:
            _, report = run_json("info", DEVICE)
            if report["state"] == "running" and report["consumed_samples"]:
                return report
            self.assertLess(time.monotonic(), give_up)

    def test_info_does_not_change_the_device(self):
        run_json("info", DEVICE + ",rate=1.5e6,gain=3,format=sc16,channels=2,ring_bytes=262144")
        status, report = run_json("info", DEVICE)
        self.assertEqual((status, report["rate_hz"], report["gain_db"]), (0, 1.5e6, [3.0, 3.0]))
        self.assertEqual((report["channels"], report["ring_samples"]), (2, 65536))
        self.assertFalse(report["emulator"])
        self.assertEqual(run_json("info", DEVICE)[1], report)

    def test_the_device_is_listed(self):
        _, report = run_json("info")
        names = [device["name"] for device in report["devices"]]
        self.assertIn(DEVICE.split("=")[1], names)

    def test_info_does_not_disturb_another_program_that_streams(self):
        setting = ",rate=1e6,format=sc16,channels=1,ring_bytes=268435456,interval_us=20000"
        with subprocess.Popen(
            [COMMAND, "verify", DEVICE + setting, "--seconds=1000", "--json"],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            report = self.wait_until_it_streams()
            self.assertEqual(
                report["sample_clock"], report["produced_samples"] + report["lost_samples"]
            )
            self.assertEqual(run("info", DEVICE)[0], 0)
            for busy in (["info", DEVICE + ",rate=3e6"], ["verify", DEVICE]):
                status, _, err = run(*busy)
                self.assertEqual(status, 2)
                self.assertIn("in use by another program", err)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=DEADLINE_SECONDS)
        report = json.loads(out)
        self.assertEqual((process.returncode, report["verdict"]), (0, "proven"), report)

    def test_every_format_is_proven_on_it(self):
        for form in ("sc8", "sc16", "fc32"):
            status, report = run_json(
                "verify",
                f"{DEVICE},format={form},channels=2,rate=5e5,ring_bytes=67108864,"
                "interval_us=20000",
                "--samples=2e5",
            )
            self.assertEqual((status, report["verdict"]), (0, "proven"), report)

    def test_a_stall_loses_samples_and_accounts_for_them(self):
        status, report = run_json(
            "verify",
            DEVICE + ",format=sc16,channels=1,rate=1e6,ring_bytes=65536,interval_us=5000",
            "--samples=2e5",
            "--stall=20",
        )
        self.assertEqual((status, report["verdict"]), (0, "accounted"), report)
        self.assertGreater(report["overflow_count"], 0)


class Recording(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.meta = pathlib.Path(folder.name, "r.sigmf-meta")
        self.data = self.meta.with_suffix(".sigmf-data")
        self.samples = bytes(range(256)) * 20000  # read in several pieces
        self.data.write_bytes(self.samples)
        self.describe(hashlib.sha512(self.samples).hexdigest())

    def describe(self, sha512):
        description = {"core:version": "1.0.0", "core:datatype": "ci16_le",
                       "core:sample_rate": 1e6}
        if sha512:
            description["core:sha512"] = sha512
        self.meta.write_text(json.dumps({"global": description, "captures": []}))

    def expect_wrong(self):
        status, out, err = run("verify", str(self.meta))
        self.assertEqual((status, err), (1, ""))
        self.assertIn(f"{self.data}: wrong: the SHA-512 of the samples is not the one", out)
        for samples in (self.samples, self.data.read_bytes()):
            self.assertIn(hashlib.sha512(samples).hexdigest(), out)
        status, report = run_json("verify", str(self.meta))
        self.assertEqual((status, report["good"]), (1, False))

    def test_the_samples_that_were_recorded_are_ok(self):
        status, out, err = run("verify", str(self.meta))
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, f"{self.data}: ok, 5,120,000 bytes\n")
        status, report = run_json("verify", str(self.meta))
        self.assertEqual((status, report["good"], report["bytes"]), (0, True, 5120000))

    def test_one_bit_is_noticed_and_so_is_a_missing_byte(self):
        for samples in (self.samples[:-1] + b"\xfe", b"\x01" + self.samples[1:],
                        self.samples[:-1], self.samples + b"\0"):
            self.data.write_bytes(samples)
            self.expect_wrong()

    def test_what_cannot_be_checked_is_refused(self):
        def refused(*arguments):
            status, out, err = run("verify", *arguments)
            self.assertEqual((status, out), (2, ""))
            self.assertRegex(err, r"\Azcring: [^\n]+\n\Z")
            return err

        self.assertIn("remove --samples", refused(str(self.meta), "--samples=5"))
        self.describe(None)
        self.assertIn("no core:sha512", refused(str(self.meta)))
        self.assertIn("none.sigmf-meta", refused("/none.sigmf-meta"))
        self.describe("00")
        self.data.unlink()
        self.assertIn("r.sigmf-data", refused(str(self.meta)))
        os.mkfifo(self.data)
        self.assertIn("not a regular file", refused(str(self.meta)))

    def test_a_recording_in_an_argument_string_is_a_scene(self):
        status, _, _ = run("verify", f"emulator,pace=free,scene={self.meta}", "--samples=1000")
        self.assertEqual(status, 0)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        COMMAND = sys.argv.pop(1)
    unittest.main(verbosity=2)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""zcring-check-soapy, as people call it: test_check.py PATH/TO/zcring-check-soapy MODULES.

MODULES is the folder with the module of tests/soapy/broken_module.cc: a radio that keeps every
rule, but for the one defect that driver=broken,defect=NAME asks for. Each rule must fail on a
defect of its own; otherwise it checks nothing.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import unittest

COMMAND = "zcring-check-soapy"
DEADLINE_SECONDS = 300
# On a busy machine, calls take longer. Defects that hang are waited for in vain.
PATIENCE = "--patience=60"
SHORT_PATIENCE = "--patience=3"

# Each defect, the rules that must find it, and words of their reports.
DEFECTS = {
    "enumerate-distinct": ["device.enumerate-distinct", "2 results, of which 1 differ"],
    "enumerate-label": ["device.enumerate-label rx.as-welle-cli", "without"],
    "enumerate-again": ["device.enumerate-again", "none of which is the one asked for"],
    "make-found": ["device.make-found", "only by hand"],
    "make-twice": ["device.make-twice", "two devices"],
    "make-again": ["device.make-again", "only once"],
    "identity": ["device.identity", "an empty text"],
    "channel-info": ["rx.channel-info tx.channel-info device.as-probe", "the defect"],
    "formats": ["rx.formats tx.formats", "without the native one, CS16"],
    "full-scale": ["rx.formats", "the full scale 0"],
    "formats-float": ["rx.formats-float tx.formats-float", "without CF32"],
    "setting-info": ["device.setting-info", "none of its options"],
    "argument-info": ["rx.argument-info tx.argument-info", "not a whole number"],
    "settings-read": ["device.settings-read rx.as-cubicsdr", "the defect"],
    "settings-write": ["device.settings-write", "the defect"],
    "channel-settings": ["rx.channel-settings tx.channel-settings", "the defect"],
    "sensors": ["device.sensors", "not a number"],
    "channel-sensors": ["rx.channel-sensors tx.channel-sensors", "the defect"],
    "clock-sources": ["device.clock-sources", "not listed"],
    "time-sources": ["device.time-sources", "internal"],
    "master-clock": ["device.master-clock rx.as-welle-cli", "the defect"],
    "time-forward": ["device.time-forward", " after "],
    "time-set": ["device.time-set", " within "],
    "rate-range": ["rx.rate-range tx.rate-range", "for getSampleRate(), 3000000"],
    "rate-list": ["rx.rate-list tx.rate-list", "for getSampleRate(), 200000"],
    "rate-beyond": ["rx.rate-beyond tx.rate-beyond", "beyond"],
    "bandwidth-range": ["rx.bandwidth-range tx.bandwidth-range", "for getBandwidth()"],
    "bandwidth-any": ["rx.bandwidth-any tx.bandwidth-any rx.as-gr-osmosdr", "the defect"],
    "frequency-range": ["rx.frequency-range tx.frequency-range", "for getFrequency()"],
    "frequency-elements": ["rx.frequency-elements tx.frequency-elements", "for get"],
    "frequency-sum": ["rx.frequency-sum tx.frequency-sum", "sum up to"],
    "frequency-rf": ["rx.frequency-rf tx.frequency-rf rx.as-cubicsdr", "the defect"],
    "frequency-unknown": ["rx.frequency-unknown tx.frequency-unknown", "another frequency"],
    "gain-range": ["rx.gain-range tx.gain-range", "for getGain(), 7"],
    "gain-elements": ["rx.gain-elements tx.gain-elements", "for getGain()"],
    "gain-sum": ["rx.gain-sum tx.gain-sum", "sum up to"],
    "gain-mode": ["rx.gain-mode tx.gain-mode rx.as-welle-cli", "the defect"],
    "antennas": ["rx.antennas tx.antennas", "for getAntenna()"],
    "antenna-empty": ["rx.antenna-empty tx.antenna-empty", "the defect"],
    "antenna-unknown": ["rx.antenna-unknown tx.antenna-unknown", "for getAntenna()"],
    "corrections": ["rx.corrections tx.corrections", "another value"],
    "setup-formats": ["rx.setup-formats tx.setup-formats", "the defect"],
    "setup-format-unknown": ["rx.setup-format-unknown tx.setup-format-unknown", "a stream"],
    "setup-channels-none": ["rx.setup-channels-none tx.setup-channels-none rx.as-cubicsdr",
                            "the defect"],
    "setup-channel-unknown": ["rx.setup-channel-unknown tx.setup-channel-unknown", "a stream"],
    "setup-channel-in-use": ["rx.setup-channel-in-use tx.setup-channel-in-use", "a stream"],
    "setup-channels-all": ["rx.setup-channels-all", "without samples"],
    "setup-args-known": ["rx.setup-args-known tx.setup-args-known", "the defect"],
    "setup-args-wire": ["rx.setup-args-wire tx.setup-args-wire rx.as-uhd", "the defect"],
    "setup-args-device": ["rx.setup-args-device tx.setup-args-device rx.as-welle-cli",
                          "the defect"],
    "setup-args-unknown": ["rx.setup-args-unknown tx.setup-args-unknown", "Segmentation fault"],
    "mtu": ["rx.mtu tx.mtu", "0"],
    "deactivate-first": ["rx.deactivate-first tx.deactivate-first rx.as-cubicsdr", "the defect"],
    "activate-twice": ["rx.activate-twice", "and no sample for 3 s"],
    "deactivate-twice": ["rx.deactivate-twice tx.deactivate-twice rx.as-uhd", "the defect"],
    "restart": ["rx.restart tx.restart rx.thread-activate", "STREAM_ERROR (-2)"],
    "setup-again": ["rx.setup-again tx.setup-again rx.as-gr-soapy", "the defect"],
    "close-idle": ["rx.close-idle tx.close-idle", "Segmentation fault"],
    "close-active": ["rx.close-active", "it has not returned for 3 s"],
    "unmake-open": ["rx.unmake-open tx.unmake-open rx.as-rtl-433", "Segmentation fault"],
    "rate-restart": ["rx.rate-restart tx.rate-restart", "the defect"],
    "read-idle": ["rx.read-idle", "NOT_SUPPORTED (-5)"],
    "read-idle-busy": ["rx.read-idle", "TIMEOUT (-1) after 0 ms"],
    "read-stopped": ["rx.read-stopped", "STREAM_ERROR (-2)"],
    "read-stopped-samples": ["rx.read-stopped", "samples without end"],
    "read-no-wait": ["rx.read-no-wait", " ms"],
    "read-long-wait": ["rx.read-long-wait", "TIMEOUT (-1)"],
    "read-one": ["rx.read-one", "STREAM_ERROR (-2)"],
    "read-many": ["rx.read-odd", "which is more than asked for"],
    "read-overrun": ["rx.read-odd", "wrote behind the buffer"],
    "read-code": ["rx.read-odd", "an unknown code (-42)"],
    "read-hang": ["rx.read-many", "it has not returned for 3 s"],
    "read-crash": ["rx.read-many", "Aborted"],
    "read-flags": ["rx.read-flags", "1028"],
    "read-flags-burst": ["rx.read-flags", "END_BURST in a stream that nothing has ended"],
    "status-quiet": ["rx.status-quiet tx.status-quiet", "0 after 0 ms"],
    "time-drift": ["rx.time-count", "and no OVERFLOW"],
    "time-odd": ["rx.time-odd", "and no OVERFLOW"],
    "time-restart": ["rx.time-restart", "the time 0"],
    "time-hardware": ["rx.time-hardware", "samples up to"],
    "time-start": ["rx.time-start", "200 samples off"],
    "burst-long": ["rx.burst", "more samples than the burst has"],
    "burst-endless": ["rx.burst", "more samples than the burst has"],
    "overflow-twice": ["rx.overflow", "OVERFLOW twice"],
    "overflow-untold": ["rx.overflow", "and no OVERFLOW"],
    "overflow-late": ["rx.overflow", "no sample is missing there"],
    "overflow-half": ["rx.overflow", "not a whole number"],
    "overflow-status": ["rx.overflow-status", "OVERFLOW 1 times more"],
    "overflow-endless": ["rx.overflow-restart", "OVERFLOW again and again"],
    "direct-none": ["rx.direct-none tx.direct-none", "0"],
    "direct-turn": ["rx.direct-turn", "the handle 8 of 8"],
    "direct-together": ["rx.direct-together", "a handle that is held"],
    "direct-addresses": ["rx.direct-addresses", "another address"],
    "direct-write": ["tx.direct-write", "the handle 8"],
    "write-code": ["tx.write tx.as-rate", "STREAM_ERROR (-2)"],
    "write-sizes": ["tx.write-sizes", "more than was offered"],
    "write-no-wait": ["tx.write-no-wait", " ms"],
    "write-burst": ["tx.write-burst", "STREAM_ERROR (-2)"],
    "thread-tune": ["rx.thread-tune", "the defect"],
    "thread-activate": ["rx.thread-activate", "it has not returned for 3 s"],
    "thread-status": ["rx.thread-status", "CORRUPTION (-3)"],
    "thread-enumerate": ["rx.thread-enumerate", "Aborted"],
    "thread-duplex": ["tx.thread-duplex", "STREAM_ERROR (-2)"],
    "as-probe": ["device.as-probe", "the defect"],
    "as-rate": ["rx.as-rate", "wait"],
    "as-uhd": ["rx.as-uhd", "one packet"],
    "as-gr-soapy": ["rx.as-gr-soapy", "the defect"],
    "as-gr-osmosdr": ["rx.as-gr-osmosdr", "the defect"],
    "as-cubicsdr": ["rx.as-cubicsdr", "the defect"],
    "as-rtl-433": ["rx.as-rtl-433", "not that many"],
    "as-welle-cli": ["rx.as-welle-cli", "no such rate"],
}


def run(*arguments):
    """The exit status, what it said on stdout, and on stderr."""
    done = subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=DEADLINE_SECONDS
    )
    return done.returncode, done.stdout, done.stderr


def all_rules():
    """The names of all rules."""
    _, out, _ = run("--list")
    return {line.split()[0] for line in out.splitlines() if not line.startswith(" ")}


def check(defect):
    """The defect, the exit status, and the report on the rules that must find it."""
    rules = DEFECTS[defect][0].split()
    only = [f"--only={rule}" for rule in rules]
    status, out, err = run(
        f"driver=broken,defect={defect}", *only, "--seconds=0.5", SHORT_PATIENCE, "--json"
    )
    return defect, status, json.loads(out) if out else {"error": err}


class Usage(unittest.TestCase):
    def expect_refusal(self, arguments, *words):
        status, out, err = run(*arguments)
        self.assertEqual(status, 2, err)
        self.assertEqual(out, "")
        for word in words:
            self.assertIn(word, err)

    def test_no_device_is_refused(self):
        self.expect_refusal([], "driver=zcring")

    def test_an_unknown_device_is_refused(self):
        self.expect_refusal(["driver=nonsense"], "no match", "SoapySDRUtil --find")

    def test_a_device_that_cannot_be_made_is_refused(self):
        self.expect_refusal(["driver=broken,defect=make"], "no device", "SoapySDRUtil --find")

    def test_an_unknown_rule_is_refused(self):
        self.expect_refusal(["driver=null", "--only=nonsense"], "--list")

    def test_a_number_out_of_range_is_refused(self):
        self.expect_refusal(["driver=null", "--seconds=-1"], "--seconds")

    def test_every_rule_is_listed_with_its_source(self):
        status, out, _ = run("--list")
        self.assertEqual(status, 0)
        self.assertEqual(out.count("source: "), len(all_rules()))

    def test_rules_are_chosen_by_name_and_direction(self):
        arguments = ["driver=broken", "--only=*.mtu", "--only=device.make-*", "--skip=*-twice"]
        _, out, _ = run(*arguments, "--direction=TX", "--json", PATIENCE)
        rules = [entry["rule"] for entry in json.loads(out)["rules"]]
        self.assertEqual(rules, ["device.make-found", "device.make-again", "tx.mtu"])

    def test_arguments_of_streams_reach_the_module(self):
        arguments = ["driver=broken,defect=setup-args-known", "--only=rx.mtu", PATIENCE]
        self.assertEqual(run(*arguments)[0], 0)
        status, out, _ = run(*arguments, "--stream-args=buffers=4")
        self.assertEqual(status, 1)
        self.assertIn('setupStream(RX, "CS16", {0}, {buffers=4})', out)


class Null(unittest.TestCase):
    def test_the_null_device_breaks_no_rule(self):
        status, out, err = run("driver=null", "--json", PATIENCE)
        self.assertEqual((status, err), (0, ""), out)
        report = json.loads(out)
        self.assertEqual(report["failed"], 0)
        self.assertGreater(report["ok"], 0)
        self.assertIn("no RX channel", out)


class Sound(unittest.TestCase):
    def test_a_radio_without_a_defect_keeps_every_rule(self):
        status, out, err = run("driver=broken", "--seconds=0.5", "--json", PATIENCE)
        report = json.loads(out)
        self.assertEqual(status, 0, [r for r in report["rules"] if r["result"] == "FAILED"])
        self.assertEqual(err, "")
        skipped = [r["rule"] for r in report["rules"] if r["result"] == "skipped"]
        self.assertEqual(skipped, ["rx.direct-none", "tx.direct-none"])

    def test_a_radio_without_direct_buffers_keeps_every_rule_about_them(self):
        _, out, _ = run("driver=broken,defect=no-direct", "--only=rx.direct-*", "--json", PATIENCE)
        results = {r["rule"]: r["result"] for r in json.loads(out)["rules"]}
        self.assertEqual(results.pop("rx.direct-none"), "ok")
        self.assertEqual(set(results.values()), {"skipped"})


class Defects(unittest.TestCase):
    def test_every_rule_is_seen_to_fail(self):
        seen = {rule for rules, _ in DEFECTS.values() for rule in rules.split()}
        of_both = {name.split(".")[1] for name in seen}
        missing = {name for name in all_rules() if name.split(".")[1] not in of_both}
        self.assertEqual(missing, set())
        self.assertEqual(seen - all_rules(), set())

    def test_every_defect_is_found_by_its_rules(self):
        with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            for defect, status, report in pool.map(check, DEFECTS):
                with self.subTest(defect):
                    self.assertEqual(status, 1, report)
                    for entry in report["rules"]:
                        self.assertEqual(entry["result"], "FAILED", entry)
                        self.assertIn(DEFECTS[defect][1], entry["returned"] + entry["called"])

    def test_a_failure_names_call_result_and_source(self):
        status, out, _ = run("driver=broken,defect=read-idle", "--only=rx.read-idle", PATIENCE)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)^FAILED +rx\.read-idle ")
        self.assertRegex(out, r"called +readStream\(stream, buffs, 1000, 0, 0, 100000\)")
        self.assertRegex(out, r"returned +NOT_SUPPORTED \(-5\) after")
        self.assertRegex(out, r"source +Device\.hpp, readStream\(\)")
        self.assertRegex(out, r"(?m)^1 rules: 0 ok, 1 failed, 0 skipped$")


if __name__ == "__main__":
    COMMAND = sys.argv[1]
    os.environ["SOAPY_SDR_PLUGIN_PATH"] = sys.argv[2]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])

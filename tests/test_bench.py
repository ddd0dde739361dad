#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bounds of `bench --check`, applied to the stored results with some of them changed."""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import checks  # noqa: E402
import report  # noqa: E402

STORED = json.loads((ROOT / "docs" / "bench" / "bench.json").read_text(encoding="utf-8"))
THROUGH_LARGE_BUFFER = checks.CONVERT + " through as large a buffer"


def with_loop_costs(small, large):
    """The stored results, where the block costs 1 ns a sample and the two bare loops these."""
    results = copy.deepcopy(STORED)
    summary = results["throughput"]["chains"]["null"]["summary"]
    for key, cost in (("one_copy_sc16", 1.0), ("loop_sc16", small), ("loop_sc16_large", large)):
        summary[key]["cpu_ns"]["median"] = cost
    return {check["what"]: check for check in checks.check(results)}


def with_worst_case(part, ratio):
    """The stored results, where the last case of a part is "here" and has this ratio."""
    results = copy.deepcopy(STORED)
    cases = [c for c in results["antenna"]["cases"] if c["part"] == part]
    for case in cases:
        case["ns"]["library"]["median"], case["ns"]["rival"]["median"] = 1e-9, 1.0
    cases[-1]["what"] = "here"
    cases[-1]["ns"]["library"]["median"] = ratio
    return {check["what"]: check for check in checks.check(results)}


class Bounds(unittest.TestCase):
    def test_the_stored_results_keep_every_bound(self):
        found = checks.check(STORED)
        self.assertEqual([c["what"] for c in found if c["kept"] is False], [])
        unbound = ("antenna, without vectors: ", "server, free pace, ", "server: eight receivers")
        self.assertEqual([c["what"] for c in found if c["kept"] is None
                          and not c["what"].startswith(unbound)], [checks.CONVERT])

    def test_the_ratio_to_the_loop_through_as_large_a_buffer_is_at_most_1_5(self):
        self.assertTrue(with_loop_costs(0.6, 1 / 1.49)[THROUGH_LARGE_BUFFER]["kept"])
        self.assertIs(with_loop_costs(0.6, 1 / 1.51)[THROUGH_LARGE_BUFFER]["kept"], False)

    def test_the_ratio_to_the_bare_loop_is_reported_and_has_no_bound(self):
        check = with_loop_costs(0.1, 0.9)[checks.CONVERT]
        self.assertIsNone(check["kept"])
        self.assertEqual(check["ratio"], 10)
        self.assertIn(f"| {checks.CONVERT} | 10.0 |  | for information |",
                      list(report.checks([check]))[-1])

    def test_the_worst_case_of_a_part_is_compared_with_the_bound(self):
        for part, name, bound in checks.ANTENNA:
            for factor, kept in ((0.99, True), (1.01, False)):
                found = with_worst_case(part, bound * factor)
                self.assertIs(found[f"antenna: {name}; the worst is here"]["kept"], kept)

    def test_without_avx2_the_engine_has_no_bounds(self):
        results = copy.deepcopy(STORED)
        results["antenna"]["instruction_set"] = "plain"
        found = [c for c in checks.check(results) if c["what"].startswith("antenna: conversion")]
        self.assertEqual([c["kept"] for c in found], [None, None])
        self.assertIn("This machine has no AVX2", report.markdown(results))

    def test_a_server_may_cost_a_tenth_more_than_the_emulator(self):
        for cost, kept in ((1.09, True), (1.11, False)):
            results = copy.deepcopy(STORED)
            for case in results["serve"]["free"]:
                case["emulator"]["cpu_ns"]["median"] = 1
                case["server"]["cpu_ns"]["median"] = cost
            found = {c["what"]: c["kept"] for c in checks.check(results)}
            what = "server, free pace, tone → null sink: CPU per sample, relative to the emulator"
            self.assertIs(found[what], kept)

    def test_the_report_of_the_stored_results_is_docs_bench_md(self):
        results = dict(STORED, checks=checks.check(STORED))
        self.assertEqual(report.markdown(results),
                         (ROOT / "docs" / "bench.md").read_text(encoding="utf-8"))


class Scaling(unittest.TestCase):
    def test_a_step_that_cannot_run_says_what_to_install(self):
        with tempfile.TemporaryDirectory() as folder:
            ended = subprocess.run(
                [sys.executable, ROOT / "bench" / "scaling.py", "one_process", "soapy_remote"],
                env={**os.environ, "PATH": folder}, capture_output=True, text=True, check=False)
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        first, last = ended.stderr.splitlines()
        self.assertRegex(first, r"^scaling: soapy_remote: no .*\bip, SoapySDRServer,")
        self.assertRegex(last, "tools/install-packages .* the steps to measure: one_process")


if __name__ == "__main__":
    unittest.main()

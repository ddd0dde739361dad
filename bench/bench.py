#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures zcring's block, GNU Radio's own sources, and bare loops over the same ring.

Prints tables, and writes bench.md, bench/bench.json and bench/*.png to the folder given.
With --check, measures only what the ratios need and writes only the file of --json. The exit
status is then 1 if a ratio misses its bound, and 77 if a ratio could not be measured.
"""
import argparse
import json
import os
import sys

from gnuradio import gr

import antenna
import chains
import checks
import contestants
import latency
import machine
import plots
import report
import response
import rounds
import serve
import sweeps
import syscalls
import throughput

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("throughput", "latency", "response", "sweeps", "syscalls", "chains", "antenna",
         "serve")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="measure and check the ratios only")
    parser.add_argument("--rounds", type=int, default=7, metavar="N",
                        help="rounds of each contestant (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, metavar="S",
                        help="length of a round in seconds (default: %(default)s)")
    parser.add_argument("--chain-seconds", type=float, default=10, metavar="S",
                        help="seconds that a chain, and the receivers of one scene, must run "
                             "without a lost sample (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="few and short rounds, to test the program; the results mean nothing")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART",
                        help=f"measure these parts only: {' '.join(PARTS)}")
    parser.add_argument("--out", default=os.path.join(HERE, "..", "docs"), metavar="FOLDER",
                        help="folder of bench.md and bench/ (default: docs)")
    parser.add_argument("--json", metavar="FILE", help="write the results to FILE, too")
    parser.add_argument("--report", metavar="FILE",
                        help="measure nothing; write the report of the results in FILE")
    parser.add_argument("--loops", default="zcring-bench-loops", metavar="PROGRAM",
                        help="program of the bare loops (default: %(default)s, on the PATH); "
                             f"{antenna.PROGRAM} and {serve.WAKEUPS} are in the same folder")
    if parser.parse_known_args()[0].quick:
        parser.set_defaults(rounds=2, seconds=0.1, chain_seconds=1)
    return parser.parse_args()


def measure(options):
    """Measures the parts asked for; returns them by their name in bench.json."""
    loops, repeat, seconds = options.loops, options.rounds, options.seconds
    few = (repeat + 1) // 2
    parts = {
        "throughput": lambda: throughput.measure(loops, repeat, seconds, options.check),
        "latency": lambda: latency.measure(loops, repeat, 4 * seconds),
        "response": lambda: response.measure(few),
        "sweeps": lambda: sweeps.measure(few, seconds / 2),
        "syscalls": lambda: syscalls.measure(
            few, 2 * seconds, syscalls.FOR_CHECK if options.check else syscalls.CONTESTANTS),
        "chains": lambda: chains.measure(few, 2 * seconds, options.chain_seconds),
        "antenna": lambda: antenna.measure(loops, repeat, seconds),
        "serve": lambda: serve.measure(loops, repeat, seconds, options.chain_seconds),
    }
    results = {"machine": machine.describe()}
    rounds.say(report.machine_line(results["machine"]))
    try:
        for part in checks.NEEDED if options.check else options.only:
            results[part] = parts[part]()
    finally:
        contestants.remove_tmpfs_file()
    return results


def write(results, folder):
    os.makedirs(os.path.join(folder, "bench"), exist_ok=True)
    plots.draw(results, os.path.join(folder, "bench"))
    with open(os.path.join(folder, "bench", "bench.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1, ensure_ascii=False)
        file.write("\n")
    with open(os.path.join(folder, "bench.md"), "w", encoding="utf-8") as file:
        file.write(report.markdown(results))


def main():
    options = arguments()
    gr.logging().set_default_level(gr.log_levels.warn)
    if options.report:
        with open(options.report, encoding="utf-8") as file:
            results = json.load(file)
    else:
        results = measure(options)
    if all(part in results for part in checks.NEEDED):
        results["checks"] = checks.check(results)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1, ensure_ascii=False)
    print(report.text(results))
    if not options.check:
        write(results, options.out)
    missed = [c for c in results.get("checks", []) if c["kept"] is False]
    for each in missed:
        rounds.say(f"missed: {report.check_line(each)}")
    if not options.check:
        return 0
    skipped = [f"{what}: {why}" for part in checks.NEEDED
               for what, why in results[part].get("skipped", {}).items()]
    for each in skipped:
        rounds.say(f"not checked: {each}")
    return 1 if missed else 77 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())

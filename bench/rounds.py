# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds: contestants take turns, so that other load affects all; medians are compared."""
import json
import statistics
import subprocess
import sys


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def interleave(contestants, rounds, skipped_by=()):
    """Calls each contestant once per round.

    contestants: {key: function that returns {quantity: number}}. Returns the results
    {key: [result, …]}, and the reasons of those that were skipped, {key: reason}.
    """
    results = {key: [] for key in contestants}
    skipped = {}
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        for key, run in contestants.items():
            if key in skipped:
                continue
            try:
                results[key].append(run())
            except skipped_by as reason:
                skipped[key] = str(reason)
                del results[key]
                say(f"  skipped: {key}: {reason}")
    return results, skipped


def summary(results):
    """Median and range of every quantity: {quantity: {median, low, high}}."""
    return {quantity: {"median": statistics.median(r[quantity] for r in results),
                       "low": min(r[quantity] for r in results),
                       "high": max(r[quantity] for r in results)}
            for quantity in results[0]}


def summaries(results):
    return {key: summary(each) for key, each in results.items()}


def loop(loops, kind, arguments, seconds):
    """Runs a bare loop; returns its result."""
    done = subprocess.run([loops, kind, arguments, str(seconds)], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def loop_speed(loops, kind, arguments, seconds):
    """Runs a bare loop; returns the same quantities as for a flowgraph."""
    found = loop(loops, kind, arguments, seconds)
    return {"rate": found["samples"] / found["seconds"],
            "cpu_ns": found["cpu_seconds"] * 1e9 / found["samples"]}

# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls per million samples, counted by strace, without those of the start."""
import collections
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

import contestants
import rounds

Contestant = collections.namedtuple("Contestant", "name mode opened")
REAL = "emulator,pace=real,dma=resident,scene=tone"
REAL_RATE = 10e6
REAL_INTERVAL_US = 1000
POLLS = ("poll", "ppoll")


def in_real_time(format):
    @contextlib.contextmanager
    def opened():
        yield contestants.ring(format, rate=REAL_RATE, interval_us=REAL_INTERVAL_US, args=REAL)
    return opened


FREE_MODE = "at full speed"
REAL_MODE = f"{REAL_RATE / 1e6:g} MS/s, a burst each {REAL_INTERVAL_US / 1000:g} ms"
CONTESTANTS = {
    "zero_copy": Contestant("**zcring, zero copy**", FREE_MODE, contestants.zero_copy),
    "one_copy_sc16": Contestant("**zcring, one copy** from sc16", FREE_MODE,
                                contestants.one_copy_sc16),
    "null_source": Contestant("null_source", FREE_MODE, contestants.null_source),
    "file_source": Contestant("file_source (tmpfs)", FREE_MODE, contestants.file_source),
    "zero_copy_real": Contestant("**zcring, zero copy**", REAL_MODE, in_real_time("fc32")),
    "one_copy_sc16_real": Contestant("**zcring, one copy** from sc16", REAL_MODE,
                                     in_real_time("sc16")),
}
FOR_CHECK = ("zero_copy", "one_copy_sc16", "null_source", "zero_copy_real", "one_copy_sc16_real")


def traced(key, seconds):
    """Runs a contestant under strace; returns system calls by name, and samples."""
    one = os.path.join(os.path.dirname(os.path.abspath(__file__)), "one.py")
    with tempfile.NamedTemporaryFile("r", prefix="zcring-bench-") as table:
        done = subprocess.run(["strace", "-f", "-c", "-U", "calls,name", "-o", table.name,
                               sys.executable, one, key, str(seconds)],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        calls = {}
        for line in table:
            words = line.split()
            if len(words) == 2 and words[0].isdigit() and words[1] != "total":
                calls[words[1]] = int(words[0])
    return calls, int(done.stdout)


def one(key, seconds):
    """Subtracts a short run from a long one, so that the start-up does not count."""
    short_calls, short_samples = traced(key, seconds)
    long_calls, long_samples = traced(key, 2 * seconds)
    samples = long_samples - short_samples
    calls = sum(long_calls.values()) - sum(short_calls.values())
    found = {"calls": calls, "samples": samples, "per_million": 1e6 * calls / samples}
    if CONTESTANTS[key].mode is REAL_MODE:
        polls = sum(long_calls.get(name, 0) - short_calls.get(name, 0) for name in POLLS)
        found["polls_per_burst"] = polls / (samples / (REAL_RATE * REAL_INTERVAL_US / 1e6))
    return found


def measure(number_of_rounds, seconds, only=tuple(CONTESTANTS)):
    rounds.say("system calls")
    mode = ("dma=resident, into a null sink; counted by strace, which makes each call slow: it "
            "lowers the rate of the contestants that run at full speed, and may change their "
            f"count per sample; {number_of_rounds} rounds")
    if not shutil.which("strace"):
        return {"mode": mode, "skipped": {"system calls": "package strace is not installed"}}
    found, _ = rounds.interleave(
        {key: (lambda k=key: one(k, seconds)) for key in only}, number_of_rounds)
    return {"mode": mode,
            "names": {key: [CONTESTANTS[key].name, CONTESTANTS[key].mode] for key in only},
            "summary": rounds.summaries(found)}

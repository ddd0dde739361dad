# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains: the highest rate at which a real receiver loses no sample."""
import tempfile
import time

import contestants
import flowgraph
import recording
import rounds

CHAINS = {
    "spectrum": ("1024-bin FFT → averaging sink", flowgraph.spectrum),
    "fm_receiver": ("65-tap FIR decimator by 8 → FM demodulator", flowgraph.fm_receiver),
}
# The duration of a ring decides how long a delay of the machine it bridges, so the rings of both
# paths have the same number of samples, not of bytes.
RING_SAMPLES = 8 << 20
PATHS = {"zero_copy": ("**zcring, zero copy**", "fc32", 8 * RING_SAMPLES),
         "one_copy_sc16": ("**zcring, one copy** from sc16", "sc16", 4 * RING_SAMPLES)}
DMA = ("resident", "copy")
INTERVAL_US = 1000
SETTLE_SECONDS = 0.5
PROBES = 6
STEP = 0.95


def lost(path, dma, chain, rate, seconds):
    """Runs for up to `seconds`; returns the samples lost when the first loss is seen, or 0."""
    _, format, ring_bytes = PATHS[path]
    with tempfile.TemporaryDirectory(dir=contestants.TMPFS) as folder:
        scene = recording.write(folder, format, rate)
        source = contestants.ring(format, rate=rate, interval_us=INTERVAL_US,
                                  ring_bytes=ring_bytes,
                                  args=f"emulator,pace=real,dma={dma},scene={scene}")
        with flowgraph.Run(source, chain):
            time.sleep(SETTLE_SECONDS)
            before = source.telemetry()["lost_samples"]
            missing, end = 0, time.monotonic() + seconds
            while not missing and time.monotonic() < end:
                time.sleep(min(0.1, seconds))
                missing = source.telemetry()["lost_samples"] - before
    rounds.say(f"  {path}, dma={dma}, {rate / 1e6:.1f} MS/s for {seconds:g} s: {missing} lost")
    return missing


def highest_rate(path, dma, chain, free_rate, probe_seconds, seconds):
    """Searches by probes; the rate returned has passed a run of full length.

    A probe that lost samples is repeated once, as other load on the machine causes losses, too.
    """
    low, high = 0.0, 1.2 * free_rate
    for _ in range(PROBES):
        rate = round((low + high) / 2, -5)
        if all(lost(path, dma, chain, rate, probe_seconds) for _ in range(2)):
            high = rate
        else:
            low = rate
    rate = round(low, -5)
    while rate > 1e5 and lost(path, dma, chain, rate, seconds):
        rate = round(rate * STEP, -5)
    return rate if rate > 1e5 else 0.0


def throughput(chain, number_of_rounds, seconds):
    """Throughput at free pace of the three contestants."""
    opened = {"zero_copy": contestants.zero_copy, "one_copy_sc16": contestants.one_copy_sc16,
              "file_source": contestants.file_source}
    found, _ = rounds.interleave(
        {key: (lambda c=each: flowgraph.measure(c, chain, seconds, contestants.RING_BYTES))
         for key, each in opened.items()}, number_of_rounds)
    return rounds.summaries(found)


def measure(number_of_rounds, probe_seconds, seconds):
    found = {}
    for key, (title, chain) in CHAINS.items():
        rounds.say(f"chain: {title}")
        free = throughput(chain, number_of_rounds, probe_seconds)
        highest = {path: {dma: highest_rate(path, dma, chain, free[path]["rate"]["median"],
                                            probe_seconds, seconds) for dma in DMA}
                   for path in PATHS}
        # A file loses no sample at any speed of its reader: its rate is its throughput.
        highest["file_source"] = dict.fromkeys(DMA, free["file_source"]["rate"]["median"])
        found[key] = {"title": title, "throughput": free, "highest_rate": highest}
    return {"mode": f"throughput: {contestants.FREE}; {contestants.ring_text()}; median of "
                    f"{number_of_rounds} rounds. Highest rate: emulator,pace=real; "
                    f"scene: a recording; ring of {RING_SAMPLES:,} samples, a burst each ms; no "
                    f"sample lost in {seconds:g} s, after {SETTLE_SECONDS:g} s to start up",
            "names": {**{path: name for path, (name, *_) in PATHS.items()},
                      "file_source": "file_source (tmpfs)"},
            "chains": found}

# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains: the highest rate at which a real receiver loses nothing."""
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
PATHS = {"zero_copy": ("**zcring, zero copy**", "fc32"),
         "one_pass_sc16": ("**zcring, one pass** from sc16", "sc16")}
DMA = ("resident", "copy")
RING_BYTES = 64 << 20
INTERVAL_US = 1000
SETTLE_SECONDS = 0.5
PROBES = 6
STEP = 0.95


def lost(format, dma, chain, rate, seconds):
    """Samples lost until the first loss was seen, in a run of so many seconds."""
    with tempfile.TemporaryDirectory(dir=contestants.TMPFS) as folder:
        scene = recording.write(folder, format, rate)
        source = contestants.ring(format, rate=rate, interval_us=INTERVAL_US,
                                  ring_bytes=RING_BYTES,
                                  args=f"emulator,pace=real,dma={dma},scene={scene}")
        with flowgraph.Run(source, chain):
            time.sleep(SETTLE_SECONDS)
            before = source.telemetry()["lost_samples"]
            missing, end = 0, time.monotonic() + seconds
            while not missing and time.monotonic() < end:
                time.sleep(min(0.1, seconds))
                missing = source.telemetry()["lost_samples"] - before
            return missing


def highest_rate(format, dma, chain, free_rate, probe_seconds, seconds):
    """Probes find about where it is; the rate returned has passed a run of full length."""
    low, high = 0.0, 1.2 * free_rate
    for _ in range(PROBES):
        rate = round((low + high) / 2, -5)
        if lost(format, dma, chain, rate, probe_seconds):
            high = rate
        else:
            low = rate
    rate = round(low, -5)
    while rate > 1e5:
        missing = lost(format, dma, chain, rate, seconds)
        rounds.say(f"  {format} ring, dma={dma}, {rate / 1e6:.1f} MS/s for {seconds:g} s: "
                   f"{missing} lost")
        if not missing:
            return rate
        rate = round(rate * STEP, -5)
    return 0.0


def throughput(chain, number_of_rounds, seconds):
    """As fast as it goes, for the three."""
    opened = {"zero_copy": contestants.zero_copy, "one_pass_sc16": contestants.one_pass_sc16,
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
        highest = {path: {dma: highest_rate(format, dma, chain, free[path]["rate"]["median"],
                                            probe_seconds, seconds) for dma in DMA}
                   for path, (_, format) in PATHS.items()}
        # A file waits for its reader, and so its rate is its throughput.
        highest["file_source"] = dict.fromkeys(DMA, free["file_source"]["rate"]["median"])
        found[key] = {"title": title, "throughput": free, "highest_rate": highest}
    return {"mode": f"throughput: {contestants.FREE}; {contestants.ring_text()}; median of "
                    f"{number_of_rounds} rounds. Highest rate: emulator,pace=real; a recording "
                    f"on the air; ring of {RING_BYTES >> 20} MiB, a burst each ms; no sample "
                    f"lost in {seconds:g} s, after {SETTLE_SECONDS:g} s to start up",
            "names": {**{path: name for path, (name, _) in PATHS.items()},
                      "file_source": "file_source (tmpfs)"},
            "chains": found}

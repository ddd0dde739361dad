# SPDX-License-Identifier: GPL-3.0-or-later
"""Sweeps: the cost per sample over ring sizes, numbers of channels and lengths of bursts."""
import contestants
import flowgraph
import rounds

PATHS = {"zero_copy": "fc32", "one_copy_sc16": "sc16"}
RING_BYTES = [1 << n for n in range(16, 31, 2)]
CHANNELS = [1, 2, 4, 8]
INTERVALS_US = [100, 300, 1000, 3000, 10000, 25000, 50000]
# A burst of 50 ms at 100 MS/s is larger than a ring of 8 MiB.
BURST_RING_BYTES = 64 << 20


def one(chain, seconds, channels=1, **settings):
    source = contestants.ring(channels=channels, **settings)
    ring_samples = settings.get("ring_bytes", contestants.RING_BYTES) // 2
    with flowgraph.Run(source, chain, channels) as run:
        run.warm_up(channels * max(2 * ring_samples, contestants.RING_BYTES))
        return run.measure(seconds)


def sweep(what, unit, values, settings_of, chains, number_of_rounds, seconds):
    rounds.say(f"sweep: {what}")
    runs = {}
    for path, format in PATHS.items():
        for name, chain in chains.items():
            for value in values:
                runs[(path, name, value)] = (
                    lambda c=chain, s={"format": format, **settings_of(value)}:
                    one(c, seconds, **s))
    found, _ = rounds.interleave(runs, number_of_rounds)
    return {"what": what, "unit": unit, "values": values,
            "series": [{"path": path, "chain": name,
                        "points": [rounds.summary(found[(path, name, value)])
                                   for value in values]}
                       for path in PATHS for name in chains]}


def measure(number_of_rounds, seconds):
    both = {"null sink": flowgraph.null, "complex_to_mag_squared": flowgraph.magnitude_large}
    repeat = (number_of_rounds, seconds)
    return {"mode": f"{contestants.FREE}; {contestants.RATE:.0e} samples a second a channel, so "
                    f"that 10 ms are 1,000,000 samples; CPU time per sample of one channel; "
                    f"{number_of_rounds} rounds of {seconds:g} s",
            "sweeps": [
                sweep("Ring size", "bytes of one channel's ring", RING_BYTES,
                      lambda n: {"ring_bytes": n}, both, *repeat),
                sweep("Channels", "channels", CHANNELS,
                      lambda n: {"channels": n}, both, *repeat),
                sweep("Burst", "µs between bursts, of 100 samples each µs", INTERVALS_US,
                      lambda n: {"interval_us": n, "ring_bytes": BURST_RING_BYTES},
                      both, *repeat)]}

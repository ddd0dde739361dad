# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks: the ratios that must hold on every machine; times and rates differ between machines.

A ratio without a bound is for information: the report shows it, and no run fails because of it.
"""

from contestants import PATH_NAMES

NEEDED = ("throughput", "latency", "syscalls", "antenna", "serve")
CONVERT = "one copy from sc16 into a null sink: CPU per sample, relative to the bare VOLK loop"


# The costs of the engine, beside those of its rivals: part, name, bound.
ANTENNA = (
    ("centre", "conversion, relative to VOLK", 2),
    ("gain", "conversion with a gain, relative to VOLK", 2),
    ("noise", "noise, relative to fastnoise_source and VOLK", 2),
    ("tone", "tone, relative to VOLK's rotator", 2),
    ("tuned", "tuned off the centre, relative to freq_xlating_fir_filter", 1 / 2),
    ("decimated", "decimating, relative to freq_xlating_fir_filter", 1 / 3),
)
KERNEL = ((("centre", "gain"), "conversion"), (("tuned",), "tuned off the centre"))
FLOWGRAPHS = {1: 1.25, 8: 1 / 2}


def medians(results, chain, quantity):
    summary = results["throughput"]["chains"][chain]["summary"]
    return {key: each[quantity]["median"] for key, each in summary.items()}


def worst(cases, above, below):
    """The case with the highest ratio of two contestants: (ratio, what); None without any."""
    return max(((case["ns"][above]["median"] / case["ns"][below]["median"], case["what"])
                for case in cases if above in case["ns"] and below in case["ns"]), default=None)


def is_copy(case):
    """Whether the scene has the ring's format and is copied as it is."""
    before, _, after = case["what"].partition(" → ")
    return case["part"] == "centre" and before == after


def antenna_ratios(results):
    """The worst case of each part. Without AVX2 there are no bounds."""
    has_bounds = results["instruction_set"] in ("avx2", "avx512")
    for part, name, bound in ANTENNA:
        ratio, what = worst([c for c in results["cases"] if c["part"] == part],
                            "library", "rival")
        yield (f"antenna: {name}; the worst is {what}", ratio,
               *(("at most", bound) if has_bounds else (None, None)))
    for parts, name in KERNEL:
        found = worst([c for c in results["cases"]
                       if c["part"] in parts and not is_copy(c)], "kernel", "kernel before")
        if found:
            yield (f"antenna, without vectors: {name}, speed relative to before; the worst "
                   f"is {found[1]}", 1 / found[0], None, None)
    for graph in results["flowgraphs"]:
        yield (f"antenna: a flowgraph with D = {graph['decimation']}, relative to the blocks that "
               "do this today", graph["zcring"]["median"] / graph["today"]["median"],
               "at most", FLOWGRAPHS[graph["decimation"]])


def serve_ratios(results):
    """The promise is that of the tone, which a server has on the air without a scene."""
    for case in results["free"]:
        has_bounds = case["what"] == "tone → null sink"
        for quantity, name, sense, bound in (("rate", "throughput", "at least", 0.9),
                                             ("cpu_ns", "CPU per sample", "at most", 1.1)):
            yield (f"server, free pace, {case['what']}: {name}, relative to the emulator",
                   case["server"][quantity]["median"] / case["emulator"][quantity]["median"],
                   *((sense, bound) if has_bounds else (None, None)))
    delay = results["latency"]
    yield ("server: latency, p50, relative to the emulator",
           delay["server"]["p50_ns"]["median"] / delay["emulator"]["p50_ns"]["median"],
           "at most", 1.5)
    channels = {key: each["cpu_ns"]["median"]
                for key, each in results["channels"]["summary"].items()}
    yield ("server: eight receivers of one scene: CPU, relative to pfb.channelizer",
           channels["receivers"] / channels["channelizer"], None, None)
    yield ("server: eight receivers of one scene: CPU, relative to eight freq_xlating_fir_filter",
           channels["receivers"] / channels["filters"], "at most", 1)
    core = {key: each["core"]["median"] for key, each in results["bursts"].items()}
    yield ("server: short bursts: CPU beyond that of long ones, relative to the wake-ups alone",
           (core["short"] - core["long"]) / core["wakeups"], "at most", 2.5)
    yield ("server: short bursts that wake nobody: CPU beyond that of long ones, relative to the "
           "wake-ups alone", (core["asleep"] - core["long"]) / core["wakeups"], "at most", 1)


def ratios(results):
    """Yields (what, ratio, "at least" or "at most", bound); the last two are None without a bound.

    The bare loop writes into its own second-level cache, which a block with a reader in another
    thread cannot. On a machine with a slow third-level cache that loop costs up to 1.74 times as
    much through a buffer as large as the block's, so only the latter is a limit that the block
    can reach on every machine.
    """
    rate = medians(results, "null", "rate")
    cpu = medians(results, "null", "cpu_ns")
    read = medians(results, "magnitude", "rate")
    yield ("zero copy into a null sink: throughput, relative to null_source",
           rate["zero_copy"] / rate["null_source"], "at least", 50)
    yield ("zero copy into a null sink: CPU per sample, relative to null_source",
           cpu["zero_copy"] / cpu["null_source"], "at most", 1 / 15)
    yield ("one copy from sc16 into a null sink: throughput, relative to null_source",
           rate["one_copy_sc16"] / rate["null_source"], "at least", 20)
    yield (CONVERT + " through as large a buffer",
           cpu["one_copy_sc16"] / cpu["loop_sc16_large"], "at most", 1.5)
    yield CONVERT, cpu["one_copy_sc16"] / cpu["loop_sc16"], None, None
    yield ("zero copy into complex_to_mag_squared: throughput, relative to null_source",
           read["zero_copy"] / read["null_source"], "at least", 1.5)
    yield ("zero copy into complex_to_mag_squared: throughput, relative to file_source",
           read["zero_copy"] / read["file_source"], "at least", 2)
    delay = results["latency"]["summary"]
    for path, loop in (("zero_copy", "loop_fc32"), ("one_copy_sc16", "loop_sc16")):
        name = PATH_NAMES[path]
        for quantity, bound in (("p50_ns", 1.3), ("p99_ns", 2)):
            yield (f"latency of {name}: {quantity[:3]}, relative to the bare poll loop",
                   delay[path][quantity]["median"] / delay[loop][quantity]["median"],
                   "at most", bound)
    calls = results["syscalls"].get("summary", {})  # empty where strace is not installed
    for path, name in PATH_NAMES.items() if calls else ():
        yield (f"{name} into a null sink: system calls per sample, relative to null_source",
               calls[path]["per_million"]["median"]
               / calls["null_source"]["per_million"]["median"],
               "at most", 1 / 20)
        yield (f"{name}, waiting for bursts: polls per burst",
               calls[f"{path}_real"]["polls_per_burst"]["median"], "at most", 1.05)
    if "antenna" in results:
        yield from antenna_ratios(results["antenna"])
    if "serve" in results:
        yield from serve_ratios(results["serve"])


def is_kept(ratio, sense, bound):
    """Whether the ratio keeps its bound; None where it has none."""
    if sense is None:
        return None
    return ratio >= bound if sense == "at least" else ratio <= bound


def check(results):
    """Returns each ratio with its bound and whether the bound was kept."""
    return [{"what": what, "ratio": ratio, "sense": sense, "bound": bound,
             "kept": is_kept(ratio, sense, bound)}
            for what, ratio, sense, bound in ratios(results)]

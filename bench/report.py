# SPDX-License-Identifier: GPL-3.0-or-later
"""Report: the results as tables in Markdown, for docs/bench.md and for the terminal."""
from contestants import PATH_NAMES

HEAD = """# Benchmark

`./run bench` writes this file; [bench.json](bench/bench.json) has every number. Each number is
the median of several rounds, in which the contestants took turns; the lowest and the highest
round are in brackets. `./run bench --check` measures the ratios at the end of this file, and
fails if a ratio misses its bound.

**DMA mode.** `dma=resident`: the emulator writes the ring once and then only moves its head, as
real DMA costs the processor nothing. The numbers are therefore the costs of the reader alone.
`pace=free`: samples arrive as fast as they are read; `pace=real`: samples arrive by the clock.
"""

ANTENNA_ENGINES = {"library before": "before", "kernel": "without vectors",
                   "kernel before": "the same before"}
ANTENNA_PARTS = {
    "centre": ("At the centre", "memcpy, or VOLK's conversion"),
    "gain": ("At the centre, with a gain of 3 dB", "VOLK's conversions and multiplication"),
    "noise": ("Noise", "fastnoise_source_c and VOLK"),
    "tone": ("The tone", "VOLK's rotator and conversion"),
    "tuned": ("Tuned off the centre, with the filter of the edges",
              "freq_xlating_fir_filter_ccf with as many taps"),
    "decimated": ("Tuned off the centre and decimated",
                  "freq_xlating_fir_filter_ccf with as many taps"),
}
INSTRUCTION_SETS = {"avx2": "AVX2", "avx512": "AVX-512",
                    "plain": "what the compiler uses by default. **This machine has no AVX2**, "
                             "and the bounds hold for machines with AVX2 only"}

SERVE_CHANNELS = {"receivers": "**zcring**, eight receivers", "channelizer": "pfb.channelizer_ccf",
                  "filters": "eight freq_xlating_fir_filter_ccf"}
SERVE_BURSTS = {"short": "server, a burst each 1 ms",
                "asleep": "server, a burst each 1 ms, of which it wakes nobody",
                "long": "server, a burst each 50 ms",
                "wakeups": "bare loop, 64 wake-ups each 1 ms"}


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |",
             "|" + "|".join("---" if n == 0 else "--:" for n in range(len(header))) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def number(value, digits=3):
    """The value with this many significant digits, without an exponent."""
    if value == 0:
        return "0"
    decimals, size = digits - 1, abs(value)
    while size >= 10 and decimals > 0:
        size /= 10
        decimals -= 1
    while 0 < size < 1 and decimals < 6:
        size *= 10
        decimals += 1
    return f"{value:,.{decimals}f}"


def spread(each, scale=1.0):
    return (f"{number(each['median'] * scale)} "
            f"({number(each['low'] * scale)}–{number(each['high'] * scale)})")


def size(value):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:g} {unit}"
        value /= 1024


def machine_line(machine):
    return ", ".join(f"{what}: {value}" for what, value in machine.items())


def mode(results):
    return f"Mode: {results['mode']}."


def skipped(results):
    return [f"Skipped: {name}: {why}." for name, why in results.get("skipped", {}).items()]


def throughput(results):
    yield "## Throughput and CPU time per sample"
    yield mode(results)
    yield ("“Copied as read(2) would” is the block with `zero_copy=off`: one memcpy out of the "
           "ring, without the system call. Another process feeds the pipe and the socket; "
           "its CPU time is not counted. With its large buffer, null_source costs almost nothing "
           "because the scheduler makes few, long calls. In the second table GNU Radio's default "
           "buffers behind the source limit every contestant.")
    for chain in results["chains"].values():
        yield f"### {chain['title']}"
        rows = sorted(chain["summary"].items(), key=lambda item: -item[1]["rate"]["median"])
        yield table(["", "million samples a second", "CPU ns a sample"],
                    [[chain["names"][key], spread(each["rate"], 1e-6), spread(each["cpu_ns"])]
                     for key, each in rows])
        yield from skipped({"skipped": {chain["names"][key]: why
                                        for key, why in chain["skipped"].items()}})
    yield "![Throughput](bench/throughput.png)"
    yield "![CPU time per sample](bench/cpu.png)"


def latency(results):
    yield "## Latency"
    yield mode(results)
    yield ("Time from a burst's interrupt until `work()` returns the burst, or until the bare "
           "loop has read its descriptor. The interrupt is the moment when the simulated DMA "
           "engine wakes; with `dma=resident` it publishes the burst at once, as it copies "
           "nothing.")
    yield table(["", "p50 µs", "p99 µs", "max µs"],
                [[results["names"][key], *(spread(each[q], 1e-3)
                                           for q in ("p50_ns", "p99_ns", "max_ns"))]
                 for key, each in results["summary"].items()])
    yield "![Latency](bench/latency.png)"


def response(results):
    yield "## Response"
    yield mode(results)
    yield ("Time that `stop()` and `wait()` of a flowgraph take, and time from a message at the "
           "`command` port until it is in effect, while the source waits for a burst.")
    yield table(["", "to stop, ms", "to apply a message, ms"],
                [[results["names"][key], spread(each["stop_ns"], 1e-6),
                  spread(each["message_ns"], 1e-6) if "message_ns" in each else ""]
                 for key, each in results["summary"].items()])


def sweeps(results):
    yield "## Ring size, channels, bursts"
    yield mode(results)
    for sweep in results["sweeps"]:
        yield f"### {sweep['what']}"
        header = [sweep["unit"]] + [f"{PATH_NAMES[s['path']]} → {s['chain']}, CPU ns a sample"
                                    for s in sweep["series"]]
        rows = [[size(value) if sweep["what"] == "Ring size" else value] +
                [spread(s["points"][n]["cpu_ns"]) for s in sweep["series"]]
                for n, value in enumerate(sweep["values"])]
        yield table(header, rows)
    yield "![Cost per sample](bench/sweeps.png)"


def syscalls(results):
    yield "## System calls"
    yield mode(results)
    if "summary" in results:
        yield table(["", "", "system calls per million samples", "polls per burst"],
                    [[*results["names"][key], spread(each["per_million"]),
                      spread(each["polls_per_burst"]) if "polls_per_burst" in each else ""]
                     for key, each in results["summary"].items()])
    yield from skipped(results)


def chains(results):
    yield "## Real receivers"
    yield mode(results)
    yield ("The highest rate was searched by bisection, and then confirmed by a run of full "
           "length without a lost sample. With `dma=copy` the emulator copies each burst into the "
           "ring, on the same cores. A file waits for its reader: its highest rate is its "
           "throughput.")
    for chain in results["chains"].values():
        yield f"### {chain['title']}"
        yield table(["", "highest rate without loss, million samples a second; dma=resident",
                     "the same; dma=copy", "throughput with free pace", "CPU ns a sample"],
                    [[results["names"][key], number(rate["resident"] / 1e6),
                      "" if key == "file_source" else number(rate["copy"] / 1e6),
                      spread(chain["throughput"][key]["rate"], 1e-6),
                      spread(chain["throughput"][key]["cpu_ns"])]
                     for key, rate in chain["highest_rate"].items()])
    yield "![Real receivers](bench/chains.png)"


def antenna_rows(cases, engines):
    """One row for each case: the engine, its rival, their ratio, and the other builds."""
    for case in cases:
        ns = case["ns"]
        yield [case["what"], spread(ns["library"]), spread(ns["rival"]),
               number(ns["library"]["median"] / ns["rival"]["median"]),
               *(number(ns[key]["median"]) if key in ns else "" for key in engines)]


def antenna(results):
    engines = [key for key in ANTENNA_ENGINES
               if any(key in case["ns"] for case in results["cases"])]
    yield "## What the antenna costs"
    yield mode(results)
    yield ("CPU nanoseconds for each sample of the scene, also where the receiver decimates by D. "
           "The engine is called without a ring and without a scheduler, and so are VOLK's "
           "kernels and GNU Radio's blocks; scene and result are in the second-level cache. "
           "“Without vectors” is the engine without floating point and vectors, compiled with the "
           "options of the kernel's makefiles for x86, in this process: as the driver computes on "
           "a processor without AVX2. With AVX2, the driver has the loops of the first column.")
    if any(key.endswith("before") for key in engines):
        yield ("“Before” is an older source tree (`cmake -DZCRING_BENCH_BEFORE=FOLDER`); it had "
               "no edge filter, no decimation and no noise before the ADC, and its driver no "
               "vectors. Without vectors, a tuned scene is slower than before, because the "
               "filter of the edges has 39 taps: 19 products for each sample cost more than the "
               "whole tuner did.")
    name = results["instruction_set"]
    yield f"Instruction set of the engine's loops: {INSTRUCTION_SETS.get(name, name)}."
    for part, (title, rival) in ANTENNA_PARTS.items():
        yield f"### {title}"
        yield table(["", "zcring, ns", f"{rival}, ns", "ratio",
                     *(f"{ANTENNA_ENGINES[key]}, ns" for key in engines)],
                    antenna_rows([c for c in results["cases"] if c["part"] == part], engines))
    yield "### A flowgraph"
    yield ("A recording of 2.4 MS/s in sc16, tuned to 480 kHz above its centre, into a null sink. "
           "zcring.source alone, with an fc32 ring and `dma=copy`; or file_source, "
           "interleaved_short_to_complex, rotator_cc and, with D > 1, rational_resampler_ccf. "
           "rotator_cc has no filter: what lies beyond one edge of the band is heard at the "
           "other.")
    yield table(["D", "zcring.source, ns", "these blocks, ns", "ratio"],
                [[graph["decimation"], spread(graph["zcring"]), spread(graph["today"]),
                  number(graph["zcring"]["median"] / graph["today"]["median"])]
                 for graph in results["flowgraphs"]])


def serve(results):
    yield "## A server"
    yield mode(results)
    yield ("Several programs hear one antenna: `zcring serve`. CPU time is that of the server and "
           "of its clients together, unless another one is named.")
    yield "### Free pace, beside the emulator in the flowgraph's own process"
    yield ("As in the first part, with zero copy, but every sample is made (`dma=copy`). The "
           "server makes samples while its member reads.")
    yield table(["", "million samples a second, server", "emulator", "CPU ns a sample, server",
                 "emulator"],
                [[case["what"], spread(case["server"]["rate"], 1e-6),
                  spread(case["emulator"]["rate"], 1e-6), spread(case["server"]["cpu_ns"]),
                  spread(case["emulator"]["cpu_ns"])] for case in results["free"]])
    yield "### Latency"
    yield "From a burst's interrupt until a bare loop has the burst, as above; a burst each ms."
    yield table(["", "p50 µs", "p99 µs", "max µs"],
                [[key, *(spread(each[q], 1e-3) for q in ("p50_ns", "p99_ns", "max_ns"))]
                 for key, each in results["latency"].items()])
    yield "### Eight receivers of 1 MS/s of one scene of 8 MS/s"
    lost = results["channels"]["lost"]
    yield (f"One flowgraph with eight receivers of a server with real pace, each into a null "
           f"sink: {lost:,} samples lost. The blocks that do this today read the scene from a "
           "file, as fast as they can, with filters of as many taps.")
    summary = results["channels"]["summary"]
    yield table(["", "CPU ns for each sample of the scene"],
                [[SERVE_CHANNELS[key], spread(each["cpu_ns"])] for key, each in summary.items()])
    yield "### Short bursts"
    yield ("Part of a core that a server takes for 64 receivers of 100 kS/s, each of which is a "
           "process that waits for each burst, or sleeps until half of its ring is filled. For "
           "comparison: a bare loop that writes a byte into a pipe of each of 64 sleeping "
           "processes, a thousand times a second. That is what this kernel takes to wake 64,000 "
           "times a second.")
    yield table(["", "part of a core"],
                [[SERVE_BURSTS[key], spread(each["core"])]
                 for key, each in results["bursts"].items()])


def check_line(check):
    return (f"{check['what']}: {number(check['ratio'])}, must be {check['sense']} "
            f"{number(check['bound'])}")


def bound_cells(check):
    if check["sense"] is None:
        return ["", "for information"]
    return [f"{check['sense']} {number(check['bound'])}",
            "kept" if check["kept"] else "**missed**"]


def checks(results):
    yield "## Ratios"
    yield ("The conversion from sc16 is compared with two bare VOLK loops, and only the second "
           "comparison has a bound. The bare loop writes into its own second-level cache, which "
           "a block whose reader runs in another thread cannot do. How much that is worth depends "
           "on the machine: the loop through an output buffer as large as the block's has cost "
           "1.09 to 1.74 times as much as the loop in the second-level cache, the more the "
           "slower or busier the third-level cache. The loop through as large a buffer is "
           "therefore the limit that the block can reach on every machine, and the block may cost "
           "at most 1.5 times as much; the earlier bound of 1.5 to the loop in the second-level "
           "cache is retired, and that ratio is shown for information. What the block needs "
           "beyond the loop through as large a buffer is the cost of waking threads. "
           "[The design](design.md#block) lists what has been tried.")
    yield table(["", "measured", "must be", ""],
                [[c["what"], number(c["ratio"]), *bound_cells(c)] for c in results])


SECTIONS = {"throughput": throughput, "latency": latency, "response": response,
            "sweeps": sweeps,
            "syscalls": syscalls, "chains": chains, "antenna": antenna, "serve": serve,
            "checks": checks}


def sections(results):
    yield "## Machine"
    yield table(["", ""], list(results["machine"].items()))
    for part, write in SECTIONS.items():
        if part in results:
            yield from write(results[part])


def markdown(results):
    return HEAD + "\n" + "\n\n".join(sections(results)) + "\n"


def text(results):
    """The report for a terminal: without pictures and bold type."""
    return "\n\n".join(each.replace("**", "") for each in sections(results)
                       if not each.startswith("!["))

# SPDX-License-Identifier: GPL-3.0-or-later
"""Throughput and CPU time per sample of every contestant through several chains."""
import contestants
import flowgraph
import rounds

CHAINS = {
    "null": ("source → null sink", flowgraph.null),
    "magnitude": ("source → complex_to_mag_squared → null sink, all at GNU Radio's default "
                  "buffers", flowgraph.magnitude),
    "magnitude_large": ("source → complex_to_mag_squared → null sink, with a 1 MiB buffer "
                        "behind complex_to_mag_squared, for every contestant",
                        flowgraph.magnitude_large),
}
LOOPS = {
    "null": [("loop_pass", "bare loop over the fc32 ring", "pass", "fc32"),
             ("loop_sc16", "bare VOLK loop, sc16 to fc32", "convert", "sc16"),
             ("loop_sc16_large", "bare VOLK loop, sc16 to fc32, through an output buffer of "
              "8 MiB as the block has", "convert_large", "sc16"),
             ("loop_sc8", "bare VOLK loop, sc8 to fc32", "convert", "sc8")],
    "magnitude": [("loop_fc32", "bare VOLK loop, magnitude squared of fc32", "magnitude", "fc32"),
                  ("loop_sc16", "bare VOLK loop, sc16 to fc32, then magnitude squared",
                   "magnitude", "sc16")],
}
LOOPS["magnitude_large"] = LOOPS["magnitude"]
FOR_CHECK = {
    "null": ("zero_copy", "one_copy_sc16", "null_source", "loop_sc16", "loop_sc16_large"),
    "magnitude_large": ("zero_copy", "null_source", "file_source"),
    "magnitude": ("zero_copy", "null_source", "file_source"),
}
# Passes every ring twice, so that resident rings are written.
WARM_UP_SAMPLES = 1 << 23


def measure_chain(chain, loops, number_of_rounds, seconds, only=None):
    title, build = CHAINS[chain]
    rounds.say(f"throughput: {title}")
    names, runs = {}, {}
    for key, name, opened in contestants.flowgraph_contestants(loops):
        names[key] = name
        runs[key] = (lambda c=opened: flowgraph.measure(c, build, seconds, WARM_UP_SAMPLES))
    for key, name, kind, format in LOOPS[chain]:
        names[key] = name
        runs[key] = (lambda k=kind, f=format: rounds.loop_speed(
            loops, k, contestants.ring_arguments(f), seconds))
    if only:
        runs = {key: run for key, run in runs.items() if key in only}
    found, skipped = rounds.interleave(runs, number_of_rounds, contestants.Skipped)
    return {"title": title, "names": {key: names[key] for key in runs},
            "summary": rounds.summaries(found), "skipped": skipped, "rounds": found}


def measure(loops, number_of_rounds, seconds, for_check=False):
    chains = FOR_CHECK if for_check else dict.fromkeys(CHAINS)
    return {"mode": f"{contestants.FREE}; {contestants.ring_text()}; CPU time of the reading "
                    f"process only; {number_of_rounds} rounds of {seconds:g} s",
            "chains": {chain: measure_chain(chain, loops, number_of_rounds, seconds, only)
                       for chain, only in chains.items()}}

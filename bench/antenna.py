# SPDX-License-Identifier: GPL-3.0-or-later
"""Antenna: what the engine costs a sample, beside VOLK and the blocks of GNU Radio."""
import json
import os
import subprocess
import tempfile

from gnuradio import blocks, filter, gr

import contestants
import flowgraph
import recording
import rounds

# Turns are short, so that other load on the machine hits few of them; the median ignores these.
TURNS = 9  # of the engine, for each round of the benchmark
TURN_US = 500
RATE = 2.4e6
FREQUENCY = 100e6
OFFSET = 480e3
DECIMATIONS = (1, 8)
PROGRAM = "zcring-bench-antenna"


def engine(loops, number_of_rounds):
    """Measures the engine alone: the instruction set, and CPU ns of every case."""
    program = os.path.join(os.path.dirname(loops), PROGRAM)
    done = subprocess.run([program, str(TURNS * number_of_rounds), str(TURN_US)], check=True,
                          stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    for case in found["cases"]:
        case["ns"] = {name: rounds.summary([{"ns": each} for each in values])["ns"]
                      for name, values in case["ns"].items()}
    return found


def receiver(scene, decimation):
    """The block plays the recording, tunes to a frequency off its centre, and decimates."""
    from gnuradio import zcring
    return zcring.source(f"{contestants.EMULATOR},dma=copy,scene={scene},format=fc32,"
                         f"interval_us={contestants.INTERVAL_US}", "fc32",
                         samp_rate=RATE / decimation, center_freq=FREQUENCY + OFFSET)


def blocks_today(decimation):
    """The blocks with which a flowgraph tunes to a part of a recording, behind file_source."""
    def chain(top, source):
        convert = blocks.interleaved_short_to_complex(False, False, 32768)
        behind = [blocks.rotator_cc(-2 * 3.141592653589793 * OFFSET / RATE)]
        if decimation > 1:
            behind.append(filter.rational_resampler_ccf(1, decimation))
        top.connect(source, convert, *behind, blocks.null_sink(gr.sizeof_gr_complex))
        return behind[0]
    return chain


def measure_receiver(scene, decimation, seconds):
    """CPU ns for each sample of the scene."""
    with flowgraph.Run(receiver(scene, decimation), flowgraph.null) as run:
        run.warm_up(0)
        return {"ns": run.measure(seconds)["cpu_ns"] / decimation}


def measure_today(scene, decimation, seconds):
    source = blocks.file_source(gr.sizeof_short, scene.replace("-meta", "-data"), True)
    with flowgraph.Run(source, blocks_today(decimation)) as run:
        run.warm_up(0)
        return {"ns": run.measure(seconds)["cpu_ns"]}


def flowgraphs(number_of_rounds, seconds):
    found = []
    with tempfile.TemporaryDirectory(dir=contestants.TMPFS) as folder:
        scene = recording.write(folder, "sc16", RATE, FREQUENCY)
        for decimation in DECIMATIONS:
            rounds.say(f"antenna: flowgraph, D = {decimation}")
            results, _ = rounds.interleave({
                "zcring": lambda d=decimation: measure_receiver(scene, d, seconds),
                "today": lambda d=decimation: measure_today(scene, d, seconds),
            }, number_of_rounds)
            found.append({"decimation": decimation,
                          **{key: each["ns"]
                             for key, each in rounds.summaries(results).items()}})
    return found


def measure(loops, number_of_rounds, seconds):
    rounds.say("antenna: engine")
    found = engine(loops, number_of_rounds)
    return {"mode": f"the engine alone, and one flowgraph at {RATE / 1e6:g} MS/s; CPU time; "
                    f"{TURNS * number_of_rounds} turns of {TURN_US} µs, and {number_of_rounds} "
                    f"rounds of {seconds:g} s",
            "instruction_set": found["instruction set"], "cases": found["cases"],
            "flowgraphs": flowgraphs(number_of_rounds, seconds)}

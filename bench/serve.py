# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve: a server beside the emulator in one process, and many receivers of one server."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import contestants
import flowgraph
import latency
import recording
import rounds

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "support"))
from served import served  # noqa: E402

# Free pace, as in the part "throughput", but each sample is made.
SCENES = ("tone", "counter")
CHAINS = {"null sink": flowgraph.null, "complex_to_mag_squared": flowgraph.magnitude_large}
# Real pace: as in the part "latency", but each sample is made.
REAL = f"format=sc16,rate={latency.RATE:g},interval_us={latency.INTERVAL_US},ring_bytes=8388608"
# Channels of one scene.
CHANNELS = 8
CHANNEL_RATE = 1e6
SCENE_RATE = CHANNELS * CHANNEL_RATE
CHANNEL_RING_BYTES = 32 << 20  # four seconds: bridges delays of the machine
FREQUENCY = 100e6
TAPS = 38 * CHANNELS + 1  # as many as the filter of a receiver has
# Short bursts.
RECEIVERS = 64
BURST_HZ = 1000
SLOW_BURST_HZ = 20
BURST_RATE = 1e5
WAKEUPS = "zcring-bench-wakeups"


def free_emulator(scene, chain, seconds):
    """Samples a second, and CPU ns a sample."""
    source = contestants.ring(args=f"{contestants.EMULATOR},dma=copy,scene={scene}")
    with flowgraph.Run(source, chain) as run:
        run.warm_up(0)
        return run.measure(seconds)


def free_server(scene, chain, seconds):
    """The same, with the CPU time of the server."""
    with served("pace=free", f"scene={scene}") as server:
        source = contestants.ring(args=f"device={server},member")
        with flowgraph.Run(source, chain) as run:
            run.warm_up(0)
            begin, cpu = time.monotonic(), server.cpu_seconds()
            found = run.measure(seconds)
            cpu = (server.cpu_seconds() - cpu) / (time.monotonic() - begin)
    return {"rate": found["rate"], "cpu_ns": found["cpu_ns"] + cpu * 1e9 / found["rate"]}


def free_pace(number_of_rounds, seconds):
    """Both for each scene and chain."""
    cases = []
    for scene in SCENES:
        for title, chain in CHAINS.items():
            rounds.say(f"serve: free pace, {scene} → {title}")
            found, _ = rounds.interleave({
                "emulator": lambda s=scene, c=chain: free_emulator(s, c, seconds),
                "server": lambda s=scene, c=chain: free_server(s, c, seconds),
            }, number_of_rounds)
            cases.append({"what": f"{scene} → {title}", **rounds.summaries(found)})
    return cases


def delay(loops, arguments, seconds):
    """Quantiles of the time from a burst's interrupt until a bare loop has it."""
    found = rounds.loop(loops, "poll", f"{arguments},{REAL}", seconds)["histogram"]
    return latency.statistics_of({int(edge): count for edge, count in found.items()})


def delay_of_server(loops, seconds):
    """The same, of a receiver of a server."""
    with served("scene=tone") as server:
        return delay(loops, f"device={server}", seconds)


def delays(loops, number_of_rounds, seconds):
    """Both."""
    rounds.say("serve: latency")
    found, _ = rounds.interleave({
        "emulator": lambda: delay(loops, "emulator,dma=copy,scene=tone", seconds),
        "server": lambda: delay_of_server(loops, seconds),
    }, number_of_rounds)
    return rounds.summaries(found)


def eight_receivers(scene, seconds):
    """CPU ns for each sample of the scene, of server and flowgraph; samples that were lost."""
    from gnuradio import blocks, gr, zcring
    with served(f"scene={scene}") as server:
        top, sources = gr.top_block(), []
        for channel in range(CHANNELS):
            sources.append(zcring.source(
                f"device={server},format=fc32,ring_bytes={CHANNEL_RING_BYTES}", "fc32",
                samp_rate=CHANNEL_RATE,
                center_freq=FREQUENCY + (channel - CHANNELS // 2) * CHANNEL_RATE))
            top.connect(sources[-1], blocks.null_sink(gr.sizeof_gr_complex))
        top.start()
        time.sleep(0.2)
        cpu = server.cpu_seconds() + flowgraph.cpu_seconds()
        samples = sources[0].nitems_written(0)
        time.sleep(seconds)
        cpu = server.cpu_seconds() + flowgraph.cpu_seconds() - cpu
        samples = (sources[0].nitems_written(0) - samples) * CHANNELS
        lost = sum(source.telemetry()["lost_samples"] for source in sources)
        top.stop()
        top.wait()
    return {"cpu_ns": cpu * 1e9 / samples, "lost": lost}


def prototype():
    """Taps of the filter of one channel."""
    from gnuradio import filter, fft
    taps = filter.firdes.low_pass(1, SCENE_RATE, 0.5 * CHANNEL_RATE, 0.1 * CHANNEL_RATE,
                                  fft.window.WIN_KAISER, 6.0)
    middle = len(taps) // 2
    return taps[middle - TAPS // 2:middle + TAPS // 2 + 1]


def channelizer(top, source):
    """pfb.channelizer behind a file of the scene."""
    from gnuradio import blocks, gr
    from gnuradio.filter import pfb
    convert = blocks.interleaved_short_to_complex(False, False, 32768)
    split = pfb.channelizer_ccf(CHANNELS, prototype())
    top.connect(source, convert, split)
    for channel in range(CHANNELS):
        top.connect((split, channel), blocks.null_sink(gr.sizeof_gr_complex))
    return split.s2ss


def filters(top, source):
    """A freq_xlating_fir_filter for each channel."""
    from gnuradio import blocks, filter, gr
    convert = blocks.interleaved_short_to_complex(False, False, 32768)
    top.connect(source, convert)
    for channel in range(CHANNELS):
        tuned = filter.freq_xlating_fir_filter_ccf(
            CHANNELS, prototype(), (channel - CHANNELS // 2) * CHANNEL_RATE, SCENE_RATE)
        top.connect(convert, tuned, blocks.null_sink(gr.sizeof_gr_complex))
    return tuned


def measure_blocks(chain, scene, seconds):
    """CPU ns for each sample of the scene, as fast as the blocks go."""
    from gnuradio import blocks, gr
    source = blocks.file_source(gr.sizeof_short, scene.replace("-meta", "-data"), True)
    with flowgraph.Run(source, chain) as run:
        run.warm_up(0)
        return {"cpu_ns": run.measure(seconds)["cpu_ns"]}


def channels(number_of_rounds, seconds, real_seconds):
    """Eight receivers of a server, beside the blocks that do this today."""
    rounds.say("serve: channels of one scene")
    with tempfile.TemporaryDirectory(dir=contestants.TMPFS) as folder:
        scene = recording.write(folder, "sc16", SCENE_RATE, FREQUENCY)
        found, _ = rounds.interleave({
            "receivers": lambda: eight_receivers(scene, real_seconds),
            "channelizer": lambda: measure_blocks(channelizer, scene, seconds),
            "filters": lambda: measure_blocks(filters, scene, seconds),
        }, number_of_rounds)
    return {"lost": sum(each["lost"] for each in found["receivers"]),
            "summary": rounds.summaries(found)}


def bursts(loops, loop, hz, seconds):
    """Part of a core that a server takes for its receivers, each a process with this loop."""
    with served(f"rate={BURST_RATE:g}") as server, contextlib.ExitStack() as clients:
        words = f"device={server},rate={BURST_RATE:g},ring_bytes=1048576,interval_us={1e6 / hz:g}"
        started = []
        for _ in range(RECEIVERS):
            client = subprocess.Popen([loops, loop, words, str(seconds + 60)],
                                      stdout=subprocess.DEVNULL)
            clients.callback(client.wait)
            clients.callback(client.kill)
            started.append(client)
        time.sleep(1)  # all of them stream
        before, begin = server.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        core = (server.cpu_seconds() - before) / (time.monotonic() - begin)
        if any(client.poll() is not None for client in started):
            raise AssertionError("a receiver has ended")
        return {"core": core}


def wakeups(loops, seconds):
    """The same part for the wake-ups alone."""
    program = os.path.join(os.path.dirname(loops), WAKEUPS)
    done = subprocess.run([program, str(RECEIVERS), str(BURST_HZ), str(seconds)], check=True,
                          stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    return {"core": found["cpu_seconds"] / found["seconds"]}


def short_bursts(loops, number_of_rounds, seconds):
    """Bursts at two rates, and the kernel's part of the short ones."""
    rounds.say("serve: short bursts")
    found, _ = rounds.interleave({
        "short": lambda: bursts(loops, "poll", BURST_HZ, seconds),
        "asleep": lambda: bursts(loops, "half", BURST_HZ, seconds),
        "long": lambda: bursts(loops, "poll", SLOW_BURST_HZ, seconds),
        "wakeups": lambda: wakeups(loops, seconds),
    }, number_of_rounds)
    return rounds.summaries(found)


def measure(loops, number_of_rounds, seconds, real_seconds):
    """Measures all; seconds for a round, real_seconds for one that must lose no sample."""
    load = os.getloadavg()[0]
    few = (number_of_rounds + 1) // 2
    return {"mode": f"medians of {number_of_rounds} rounds of {2 * seconds:g} s for free pace and"
                    f" latency, {few} rounds of {real_seconds:g} s for the receivers of one scene,"
                    f" {few} rounds of {4 * seconds:g} s for short bursts; load of the machine"
                    f" before: {load:.2f}",
            "free": free_pace(number_of_rounds, 2 * seconds),
            "latency": delays(loops, number_of_rounds, 2 * seconds),
            "channels": channels(few, 2 * seconds, real_seconds),
            "bursts": short_bursts(loops, few, 4 * seconds)}

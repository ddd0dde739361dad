# SPDX-License-Identifier: GPL-3.0-or-later
"""UHD's own examples, through uhd-soapysdr: UHD counts what was lost, and zcring is compared.

benchmark_rate runs random scripts of faults. Its counts must be those of the gaps in the ring's
descriptors, which a watcher reads from the server's memory, up to the last sample it received.
"""
import concurrent.futures
import os
import random
import re
import signal
import time

from room import check, number, row
from watched_server import WatchedServer
from waiting import wait_until

FOLDER = "/usr/libexec/uhd/examples"
if not os.path.isdir(FOLDER):
    FOLDER = "/usr/lib/uhd/examples"
ROWS = []
ARGS = "type=soapy,driver=zcring"
EMULATOR = f"{ARGS},emulator=,interval_us=5000"
SCRIPTS = 50
AT_ONCE = 5
RATES = 200_000, 250_000, 500_000
RING_SAMPLES = 1 << 15
SECONDS = 3  # of a script
QUIET_SECONDS = 1  # at its end
COLUMNS, LINES = 120, 40  # of a terminal
# The module of UHD that opens SoapySDR's devices.
MODULE = "/usr/lib/*/uhd*/modules/*oapy*.so"


def example(name):
    """The path of an example of UHD."""
    return f"{FOLDER}/{name}"


def random_events(script, rate):
    """[(seconds from the event before, kind, amount)] of a script."""
    choice = random.Random(script)
    events, left = [], SECONDS - QUIET_SECONDS
    while True:
        pause = choice.uniform(0.02, 0.5)
        kind = choice.choice(("drop", "drop", "stall", "overflow"))
        amount = {"drop": choice.randint(1, 5000),
                  "stall": choice.uniform(0.01, 1.5 * RING_SAMPLES / rate),
                  "overflow": choice.uniform(1.05, 1.5) * RING_SAMPLES / rate}[kind]
        left -= pause + (0 if kind == "drop" else amount)
        if left < 0:
            return events
        events.append((pause, kind, amount))


def inject(events, antenna, program):
    """Plays a script. A program that is stopped for longer than the ring lasts overflows it."""
    for pause, kind, amount in events:
        time.sleep(pause)
        if kind == "drop":
            antenna.drop(amount)
        elif kind == "stall":
            antenna.stall(amount)
            time.sleep(amount)
        else:
            program.process.send_signal(signal.SIGSTOP)
            time.sleep(amount)
            program.process.send_signal(signal.SIGCONT)


def run_script(room, script):
    """Runs a script; returns its numbers of gaps and of lost samples, as UHD counts them, too."""
    rate = RATES[script % len(RATES)]
    with WatchedServer(room.folder / f"script-{script}", f"rate={rate}", "scene=counter",
                       f"ring_bytes={4 * RING_SAMPLES}", "interval_us=5000") as server:
        program = room.start(example("benchmark_rate"), "--args", f"{ARGS},device={server.path}",
                             "--rx_rate", rate, "--duration", SECONDS,
                             name=f"benchmark_rate-{script}")
        stream = server.watch()
        with server.antenna() as antenna:
            inject(random_events(script, rate), antenna, program)
        status = program.wait()
        stream.close()
    said = program.said()
    check(status == 0, f"script {script}: benchmark_rate ended with {status}:\n{program.last()}")
    received, dropped, overruns = (
        number(rf"Num {what}: +(\d+)", said)
        for what in ("received samples", "dropped samples", "overruns detected"))
    gaps = stream.gaps()
    seen = [lost for index, lost in gaps if index < received]
    # Of a gap that nothing follows, UHD counts the overrun alone.
    at_the_end = sum(index == received for index, _ in gaps)
    check(dropped == sum(seen) and 0 <= overruns - len(seen) <= at_the_end,
          f"script {script} at {rate} S/s: UHD counted {dropped:.0f} dropped samples and "
          f"{overruns:.0f} overruns in {received:.0f} samples; zcring lost {sum(seen)} in "
          f"{len(seen)} gaps before its last sample: {gaps}, {stream.telemetry()}\n"
          f"{program.last()}")
    return len(seen), sum(seen)


@row(ROWS, "benchmark_rate", "benchmark_rate --args type=soapy,driver=zcring",
     needs=(example("benchmark_rate"), MODULE, "zcring"))
def benchmark_rate(room):
    """UHD's counts of dropped samples and overruns, over random scripts of faults."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda script: run_script(room, script), range(SCRIPTS)))
    gaps, lost = map(sum, zip(*results))
    check(gaps > SCRIPTS, f"only {gaps} gaps in {SCRIPTS} scripts")
    return (f"{SCRIPTS} scripts of drops, stalls and overflows: {gaps} overruns and {lost:,} "
            "dropped samples, as zcring counts them")


@row(ROWS, "rx_timed_samples", "rx_timed_samples --args type=soapy,driver=zcring",
     needs=(example("rx_timed_samples"), MODULE))
def rx_timed_samples(room):
    """A burst of samples that begins at a time."""
    rate, seconds, samples = 250_000, 0.5, 50_000
    said = room.run(example("rx_timed_samples"), "--args", EMULATOR, "--rate", rate,
                    "--secs", seconds, "--nsamps", samples)
    packets = re.findall(r"Received packet: (\d+) samples, (\d+) full secs, ([\d.]+) frac", said)
    check(sum(int(count) for count, _, _ in packets) == samples, said)
    late_us = round((int(packets[0][1]) + float(packets[0][2]) - seconds) * 1e6)  # as printed
    check(abs(late_us) <= 1e6 / rate, f"began {late_us} us after its time:\n{said}")
    return f"{samples:,} samples, the first {abs(late_us) * rate / 1e6:.2f} samples from its time"


@row(ROWS, "rx_multi_samples", "rx_multi_samples --args type=soapy,driver=zcring,channels=2",
     needs=(example("rx_multi_samples"), MODULE))
def rx_multi_samples(room):
    """Two channels, from a time on."""
    samples = 20_000
    said = room.run(example("rx_multi_samples"), "--args", f"{EMULATOR},channels=2", "--rate", 1e6,
                    "--secs", 0.5, "--nsamps", samples, "--channels", "0,1")
    counts = [int(count) for count in re.findall(r"Received packet: (\d+) samples", said)]
    check(sum(counts) == samples and "Done!" in said, said)
    return f"{samples:,} samples of 2 channels"


@row(ROWS, "test_timed_commands", "test_timed_commands --args type=soapy,driver=zcring",
     needs=(example("test_timed_commands"), MODULE))
def test_timed_commands(room):
    """Commands that wait for their time."""
    rate = 1e6
    said = room.run(example("test_timed_commands"), "--args", f"{EMULATOR},rate={rate:.0f}")
    check(re.search(r"timed commands on this hardware\.\.\. pass", said) and "Done!" in said, said)
    late = number(r"stream time and first packet: (-?[\d.]+) us", said)
    check(abs(late) <= 1e6 / rate, said)
    return f"timed commands pass, the stream begins {abs(late):.2f} us from its time"


@row(ROWS, "rx_ascii_art_dft", "rx_ascii_art_dft --args type=soapy,driver=zcring",
     needs=(example("rx_ascii_art_dft"), MODULE, "tmux"))
def rx_ascii_art_dft(room):
    """A spectrum in a terminal, with the tone an eighth of the rate above the centre."""
    tmux = "tmux", "-S", room.folder / "tmux"
    # The server of tmux is the program: it ends with the row.
    room.start(*tmux, "-D")
    wait_until((room.folder / "tmux").exists, "tmux", 0.05)
    room.run(*tmux, "new-session", "-d", "-x", COLUMNS, "-y", LINES,
             example("rx_ascii_art_dft"), "--args", EMULATOR, "--rate", 1e6, "--freq", 100e6,
             "--show-controls", 0)

    def shown():
        screen = room.run(*tmux, "capture-pane", "-p").splitlines()
        bars = [sum(line[column:column + 1] == "|" for line in screen)
                for column in range(COLUMNS)]
        return [column for column, height in enumerate(bars) if height > LINES * 2 // 3]
    columns = wait_until(shown, "peak on the screen", 0.2)
    room.run(*tmux, "send-keys", "q")
    middle = sum(columns) / len(columns)
    check(max(columns) - min(columns) < 4 and abs(middle - COLUMNS * 5 / 8) < 2,
          f"peaks in the columns {columns}")
    seen = 100 + columns[0] / COLUMNS - 0.5
    return f"the tone is in column {columns[0]} of {COLUMNS}, at {seen:.3f} MHz"

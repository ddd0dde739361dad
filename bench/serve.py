#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server beside the emulator of one process, and many receivers with short bursts.

    bench/serve.py build

Free pace: `zcring verify` takes samples of the counter from a server and from the emulator, in
turn; medians of samples a second and of CPU time a sample, and the ratio of the two. Bursts: 64
receivers, at 1,000 and at 20 bursts a second; CPU of the server, and what the short bursts add.
"""

import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from waiting import wait_until  # noqa: E402  pylint: disable=wrong-import-position

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """zcring serve, in a runtime folder of its own."""

    def __init__(self, command, folder, items):
        environment = dict(os.environ, XDG_RUNTIME_DIR=folder)
        self.socket = pathlib.Path(folder) / "zcring" / "bench"
        self.process = subprocess.Popen(
            [command, "serve", "bench", *items],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self.socket.exists, "socket of the server")

    def cpu_seconds(self):
        """CPU time of the server so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS


@contextlib.contextmanager
def serving(command, *items):
    """A server that is ended afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(command, folder, items)
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait()


def verify(command, arguments, samples):
    """Samples a second, and CPU seconds of the client."""
    before = os.times()
    subprocess.run(
        [command, "verify", arguments, "--samples", str(samples)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return samples / (after.elapsed - before.elapsed), cpu


def compare_pace(command, rounds, samples):
    """Prints medians of both backends at free pace."""
    results = {"emulator": [], "server": []}
    with serving(command, "pace=free", "scene=counter", "rate=1e7") as server:
        for _ in range(rounds):
            speed, cpu = verify(command, "emulator,pace=free,scene=counter,rate=1e7", samples)
            results["emulator"].append((speed, cpu / samples))
            before = server.cpu_seconds()
            speed, cpu = verify(command, f"device={server.socket},member,rate=1e7", samples)
            cpu += server.cpu_seconds() - before
            results["server"].append((speed, cpu / samples))
    medians = {}
    for name, rows in results.items():
        speed, cpu = (statistics.median(column) for column in zip(*rows))
        medians[name] = speed, cpu
        print(f"{name:9} {speed / 1e6:8.1f} MS/s {cpu * 1e9:8.3f} ns of CPU a sample")
    speed, cpu = (s / e for s, e in zip(medians["server"], medians["emulator"]))
    print(f"server / emulator: speed {speed:.2f}, CPU {cpu:.2f}")


def cpu_of_bursts(command, client, interval_us, receivers, seconds):
    """Share of a core that the server takes for its receivers."""
    with serving(command, "rate=1e5") as server:
        words = f"device={server.socket},rate=1e5,ring_bytes=1048576"
        words += f",interval_us={interval_us}"
        clients = [
            subprocess.Popen(
                [client, "receiver", words, "accounted"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for _ in range(receivers)
        ]
        time.sleep(1)  # all of them stream
        before, begin = server.cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        share = (server.cpu_seconds() - before) / (time.monotonic() - begin)
        if any(process.poll() is not None for process in clients):
            raise SystemExit("a receiver has ended")
        for process in clients:
            process.kill()
            process.wait()
    return share


def compare_bursts(command, client, rounds, receivers, seconds):
    """Prints the median cost of short bursts."""
    short, long = [], []
    for _ in range(rounds):
        short.append(cpu_of_bursts(command, client, 1000, receivers, seconds))
        long.append(cpu_of_bursts(command, client, 50000, receivers, seconds))
    short, long = statistics.median(short), statistics.median(long)
    print(
        f"{receivers} receivers of 100 kS/s: {short:.3f} of a core at 1 kHz of bursts, "
        f"{long:.3f} at 20 Hz; {short - long:.3f} for the bursts"
    )


def main():
    """Runs both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="the build tree")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=1_000_000_000)
    parser.add_argument("--receivers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    command = str(options.build / "apps" / "zcring")
    client = str(options.build / "tests" / "campaign_client")
    compare_pace(command, options.rounds, options.samples)
    compare_bursts(command, client, options.rounds, options.receivers, options.seconds)


if __name__ == "__main__":
    main()

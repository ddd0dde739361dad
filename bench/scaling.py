#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each step from the antenna to a flowgraph costs: one process, one machine, many machines.

    ./run env bench/scaling.py [--rounds N] [STEP...]

Each step streams at the same rate into a flowgraph that drops the samples, once for a short and
once for a long time; the difference is free of what starting costs. The CPU time is that of all
processes of the step. Many machines are two network namespaces: a real network adds its own delay
and losses.
"""
import argparse
import contextlib
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "examples")]
from computers import NEEDS, SOAPY_NEEDS, NoComputers, TwoComputers  # noqa: E402
from needs import missing  # noqa: E402
from served import Server  # noqa: E402
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402

RATE = 2_000_000  # samples/s
SHORT, LONG = 2, 12  # seconds
PORT = 5600
SCENE = f"rate={RATE}", "scene=counter", "ring_bytes=67108864"
DEVICE = ",".join(("emulator=", *SCENE))
SOAPY = f"driver=zcring,{DEVICE}"


def source_of(kind, arguments):
    """The source block of a step, and the bytes of one of its samples."""
    from gnuradio import gr
    if kind == "zcring":
        from gnuradio import zcring
        return zcring.source(arguments, "sc16", samp_rate=RATE), 2 * gr.sizeof_short
    if kind == "soapy":
        from gnuradio import soapy
        driver, _, rest = arguments.partition(",")
        source = soapy.source(driver, "sc16", 1, rest, "", [""], [""])
        source.set_sample_rate(0, RATE)
        return source, gr.sizeof_int
    if kind == "zeromq":
        from gnuradio import zeromq
        return zeromq.pull_source(gr.sizeof_short, 2, arguments, pass_tags=True, hwm=100), 4
    import osmosdr
    source = osmosdr.source(arguments)
    source.set_sample_rate(RATE)
    return source, gr.sizeof_gr_complex


def receive(kind, arguments, seconds):
    """Receives for so many seconds of samples, and ends."""
    from gnuradio import blocks, gr
    top = gr.top_block()
    source, size = source_of(kind, arguments)
    head = blocks.head(size, int(seconds) * RATE)
    top.connect(source, head, blocks.null_sink(size))
    top.run()


def publish(address):
    """Sends samples to a subscriber until SIGTERM."""
    from zmq_publisher import Publisher
    publisher = Publisher(",".join(("emulator", *SCENE)), address, RATE, 100e6)
    publisher.start()
    signal.sigwait([signal.SIGTERM])
    os._exit(0)  # the subscriber is gone, and stop() would wait for another


class Step:
    """The processes of a step; all have ended, and are counted, when it is left."""

    def __init__(self, stack):
        self.stack = stack

    def helper(self, command):
        """A process that runs beside the receiver, and its group, until the end."""
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)

        def end():
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(DEADLINE_SECONDS)
        self.stack.callback(end)
        return process

    def computers(self):
        """Two network namespaces."""
        return self.stack.enter_context(TwoComputers())

    def server(self, *more, before=()):
        """zcring serve; its socket."""
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        return self.stack.enter_context(Server(folder, *SCENE, *more, before=before))


def role(*words):
    """The words of a command that runs a role of this file."""
    return [sys.executable, __file__, "--role", *map(str, words)]


def one_process(step):
    """ZCRing Source on the emulator."""
    del step
    return [], "zcring", DEVICE.replace("emulator=", "emulator")


def one_process_soapy(step):
    """gr-soapy on the emulator."""
    del step
    return [], "soapy", SOAPY


def one_machine(step):
    """zcring serve, ZCRing Source."""
    return [], "zcring", f"device={step.server().path}"


def one_machine_soapy(step):
    """zcring serve, gr-soapy."""
    return [], "soapy", f"driver=zcring,device={step.server().path}"


def soapy_remote(step):
    """SoapySDRServer with the emulator, gr-soapy."""
    computers = step.computers()
    address = f"tcp://{computers.addresses[0]}:{PORT}"
    step.helper(computers.soapy_server(address))
    wait_until(lambda: subprocess.run(
        computers.command(1, "bash", "-c", f"</dev/tcp/{computers.addresses[0]}/{PORT}"),
        stderr=subprocess.DEVNULL).returncode == 0, "SoapySDRServer", 0.1)
    return computers.command(1), "soapy", f"driver=remote,remote={address},remote:{SOAPY}"


def zeromq(step):
    """ZCRing Source and ZeroMQ, ZeroMQ."""
    computers = step.computers()
    step.helper(computers.command(0, *role("publish", f"tcp://*:{PORT}")))
    return computers.command(1), "zeromq", f"tcp://{computers.addresses[0]}:{PORT}"


def rtl_tcp(step):
    """zcring serve --rtl-tcp, gr-osmosdr; 8 bits a number."""
    computers = step.computers()
    address = f"{computers.addresses[0]}:{PORT}"
    step.server(f"--rtl-tcp={address}", before=computers.command(0))
    return computers.command(1), "osmosdr", f"rtl_tcp={address}"


STEPS = {"one_process": one_process, "one_process_soapy": one_process_soapy,
         "one_machine": one_machine, "one_machine_soapy": one_machine_soapy,
         "soapy_remote": soapy_remote, "zeromq": zeromq, "rtl_tcp": rtl_tcp}
SOAPY_BLOCK = "python:gnuradio.soapy"
STEP_NEEDS = {"one_process_soapy": (SOAPY_BLOCK,), "one_machine_soapy": (SOAPY_BLOCK,),
              "soapy_remote": (SOAPY_BLOCK, *SOAPY_NEEDS),
              "zeromq": (*NEEDS, "python:gnuradio.zeromq"),
              "rtl_tcp": (*NEEDS, "python:osmosdr")}


def cpu_seconds(make, seconds):
    """What all processes of a step take of the processors."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with contextlib.ExitStack() as stack:
        prefix, kind, arguments = make(Step(stack))
        subprocess.run([*prefix, *role("receive", kind, arguments, seconds)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=seconds + 2 * DEADLINE_SECONDS)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def check_needs(steps):
    """Ends with a message where a step needs what is not installed."""
    lacking = {step: missing(STEP_NEEDS.get(step, ())) for step in steps}
    for step, needs in lacking.items():
        if needs:
            print(f"scaling: {step}: no {', '.join(needs)}", file=sys.stderr)
    if any(lacking.values()):
        others = [step for step in STEPS if not missing(STEP_NEEDS.get(step, ()))]
        sys.exit("scaling: install what is missing (tools/install-packages test programs), or "
                 f"name the steps to measure: {' '.join(others)}")


def main():
    """Runs the command line; ends with 1 where a step cannot run here."""
    if sys.argv[1:2] == ["--role"]:
        {"receive": receive, "publish": publish}[sys.argv[2]](*sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", nargs="*", choices=[[], *STEPS], metavar="STEP",
                        help=f"one of {', '.join(STEPS)}; default: all")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found = {name: [] for name in options.steps or STEPS}
    check_needs(found)
    for _ in range(options.rounds):
        for name, rows in found.items():
            try:
                short, long = (cpu_seconds(STEPS[name], seconds) for seconds in (SHORT, LONG))
            except NoComputers as reason:
                sys.exit(f"scaling: {name}: {reason}: run this as root")
            rows.append((long - short) / ((LONG - SHORT) * RATE) * 1e9)
    print(f"CPU time of all processes, ns a sample at {RATE / 1e6:g} MS/s; median of "
          f"{options.rounds} (lowest to highest)")
    for name, rows in found.items():
        print(f"{name:18} {statistics.median(rows):6.1f}  ({min(rows):.1f} to {max(rows):.1f})  "
              f"{STEPS[name].__doc__}")


if __name__ == "__main__":
    main()

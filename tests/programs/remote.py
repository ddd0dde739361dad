# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples over a network: SoapyRemote, and gr-zeromq with tags, between two network namespaces.

Roles of gr-zeromq are processes:
python3 remote.py ROLE ADDRESS END.
"""
import json
import os
import pathlib
import sys
import time

import flowgraphs
from computers import NEEDS, SOAPY_NEEDS, TwoComputers
from room import check, row
from watched_server import WatchedServer
from waiting import wait_until
from zmq_publisher import Publisher
from zmq_subscriber import Subscriber

ROWS = []
RATE = 2_000_000  # samples/s
# A minute where nobody waits for it: ZCRING_PROGRAMS_SECONDS=60.
SECONDS = int(os.environ.get("ZCRING_PROGRAMS_SECONDS", "15"))
RING_BYTES = 1 << 28  # half a minute, so that a busy machine loses nothing
PORT = 55132
DROPS = (1000, 77, 12345)
READY = "ready to receive"


def publish(address, end):
    """Publishes numbered samples with some faults, until the file end is there."""
    publisher = Publisher(f"emulator,scene=counter,ring_bytes={RING_BYTES}", address, RATE, 100e6)
    publisher.start()
    source = publisher.source
    for number, samples in enumerate(DROPS, 1):
        wait_until(lambda: source.telemetry()["consumed_samples"] > number * RATE, "samples")
        source.inject_drop(samples)
        source.set_center_freq(100e6 + number * 1e5)
    wait_until(pathlib.Path(end).exists, "end of the subscriber")
    seen = publisher.source.telemetry()
    publisher.end()
    print("\n" + json.dumps({"tags": publisher.tags.seen, "lost": seen["lost_samples"]}))


def subscribe(address, end):
    """Receives samples for a while, and makes the file end; prints tags and what was wrong."""
    subscriber = Subscriber(address, SECONDS * RATE, True)
    print(READY, flush=True)
    subscriber.run()
    pathlib.Path(end).touch()
    print("\n" + json.dumps({"tags": subscriber.tags.seen, "wrong": subscriber.check.wrong,
                             "samples": subscriber.head.nitems_written(0)}))


@row(ROWS, "soapyremote", "SoapySDRServer, driver=remote,remote:driver=zcring",
     needs=(*SOAPY_NEEDS, "zcring"))
def soapyremote(room):
    """Every sample, through another computer's server."""
    with TwoComputers() as computers, WatchedServer(
            room.folder / "run", f"rate={RATE}", "scene=counter",
            f"ring_bytes={RING_BYTES}") as server:
        address = f"tcp://{computers.addresses[0]}:{PORT}"
        remote = room.start(*computers.soapy_server(address), name="SoapySDRServer")
        remote.wait_for("Press Ctrl")
        program = room.start(*computers.command(
            1, flowgraphs.PYTHON, flowgraphs.__file__, "soapy_source", "remote",
            f"remote={address},remote:driver=zcring,device={server.path}", RATE, SECONDS * RATE))
        stream = server.watch()
        begin = time.monotonic()
        status = program.wait(SECONDS + 120)
        seconds = time.monotonic() - begin
        stream.close()
    check(status == 0, program.last())
    seen = flowgraphs.result(program.said())
    lost = stream.telemetry()["lost_samples"]
    check(seen["gaps"] == [] and seen["samples"] == SECONDS * RATE,
          f"{len(seen['gaps'])} gaps, {seen['samples']} samples, {lost} lost by zcring:\n"
          f"{seen['gaps'][:10]}\n{remote.last()}")
    return (f"{seen['samples']:,} samples at {RATE / 1e6:g} MS/s in {seconds:.0f} s over two "
            "network namespaces, each in its place")


@row(ROWS, "gr-zeromq", "zmq_publisher.py, zmq_subscriber.py", needs=NEEDS)
def gr_zeromq(room):
    """Every sample and every tag, through another computer."""
    with TwoComputers() as computers:
        end = room.folder / "end"
        subscriber = room.start(*computers.command(
            1, flowgraphs.PYTHON, __file__, "subscribe",
            f"tcp://{computers.addresses[0]}:{PORT}", end), name="subscribe")
        # The publisher's ring need not hold what comes while the subscriber's Python starts.
        subscriber.wait_for(READY)
        publisher = room.start(*computers.command(0, flowgraphs.PYTHON, __file__, "publish",
                                                  f"tcp://*:{PORT}", end), name="publish")
        for program in subscriber, publisher:
            check(program.wait(SECONDS + 120) == 0, program.last())
    received, sent = (flowgraphs.result(program.said()) for program in (subscriber, publisher))
    check((received["samples"], received["wrong"]) == (SECONDS * RATE, 0), f"{received}")
    tags = [tag for tag in sent["tags"] if tag[0] < SECONDS * RATE]
    check(sorted(received["tags"], key=str) == sorted(tags, key=str),
          f"sent {tags}\nreceived {received['tags']}")
    gaps = [value for _, key, value in received["tags"] if key == "rx_lost"]
    check(sum(gaps) == sum(DROPS) == sent["lost"], f"gaps {gaps}, lost {sent['lost']}")
    return (f"{received['samples']:,} samples at {RATE / 1e6:g} MS/s over two network namespaces, "
            f"{len(tags)} tags the same, {len(gaps)} of them gaps")


if __name__ == "__main__":
    {"publish": publish, "subscribe": subscribe}[sys.argv[1]](*sys.argv[2:])

# SPDX-License-Identifier: GPL-3.0-or-later
"""SoapySDRUtil: finds, describes and reads a device."""
import re
import signal

from room import check, number, row
from watched_server import WatchedServer

ROWS = []
UTIL = "SoapySDRUtil"
RATE = 2e6  # samples/s
REPORTS = 3
RATE_ERROR = 0.05  # of the rate


@row(ROWS, "find", "SoapySDRUtil --find=driver=zcring", needs=(UTIL, "zcring"))
def find(room):
    """The emulator and a server are found, by what opens them."""
    with WatchedServer(room.folder, "rate=1e6", name="fm") as server:
        said = room.run(UTIL, f"--find=driver=zcring,device={server.path}")
        check(str(server.path) in said, f"the server is not found:\n{said}")
        said = room.run(UTIL, "--find=driver=zcring,emulator=")
    found = said.count("Found device")
    check(found and "driver = zcring" in said, f"no emulator:\n{said}")
    return "the emulator and a server"


@row(ROWS, "probe", "SoapySDRUtil --probe=driver=zcring", needs=(UTIL,))
def probe(room):
    """What the device can do."""
    said = room.run(UTIL, "--probe=driver=zcring,emulator=,channels=2")
    for wanted in ("Channels: 2 Rx", "Timestamps: YES", "CS16", "RF", "Sample rates:"):
        check(wanted in said, f"no {wanted!r} in:\n{said}")
    channels, formats = (re.search(pattern, said).group(1) for pattern in (
        r"Channels: (.*)", r"Stream formats: (.*)"))
    return f"{channels}; formats {formats}"


@row(ROWS, "rate", "SoapySDRUtil --args=driver=zcring --rate=2e6 --direction=RX", needs=(UTIL,))
def rate(room):
    """Reads as fast as the device is set to, without a loss."""
    program = room.start("stdbuf", "-oL", UTIL, "--args=driver=zcring,emulator=", f"--rate={RATE}",
                         "--direction=RX")
    program.wait_for(r"Msps\t", REPORTS)
    program.end(signal.SIGINT)
    said = program.said()
    seen = [float(value) for value in re.findall(r"([\d.]+) Msps", said)][-1] * 1e6
    check(abs(seen - RATE) < RATE_ERROR * RATE, f"{seen} samples/s:\n{said}")
    lost = re.findall(r"Overflows (\d+)", said)
    check(set(lost) <= {"0"}, said)
    return f"{seen / 1e6:.3f} MS/s, no overflow"

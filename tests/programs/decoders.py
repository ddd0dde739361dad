# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that decode or show a signal: rtl_433, welle-cli; from files: dump1090, inspectrum."""
import collections
import json
import os
import pathlib
import signal
import time

import numpy as np
from gnuradio.zcring.scenes import sensors

from desktop import PROGRAMS, Desktop
from room import check, row
from rtl_433 import COMMAND as RTL_433
from watched_server import WatchedServer
from stations import fm_band, write_band
from waiting import wait_until

ROWS = []
LOOPS = 8  # of the scene of sensors
REAL_LOOPS = 2  # at real pace: 4 s, which the ring holds
# rtl_433 25.02 decodes in another thread than it reads, from 15 blocks that it overwrites unasked.
RTL_433_BLOCKS = 10
LOSS = "O"  # what it says where samples were lost
WELLE_RATE = 2_048_000  # samples/s
# A minute where nobody waits for it: ZCRING_PROGRAMS_SECONDS=60.
WELLE_SECONDS = float(os.environ.get("ZCRING_PROGRAMS_SECONDS", "15"))
WELLE_RING_BYTES = 1 << 28  # half a minute, so that a busy machine loses nothing
WELLE_LEFT_MAX = WELLE_RATE // 5  # samples in the ring, where welle-cli keeps up
LINE_MIN = 0.6  # of the columns in which a carrier must be seen
# In inspectrum: the pixels from the left edge of the spectrogram, right of its scale, that have
# carriers alone; and the row, of its height, where it is black and the controls are not.
INSPECTRUM_COLUMNS, INSPECTRUM_ROW = (63, 135), 0.9
BLACK_MAX = 30
TESTS = pathlib.Path(__file__).resolve().parents[1]


def telegrams_decoded(room, pace, loops):
    """{model: how often rtl_433 decoded its telegram}, of so many loops of the scene of sensors.

    rtl_433 reads as many samples as the recording has, which ends, too: where one is lost, the
    last block is never full, and rtl_433 does not end. Raises AssertionError as soon as rtl_433
    tells a loss.
    """
    scene = room.folder / f"{pace}.sigmf-meta"
    sensors.write_scene(scene)
    data = scene.with_suffix(".sigmf-data")
    data.write_bytes(loops * data.read_bytes())
    size = data.stat().st_size
    program = room.start(
        *RTL_433, "-d", f"driver=zcring,emulator=,pace={pace},scene={scene},loop=no",
        "-s", sensors.RATE, "-f", int(sensors.CENTRE), "-F", "json", "-b", size // RTL_433_BLOCKS,
        "-n", size // 2, name="rtl_433")  # it takes a sample for 2 bytes

    def has_ended():
        lost = any(line.startswith(LOSS) for line in program.said().splitlines())
        check(not lost, f"pace={pace}: samples were lost:\n{program.last()}")
        return program.process.poll() is not None
    wait_until(has_ended, f"the end of rtl_433 at pace={pace}", 0.1)
    said = program.said()
    check(program.wait() == 0, f"rtl_433 ended with {program.wait()}:\n{program.last()}")
    decoded = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    counts = collections.Counter(
        telegram["model"] for telegram in decoded
        if {key: telegram.get(key) for key in sensors.TELEGRAMS.get(telegram["model"], {})} ==
        sensors.TELEGRAMS.get(telegram["model"]))
    expected = dict.fromkeys(sensors.TELEGRAMS, loops)
    check(counts == expected, f"pace={pace}: decoded {dict(counts)}, not {expected}:\n{said}")
    return counts


@row(ROWS, "rtl_433", "rtl_433 -d driver=zcring", needs=("rtl_433",))
def rtl_433(room):
    """Decodes every telegram of three sensors, exactly as often as it was sent, at both paces.

    How fast it decodes does not matter. At free pace zcring waits for it, and at real pace the
    ring holds all of the recording; the recording ends, and the blocks of rtl_433 hold all of it.
    """
    free = telegrams_decoded(room, "free", LOOPS)
    real = telegrams_decoded(room, "real", REAL_LOOPS)
    return (f"{len(free)} kinds of sensors, {free.total()} of {LOOPS * len(free)} messages; at "
            f"real pace {real.total()} of {REAL_LOOPS * len(real)}")


@row(ROWS, "welle-cli", "welle-cli -F soapysdr -s driver=zcring", needs=("welle-cli", "zcring"))
def welle_cli(room):
    """Streams at the rate of DAB."""
    wanted = round(WELLE_SECONDS * WELLE_RATE)
    with WatchedServer(room.folder, f"rate={WELLE_RATE}", "freq=174.928e6", "scene=noise",
                       f"ring_bytes={WELLE_RING_BYTES}") as server:
        program = room.start("welle-cli", "-F", "soapysdr", "-s",
                             f"driver=zcring,device={server.path}", "-c", "5A", "-p", "any")
        stream = server.watch()
        try:
            end = time.monotonic() + WELLE_SECONDS
            while time.monotonic() < end:
                program.check_alive()
                time.sleep(0.1)

            def has_read():
                seen = stream.telemetry()
                left = seen["produced_samples"] - seen["consumed_samples"]
                read = seen["consumed_samples"] + seen["lost_samples"]
                # One that is slower than its rate never gets there; a busy machine does later.
                return seen if read >= wanted and left < WELLE_LEFT_MAX else None
            seen = wait_until(has_read, f"{wanted:,} samples that welle-cli reads, up to the last "
                              f"{WELLE_LEFT_MAX:,}", 0.1)
        finally:
            stream.close()
        program.end(signal.SIGINT)
    check(not seen["lost_samples"], f"lost samples: {seen}\n{program.last()}")
    return (f"{seen['consumed_samples']:,} samples at {WELLE_RATE / 1e6} MS/s, "
            f"{seen['lost_samples']} lost")


@row(ROWS, "dump1090", "dump1090-mutability --ifile", needs=("dump1090-mutability",))
def dump1090(room):
    """The frames in a recording that zcring has resampled to 2.4 MS/s."""
    said = room.run("/usr/bin/python3", TESTS / "test_adsb.py", "Frames")
    [line] = [line for line in said.splitlines() if line.startswith("frames:")]
    return line


def carriers(pixels):
    """The rows of a spectrogram in which a carrier runs, as int[n]: yellow or green, not white."""
    pixels = pixels.astype(int)
    lines = (pixels[:, :, 1] - pixels[:, :, 2] > 60).mean(axis=1) > LINE_MIN
    rows = np.nonzero(lines)[0]
    runs = np.split(rows, np.nonzero(np.diff(rows) > 1)[0] + 1)
    return [int(run.mean().round()) for run in runs if len(run)]


@row(ROWS, "inspectrum", "inspectrum FILE.sigmf-meta", needs=("inspectrum", *PROGRAMS))
def inspectrum(room):
    """Shows the stations of a recording that zcring has made."""
    band, recording = write_band(room.folder), room.folder / "recording.sigmf-meta"
    room.run("/usr/bin/python3", TESTS.parent / "examples/pipelines/sigmf_recorder.py",
             "--args", f"emulator,scene={band}", "--out", recording)
    expected = sorted(station.frequency for station in fm_band.STATIONS)
    with Desktop(1280, 860) as desktop:
        program = desktop.start(["inspectrum", recording], log=room.folder / "inspectrum.log")
        window = desktop.window(f"inspectrum: {recording.name}", program)
        window.place(0, 0, 1200, 800)
        left, top, width, height = window.area

        def shown():
            pixels = desktop.photograph(room.pictures / "inspectrum.png")[
                top:top + height, left:left + width]
            edge = np.argmax(pixels[round(INSPECTRUM_ROW * height)].max(axis=1) < BLACK_MAX)
            first, last = INSPECTRUM_COLUMNS
            found = carriers(pixels[:, edge + first:edge + last])
            return found if len(found) == len(expected) else None
        rows = wait_until(shown, "three carriers in the window of inspectrum", 0.5)
    first, second, third = rows
    check(abs((second - first) - (third - second)) <= 2, f"carriers in the rows {rows}")
    return f"three stations in the spectrogram, {second - first} pixels apart"

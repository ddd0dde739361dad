# SPDX-License-Identifier: GPL-3.0-or-later
"""Receivers with a window: gqrx and CubicSDR, on a display and with a loudspeaker in memory.

Each is tuned to a station of an FM band; what it plays is compared with what the station sent.
"""
import contextlib
import re
import socket

import numpy as np
from desktop import PROGRAMS, Desktop
from room import check, row
from watched_server import WatchedServer
from stations import Speaker, fm_band, judge, write_band
from waiting import DEADLINE_SECONDS, wait_until

ROWS = []
NEEDS = *PROGRAMS, *Speaker.NEEDS, "zcring"
STATION = fm_band.STATIONS[0]
SECONDS = 1.5 * fm_band.LOOP_SECONDS  # of audio: the last loop is compared
CORRELATION_MIN = 0.9  # the programs have their own gain control and filters
CORRELATION_MAX = 0.5  # with another station
RING_BYTES = 1 << 23
CUBIC_CENTRE = 100e6  # Hz, to which CubicSDR is tuned at first
CUBIC_SIZE = 1270, 830
# In CubicSDR's windows of Debian 12 and 13, in pixels of the area without the frame.
CUBIC_DEVICES, CUBIC_START = (68, 22), (288, 387)
CUBIC_WATERFALL = 205, 1253, 395, 455  # left, right, and the rows of the last seconds
CUBIC_PEAK_MIN, CUBIC_PEAK_PIXELS = 2, 4  # of the median of a row; from where a station is
# CubicSDR of Debian 13 asks RtAudio for devices by numbers that it does not have, and is silent:
# https://github.com/cjcliffe/CubicSDR/issues/1040
CUBIC_SILENT = "RtApi::getDeviceInfo: deviceId argument not found"
GQRX_PORT = 7356
GQRX_SETTINGS = """[General]
configversion=3
crashed=false

[input]
device="soapy=0,driver=zcring,device={device}"
frequency={frequency:.0f}
sample_rate={rate}

[output]
device=speaker

[remote_control]
enabled=true
allowed_hosts=127.0.0.1
port={port}
"""


class GqrxRemote:
    """The remote control of gqrx."""

    def __init__(self, program):
        def connect():
            program.check_alive()
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", GQRX_PORT), DEADLINE_SECONDS)
        self._socket = wait_until(connect, "remote control of gqrx", 0.1)
        self._file = self._socket.makefile("rw")

    def ask(self, command):
        """What gqrx answers."""
        self._file.write(command + "\n")
        self._file.flush()
        return self._file.readline().strip()

    def order(self, command):
        """Sends a command; gqrx must accept it."""
        answer = self.ask(command)
        check(answer == "RPRT 0", f"gqrx answers {answer} to {command}")

    def close(self):
        """Hangs up."""
        self._file.close()
        self._socket.close()


def listen(speaker, meta):
    """Listens until one loop is heard as it was sent, and no other station; returns the figure.

    A program that gets no processor for a moment has a gap in what it plays.
    """
    heard = {}

    def is_heard():
        heard.update(judge(speaker.record(SECONDS), meta))
        return heard[STATION.name] >= CORRELATION_MIN
    with contextlib.suppress(AssertionError):
        wait_until(is_heard, "station")
    others = max(value for name, value in heard.items() if name != STATION.name)
    check(heard[STATION.name] >= CORRELATION_MIN and others < CORRELATION_MAX,
          f"correlations with what the stations sent: {heard}")
    return (f"a station heard, correlation {heard[STATION.name]:.3f} with what it sent, "
            f"{others:.2f} with what others sent")


@row(ROWS, "gqrx", "gqrx, device soapy=0,driver=zcring", needs=(*NEEDS, "gqrx"))
def gqrx(room):
    """Listens to a station."""
    meta = write_band(room.folder)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(WatchedServer(room.folder / "run", f"scene={meta}",
                                                   f"ring_bytes={RING_BYTES}"))
        desktop = stack.enter_context(Desktop(1280, 860))
        stack.callback(desktop.photograph, room.pictures / "gqrx.png")
        speaker = Speaker(desktop)
        settings = desktop.home / ".config/gqrx/zcring.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(GQRX_SETTINGS.format(device=server.path, rate=fm_band.RATE,
                                                 frequency=STATION.frequency, port=GQRX_PORT))
        program = desktop.start(["gqrx", "-c", settings.name], log=room.folder / "gqrx.log")
        remote = GqrxRemote(program)
        stack.callback(remote.close)
        for command in ("M WFM 160000", f"F {STATION.frequency:.0f}", "L SQL -150", "U DSP 1"):
            remote.order(command)
        stream = server.watch()
        stack.callback(stream.close)
        figure = listen(speaker, meta)
        lost = stream.telemetry()["lost_samples"]
    return f"{figure}; {lost} samples lost"


def start_cubic(desktop, program, label):
    """Chooses the device with this label, the last of the local ones; returns the main window."""
    title = "CubicSDR :: SDR Devices"
    desktop.window(title, program)

    def has_started():
        # The list of devices fills while the dialog is open already, and ends with it.
        program.check_alive()
        dialog = desktop.find(title, program)
        if dialog:
            dialog.activate()
            left, top, _, _ = dialog.area
            desktop.click((left + CUBIC_DEVICES[0], top + CUBIC_DEVICES[1]))
            desktop.key("Down", "Down", "Down")  # Devices, Local, the emulator, the server
            desktop.click((left + CUBIC_START[0], top + CUBIC_START[1]))
        return "SDR thread starting" in program.said()
    wait_until(has_started, "start of the device in CubicSDR", 2)
    return desktop.window(re.compile(f" - {label}$"), program)


def wait_for_stations(desktop, window):
    """Waits until each station is seen where it is in the waterfall of CubicSDR.

    Returns the points of the screen to click on, and by how many pixels the worst is off.
    """
    left, top, _, _ = window.area
    west, east, first, last = CUBIC_WATERFALL
    points = [round((east - west) * (0.5 + (station.frequency - fm_band.CENTRE) / fm_band.RATE))
              for station in fm_band.STATIONS]
    reach = min(np.diff(sorted(points))) // 3

    def seen():
        pixels = desktop.photograph(area=(left + west, top + first, east - west, last - first))
        columns = pixels[:, :, 0].mean(axis=0)  # what is strong is red
        errors = []
        for point in points:
            near = columns[point - reach:point + reach]
            errors.append(abs(int(np.argmax(near)) - reach))
            if near.max() < CUBIC_PEAK_MIN * np.median(columns):
                return None
        return [max(errors)] if max(errors) <= CUBIC_PEAK_PIXELS else None
    [error] = wait_until(seen, "stations in the waterfall of CubicSDR", 0.2)
    return [(left + west + point, top + last) for point in points], error


@row(ROWS, "cubicsdr", "CubicSDR, device zcring", needs=(*NEEDS, "CubicSDR"))
def cubicsdr(room):
    """Shows the stations, and plays one that is clicked on in the waterfall."""
    meta = write_band(room.folder, CUBIC_CENTRE)
    with contextlib.ExitStack() as stack:
        desktop = stack.enter_context(Desktop(1280, 860))
        stack.callback(desktop.photograph, room.pictures / "cubicsdr.png")
        # Where programs of this desktop look for servers.
        server = stack.enter_context(WatchedServer(
            room.folder / "run", f"scene={meta}", f"ring_bytes={RING_BYTES}", name="fm",
            home=desktop.home))
        speaker = Speaker(desktop)
        # No module but zcring's: CubicSDR would list the loudspeaker's monitor before it.
        desktop.environment.update(SOAPY_SDR_ROOT=str(room.folder), LIBGL_ALWAYS_SOFTWARE="1")
        program = desktop.start(["CubicSDR"], log=room.folder / "CubicSDR.log")
        window = start_cubic(desktop, program, "zcring server fm")
        window.place(0, 0, *CUBIC_SIZE)
        stream = server.watch()
        stack.callback(stream.close)
        points, error = wait_for_stations(desktop, window)
        point = points[fm_band.STATIONS.index(STATION)]
        desktop.move(point)
        stream.wait_produced(stream.telemetry()["produced_samples"] + fm_band.RATE)
        desktop.click(point)
        figure = f"{len(points)} stations seen in the waterfall, within {error} pixels"
        if CUBIC_SILENT in program.said():
            figure += "; no sound, as this CubicSDR finds no loudspeaker (its issue 1040)"
        else:
            wait_until(lambda: speaker.record(0.2).any(), "sound from CubicSDR", 0.1)
            figure += f"; {listen(speaker, meta)}"
        lost = stream.telemetry()["lost_samples"]
        program.check_alive()
    return f"{figure}; {lost} samples lost"

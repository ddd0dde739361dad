# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop in memory, and hands: programs are clicked and typed at as by a person.

    with Desktop() as desktop:
        program = desktop.start(["python3", "spectrum.py"])
        window = desktop.window("ZCRing Spectrum")      # waits for the window
        desktop.click(window.at(0.5, 0.5))              # its middle
        pixels = desktop.photograph("window.png", window)
        program.end()                                   # SIGTERM; returns the exit status

Nothing sleeps: what a click brings is waited for, see waiting.py, and a wait that ends in vain
raises AssertionError. Needs the programs in PROGRAMS.
"""
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import numpy as np

from program import Program
from waiting import wait_until

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = ("Xvfb", "openbox", "xdotool", "xprop", "xwininfo", "import", "convert")
PERIOD_SECONDS = 0.05  # between two looks at the screen
# Companion: no window of welcome, and no question for a terminal.
SETTINGS = {
    "config.conf": "[grc]\nxterm_executable =\n",
    "grc.conf": "[main]\nmain_window_width = {width}\nmain_window_height = {height}\n"
                "blocks_window_position = {blocks}\nconsole_window_position = {console}\n"
                "variable_editor_visable = False\nxterm_missing = \n",
}
SETTINGS_FOLDERS = ".gnuradio", ".config/gnuradio"  # the second since GNU Radio 3.10.10


class Window:
    """A window: number, and area (left, top, width, height) on the screen without its frame."""

    def __init__(self, desktop, number):
        self._desktop, self.number = desktop, number

    @property
    def area(self):
        """(left, top, width, height) in pixels of the screen, without the frame."""
        text = self._desktop.call("xwininfo", "-id", self.number)
        found = dict(re.findall(r"(Absolute upper-left [XY]|Width|Height): +(-?\d+)", text))
        return tuple(int(found[name]) for name in (
            "Absolute upper-left X", "Absolute upper-left Y", "Width", "Height"))

    @property
    def framed(self):
        """The same with the frame and the title."""
        left, top, width, height = self.area
        text = self._desktop.call("xprop", "-id", self.number, "_NET_FRAME_EXTENTS")
        edges = re.search(r"= (\d+), (\d+), (\d+), (\d+)", text)
        west, east, north, south = map(int, edges.groups()) if edges else (0, 0, 0, 0)
        return left - west, top - north, width + west + east, height + north + south

    def at(self, across, down):
        """The point at these fractions of the width and of the height, on the screen."""
        left, top, width, height = self.area
        return left + round(across * width), top + round(down * height)

    def place(self, left, top, width=None, height=None):
        """Moves the window's frame to (left, top), and gives the window this size."""
        if width:
            self._desktop.call("xdotool", "windowsize", self.number, width, height)
            wait_until(lambda: self.area[2:] == (width, height), "window of this size",
                       PERIOD_SECONDS)

        def move(x, y):
            self._desktop.call("xdotool", "windowmove", self.number, x, y)
            wait_until(lambda: (x, y) in (self.framed[:2], self.area[:2]), "window at this place",
                       PERIOD_SECONDS)

        move(left, top)
        if self.framed[:2] != (left, top):
            # What a Qt window moves to a place is its area without the frame.
            (x, y), (frame_x, frame_y) = self.area[:2], self.framed[:2]
            move(left + x - frame_x, top + y - frame_y)

    def lift(self):
        """Raises the window above all others."""
        self._desktop.call("xdotool", "windowraise", self.number)

    def activate(self):
        """Raises the window, and has it take the keys."""
        self._desktop.call("xdotool", "windowactivate", "--sync", self.number)


class Desktop:
    """A display of its own, with a window manager, and with a home folder of its own.

    environment is that of its programs. Everything ends with the desktop; home is the path of a
    folder that remains, if it is given.
    """

    def __init__(self, width=1600, height=1000, home=None):
        self.size = width, height
        self.programs = []
        self.log_numbers = itertools.count()  # start() may be called in several threads
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zcring-desktop-"))
        self.home = pathlib.Path(home or self.folder)
        try:
            self._prepare_home()
            display = self._start_server()
            self.environment = dict(
                os.environ, DISPLAY=display, HOME=str(self.home), XDG_RUNTIME_DIR=str(self.home),
                XDG_CONFIG_HOME=str(self.home / ".config"),
                # Recordings that zcring makes on first use are kept: making them takes a while.
                XDG_CACHE_HOME=os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                GRC_PREFS_PATH=str(self.home / ".gnuradio/grc.conf"),
                GRC_BLOCKS_PATH=str(HERE.parents[1] / "grc"), QT_QPA_PLATFORM="xcb",
                GDK_BACKEND="x11", NO_AT_BRIDGE="1", GSETTINGS_BACKEND="memory", LC_ALL="C.UTF-8",
                PYTHONUNBUFFERED="1")
            self.start(["openbox", "--sm-disable"])
            wait_until(lambda: "window id" in self.call("xprop", "-root",
                                                        "_NET_SUPPORTING_WM_CHECK"),
                       "window manager", PERIOD_SECONDS)
        except BaseException:
            self.close()
            raise

    def _prepare_home(self):
        self.home.chmod(0o700)
        width, height = self.size[0] - 10, self.size[1] - 40
        for folder in SETTINGS_FOLDERS:
            (self.home / folder).mkdir(parents=True, exist_ok=True)
            for name, text in SETTINGS.items():
                (self.home / folder / name).write_text(
                    text.format(width=width, height=height, blocks=width - 260,
                                console=height - 230), encoding="utf-8")

    def _start_server(self):
        """Starts the X server, which finds itself a number; returns ":NUMBER"."""
        ours, its = os.pipe()
        width, height = self.size
        # Without -noreset the server refuses who connects while its last window closes.
        self.start(["Xvfb", "-displayfd", str(its), "-screen", "0", f"{width}x{height}x24",
                    "-nolisten", "tcp", "-noreset"], environment=os.environ, pass_fds=(its,))
        os.close(its)
        with open(ours, encoding="ascii") as pipe:
            number = pipe.readline().strip()
        if not number:
            raise AssertionError(f"no X server: {self.programs[0].said()}")
        return f":{number}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends every program, and the display."""
        for program in reversed(self.programs):
            program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, command, folder=None, log=None, environment=None, **options):
        """Starts a program on this desktop; see Program. log: the path of its output.

        Its input stays open: a flowgraph without a window ends where that ends.
        """
        program = Program(command, log or self.folder / f"log-{next(self.log_numbers)}",
                          cwd=folder or self.home, env=environment or self.environment,
                          stdin=subprocess.PIPE, **options)
        self.programs.append(program)
        return program

    def call(self, *command):
        """What a tool that ends by itself writes; an error is an empty text."""
        return subprocess.run([str(word) for word in command], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False).stdout

    def find(self, title, program=None):
        """The visible window with this title, of this program if it is given, or None.

        title is the whole title, or a compiled pattern that it has.
        """
        whose = ["--all", "--pid", program.process.pid] if program else []
        pattern = title.pattern if isinstance(title, re.Pattern) else f"^{re.escape(title)}$"
        found = self.call("xdotool", "search", *whose, "--onlyvisible", "--name", pattern)
        return Window(self, int(found.split()[-1])) if found.split() else None

    def window(self, title, program=None):
        """Waits for the window with this title, of this program if it is given.

        Raises AssertionError at once where that program has ended.
        """
        def seen():
            if program:
                program.check_alive()
            return self.find(title, program)
        return wait_until(seen, f"window {title}", PERIOD_SECONDS)

    def move(self, point):
        """Moves the mouse to a point (x, y) of the screen."""
        self.call("xdotool", "mousemove", *map(round, point))

    def park(self):
        """Moves the mouse to the lower right corner, away from all windows."""
        self.move((self.size[0] - 1, self.size[1] - 1))

    def click(self, point, times=1, button=1):
        """Clicks, or double-clicks with times=2, at a point (x, y) of the screen."""
        self.move(point)
        self.call("xdotool", "click", "--repeat", times, "--delay", 20, button)

    def press_button(self, point):
        """Presses the mouse at a point, and holds it; release() ends that."""
        self.move(point)
        self.call("xdotool", "mousedown", 1)

    def release(self):
        """Releases the mouse."""
        self.call("xdotool", "mouseup", 1)

    def key(self, *names):
        """Presses keys, such as "ctrl+f", "Return", "F6"."""
        self.call("xdotool", "key", "--clearmodifiers", *names)

    def type(self, text):
        """Types a text."""
        self.call("xdotool", "type", "--delay", 1, "--", text)

    def photograph(self, path=None, area=None):
        """The pixels of the screen, uint8[height, width, 3]; saved as path where it is given.

        area is a Window, whose frame is left out, or (left, top, width, height).
        """
        if isinstance(area, Window):
            part = ["-window", str(area.number)]
        else:
            left, top, width, height = area or (0, 0, *self.size)
            part = ["-window", "root", "-crop", f"{width}x{height}+{left}+{top}", "+repage"]
        raw = subprocess.run(["import", *part, "-depth", "8", "ppm:-"], env=self.environment,
                             stdout=subprocess.PIPE, check=True).stdout
        if path:
            subprocess.run(["convert", "ppm:-", str(path)], input=raw, check=True)
        _, size, _, pixels = raw.split(b"\n", 3)
        width, height = map(int, size.split())
        return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop in memory, and hands: programs are clicked and typed at as by a person.

    with Desktop() as desktop:
        program = desktop.start(["python3", "spectrum.py"])
        window = desktop.window("ZCRing Spectrum")      # waits for the window
        desktop.click(window.at(0.5, 0.5))              # its middle
        pixels = desktop.photograph("window.png", window)
        program.end()                                   # SIGTERM; returns the exit status

Companion, with a flowgraph; every click and key goes through the X server:

    with Desktop() as desktop, Companion(desktop, "spectrum.grc") as companion:
        companion.drop("ZCRing Source", (200, 300))     # from the tree of blocks to the canvas
        companion.open_dialog("zcring_source_0")        # double click
        companion.show_tab("RF Options")
        companion.set_field("Ch0: Gain (dB)", "20")
        companion.press("OK")
        companion.connect("zcring_source_0", "0", "qtgui_freq_sink_x_0", "0")
        companion.save_as("/tmp/mine.grc")
        companion.run()                                 # F6; stop() is F7
        window = desktop.window("ZCRing Spectrum")
        print(companion.console())                      # what Companion and the flowgraph said

Nothing sleeps: what a click brings is waited for, see waiting.py, and a wait that ends in vain
raises AssertionError. Needs the programs in PROGRAMS.
"""
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import numpy as np

from waiting import DEADLINE_SECONDS, wait_until

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


class Program:
    """A program on the desktop; its output is in the file log."""

    def __init__(self, process, log):
        self.process, self.log = process, pathlib.Path(log)

    def said(self):
        """What it wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def check_alive(self):
        """Raises AssertionError, with what the program said, where it has ended."""
        if self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}: {self.said()}")

    def end(self, number=signal.SIGTERM):
        """Sends a signal; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_SECONDS)

    def kill(self):
        """Ends the program and what it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdin.close()


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
        """Starts a program on this desktop; see Program. log: the path of its output."""
        log = log or self.folder / f"log-{next(self.log_numbers)}"
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen([str(word) for word in command], cwd=folder or self.home,
                                       env=environment or self.environment, stdout=output,
                                       stderr=output, stdin=subprocess.PIPE,
                                       start_new_session=True, **options)
        program = Program(process, log)
        self.programs.append(program)
        return program

    def call(self, *command):
        """What a tool that ends by itself writes; an error is an empty text."""
        return subprocess.run([str(word) for word in command], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False).stdout

    def find(self, title, program=None):
        """The visible window with this title, of this program if it is given, or None."""
        whose = ["--all", "--pid", program.process.pid] if program else []
        found = self.call("xdotool", "search", *whose, "--onlyvisible", "--name",
                          f"^{re.escape(title)}$")
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


def middle(area):
    """The middle of an area (left, top, width, height)."""
    left, top, width, height = area
    return round(left + width / 2), round(top + height / 2)


class Companion:
    """GNU Radio Companion on a desktop, with the flowgraphs of some paths, or with a new one.

    state() is what it shows: see companion_probe.py. Blocks and ports are called as in the .grc.
    """

    def __init__(self, desktop, *flowgraphs):
        self.desktop = desktop
        # The path of a socket is short.
        self._socket = desktop.folder / f"companion-{len(desktop.programs)}"
        paths = [pathlib.Path(path).resolve() for path in flowgraphs]
        self.program = desktop.start([sys.executable, HERE / "companion_probe.py", self._socket,
                                      *paths])
        self.wait(lambda state: state, "window of Companion")
        self.window = desktop.window(self.state()["title"])
        self.window.activate()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.kill()

    def state(self):
        """What Companion shows now, {} before its window is there."""
        self.program.check_alive()
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(DEADLINE_SECONDS)
                connection.connect(str(self._socket))
                with connection.makefile() as answer:
                    return json.loads(answer.read() or "{}")
        except (FileNotFoundError, ConnectionRefusedError, TimeoutError):
            return {}

    def key(self, name):
        """Presses a key while Companion's window has the keys."""
        self.window.activate()
        self.desktop.key(name)

    def wait(self, condition, what):
        """Waits until condition(state()) is true, and returns its result."""
        def met():
            state = self.state()
            return state and condition(state)
        try:
            return wait_until(met, f"{what} in Companion", PERIOD_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}; Companion said:\n{self.console()}") from error

    def console(self):
        """What Companion wrote to its console, with what the flowgraph wrote."""
        return self.program.said()

    # Blocks

    def find(self, key):
        """The name of the first block of this kind, such as "zcring_source"."""
        return self.wait(lambda state: next((name for name, block in state["blocks"].items()
                                             if block["key"] == key), None), f"block {key}")

    def block(self, name):
        """{key, area, ports, errors, params} of a block on the canvas."""
        return self.wait(lambda state: state["blocks"].get(name), f"block {name}")

    def _visible(self, point):
        """The point; raises AssertionError where the canvas does not show it."""
        left, top, width, height = self.state()["canvas"]
        if not (left <= point[0] < left + width and top <= point[1] < top + height):
            raise AssertionError(f"{point} is not on the canvas {left, top, width, height}: "
                                 "zoom out, or make the window larger")
        return point

    def _middle_of(self, name):
        return self._visible(middle(self.block(name)["area"]))

    def _port(self, name, port):
        return self._visible(middle(self.block(name)["ports"][port]))

    def search(self, text):
        """Searches the tree of blocks for a text, by Ctrl+F; returns {name: area} of its rows."""
        self.key("ctrl+f")
        self.wait(lambda state: state["search"] and state["search"]["focus"], "box for searching")
        self.desktop.key("ctrl+a")
        self.desktop.type(text)
        self.wait(lambda state: state["search"]["text"] == text, f"search for {text}")
        return self.state()["tree"]

    def drop(self, label, point, search=None):
        """Finds the block with this label in the tree, and drags it to a point of the canvas.

        Returns the name of the new block. The point is in pixels from the canvas's corner.
        """
        rows = self.search(search or label)
        before = self.state()
        if label not in rows:
            raise AssertionError(f"{label}: not in the tree of blocks: {', '.join(rows)}")
        x, y, _, height = rows[label]
        left, top = before["canvas"][:2]
        target = self._visible((left + point[0], top + point[1]))
        self.desktop.press_button((x + 20, y + height / 2))
        self.desktop.move((x, y + height / 2))  # far enough for a drag to begin
        self.desktop.move(target)

        def dragged(state):
            # The canvas notices a drag by a mouse that moves over it.
            self.desktop.move((target[0] + 1, target[1]))
            self.desktop.move(target)
            return state["drags"] > before["drags"] + 1
        self.wait(dragged, "block under the mouse")
        self.desktop.release()
        [name] = self.wait(lambda state: set(state["blocks"]) - set(before["blocks"]),
                           f"new block {label}")
        return name

    def select(self, name):
        """Clicks on a block."""
        self.desktop.click(self._middle_of(name))

    def connect(self, source, output, sink, input_):
        """Draws a connection with the mouse; ports are called by their key, such as "0"."""
        start = self._port(source, f"out:{output}")
        end = self._port(sink, f"in:{input_}")
        self.desktop.press_button(start)
        self.desktop.move(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
        self.desktop.move((end[0] - 1, end[1]))
        self.desktop.move(end)
        self.desktop.release()
        self.wait(lambda state: [source, output, sink, input_] in state["connections"],
                  f"connection of {source} with {sink}")

    # The dialog of a block

    def open_dialog(self, name):
        """Opens a block's dialog by a double click; returns its Window."""
        self.desktop.click(self._middle_of(name), times=2)
        title = self.wait(lambda state: state["dialog"], f"dialog of {name}")
        return self.desktop.window(title)

    def widget(self, text, window=None):
        """The area of what carries this text, such as a button or a tab."""
        def found(state):
            areas = [widget["area"] for widget in state["widgets"] if widget["text"] == text
                     and window in (None, widget["window"])]
            return areas and areas[-1]
        return self.wait(found, f"'{text}'")

    def message(self):
        """What the dialog of a block says is wrong, "" where nothing is."""
        return self.state()["message"]

    def press(self, text):
        """Clicks on what carries this text: a button, a tab, an item of a menu."""
        self.desktop.click(middle(self.widget(text)))

    def show_tab(self, name):
        """Shows a tab of the dialog: "General", "Documentation" and so on; or a flowgraph's."""
        self.desktop.click(middle(self.wait(lambda state: state["tabs"].get(name), f"tab {name}")))

    def field(self, label):
        """{area, value, options, error} of a field that the dialog shows."""
        return self.wait(lambda state: state["fields"].get(label), f"field {label}")

    def set_field(self, label, value):
        """Types a value into a field, or chooses the option of a menu that is named value.

        What the field brings, such as further fields and messages, is shown then.
        """
        field = self.field(label)
        if value in field["options"]:
            self.desktop.click(middle(field["area"]))
            self.desktop.click(middle(self.widget(value, "Window")))
            return
        self.desktop.click(middle(field["area"]), times=3)
        self.desktop.key("ctrl+a")
        self.desktop.type(value)
        # A field takes its value when the next one is entered.
        self.desktop.key("Tab")
        self.wait(lambda state: state["fields"][label]["value"] == value, f"{label} = {value}")

    def close_dialog(self, button="OK"):
        """Clicks on a button, and waits until the dialog is gone."""
        self.press(button)
        self.wait(lambda state: not state["dialog"], "end of the dialog")

    # The flowgraph

    def tool(self, label):
        """Clicks on a button of the tool bar: "Execute", "Kill", "Save" and so on."""
        self.desktop.click(middle(self.widget(label, "MainWindow")))

    def run(self):
        """Runs the flowgraph by F6; returns the number of its process."""
        self.key("F6")
        return self.wait(lambda state: state["running"], "flowgraph that runs")

    def stop(self):
        """Stops the flowgraph by F7."""
        self.key("F7")
        self.wait(lambda state: not state["running"], "end of the flowgraph")

    def save(self):
        """Saves the flowgraph by Ctrl+S."""
        self.key("ctrl+s")
        self.wait(lambda state: state["saved"], "saved flowgraph")

    def save_as(self, path):
        """Saves the flowgraph at a path, by Ctrl+Shift+S."""
        self.key("ctrl+shift+s")
        self.wait(lambda state: state["dialog"], "dialog for saving")
        self.desktop.key("ctrl+a")
        self.desktop.type(str(path))
        self.desktop.key("Return")
        self.wait(lambda state: state["file"] == str(path) and state["saved"], f"file {path}")

    def show_page(self, path):
        """Shows one of several flowgraphs, by a click on its name."""
        if self.state()["file"] != str(path):
            self.show_tab(pathlib.Path(path).stem)
            self.wait(lambda state: state["file"] == str(path), f"page of {path}")

    def capture(self, path):
        """Saves a picture of the whole canvas, by Ctrl+P."""
        self.key("ctrl+p")
        self.wait(lambda state: state["dialog"], "dialog for a picture")
        self.desktop.key("ctrl+a")
        self.desktop.type(str(path))
        self.desktop.key("Return")
        self.wait(lambda state: not state["dialog"] and os.path.exists(path), f"picture {path}")

    def zoom(self, keys, times=1):
        """Zooms the canvas: keys is "ctrl+minus", "ctrl+plus" or "ctrl+0"."""
        for _ in range(times):
            before = self.state()["zoom"]
            self.key(keys)
            self.wait(lambda state: state["zoom"] != before or keys == "ctrl+0", "zoom")

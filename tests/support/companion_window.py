# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio Companion on a desktop in memory (desktop.py), clicked and typed at as by a person.

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

Every click and key goes through the X server. Nothing sleeps, as in desktop.py.
"""
import json
import os
import pathlib
import socket
import sys

from desktop import PERIOD_SECONDS
from waiting import DEADLINE_SECONDS, wait_until

HERE = pathlib.Path(__file__).resolve().parent


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

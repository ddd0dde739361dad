# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraphs of examples/, as they are found there: what their tests and pictures share."""
import pathlib

import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples"
# A flowgraph that shows something only beside another one, and that one.
BESIDE = {"zmq_subscribe": "zmq_publish"}


class Example:
    """A flowgraph: name, path, title of its window, and whether it has one."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.data = yaml.safe_load(file)
        options = self.data["options"]["parameters"]
        self.path, self.name = path, options["id"]
        self.title = options["title"]
        self.has_window = options["generate_options"] == "qt_gui"
        self.is_program = self.has_window or options["generate_options"] == "no_gui"

    def arguments(self, folder):
        """What follows its name on the command line: the emulator, and a socket in the folder."""
        values = {"args": "emulator", "address": f"ipc://{folder}/zmq"}
        return [word for block in self.data["blocks"]
                if block["id"] == "parameter" and block["name"] in values
                for word in (f"--{block['name']}", values[block["name"]])]


def all_examples():
    """Every flowgraph of the folder."""
    return [Example(path) for path in sorted(FOLDER.glob("*.grc"))]


def groups():
    """Lists of flowgraphs, which cover all: those of a list run at the same time."""
    found = {example.name: example for example in all_examples() if example.is_program}
    pairs = {sink: source for sink, source in BESIDE.items() if {sink, source} <= set(found)}
    return ([[found[source], found[sink]] for sink, source in pairs.items()] +
            [[example] for name, example in found.items()
             if name not in {*pairs, *pairs.values()}])

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks every flowgraph of examples/, and its window, on a display of its own.

Each one is accepted by Companion, compiled, and run until its window is painted and its plots
live: two photographs differ. One that is not started must fail. Usage: test_windows.py [DIR];
the photographs are saved to DIR. Exit status 77: skipped.
"""
import concurrent.futures
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import unittest

from gnuradio import gr
from gnuradio.grc.core import schema_checker
from gnuradio.grc.core.platform import Platform

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import examples  # noqa: E402
import flowgraph  # noqa: E402
import looks  # noqa: E402
from desktop import PERIOD_SECONDS, PROGRAMS, Desktop  # noqa: E402
from waiting import wait_until  # noqa: E402

PICTURES = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
SLOT = 1320, 1250  # pixels of the screen for one window
SIDE_BY_SIDE = 3
# What the window of a flowgraph shows at least; of the others, that something moves.
LOOKS = {"spectrum": looks.waterfall_moves, "fm_receiver": looks.trace_moves}
MOVEMENTS = 3  # a window that is only laid out anew moves once or twice
WRONG = "(?i)traceback|warning|error"
# A flowgraph that is never started: its window shows no sample.
NOT_STARTED = "import {0}; {0}.{0}.start = lambda self: None; {0}.main()"


class Flowgraphs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="zcring-examples-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.pictures = PICTURES or cls.folder
        cls.pictures.mkdir(parents=True, exist_ok=True)
        cls.desktop = cls.enterClassContext(Desktop(SIDE_BY_SIDE * SLOT[0], SLOT[1]))
        cls.slots = queue.Queue()
        for slot in range(SIDE_BY_SIDE):
            cls.slots.put((slot * SLOT[0], 0))
        paths = [example.path for example in examples.all_examples()]
        compiled = subprocess.run(["grcc", "-o", cls.folder, *paths], text=True, check=False,
                                  env=cls.desktop.environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        cls.compiler_said = compiled.stdout
        if compiled.returncode:
            raise AssertionError(f"grcc: {compiled.stdout}")

    def test_each_compiles_without_a_warning(self):
        said = flowgraph.KNOWN_WARNING.sub("", self.compiler_said)
        self.assertNotRegex(said, f"{WRONG}|(?i:fail)")

    def test_companion_accepts_each(self):
        version = (gr.major_version(), gr.api_version(), gr.minor_version())
        platform = Platform(version=gr.version(), version_parts=version, prefs=gr.prefs())
        platform.build_library()
        for example in examples.all_examples():
            with self.subTest(example.name):
                self.assertEqual(example.name, example.path.stem)
                schema = schema_checker.Validator(schema_checker.FLOW_GRAPH_SCHEME)
                schema.run(example.data)
                # GNU Radio 3.10's schema refuses the types of each state that Companion saves.
                self.assertEqual([str(message) for message in schema.messages
                                  if "not in valid types" not in message.message], [])
                graph = platform.make_flow_graph()
                graph.grc_file_path = str(example.path)
                self.assertFalse(graph.import_data(platform.parse_flow_graph(example.path)),
                                 "a connection, or a block, is not as in this GNU Radio")
                # grcc leaves them out without a word.
                self.assertEqual([block.key for block in graph.blocks if block.is_dummy_block],
                                 [], "unknown blocks")
                graph.rewrite()
                graph.validate()
                self.assertEqual([f"{element}: {text}"
                                  for element, text in graph.iter_error_messages()], [])

    def start(self, example, *command):
        """Starts a compiled flowgraph; command replaces its own."""
        command = command or (f"{example.name}.py", *example.arguments(self.folder))
        return self.desktop.start([sys.executable, *command], folder=self.folder)

    def watch(self, example, program, place, name=None):
        """Two photographs of its window, from painted on; moves the window to a place."""
        window = self.desktop.window(example.title, program)
        window.place(*place)
        window.lift()
        path = self.pictures / f"{name or example.name}.png"

        def photograph():
            program.check_alive()
            pixels = self.desktop.photograph(path, window)
            return [pixels] if looks.painted(pixels) else None
        [before] = wait_until(photograph, f"{example.name} with axes", PERIOD_SECONDS)
        return before, photograph

    def count_movements(self, example, program, place, name=None):
        """Yields, photograph by photograph, how often the plots in its window have moved."""
        previous, photograph = self.watch(example, program, place, name)
        look, count = LOOKS.get(example.name, looks.moves), 0
        while True:
            [current] = photograph() or [previous]
            count += look(previous, current)
            previous = current
            yield count

    def check_window(self, example, program, place):
        """Waits until the plots in the window of a flowgraph live."""
        counts = self.count_movements(example, program, place)
        wait_until(lambda: next(counts) >= MOVEMENTS, f"{example.name} with plots that live",
                   PERIOD_SECONDS)

    def check_group(self, group):
        """Runs flowgraphs at the same time; each must live, and end on SIGTERM with status 0."""
        place = self.slots.get()
        try:
            started = [(example, self.start(example)) for example in group]
            for example, program in started:
                if example.has_window:
                    self.check_window(example, program, place)
                else:
                    wait_until(lambda: "zcring_source :info:" in program.said(),
                               f"source of {example.name}", PERIOD_SECONDS)
            for example, program in reversed(started):
                program.check_alive()
                self.assertNotRegex(program.said(), WRONG)
                self.assertEqual(program.end(), 0, program.said())
                self.assertNotRegex(program.said(), WRONG)
        finally:
            self.slots.put(place)

    def test_each_window_lives_until_its_program_is_ended(self):
        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            checks = [(group, pool.submit(self.check_group, group))
                      for group in examples.groups()]
        for group, check in checks:
            with self.subTest([example.name for example in group]):
                check.result()

    def test_a_flowgraph_that_is_not_started_does_not_live(self):
        [example] = [example for example in examples.all_examples() if example.name == "spectrum"]
        program = self.start(example, "-c", NOT_STARTED.format(example.name))
        counts = self.count_movements(example, program, (0, 0), f"{example.name}-not-started")
        # As many photographs as of a flowgraph that lives, and more.
        for _ in range(5 * MOVEMENTS):
            self.assertLess(next(counts), MOVEMENTS)
        self.assertEqual(program.end(), 0, program.said())


if __name__ == "__main__":
    flowgraph.require("grcc", *PROGRAMS)
    unittest.main()

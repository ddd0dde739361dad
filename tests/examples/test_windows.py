#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiles the flowgraphs of examples/ and checks their windows, on a display of its own.

A window passes when each of its plots shows a trace from end to end; the same window of a
flowgraph that is not started must fail. Needs grcc, Xvfb and ImageMagick. Usage:
test_windows.py [DIR]; the screenshots are saved to DIR. Exit status 77: skipped.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from waiting import DEADLINE_SECONDS, wait_until  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
GRC = EXAMPLES.parent / "grc"
TOOLS = ("grcc", "xvfb-run", "xwininfo", "import", "convert")
# A flowgraph that is never started: its window shows no sample.
NOT_STARTED = "import {0}; {0}.{0}.start = lambda self: None; {0}.main()"


def window(title):
    """(width, height, left, top) in pixels of the window with this title, or None."""
    tree = subprocess.run(["xwininfo", "-root", "-tree"], capture_output=True, text=True,
                          check=True).stdout
    found = re.search(rf'"{re.escape(title)}": .*?(\d+)x(\d+)\+\d+\+\d+ +\+(\d+)\+(\d+)', tree)
    return found and tuple(int(number) for number in found.groups())


def screenshot(path, area):
    """The pixels of this area of the screen, uint8[height, width, 3]; also saved as path."""
    width, height, left, top = area
    subprocess.run(["import", "-window", "root", "-crop", f"{width}x{height}+{left}+{top}",
                    "+repage", str(path)], check=True)
    pixels = subprocess.run(["convert", str(path), "-depth", "8", "rgb:-"], capture_output=True,
                            check=True).stdout
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def trace(pixels):
    """The pixels of a trace, bool[height, width]: a trace is bluer than any widget."""
    _, green, blue = np.moveaxis(pixels.astype(int), 2, 0)
    return blue - green > 80


def across(pixels):
    """Whether a trace spans the plot: it is in more than 80 % of the columns."""
    return trace(pixels).any(axis=0).mean() > 0.8


def colours(pixels):
    """The number of colours."""
    return len(np.unique(pixels.reshape(-1, 3), axis=0))


def painted(pixels):
    """Whether axes and letters are drawn: their smoothed edges have many colours."""
    return [colours(pixels) > 100]


def shaded(pixels):
    """Whether a waterfall fills: its weak signals are greener than any widget."""
    red, green, _ = np.moveaxis(pixels.astype(int), 2, 0)
    return (green - red > 80).mean() > 0.1


def plots(pixels):
    """The upper and the lower plot."""
    middle = len(pixels) * 11 // 20
    return pixels[:middle], pixels[middle:]


class Flowgraphs(unittest.TestCase):
    """Each .grc compiles, runs, shows the received signal, and ends on SIGTERM."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="zcring-examples-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.pictures = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else cls.folder)
        cls.pictures.mkdir(parents=True, exist_ok=True)
        cls.environment = dict(os.environ, HOME=str(cls.folder), QT_QPA_PLATFORM="xcb",
                               GRC_BLOCKS_PATH=str(GRC), XDG_RUNTIME_DIR=str(cls.folder))
        cls.folder.chmod(0o700)

    def compile(self, name):
        """Compiles name.grc; warnings fail the test."""
        result = subprocess.run(["grcc", "-o", str(self.folder), str(EXAMPLES / f"{name}.grc")],
                                env=self.environment, capture_output=True, text=True)
        said = result.stdout + result.stderr
        self.assertEqual(result.returncode, 0, said)
        self.assertNotRegex(said.lower(), "warning|error|fail")

    def show(self, name, title, command, look):
        """Runs command, waits until look() is true for all of its window, and ends it."""
        log = self.folder / f"{name}.log"
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen([sys.executable, *command], cwd=self.folder,
                                       env=self.environment, stdout=output, stderr=output)
        try:
            def seen():
                self.assertIsNone(process.poll(), log.read_text())
                area = window(title)
                if not area:
                    return None
                pixels = screenshot(self.pictures / f"{name}.png", area)
                return [pixels] if all(look(pixels)) else None

            [pixels] = wait_until(seen, f"window {title} as expected", period_seconds=0.1)
            process.terminate()
            self.assertEqual(process.wait(DEADLINE_SECONDS), 0, log.read_text())
        finally:
            process.kill()
            process.wait()
        self.assertNotIn("Traceback", log.read_text())
        return pixels

    def test_spectrum_shows_a_trace_and_a_waterfall(self):
        self.compile("spectrum")

        def alive(pixels):
            upper, lower = plots(pixels)
            return across(upper), shaded(lower)

        self.show("spectrum", "ZCRing Spectrum", ["spectrum.py", "--args", "emulator"], alive)

        pixels = self.show("spectrum-not-started", "ZCRing Spectrum",
                           ["-c", NOT_STARTED.format("spectrum")], painted)
        self.assertEqual(alive(pixels), (False, False))


def main():
    """Runs the tests inside of xvfb-run; returns the exit status."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED test_windows: no {', '.join(missing)}")
        return 77
    if "ZCRING_OWN_DISPLAY" not in os.environ:
        os.environ["ZCRING_OWN_DISPLAY"] = "1"
        # Without -noreset the display refuses a client that connects while the last window closes.
        os.execvp("xvfb-run", ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24 -noreset",
                               sys.executable, *sys.argv])
    return not unittest.main(argv=sys.argv[:1], exit=False).result.wasSuccessful()


if __name__ == "__main__":
    sys.exit(main())

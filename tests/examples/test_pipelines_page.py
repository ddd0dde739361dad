#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/pipelines.md: its code is in the examples, its commands run and print what it shows."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from gnuradio import zcring

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pipelines.md").read_text()
BUILD = pathlib.Path(zcring.__file__).parents[3]
# The test has the build tree on its paths already. A window opens in test_pipelines.py.
RUN = """#!/bin/sh
set -eu
case "$*" in
'env gnuradio-companion '*) exec grcc -o "$HOME" "$3" ;;
'env '*) shift; exec "$@" ;;
'install '*) exec cmake --install build --prefix "$2" ;;
esac
exit 64
"""


def blocks(language):
    """The code blocks of this language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


class Code(unittest.TestCase):
    def test_every_excerpt_is_in_an_example(self):
        for language, names in (("python", "**/*.py"), ("cpp", "installed/*.cc"),
                                ("cmake", "installed/CMakeLists.txt")):
            files = [path.read_text() for path in (ROOT / "examples").glob(names)]
            self.assertGreater(len(blocks(language)), 0)
            for excerpt in blocks(language):
                with self.subTest(excerpt):
                    self.assertTrue(any(excerpt in file for file in files))


class Commands(unittest.TestCase):
    """Each block of commands, in a folder with the names that the commands have."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="zcring-pipelines-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "examples").symlink_to(ROOT / "examples")
        (cls.folder / "build").symlink_to(BUILD)
        (cls.folder / "run").write_text(RUN)
        (cls.folder / "run").chmod(0o755)
        (cls.folder / "capture.bin").write_bytes(bytes((127, 128)) * 24000)
        cls.environment = dict(os.environ, HOME=str(cls.folder))
        # The band is made once for all tests.
        cls.environment.setdefault("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
        for name in ("GRC_HIER_PATH", "XDG_STATE_HOME"):
            cls.environment.pop(name, None)

    def test_each_runs_and_prints_what_the_page_shows(self):
        shown = re.findall(r"^```sh\n(.*?)^```\n(?:\n```\n(.*?)^```$)?", PAGE,
                           flags=re.MULTILINE | re.DOTALL)
        self.assertEqual(len(shown), len(blocks("sh")))
        for commands, output in shown:
            with self.subTest(commands):
                if " zcring " in commands and not shutil.which("zcring"):
                    self.skipTest("no zcring command in this build")
                done = subprocess.run(["sh", "-euc", commands], cwd=self.folder, text=True,
                                      env=self.environment, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                for expected in map(outline, output.splitlines()):
                    self.assertIn(expected, [*map(outline, done.stdout.splitlines())])
        self.assertEqual(self.flowgraph("device=/dev/none").returncode, 1)
        self.assertIn("/dev/none", self.flowgraph("device=/dev/none").stderr)

    def flowgraph(self, arguments):
        """Runs the program in C++ that the commands of the page have made."""
        environment = dict(self.environment, LD_LIBRARY_PATH=str(self.folder / "zcring" / "lib"))
        return subprocess.run(["flowgraph/flowgraph", arguments], cwd=self.folder, text=True,
                              env=environment, capture_output=True)


def outline(line):
    """The words of a line without what differs from run to run: levels, samples, times."""
    return re.sub(r" +\d+ |-\d+\.\d dB +#+|\(\d+, [\d.]+\)|\d{4}-\S+Z", "", line).split()


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md and docs/reference.md: the README's test of a receiver passes, and each example and
each command has a test."""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
BEGINNING_LINES = 95  # two screens, and no more, before the map of the folders

# Each command of the pages, and the test that runs it, or the program behind it.
TESTS = {
    "./run demo": "demo",
    "./run env gnuradio-companion examples/fm_receiver.grc": "examples.companion",
    "./run env gnuradio-companion examples/NAME.grc": "examples.companion",
    "./run env /usr/bin/python3 test_receiver.py": "examples.readme",
    "./run env /usr/bin/python3 examples/fault_injection.py": "examples.fault_injection",
    "./run vm zcring info device=/dev/zcring0": "vm.driver",
    "make -C kmod && sudo insmod kmod/zcring.ko": "vm.driver",
    "sudo dd if=/dev/zcring0 of=samples bs=1M count=8 iflag=fullblock": "vm.driver",
    "sudo rmmod zcring": "vm.driver",
    "./run install && sudo modprobe zcring": "driver.dkms",
    "./run uninstall": "install.uninstall",
    "./run install": "install.uninstall",
    "./run env": None,  # test_run.py
    "./run env zcring info device=fm": "apps.command",
    "zcring info": "apps.command",
    "zcring info device=fm": "apps.command",
    "zcring verify emulator,pace=free": "apps.command",
    "zcring play capture.sigmf-meta device=/dev/zcring0": "vm.driver",
    "sdr-program | zcring play --live - device=/dev/zcring0,format=sc16,rate=2e6": "vm.driver",
    "./run env /usr/bin/python3 -m gnuradio.zcring.scenes.fm_band band.sigmf-meta": "demo",
    "./run env zcring serve fm scene=band.sigmf-meta": "apps.serve",
    "./run env gqrx": None,  # ./run programs gqrx
    "./run programs": None,  # those that are quick are programs.*
    "./run test": None,  # runs all of them
}


def commands(page):
    """The commands of a page: its indented lines, and what it quotes."""
    text = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    return {line.split("  ")[0] for line in lines} | set(re.findall(r"`(\./run [^`]+)`", text))


def registered():
    """The names of the tests that are scripts, as CMake has them."""
    text = "".join((ROOT / path).read_text(encoding="utf-8")
                   for path in ("tests/scripts.cmake", "apps/CMakeLists.txt"))
    names = set(re.findall(r"(?:script_test\(|add_test\(NAME )([\w.]+)", text))
    for words in re.findall(r"foreach\(example\s+([^)]*)\)", text):
        names |= {f"examples.{word}" for word in words.split()}
    return names


class Readme(unittest.TestCase):
    def test_its_test_of_a_receiver_passes(self):
        [program] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
        with tempfile.TemporaryDirectory(prefix="zcring-readme-") as folder:
            path = pathlib.Path(folder) / "test_receiver.py"
            path.write_text(program, encoding="utf-8")
            done = subprocess.run([sys.executable, path], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("Ran 1 test", done.stdout)

    def test_each_command_has_a_test(self):
        self.assertEqual(commands(PAGE) | commands(REFERENCE), TESTS.keys())
        for command, test in TESTS.items():
            if test:
                self.assertIn(test, registered(), command)

    def test_its_table_has_each_flowgraph(self):
        table = re.search(r"^\| NAME \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL).group()
        named = set(re.findall(r"`(\w+)`", table))
        self.assertEqual(named, {path.stem for path in (ROOT / "examples").glob("*.grc")})

    def test_the_beginning_is_short(self):
        beginning = PAGE.partition("## Map of the folders")[0]
        self.assertLessEqual(len(beginning.splitlines()), BEGINNING_LINES)


if __name__ == "__main__":
    unittest.main()

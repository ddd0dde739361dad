#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of SoapySDRUtil in docs/soapysdr.md do what the page says."""

import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

COMMAND = re.compile(r"^    \./run env (SoapySDRUtil .*)$", re.MULTILINE)
FOUND = {
    "--find": "label = zcring emulator",
    "--probe": "Timestamps: YES",
    "--rate": "Msps",
}


class Commands(unittest.TestCase):
    def test_each_command_of_the_page(self):
        commands = COMMAND.findall((ROOT / "docs" / "soapysdr.md").read_text())
        self.assertEqual(len(commands), len(FOUND))
        for command in commands:
            expected = next(text for key, text in FOUND.items() if key in command)
            with self.subTest(command):
                self.assertIn(expected, self.output_until(command, expected))

    def output_until(self, command, expected):
        """What the command prints; a rate is measured until it is ended."""
        with subprocess.Popen(shlex.split(command), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as process:
            text = ""
            while expected not in text:
                more = process.stdout.read1(4096)
                if not more:
                    break
                text += more.decode()
            process.terminate()
            process.stdout.read()
        return text


if __name__ == "__main__":
    if not shutil.which("SoapySDRUtil"):
        print("skipped: no SoapySDRUtil (package soapysdr-tools)")
        sys.exit(77)
    unittest.main()

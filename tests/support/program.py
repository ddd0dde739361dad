# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that runs beside a test, and what it writes.

    program = Program(["welle-cli", "-c", "5A"], "welle.log")
    program.wait_for("Tuner type")          # in what it has written
    program.end()                           # SIGTERM; returns the exit status

A wait that ends in vain raises AssertionError with the last lines of the program.
"""
import os
import pathlib
import re
import signal
import subprocess

from waiting import DEADLINE_SECONDS, wait_until

PERIOD_SECONDS = 0.05  # between two looks at the output
LAST_LINES = 40  # of the output, in an error


class Program:
    """A program in a process group of its own; its output, errors too, is in the file log.

    It has no input where options, those of subprocess.Popen, name none.
    """

    def __init__(self, command, log, **options):
        self.command, self.log = [str(word) for word in command], pathlib.Path(log)
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                self.command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                **{"stdin": subprocess.DEVNULL, **options})

    def said(self):
        """What it wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def last(self):
        """The last lines that it wrote, for an error."""
        return "\n".join(self.said().splitlines()[-LAST_LINES:])

    def check_alive(self):
        """Raises AssertionError, with what the program wrote, where it has ended."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.command[0]} ended with {self.process.returncode}:\n"
                                 f"{self.last()}")

    def wait_for(self, pattern, count=1):
        """Waits until the output has the pattern that often; returns all matches.

        Raises AssertionError at once where the program has ended without.
        """
        def found():
            has_ended = self.process.poll() is not None
            matches = re.findall(pattern, self.said())
            if len(matches) < count and has_ended:
                self.check_alive()
            return matches if len(matches) >= count else None
        try:
            return wait_until(found, f"{pattern!r} from {self.command[0]}", PERIOD_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}; it wrote:\n{self.last()}") from error

    def wait(self, seconds=2 * DEADLINE_SECONDS):
        """Waits until it ends by itself; returns its exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{' '.join(self.command)} still runs after {seconds:g} s:\n"
                                 f"{self.last()}") from error

    def end(self, number=signal.SIGTERM):
        """Sends a signal, unless it has ended, and waits for the end; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait(DEADLINE_SECONDS)

    def kill(self):
        """Ends it, and what it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

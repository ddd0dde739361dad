# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a foreign program runs and is judged: its folder, its output, and the rows of the table.

A row is a program of the table, and a function that runs it:

    @row("rtl_433", "rtl_433 -d driver=zcring", needs=("rtl_433",))
    def rtl_433(room):
        ...
        return "3 kinds of sensors, 24 of 24 messages"    # the figure that proves it

The function raises AssertionError where the program does not do what it should.
"""
import dataclasses
import pathlib
import re
import shutil
import typing

from program import Program


@dataclasses.dataclass
class Row:
    """A row of the table: see above. needs: see needs.py."""

    name: str
    command: str
    judge: typing.Callable
    needs: tuple


def row(rows, name, command, needs=()):
    """A decorator: appends a Row to rows."""
    def add(judge):
        rows.append(Row(name, command, judge, tuple(needs)))
        return judge
    return add


class Room:
    """The folder of one row, with the logs of its programs; all of them end with the row."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.pictures = self.folder.parent
        self._programs = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in reversed(self._programs):
            program.kill()

    def start(self, *command, name=None, **options):
        """Starts a program; name is that of its log."""
        name = name or pathlib.Path(str(command[0])).name
        log = self.folder / f"{name}-{len(self._programs)}.log"
        self._programs.append(Program(command, log, **options))
        return self._programs[-1]

    def run(self, *command, **options):
        """Runs a program to its end; returns what it wrote. Its exit status must be 0."""
        program = self.start(*command, **options)
        if status := program.wait():
            raise AssertionError(f"{' '.join(program.command)} ended with {status}:\n"
                                 f"{program.last()}")
        return program.said()


def number(pattern, text):
    """The number that a pattern with one group finds in a text."""
    found = re.search(pattern, text)
    if not found:
        raise AssertionError(f"no {pattern!r} in:\n{text}")
    return float(found.group(1).replace(",", ""))


def check(condition, complaint):
    """Raises AssertionError with the complaint where the condition does not hold."""
    if not condition:
        raise AssertionError(complaint)

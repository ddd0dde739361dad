#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs programs that others wrote with zcring as their radio, and judges each.

run.py FOLDER [NAME...]: prints one line for each program, PASS with the figure that proves it,
FAIL with the reason, or SKIPPED with what is not installed. Logs and pictures are in FOLDER. Exit
status: 0, 1 if one fails, 64 for a wrong call, 77 if none could run.
"""
import pathlib
import signal
import sys
import time
import traceback

import decoders
import flowgraphs
import receivers
import remote
import soapy_util
import uhd
from computers import NoComputers
from needs import missing
from room import Room

ROWS = {row.name: row for family in (soapy_util, uhd, flowgraphs, receivers, decoders, remote)
        for row in family.ROWS}
OK, FAILED, WRONG_CALL, SKIPPED = 0, 1, 64, 77


def run(row, folder):
    """Runs a row, and prints its line; returns OK, FAILED or SKIPPED."""
    if lacking := missing(row.needs):
        print(f"SKIPPED {row.name}: no {', '.join(lacking)}", flush=True)
        return SKIPPED
    begin = time.monotonic()
    try:
        with Room(folder / row.name) as room:
            figure = row.judge(room)
    except NoComputers as reason:
        print(f"SKIPPED {row.name}: {reason}", flush=True)
        return SKIPPED
    except Exception:  # each program is judged, whatever happened to the one before
        seconds = time.monotonic() - begin
        (folder / row.name / "error.txt").write_text(traceback.format_exc(), encoding="utf-8")
        reason = str(sys.exc_info()[1]) or sys.exc_info()[0].__name__
        print(f"FAIL    {row.command}   ({seconds:.0f} s; logs in {folder / row.name})")
        print("        " + reason.replace("\n", "\n        "), flush=True)
        return FAILED
    seconds = time.monotonic() - begin
    print(f"PASS    {row.command}   {figure}   ({seconds:.0f} s)", flush=True)
    return OK


def main():
    """Runs the command line; returns the exit status."""
    # A shell starts what it runs in the background with SIGINT ignored, and so would all programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not sys.argv[1:]:
        print("usage: run.py FOLDER [NAME...]", file=sys.stderr)
        return WRONG_CALL
    folder, *names = sys.argv[1:]
    unknown = sorted(set(names) - set(ROWS))
    if unknown:
        print(f"programs: {', '.join(unknown)}: not one of {', '.join(ROWS)}", file=sys.stderr)
        return WRONG_CALL
    rows = [row for row in ROWS.values() if not names or row.name in names]
    folder = pathlib.Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    results = [run(row, folder) for row in rows]
    if FAILED in results:
        return FAILED
    return OK if OK in results else SKIPPED


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: GPL-3.0-or-later
"""A server (zcring serve) that no other program finds; what tests and benchmark share."""
import contextlib
import os
import pathlib
import select
import signal
import subprocess
import tempfile

from waiting import DEADLINE_SECONDS

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """zcring serve with these arguments (key=value, options), and its log in the folder.

    Its text is the path of its socket, by which clients find it: below home, or in a folder of its
    own, as the path of a socket is short. before: words before the command, such as those that
    lead to another network namespace. Raises AssertionError where the server does not start, and
    at the end of a with statement where it has ended with another status than 0. The command
    zcring must be on the PATH.
    """

    def __init__(self, folder, *arguments, name="test", before=(), home=None):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._own = None if home else tempfile.TemporaryDirectory(prefix="zcring-served-")
        home = pathlib.Path(home or self._own.name)
        self.path = home / "zcring" / name
        self.log = folder / f"serve-{name}.log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*before, "zcring", "serve", name, *map(str, arguments)], stdout=subprocess.PIPE,
                stderr=log, text=True, env={**os.environ, "XDG_RUNTIME_DIR": str(home)})
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line.startswith(f"zcring: serving {name}"):
            self.end(signal.SIGKILL)
            raise AssertionError(f"the server does not start: {line}{self.said()}")

    def __str__(self):
        return str(self.path)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.end()
        if status and kind is None:
            raise AssertionError(f"the server ended with {status}: {self.said()}")

    def said(self):
        """What it wrote to its log."""
        return self.log.read_text(encoding="utf-8")

    def cpu_seconds(self):
        """CPU time of the server so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def end(self, number=signal.SIGTERM):
        """Ends it, if it still runs; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.process.stdout.close()
            if self._own:
                self._own.cleanup()


@contextlib.contextmanager
def served(*settings):
    """Starts a server with these settings (key=value) and yields it; ends it afterwards.

    Raises AssertionError where the server does not start, does not end with status 0, or has
    complained.
    """
    with tempfile.TemporaryDirectory(prefix="zcring-served-") as folder:
        with Server(folder, *settings) as server:
            yield server
        if complaint := server.said():
            raise AssertionError(f"server: {complaint}")

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
    """zcring serve with these arguments (key=value, options); its socket is below the folder.

    Its text is the path of its socket, by which clients find it. before: words before the command,
    such as those that lead to another network namespace. Raises AssertionError where the server
    does not start. The command zcring must be on the PATH.
    """

    def __init__(self, folder, *arguments, name="test", before=()):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.path = folder / "zcring" / name
        self.log = folder / f"serve-{name}.log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*before, "zcring", "serve", name, *map(str, arguments)], stdout=subprocess.PIPE,
                stderr=log, text=True, env={**os.environ, "XDG_RUNTIME_DIR": str(folder)})
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line.startswith(f"zcring: serving {name}"):
            self.end(signal.SIGKILL)
            raise AssertionError(f"the server does not start: {line}{self.said()}")

    def __str__(self):
        return str(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()

    def said(self):
        """What it wrote to its log."""
        return self.log.read_text(encoding="utf-8")

    def cpu_seconds(self):
        """CPU time of the server so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS

    def end(self, number=signal.SIGTERM):
        """Ends it; returns the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(DEADLINE_SECONDS)
        self.process.stdout.close()
        return status


@contextlib.contextmanager
def served(*settings):
    """Starts a server with these settings (key=value) and yields it; ends it afterwards.

    Raises AssertionError where the server does not start, does not end with status 0, or has
    complained.
    """
    with tempfile.TemporaryDirectory(prefix="zcring-served-") as folder:
        with Server(folder, *settings) as server:
            yield server
            status, complaint = server.end(), server.said()
            if status or complaint:
                raise AssertionError(f"server: status {status}: {complaint}")

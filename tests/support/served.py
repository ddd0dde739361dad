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
    """A server that runs; its text is the path of its socket, by which clients find it."""

    def __init__(self, socket, pid):
        self.socket, self.pid = socket, pid

    def __str__(self):
        return str(self.socket)

    def cpu_seconds(self):
        """CPU time of the server so far."""
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS


@contextlib.contextmanager
def served(*settings):
    """Starts a server with these settings (key=value) and yields it.

    Ends it afterwards. Raises AssertionError where the server does not start, does not end with
    status 0, or has complained.
    """
    with tempfile.TemporaryDirectory(prefix="zcring-served-") as folder:
        server = subprocess.Popen(
            ["zcring", "serve", "test", *settings], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=dict(os.environ, XDG_RUNTIME_DIR=folder))
        try:
            ready, _, _ = select.select([server.stdout], [], [], DEADLINE_SECONDS)
            line = server.stdout.readline() if ready else ""
            if not line.startswith("zcring: serving test"):
                server.kill()
                raise AssertionError(f"the server does not start: {line}{server.stderr.read()}")
            yield Server(pathlib.Path(folder) / "zcring" / "test", server.pid)
            server.send_signal(signal.SIGTERM)
            complaint = server.communicate(timeout=DEADLINE_SECONDS)[1]
            if server.returncode or complaint:
                raise AssertionError(f"server: status {server.returncode}: {complaint}")
        finally:
            server.kill()
            server.communicate()

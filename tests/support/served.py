# SPDX-License-Identifier: GPL-3.0-or-later
"""A server (zcring serve) that no other program finds; what the tests of flowgraphs share."""
import contextlib
import os
import pathlib
import select
import signal
import subprocess
import tempfile

from waiting import DEADLINE_SECONDS


@contextlib.contextmanager
def served(*settings):
    """Starts a server with these settings (key=value) and yields the path of its socket.

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
            yield pathlib.Path(folder) / "zcring" / "test"
            server.send_signal(signal.SIGTERM)
            complaint = server.communicate(timeout=DEADLINE_SECONDS)[1]
            if server.returncode or complaint:
                raise AssertionError(f"server: status {server.returncode}: {complaint}")
        finally:
            server.kill()
            server.communicate()

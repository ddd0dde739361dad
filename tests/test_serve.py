#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""zcring serve, as people and service managers call it: test_serve.py PATH/TO/zcring [UNITS]."""

import array
import contextlib
import fcntl
import grp
import mmap
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

COMMAND = "zcring"
UNITS = None
DEADLINE_SECONDS = 60
NOBODY = 65534


def ioc(direction, number, size):
    return direction << 30 | size << 16 | ord("Z") << 8 | number


GET_INFO = ioc(2, 0x00, 192)
GET_REGION = ioc(3, 0x01, 64)
START = ioc(1, 0x05, 64)
ATTACH = ioc(3, 0x0B, 64)
RADIO, META, GONE = 1, 0, 3


class Client:
    """A radio of a server, by its messages."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(DEADLINE_SECONDS)
        self.socket.connect(str(path))

    def call(self, command, argument=b""):
        """The error, the result, and the descriptor that came."""
        self.socket.send(struct.pack("<II", command, 0) + argument)
        answer, fds, _, _ = socket.recv_fds(self.socket, 512, 1)
        answered, error = struct.unpack_from("<Ii", answer)
        assert answered == command
        return error, answer[8:], fds[0] if fds else None

    def attach(self):
        return self.call(ATTACH, struct.pack("<I60x", RADIO))[0]

    def metadata(self):
        error, _, fd = self.call(GET_REGION, struct.pack("<I60x", META))
        assert error == 0
        with contextlib.closing(os.fdopen(fd, "rb")) as file:
            return mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ)

    def is_hung_up(self):
        return self.socket.recv(1) == b""


class Serve(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o700)

    def start(self, *arguments, before=(), command=None, **more):
        """A server that is ready, and the line that it has printed."""
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.folder), **more.pop("env", {})}
        server = subprocess.Popen(
            [*before, command or COMMAND, "serve", *arguments], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        ready, _, _ = select.select([server.stdout], [], [], DEADLINE_SECONDS)
        self.assertTrue(ready)
        return server, server.stdout.readline()

    def connect(self, path):
        client = Client(path)
        self.addCleanup(client.socket.close)
        return client

    def end(self, server, number=signal.SIGTERM):
        server.send_signal(number)
        self.assertEqual(server.wait(DEADLINE_SECONDS), 0, server.stderr.read())
        self.assertEqual(server.stderr.read(), "")

    def refused(self, *arguments):
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.folder)}
        done = subprocess.run([COMMAND, "serve", *arguments], env=environment, capture_output=True,
                              text=True, timeout=DEADLINE_SECONDS)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Azcring: [^\n]+\n\Z")
        return done.stderr

    def test_a_client_gets_a_receiver_until_the_server_ends(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server, line = self.start("fm", "rate=2e6", "scene=counter")
            path = self.folder / "zcring" / "fm"
            self.assertEqual(line, f"zcring: serving fm at {path}; open it with device=fm\n")
            self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            client = self.connect(path)
            self.assertEqual(client.attach(), 0)
            metadata = client.metadata()
            self.assertEqual(client.call(START, bytes(64))[0], 0)
            self.end(server, number)
            self.assertTrue(client.is_hung_up())
            self.assertEqual(struct.unpack_from("<I", metadata, 12)[0], GONE)
            self.assertFalse(path.exists())

    def test_the_name_is_default_if_none_is_given(self):
        server, line = self.start()
        self.assertIn("; open it with device=default\n", line)
        self.end(server)

    def test_wrong_words_are_refused(self):
        self.assertIn("letters", self.refused("a/b"))
        self.assertIn("emulator", self.refused("emulator"))
        self.assertIn("one name", self.refused("one", "two"))
        self.assertIn("leave device= out", self.refused("device=/dev/zcring0"))
        self.assertIn("at least 1000", self.refused("interval_us=999"))
        self.assertIn("rate", self.refused("rate=fast"))
        self.assertIn("no such group", self.refused("--group=no group has this name"))
        self.assertIn("1 to 64", self.refused("--receivers=65"))
        self.assertIn("the known ones are", self.refused("unknown=1"))

    def test_a_name_belongs_to_one_server_at_a_time(self):
        first, _ = self.start("one")
        self.assertIn("runs already", self.refused("one"))
        self.assertEqual(self.connect(self.folder / "zcring/one").attach(), 0)
        second, _ = self.start("two")
        first.kill()
        first.wait()
        self.assertTrue((self.folder / "zcring/one").is_socket())
        third, _ = self.start("one")
        self.assertEqual(self.connect(self.folder / "zcring/one").attach(), 0)
        self.end(second)
        self.end(third)

    def test_a_client_of_rtl_tcp_gets_samples_until_the_server_ends(self):
        server, _ = self.start("fm", "--rtl-tcp=0")
        port = int(re.fullmatch(r"zcring: rtl_tcp: listening on 127.0.0.1:(\d+)\n",
                                server.stderr.readline()).group(1))
        with socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS) as client:
            with client.makefile("rb") as stream:
                self.assertEqual(stream.read(4), b"RTL0")
                self.assertEqual(len(stream.read(100000)), 100000)
                server.send_signal(signal.SIGTERM)
                self.assertEqual(server.wait(DEADLINE_SECONDS), 0)
                with contextlib.suppress(ConnectionResetError):
                    stream.read()

    def verify(self, arguments):
        done = subprocess.run([COMMAND, "verify", arguments, "--samples", "10000"],
                              env={**os.environ, "XDG_RUNTIME_DIR": str(self.folder)},
                              capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        return done.returncode, done.stdout + done.stderr

    def test_verify_leaves_the_scene_of_all_receivers_alone_unless_it_is_told(self):
        server, _ = self.start("fm", "rate=1e6", "scene=noise")
        for _ in range(2):
            status, text = self.verify("device=fm")
            self.assertEqual(status, 1, text)
            self.assertIn("zcring serve NAME scene=counter", text)
        status, text = self.verify("device=fm,scene=tone")
        self.assertEqual(status, 2, text)
        self.assertIn("scene=counter", text)
        self.assertEqual(self.verify("device=fm,scene=counter")[0], 0)
        status, text = self.verify("device=fm")
        self.assertEqual(status, 0, text)
        self.end(server)

    def play(self, *words):
        """zcring play of raw samples, at the server fm."""
        process = subprocess.Popen(
            [COMMAND, "play", *words, "device=fm,format=sc16,rate=1e6"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env={**os.environ, "XDG_RUNTIME_DIR": str(self.folder)})
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_ctrl_c_ends_a_feed_from_a_named_pipe_that_has_no_writer(self):
        self.start("fm")
        os.mkfifo(self.folder / "samples")
        process = self.play("--live", str(self.folder / "samples"))
        ready, _, _ = select.select([process.stdout], [], [], DEADLINE_SECONDS)
        self.assertTrue(ready, "it waits for a writer before it begins")
        self.assertIn(b"a live feed", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE_SECONDS), 0)

    def test_ctrl_c_while_samples_are_loaded_leaves_the_scene_alone(self):
        self.start("fm")
        process = self.play("-")
        process.stdin.write(bytes(4000))
        process.stdin.flush()
        waiting = array.array("i", [1])
        deadline = time.monotonic() + DEADLINE_SECONDS
        while waiting[0] and time.monotonic() < deadline:
            fcntl.ioctl(process.stdin, termios.FIONREAD, waiting)
            time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(DEADLINE_SECONDS), 0)
        self.assertEqual(process.stdout.read(), b"")

    def test_a_service_manager_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(DEADLINE_SECONDS)
            manager.bind(str(self.folder / "notify"))
            server, _ = self.start(env={"NOTIFY_SOCKET": str(self.folder / "notify")})
            self.assertEqual(manager.recv(100), b"READY=1")
            self.end(server)
            self.assertEqual(manager.recv(100), b"STOPPING=1")

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "no systemd-socket-activate")
    def test_a_socket_of_a_service_manager_starts_the_server_and_stays(self):
        path = self.folder / "unit"
        server = subprocess.Popen(
            ["systemd-socket-activate", "--seqpacket", "-l", str(path), COMMAND, "serve", "fm"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.assertIn("Listening on", server.stderr.readline())
        client = self.connect(path)
        self.assertEqual(client.attach(), 0)
        self.assertIn(f"serving fm at {path}; open it with device={path}\n",
                      server.stdout.readline())
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait(DEADLINE_SECONDS), 0)
        self.assertTrue(client.is_hung_up())
        self.assertTrue(path.is_socket())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_the_units_are_understood(self):
        if not UNITS:
            self.skipTest("no units named")
        for name in ("zcring@.service", "zcring@.socket"):
            text = next(pathlib.Path(folder, name) for folder in UNITS
                        if pathlib.Path(folder, name).exists()).read_text(encoding="utf-8")
            lines = [f"ExecStart={COMMAND} serve %i" if line.startswith("ExecStart=") else line
                     for line in text.splitlines()]  # the installed command may not be there yet
            (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", "--man=no",
             str(self.folder / "zcring@x.socket"), str(self.folder / "zcring@x.service")],
            env={**os.environ, "XDG_RUNTIME_DIR": str(self.folder)},
            capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def as_nobody(self):
        """What makes a command another user than root, who may do everything; and the command."""
        if os.getuid() != 0:
            return [], COMMAND
        if not shutil.which("setpriv"):
            self.skipTest("no setpriv")
        os.chown(self.folder, NOBODY, NOBODY)
        # The original may be where only root goes.
        copy = shutil.copy(COMMAND, self.folder / "command")
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"], copy

    def test_a_process_of_the_same_user_cannot_write_to_its_memory(self):
        before, command = self.as_nobody()
        server, line = self.start(before=before, command=command)
        self.assertIn("serving", line)
        attack = ("import os,sys\n"
                  "for file in 'mem', 'fd', 'map_files', 'maps':\n"
                  "    path = f'/proc/{sys.argv[1]}/{file}'\n"
                  "    try:\n"
                  "        os.listdir(path) if file in ('fd', 'map_files') else \\\n"
                  "            os.open(path, os.O_RDWR if file == 'mem' else os.O_RDONLY)\n"
                  "        print('opened', path)\n"
                  "    except PermissionError:\n"
                  "        pass\n")
        done = subprocess.run([*before, "/usr/bin/python3", "-c", attack, str(server.pid)],
                              capture_output=True, text=True, check=True)
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        self.end(server)

    @unittest.skipIf(os.path.exists("/run/zcring"), "there is a folder of the system's servers")
    def test_a_user_who_cannot_make_the_folder_of_a_group_is_told_how_root_does(self):
        before, command = self.as_nobody()
        user, group = (NOBODY, NOBODY) if before else (os.getuid(), os.getgid())
        done = subprocess.run(
            [*before, command, "serve", "--group", grp.getgrgid(group).gr_name],
            capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Azcring: /run/zcring: [^\n]+\n\Z")
        self.assertIn(f"install -d -m 0750 -o {user} -g {group} /run/zcring", done.stderr)
        self.assertNotIn("XDG_RUNTIME_DIR", done.stderr)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        COMMAND = sys.argv.pop(1)
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        UNITS = sys.argv.pop(1).split(":")
    unittest.main(verbosity=2)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A server beside a foreign program: faults for the program's receiver, and its true accounting.

    with WatchedServer(folder, "rate=1e6", "scene=counter") as server:
        ...                                      # a program opens device=PATH, see server.path
        stream = server.watch()                  # waits until receiver 0 streams
        with server.antenna() as antenna:
            antenna.drop(1000)
        print(stream.telemetry(), stream.gaps())

Speaks the ABI as docs/abi.md has it.
"""
import contextlib
import mmap
import os
import socket
import struct
import threading

from served import Server
from waiting import DEADLINE_SECONDS, wait_until

META, BURSTS = 0, 2  # regions
OBSERVER, ANTENNA = 2, 3  # roles
STALL, DROP = 1, 2  # faults
RUNNING = 1  # state
STATE, SEQUENCE, BURST_HEAD, TELEMETRY = 12, 32, 72, 128  # offsets in META
COUNTERS = ("sample_clock", "produced_samples", "consumed_samples", "lost_samples",
            "produced_bytes", "consumed_bytes", "overflow_bytes", "overflow_count", "bursts")
INDEX, LOST = 0, 32  # offsets in a descriptor
INFO_BURST_BYTES, INFO_BURST_SLOTS = 28, 40  # offsets in what GET_INFO gives
LOOK_SECONDS = 0.01  # between two looks at the descriptors, which the ring holds for longer


def _command(direction, number, size):
    return direction << 30 | size << 16 | ord("Z") << 8 | number


GET_INFO = _command(2, 0x00, 192)
GET_REGION = _command(3, 0x01, 64)
ATTACH = _command(3, 0x0B, 64)
INJECT = _command(1, 0x0C, 32)


class Connection:
    """A connection to a server in a role; raises OSError with the server's error."""

    def __init__(self, path, role, receiver=0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(DEADLINE_SECONDS)
        try:
            self.socket.connect(str(path))
            self.call(ATTACH, struct.pack("<IIQ48x", role, 0, receiver))
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def call(self, command, argument=b""):
        """The result of a command, and the descriptor that came with it or None."""
        self.socket.send(struct.pack("<II", command, 0) + argument)
        answer, fds, _, _ = socket.recv_fds(self.socket, 512, 1)
        _, error = struct.unpack_from("<Ii", answer)
        if error:
            raise OSError(abs(error), os.strerror(abs(error)))
        return answer[8:], fds[0] if fds else None

    def map(self, region):
        """A region, mapped read-only."""
        _, fd = self.call(GET_REGION, struct.pack("<I60x", region))
        with contextlib.closing(os.fdopen(fd, "rb")) as file:
            return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)


class Antenna(Connection):
    """The antenna of a server: its faults reach every receiver."""

    def __init__(self, path):
        super().__init__(path, ANTENNA)

    def _inject(self, kind, amount=0):
        self.call(INJECT, struct.pack("<IIq16x", kind, 0, int(amount)))

    def drop(self, samples):
        """The next samples are lost."""
        self._inject(DROP, samples)

    def stall(self, seconds):
        """The DMA engine delivers nothing for so long."""
        self._inject(STALL, seconds * 1e9)


class Stream:
    """Watches the stream that runs on a receiver, until close(): counters, and every gap."""

    def __init__(self, path, receiver=0):
        self._connection, self._meta = wait_until(lambda: self._open(path, receiver),
                                                  f"stream of receiver {receiver}", 0.01)
        info, _ = self._connection.call(GET_INFO)
        self._bursts = self._connection.map(BURSTS)
        self._stride, = struct.unpack_from("<I", info, INFO_BURST_BYTES)
        self._slots, = struct.unpack_from("<Q", info, INFO_BURST_SLOTS)
        self._seen, self._gaps = 0, []
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    @staticmethod
    def _open(path, receiver):
        try:
            connection = Connection(path, OBSERVER, receiver)
        except OSError:
            return None
        meta = connection.map(META)
        if struct.unpack_from("<I", meta, STATE)[0] == RUNNING:
            return connection, meta
        connection.socket.close()
        return None

    def _follow(self):
        while not self._end.wait(LOOK_SECONDS):
            self._look()

    def _look(self):
        with self._lock:
            head, = struct.unpack_from("<Q", self._meta, BURST_HEAD)
            if head - self._seen >= self._slots:
                raise AssertionError("descriptors were overwritten before they were read: the "
                                     "watching thread was too late")
            for number in range(self._seen, head):
                place = number % self._slots * self._stride
                lost, = struct.unpack_from("<Q", self._bursts, place + LOST)
                if lost:
                    index, = struct.unpack_from("<Q", self._bursts, place + INDEX)
                    self._gaps.append((index, lost))
            self._seen = head

    def gaps(self):
        """[(index of the sample after the gap, samples lost)] of all gaps up to now."""
        self._look()
        return list(self._gaps)

    def telemetry(self):
        """The counters, as one consistent set; they stay after the stream has ended."""
        while True:
            before = struct.unpack_from("<Q", self._meta, SEQUENCE)[0]
            values = struct.unpack_from(f"<{len(COUNTERS)}Q", self._meta, TELEMETRY)
            if before % 2 == 0 and struct.unpack_from("<Q", self._meta, SEQUENCE)[0] == before:
                return dict(zip(COUNTERS, values))

    def wait_produced(self, samples):
        """Waits until this many samples were produced."""
        wait_until(lambda: self.telemetry()["produced_samples"] >= samples,
                   f"{samples:.0f} samples", LOOK_SECONDS)

    def close(self):
        """Ends watching; gaps() and telemetry() have what was seen."""
        self._end.set()
        self._thread.join()
        self._connection.socket.close()


class WatchedServer(Server):
    """A server whose receivers can be watched."""

    def watch(self, receiver=0):
        """Waits until the receiver of this number streams; see Stream."""
        return Stream(self.path, receiver)

    def antenna(self):
        """Its antenna."""
        return Antenna(self.path)

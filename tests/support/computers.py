# SPDX-License-Identifier: GPL-3.0-or-later
"""Two network namespaces, as two computers: only a cable joins their networks.

    with TwoComputers() as computers:
        subprocess.Popen(computers.command(0, "server", "--bind", computers.addresses[0]))

Raises NoComputers where this user may not make namespaces.
"""
import os
import subprocess

NETWORK = "10.231.77."
# SoapySDRServer ends where it finds no avahi, and avahi needs D-Bus: both run beside it, with
# folders of their own in place of the system's. $1: address of the server.
SOAPY_SERVER = """
for folder in /run/dbus /run/avahi-daemon; do mkdir -p $folder; mount -t tmpfs tmpfs $folder; done
dbus-daemon --system --nofork --nopidfile &
while ! [ -S /run/dbus/system_bus_socket ]; do sleep 0.1; done
avahi-daemon --no-drop-root --no-chroot --no-rlimits &
while ! avahi-daemon --check; do sleep 0.1; done
exec SoapySDRServer --bind="$1"
"""
# Of two computers, and of SoapyRemote between them; see needs.py.
NEEDS = "ip",
SOAPY_NEEDS = (*NEEDS, "SoapySDRServer", "avahi-daemon", "dbus-daemon",
               "/usr/lib/*/SoapySDR/modules*/libremoteSupport.so")


class NoComputers(Exception):
    """This user may not make network namespaces."""


class TwoComputers:
    """Two namespaces with a cable between them; addresses has one IPv4 address of each."""

    addresses = f"{NETWORK}1", f"{NETWORK}2"

    def __init__(self):
        self._names = [f"zcring-{os.getpid()}-{end}" for end in "ab"]

    def __enter__(self):
        first, second = self._names
        try:
            self._ip("netns", "add", first)
            self._ip("-n", first, "link", "set", "lo", "up")  # this needs /sys
        except FileNotFoundError as error:
            raise NoComputers(f"no network namespaces: {error}") from error
        except subprocess.CalledProcessError as error:
            self.__exit__()
            raise NoComputers(f"no network namespaces: {error}") from error
        try:
            self._ip("netns", "add", second)
            self._lay_cable()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _lay_cable(self):
        ends = [f"zc{os.getpid()}{end}" for end in "ab"]
        self._ip("link", "add", ends[0], "netns", self._names[0], "type", "veth",
                 "peer", "name", ends[1], "netns", self._names[1])
        for name, end, address in zip(self._names, ends, self.addresses):
            self._ip("-n", name, "address", "add", f"{address}/24", "dev", end)
            self._ip("-n", name, "link", "set", end, "up")

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True, stderr=subprocess.DEVNULL)

    def __exit__(self, *_):
        for name in self._names:
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)

    def command(self, end, *words):
        """The words of a command that runs on one of the computers, 0 or 1."""
        return ["ip", "netns", "exec", self._names[end], *map(str, words)]

    def soapy_server(self, address):
        """The words of a command that runs SoapySDRServer on the first computer.

        It becomes the server; D-Bus and avahi are its children, and end with its process group.
        """
        return self.command(0, "sh", "-euc", SOAPY_SERVER, "sh", address)

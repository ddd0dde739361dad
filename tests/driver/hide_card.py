#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: hide_card.py hide CARD COVER | hide_card.py show CARD COVER

Takes a PCI card off the bus without an event, and puts it back, as root in a VM: while the card is
hidden, its registers read as all ones, as those of a card that was pulled out. Its DMA still ends
with an interrupt. CARD and COVER are the devices' folders in sysfs, with a BAR 0 of the same size.
That of COVER is memory that is full of ones, and is laid over the card's: QEMU shows the one that
was placed last, and 0 where there is none. The card is hidden early in a leg of its DMA.

Exit status of show: 75 if the driver wrote to the card after it was hidden, so that the memory has
not shown ones all the time. On a machine that stands still for a leg, the driver may: try again.
"""
import mmap
import os
import pathlib
import re
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from waiting import wait_until  # noqa: E402

COMMAND, MEMORY_DECODE, BAR0 = 4, 2, 0x10
INTO_A_LEG_SECONDS = 0.03  # a leg of DMA takes 0.1 s


class PciDevice:
    """A PCI device, by its folder in sysfs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        lines = (self.folder / "resource").read_text().splitlines()
        self.first, last, _ = (int(word, 16) for word in lines[0].split())
        self.size = last - self.first + 1

    def configure(self, form, place, change):
        """Replaces a field of the configuration."""
        config = os.open(self.folder / "config", os.O_RDWR)
        [value] = struct.unpack(form, os.pread(config, struct.calcsize(form), place))
        os.pwrite(config, struct.pack(form, change(value)), place)
        os.close(config)

    def place(self, address):
        """Places BAR 0; its lowest four bits are flags, and are read-only."""
        self.configure("<I", BAR0, lambda _: address)

    def memory(self):
        """The memory of BAR 0."""
        with open(self.folder / "resource0", "r+b", buffering=0) as file:
            return mmap.mmap(file.fileno(), self.size)

    def interrupts(self):
        """Number of its interrupts so far: messages, or those of a line that it may share."""
        numbers = [entry.name for entry in (self.folder / "msi_irqs").glob("*")]
        number = (numbers or [(self.folder / "irq").read_text().strip()])[0]
        counts = re.search(rf"^ *{number}:((?: +[0-9]+)+)",
                           pathlib.Path("/proc/interrupts").read_text(), re.MULTILINE)
        return sum(map(int, counts[1].split()))


def hide(card, cover):
    """Returns when the card reads as all ones."""
    assert card.size == cover.size, (card.size, cover.size)
    (cover.folder / "enable").write_text("1")
    with cover.memory() as memory:
        memory[:] = b"\xff" * cover.size
    before = card.interrupts()
    wait_until(lambda: card.interrupts() > before, "interrupt of the card")
    time.sleep(INTO_A_LEG_SECONDS)
    cover.place(card.first)
    card.configure("<H", COMMAND, lambda command: command & ~MEMORY_DECODE)


def show(card, cover):
    """Returns whether the memory still is full of ones."""
    cover.place(cover.first)
    card.configure("<H", COMMAND, lambda command: command | MEMORY_DECODE)
    with cover.memory() as memory:
        return memory[:] == b"\xff" * cover.size


if __name__ == "__main__":
    DEVICES = [PciDevice(folder) for folder in sys.argv[2:4]]
    if sys.argv[1] == "hide":
        hide(*DEVICES)
    else:
        sys.exit(0 if show(*DEVICES) else 75)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Contestants: the sources that are compared, zcring's block and GNU Radio's own.

A contestant is opened for one round: its context yields the source block, which makes complex
floats as fast as the flowgraph takes them.
"""
import contextlib
import os
import signal
import subprocess
import sys
import tempfile

from gnuradio import blocks, gr

EMULATOR = "emulator,pace=free"
FREE = EMULATOR + ",dma=resident,scene=tone"
RATE = 100e6
INTERVAL_US = 10000
RING_BYTES = 8 << 20
FILE_ITEMS = 1 << 23
TMPFS = "/dev/shm"
PATH_NAMES = {"zero_copy": "zero copy", "one_copy_sc16": "one copy from sc16"}


class Skipped(Exception):
    """This contestant is not available; the message gives the reason."""


def ring(format="fc32", type="fc32", zero_copy="auto", channels=1, rate=RATE,
         interval_us=INTERVAL_US, ring_bytes=RING_BYTES, args=FREE):
    """A zcring source."""
    from gnuradio import zcring
    return zcring.source(f"{args},format={format},ring_bytes={ring_bytes},"
                         f"interval_us={interval_us}",
                         type, nchan=channels, samp_rate=rate, zero_copy=zero_copy)


def ring_arguments(format="fc32", rate=RATE, interval_us=INTERVAL_US, args=FREE):
    """Arguments of the same ring for a loop outside of GNU Radio."""
    return (f"{args},format={format},ring_bytes={RING_BYTES},rate={rate},"
            f"interval_us={interval_us}")


def ring_text():
    return (f"ring of {RING_BYTES >> 20} MiB, "
            f"bursts of {RATE * INTERVAL_US / 1e6:,.0f} samples")


@contextlib.contextmanager
def zero_copy():
    yield ring(zero_copy="on")


@contextlib.contextmanager
def ring_copied():
    yield ring(zero_copy="off")


@contextlib.contextmanager
def one_copy_sc16():
    yield ring("sc16")


@contextlib.contextmanager
def one_copy_sc8():
    yield ring("sc8")


@contextlib.contextmanager
def null_source():
    yield blocks.null_source(gr.sizeof_gr_complex)


@contextlib.contextmanager
def null_source_large():
    source = blocks.null_source(gr.sizeof_gr_complex)
    source.set_min_output_buffer(0, 1 << 20)
    yield source


def tmpfs_file():
    """Path of a file of samples in memory, which all contestants share."""
    path = f"{TMPFS}/zcring-bench-{os.getuid()}.cfile"
    size = FILE_ITEMS * gr.sizeof_gr_complex
    if not os.path.isdir(TMPFS):
        raise Skipped(f"no folder {TMPFS}")
    if not os.path.exists(path) or os.path.getsize(path) != size:
        import numpy
        numpy.exp(2j * numpy.pi / 8 * numpy.arange(FILE_ITEMS)).astype(
            numpy.complex64).tofile(path)
    return path


def remove_tmpfs_file():
    with contextlib.suppress(FileNotFoundError):
        os.remove(f"{TMPFS}/zcring-bench-{os.getuid()}.cfile")


@contextlib.contextmanager
def file_source():
    yield blocks.file_source(gr.sizeof_gr_complex, tmpfs_file(), True)


@contextlib.contextmanager
def quiet():
    """Discards the output of libraries that print while they load."""
    kept = os.dup(1), os.dup(2)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        for fd, was in enumerate(kept, start=1):
            os.dup2(was, fd)
            os.close(was)


@contextlib.contextmanager
def osmosdr_file():
    sys.stdout.flush()
    with quiet():
        try:
            import osmosdr
        except ImportError:
            raise Skipped("package gr-osmosdr is not installed") from None
        source = osmosdr.source(
            f"file={tmpfs_file()},rate=1e6,freq=0,repeat=true,throttle=false")
    yield source


@contextlib.contextmanager
def child(*command, **options):
    """A process that feeds a contestant; it is killed at the end of the round."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def pipe_from(loops):
    """The same ring, copied into a pipe by another process and read from there."""
    @contextlib.contextmanager
    def pipe():
        with child(loops, "feed", ring_arguments(), "0", stdout=subprocess.PIPE) as feeder:
            yield blocks.file_descriptor_source(gr.sizeof_gr_complex,
                                                os.dup(feeder.stdout.fileno()))
            feeder.stdout.close()
    return pipe


PUBLISHER = """
import sys
from gnuradio import blocks, gr, zeromq
tb = gr.top_block()
source = blocks.null_source(gr.sizeof_gr_complex)
source.set_min_output_buffer(0, 1 << 16)
tb.connect(source, zeromq.pub_sink(gr.sizeof_gr_complex, 1, sys.argv[1]))
tb.run()
"""


@contextlib.contextmanager
def zeromq_sub():
    try:
        from gnuradio import zeromq
    except ImportError:
        raise Skipped("GNU Radio is built without gr-zeromq") from None
    with tempfile.TemporaryDirectory() as folder:
        address = f"ipc://{folder}/samples"
        with child(sys.executable, "-c", PUBLISHER, address):
            yield zeromq.sub_source(gr.sizeof_gr_complex, 1, address)


def flowgraph_contestants(loops):
    """Returns (key, name in the tables, function that opens it) of each contestant."""
    return [
        ("zero_copy", "**zcring, zero copy** (fc32 ring)", zero_copy),
        ("one_copy_sc16", "**zcring, one copy** from sc16", one_copy_sc16),
        ("one_copy_sc8", "**zcring, one copy** from sc8", one_copy_sc8),
        ("ring_copied", "the fc32 ring, copied as read(2) would", ring_copied),
        ("null_source", "null_source", null_source),
        ("null_source_large", "null_source, 1 Mi-item buffer", null_source_large),
        ("file_source", "file_source (tmpfs)", file_source),
        ("pipe", "file_descriptor_source (pipe, fed from the ring)", pipe_from(loops)),
        ("zeromq", "zeromq sub_source (ipc)", zeromq_sub),
        ("osmosdr", "gr-osmosdr file source (tmpfs)", osmosdr_file),
    ]

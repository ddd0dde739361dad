# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowgraph: one source and the blocks behind it, run for a while and measured."""
import resource
import time

from gnuradio import analog, blocks, fft, filter, gr
from gnuradio.fft import window

from rounds import say


def null(top, source, port=0):
    """No block reads the samples. Returns the block that counts them."""
    sink = blocks.null_sink(gr.sizeof_gr_complex)
    top.connect((source, port), sink)
    return sink


def magnitude(top, source, port=0):
    """Every sample is read."""
    reads = blocks.complex_to_mag_squared(1)
    top.connect((source, port), reads, blocks.null_sink(gr.sizeof_float))
    return reads


def magnitude_large(top, source, port=0):
    """Every sample is read; a buffer of 1 MiB behind the reader keeps it from waiting."""
    reads = blocks.complex_to_mag_squared(1)
    reads.set_min_output_buffer(0, (1 << 20) // gr.sizeof_float)
    top.connect((source, port), reads, blocks.null_sink(gr.sizeof_float))
    return reads


def spectrum(top, source):
    """1024-bin FFT, then an average over 64 spectra."""
    bins = 1024
    to_vector = blocks.stream_to_vector(gr.sizeof_gr_complex, bins)
    top.connect(source, to_vector, fft.fft_vcc(bins, True, window.blackmanharris(bins), True),
                blocks.complex_to_mag_squared(bins), blocks.integrate_ff(64, bins),
                blocks.null_sink(gr.sizeof_float * bins))
    return to_vector


def fm_receiver(top, source):
    """FIR decimator by 8 (65 taps), then an FM demodulator."""
    taps = filter.firdes.low_pass(1.0, 1.0, 0.05, 0.05, window.WIN_HAMMING)[:65]
    decimator = filter.fir_filter_ccf(8, taps)
    top.connect(source, decimator, analog.quadrature_demod_cf(1.0),
                blocks.null_sink(gr.sizeof_float))
    return decimator


def cpu_seconds():
    """CPU time of all threads of this process, in user space and in the kernel."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Run:
    """A flowgraph that runs while this context lasts."""

    def __init__(self, source, chain, channels=1):
        self.source = source
        self.top = gr.top_block()
        self.counters = [chain(self.top, source, port) if channels > 1
                         else chain(self.top, source) for port in range(channels)]

    def samples(self):
        """Samples that the blocks behind the source have read, over all channels."""
        counts = [counter.nitems_read(0) * counter.input_signature().sizeof_stream_item(0)
                  for counter in self.counters]
        return sum(counts) // gr.sizeof_gr_complex

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *_):
        self.top.stop()
        self.top.wait()

    def warm_up(self, samples, seconds=0.15, at_most=20):
        """Waits until the ring was passed a few times: a resident ring is written first."""
        begin = time.monotonic()
        while (time.monotonic() - begin < seconds or self.samples() < samples) and (
                time.monotonic() - begin < at_most):
            time.sleep(0.01)

    def measure(self, seconds):
        """Measures samples per second, and CPU nanoseconds per sample."""
        samples, cpu, wall = self.samples(), cpu_seconds(), time.monotonic()
        time.sleep(seconds)
        samples = self.samples() - samples
        cpu = cpu_seconds() - cpu
        wall = time.monotonic() - wall
        if samples == 0:
            say(f"  {self.source.name()}: no sample within {wall:.2f} s")
        return {"rate": samples / wall, "cpu_ns": cpu * 1e9 / max(samples, 1)}


def measure(contestant, chain, seconds, warm_up_samples=0):
    """One round of a contestant."""
    with contestant() as source, Run(source, chain) as run:
        run.warm_up(warm_up_samples)
        return run.measure(seconds)

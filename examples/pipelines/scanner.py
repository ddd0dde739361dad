#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the stations of a band: a scanner that tunes the source by messages.

A block asks for the next frequency at the source's port `command`. It measures the power from the
sample on that has the tag rx_freq, so that no sample of the old frequency is counted. The steps
that are stronger than their neighbours and far above the quietest step are printed.
"""

import argparse

import numpy as np
import pmt
from gnuradio import gr, zcring
from gnuradio.zcring import scenes

RATE = 120_000  # samples/s: one step, and the edges that the channel filter weakens
MEASURED = 12_000  # samples of each step: 0.1 s
CLEAR_DB = 20  # by which a station is stronger than the quietest step


class Scanner(gr.sync_block):
    """Measures the power at each frequency (Hz), and ends the flowgraph after the last one.

    The source must be tuned to the first frequency. powers: {Hz: dB of full scale}.
    """

    def __init__(self, frequencies):
        super().__init__("scanner", in_sig=[np.complex64], out_sig=None)
        self.message_port_register_out(pmt.intern("command"))
        self.frequencies = iter(frequencies)
        self.frequency = next(self.frequencies)
        self.is_tuned = False
        self.samples = np.empty(0, np.complex64)
        self.powers = {}

    def work(self, input_items, output_items):
        samples = input_items[0]
        if not self.is_tuned:
            samples = self.from_new_frequency_on(samples)
        self.samples = np.append(self.samples, samples)[:MEASURED]
        if len(self.samples) == MEASURED:
            self.powers[self.frequency] = 10 * np.log10(np.mean(np.abs(self.samples) ** 2))
            if not self.tune_to_next():
                return -1  # the flowgraph ends
        return len(input_items[0])

    def from_new_frequency_on(self, samples):
        """The samples from the tag of this frequency on; none while it has not come."""
        for tag in self.get_tags_in_window(0, 0, len(samples), pmt.intern("rx_freq")):
            if abs(pmt.to_double(tag.value) - self.frequency) < 1:
                self.is_tuned = True
                return samples[tag.offset - self.nitems_read(0):]
        return samples[:0]

    def tune_to_next(self):
        """Asks the source for the next frequency; returns whether there is one."""
        self.frequency = next(self.frequencies, None)
        if self.frequency is None:
            return False
        self.is_tuned = False
        self.samples = self.samples[:0]
        self.message_port_pub(pmt.intern("command"),
                              pmt.cons(pmt.intern("freq"), pmt.from_double(self.frequency)))
        return True


def stations(powers):
    """The frequencies of powers, {Hz: dB}, that are far above the quietest and local maxima."""
    levels = np.array([-np.inf, *powers.values(), -np.inf])
    is_peak = (levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])
    is_clear = levels[1:-1] > min(powers.values()) + CLEAR_DB
    return [frequency for frequency, found in zip(powers, is_peak & is_clear) if found]


def scan(arguments, frequencies):
    """Returns the power at each of the frequencies (Hz): {Hz: dB of full scale}."""
    top = gr.top_block("scanner")
    source = zcring.source(arguments, "fc32", samp_rate=RATE, center_freq=frequencies[0])
    scanner = Scanner(frequencies)
    top.connect(source, scanner)
    top.msg_connect(scanner, "command", source, "command")
    top.run()
    return scanner.powers


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--args", default="",
                        help="device arguments, such as emulator or device=/dev/zcring0")
    parser.add_argument("--first", type=float, default=97.5e6, help="Hz (default: %(default)s)")
    parser.add_argument("--last", type=float, default=98.5e6, help="Hz (default: %(default)s)")
    parser.add_argument("--step", type=float, default=100e3, help="Hz (default: %(default)s)")
    options = parser.parse_args()

    frequencies = np.arange(options.first, options.last + options.step / 2, options.step).tolist()
    powers = scan(f"scene={scenes.fm_band_file()},{options.args}", frequencies)
    found = stations(powers)
    for frequency, level in powers.items():
        bar = "#" * round((level + 100) / 4)
        print(f"{frequency / 1e6:7.2f} MHz {level:6.1f} dB  {bar:24}"
              f"{'station' if frequency in found else ''}".rstrip())


if __name__ == "__main__":
    main()

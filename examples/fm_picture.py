# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the signals that the FM demo received: the band, and the stream with its retunes."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

INK = "#1b2a3a"
BAND = "#1769aa"
MARK = "#d1495b"


def power(frames):
    """Power spectra in dB of full scale, float[n, m], of complex64[n, m]; 0 Hz in the middle."""
    window = np.blackman(frames.shape[1])
    spectra = np.fft.fft(frames * window) / window.sum()
    return 10 * np.log10(np.fft.fftshift(np.abs(spectra) ** 2, axes=1) + 1e-15)


def draw_band(axes, spectra, band):
    """Draws the mean spectrum over radio frequency, with the stations marked."""
    mean = 10 * np.log10(np.mean(10 ** (spectra / 10), axis=0))
    megahertz = (band.centre + band.rate * (np.arange(len(mean)) / len(mean) - 0.5)) / 1e6
    low, high = np.floor(mean.min() / 10) * 10, np.ceil(mean.max() / 10) * 10 + 15
    axes.fill_between(megahertz, low, mean, color=BAND, alpha=0.18, linewidth=0)
    axes.plot(megahertz, mean, color=BAND, linewidth=1)
    for name, frequency in band.stations.items():
        axes.axvline(frequency / 1e6, color=MARK, linewidth=1, linestyle=":")
        axes.annotate(f"{name}\n{frequency / 1e6:.1f} MHz", (frequency / 1e6, high - 2),
                      ha="center", va="top", color=MARK, fontweight="bold",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 2})
    axes.set(title="Signal at the antenna", xlabel="radio frequency (MHz)",
             ylabel=f"power in {band.rate / len(mean):.0f} Hz (dB of full scale)",
             xlim=megahertz[[0, -1]], ylim=(low, high))
    axes.grid(color=INK, alpha=0.12)


def draw_stream(axes, spectra, frame_seconds, retunes, band):
    """Draws the received stream over time, with every retune marked."""
    end = len(spectra) * frame_seconds
    half = band.rate / 2e3
    image = axes.imshow(spectra.T, aspect="auto", origin="lower", cmap="magma", vmin=-95,
                        vmax=-25, extent=(0, end, -half, half), interpolation="nearest")
    names = {frequency: name for name, frequency in band.stations.items()}
    for number, (start, tuned) in enumerate(retunes):
        if number:
            axes.axvline(start, color="white", linewidth=1.5)
        label = names.get(tuned, "") if number else "survey"
        axes.annotate(f"{label}\n{tuned / 1e6:.1f} MHz", (start, half),
                      xytext=(5, 4), textcoords="offset points", va="bottom", color="white",
                      fontweight="bold")
    axes.set(title="Stream received through the ring, retuned while streaming",
             xlabel="time (s)", ylabel="offset from the tuned frequency (kHz)", xlim=(0, end),
             ylim=(-half, 1.28 * half), facecolor=INK)
    return image


def draw(path, frames, frame_seconds, retunes, band):
    """Writes the picture to path.

    frames: complex64[n, m], one every frame_seconds; retunes: [(s, Hz)], the first is of the
    survey; band: has rate and centre in Hz, stations {name: Hz}.
    """
    spectra = power(frames)
    survey = spectra[:int(retunes[1][0] / frame_seconds)]
    with plt.rc_context({"text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": INK,
                         "xtick.color": INK, "ytick.color": INK, "axes.titleweight": "bold",
                         "axes.titlelocation": "left"}):
        figure, (upper, lower) = plt.subplots(2, 1, figsize=(10, 8), layout="constrained")
        draw_band(upper, survey, band)
        image = draw_stream(lower, spectra, frame_seconds, retunes, band)
        figure.colorbar(image, ax=lower, label="power (dB of full scale)", pad=0.01)
        figure.savefig(path, dpi=120)
        plt.close(figure)

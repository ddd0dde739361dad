# SPDX-License-Identifier: GPL-3.0-or-later
"""Plots: draws the results as pictures."""
import os

import matplotlib
matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402

from contestants import PATH_NAMES  # noqa: E402
from report import number  # noqa: E402

OURS, THEIRS, LIMIT = "#1f77b4", "#aaaaaa", "#2ca02c"
COLOURS = {"zero_copy": "#1f77b4", "one_copy_sc16": "#d95f02", "file_source": "#888888",
           "loop_fc32": "#1f77b4", "loop_sc16": "#d95f02"}


def colour(key, name):
    return LIMIT if key.startswith("loop") else OURS if "**" in name else THEIRS


def save(figure, folder, name):
    figure.tight_layout()
    figure.savefig(os.path.join(folder, name), dpi=90)
    pyplot.close(figure)


def plain(axis):
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.7g}"))


def bars(results, quantity, scale, label, title, folder, name):
    """Draws every contestant through every chain, the best at the top."""
    chains = results["chains"]
    heights = [len(chain["summary"]) + 2 for chain in chains.values()]
    figure, rows = pyplot.subplots(len(chains), figsize=(9.5, 0.27 * sum(heights) + 0.5),
                                   squeeze=False, height_ratios=heights, sharex=True)
    for axes, chain in zip(rows[:, 0], chains.values()):
        best_first = sorted(chain["summary"].items(), reverse=quantity == "cpu_ns",
                            key=lambda item: item[1][quantity]["median"])
        for y, (key, each) in enumerate(best_first):
            value = {what: number * scale for what, number in each[quantity].items()}
            axes.barh(y, value["median"], color=colour(key, chain["names"][key]), height=0.7,
                      xerr=[[value["median"] - value["low"]],
                            [value["high"] - value["median"]]],
                      error_kw={"lw": 0.8, "capsize": 2, "ecolor": "#333333"})
            axes.text(value["high"] * 1.12, y, number(value["median"]), va="center", fontsize=8)
        axes.set_yticks(range(len(best_first)),
                        [chain["names"][key].replace("**", "") for key, _ in best_first],
                        fontsize=8)
        axes.set_xscale("log")
        plain(axes.xaxis)
        axes.grid(axis="x", alpha=0.3)
        axes.set_title(chain["title"].split(",")[0] + (
            ", large buffers behind it" if "1 MiB" in chain["title"] else ""),
            fontsize=9, loc="left")
    everything = [each[quantity] for chain in chains.values()
                  for each in chain["summary"].values()]
    rows[-1, 0].set_xlim(scale * min(each["low"] for each in everything) / 3,
                         scale * max(each["high"] for each in everything) * 6)
    rows[-1, 0].set_xlabel(label, fontsize=8)
    figure.text(0.01, 0.005, "blue: zcring, green: bare loops, grey: others; whiskers: lowest "
                "and highest round", fontsize=8)
    figure.suptitle(title, fontsize=11)
    save(figure, folder, name)


def throughput(results, folder):
    bars(results, "rate", 1e-6, "million samples a second",
         "Throughput (dma=resident, pace=free)", folder, "throughput.png")
    bars(results, "cpu_ns", 1, "CPU ns a sample",
         "CPU time per sample (dma=resident, pace=free)", folder, "cpu.png")


def latency(results, folder):
    figure, axes = pyplot.subplots(figsize=(8.5, 4.2))
    for key, histogram in results["histograms"].items():
        points = sorted((int(edge), count) for edge, count in histogram.items())
        total = sum(count for _, count in points)
        is_loop = key.startswith("loop")
        each = results["summary"][key]
        axes.step([edge / 1e3 for edge, _ in points],
                  [100 * count / total for _, count in points], where="post",
                  color=COLOURS[key], linestyle="--" if is_loop else "-",
                  lw=1.1 if is_loop else 1.5,
                  label=f"{results['names'][key].replace('**', '')}: "
                        f"p50 {each['p50_ns']['median'] / 1e3:.3g} µs, "
                        f"p99 {each['p99_ns']['median'] / 1e3:.3g} µs")
    axes.set_xscale("log")
    plain(axes.xaxis)
    axes.set_xlabel("µs from the burst's interrupt until the reader has it "
                    "(16 buckets an octave)")
    axes.set_ylabel("% of the bursts in a bucket")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    axes.set_title("Latency (dma=resident, pace=real, a burst each ms)", fontsize=11)
    save(figure, folder, "latency.png")


def sweeps(results, folder):
    labels = {"Ring size": "ring of one channel, bytes", "Channels": "channels",
              "Burst": "ms between bursts (100 samples each µs)"}
    figure, columns = pyplot.subplots(1, 3, figsize=(11, 4), sharey=True)
    for axes, sweep in zip(columns, results["sweeps"]):
        scale = 1e-3 if sweep["what"] == "Burst" else 1
        x = [value * scale for value in sweep["values"]]
        for series in sweep["series"]:
            points = [point["cpu_ns"] for point in series["points"]]
            style = "-" if series["chain"] == "null sink" else ":"
            axes.plot(x, [p["median"] for p in points], style, marker="o", ms=3.5,
                      color=COLOURS[series["path"]],
                      label=f"{PATH_NAMES[series['path']]} → {series['chain']}")
            axes.fill_between(x, [p["low"] for p in points], [p["high"] for p in points],
                              color=COLOURS[series["path"]], alpha=0.12)
        axes.set_yscale("log")
        axes.set_xscale("log", base=10 if sweep["what"] == "Burst" else 2)
        if sweep["what"] == "Ring size":
            names = [f"{v >> 30} Gi" if v >> 30 else f"{v >> 20} Mi" if v >> 20
                     else f"{v >> 10} Ki" for v in sweep["values"]]
            axes.set_xticks(x, names, fontsize=8)
        else:
            plain(axes.xaxis)
            if sweep["what"] == "Channels":
                axes.set_xticks(x)
        axes.grid(alpha=0.3)
        axes.set_xlabel(labels[sweep["what"]])
        axes.set_title(sweep["what"], fontsize=10)
    medians = [point["cpu_ns"]["median"] for sweep in results["sweeps"]
               for series in sweep["series"] for point in series["points"]]
    columns[0].set_ylim(min(medians) / 2, max(medians) * 2)
    plain(columns[0].yaxis)
    columns[0].set_ylabel("CPU ns a sample")
    figure.legend(*columns[0].get_legend_handles_labels(), ncol=2, fontsize=8,
                  loc="lower center")
    figure.suptitle("Cost per sample (dma=resident, pace=free; shaded: lowest to highest round)",
                    fontsize=11)
    figure.tight_layout(rect=(0, 0.1, 1, 1))
    figure.savefig(os.path.join(folder, "sweeps.png"), dpi=90)
    pyplot.close(figure)


def chains(results, folder):
    figure, columns = pyplot.subplots(1, len(results["chains"]), figsize=(9.5, 3.4))
    for axes, chain in zip(columns, results["chains"].values()):
        keys = list(chain["highest_rate"])
        for x, key in enumerate(keys):
            rates = chain["highest_rate"][key]
            modes = ["resident"] if key == "file_source" else ["resident", "copy"]
            for n, dma in enumerate(modes):
                place = x if len(modes) == 1 else x + 0.4 * (n - 0.5)
                axes.bar(place, rates[dma] / 1e6, color=COLOURS[key], width=0.36,
                         alpha=0.55 if dma == "copy" else 1)
                axes.text(place, rates[dma] / 1e6, f"{rates[dma] / 1e6:.3g}", ha="center",
                          va="bottom", fontsize=8)
        axes.set_xticks(range(len(keys)),
                        [results["names"][key].replace("**", "").replace(", ", ",\n")
                         .replace(" from", "\nfrom").replace(" (", "\n(") for key in keys],
                        fontsize=8)
        axes.margins(y=0.15)
        axes.grid(axis="y", alpha=0.3)
        axes.set_title(chain["title"], fontsize=9)
    columns[0].set_ylabel("million samples a second")
    figure.suptitle("Highest rate without a lost sample "
                    "(pace=real; full colour: dma=resident, pale: dma=copy)", fontsize=10)
    save(figure, folder, "chains.png")


PLOTS = {"throughput": throughput, "latency": latency, "sweeps": sweeps, "chains": chains}


def draw(results, folder):
    for part, plot in PLOTS.items():
        if part in results:
            plot(results[part], folder)

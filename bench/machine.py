# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine: describes the computer on which the numbers were measured."""
import os
import platform
import re
import subprocess

from gnuradio import gr


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, check=True)
        return done.stdout.strip().splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def field(path, pattern, otherwise="unknown"):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return otherwise
    return found.group(1) if found else otherwise


def caches():
    """Sizes of the caches of level 2 and 3 of the first core."""
    folder = "/sys/devices/system/cpu/cpu0/cache"
    found = []
    for index in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        level = field(f"{folder}/{index}/level", r"(\d)", "0")
        if level in "23":
            found.append(f"L{level} {field(f'{folder}/{index}/size', r'(.+)')}")
    return ", ".join(found) or "unknown"


def describe():
    memory_kib = int(field("/proc/meminfo", r"MemTotal:\s+(\d+)", "0"))
    return {
        "CPU": field("/proc/cpuinfo", r"^model name\s*: (.*)$", platform.processor()),
        "cores": os.cpu_count(),
        "caches of a core": caches(),
        "virtual machine": first_line("systemd-detect-virt", "--vm"),
        "memory": f"{memory_kib / 2 ** 20:.0f} GiB",
        "kernel": platform.release(),
        "GNU Radio": gr.version(),
        "VOLK": first_line("pkg-config", "--modversion", "volk"),
        "VOLK's machine": first_line("volk-config-info", "--machine"),
        "load before": f"{os.getloadavg()[0]:.2f}",
    }

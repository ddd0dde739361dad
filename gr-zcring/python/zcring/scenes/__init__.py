# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings for the antenna that are made on this computer, when they are first needed.

Each function returns the path of a SigMF recording, FILE.sigmf-meta, for `scene=` of
zcring.source(). The recordings are kept in the folder that folder() returns; delete it to have
them made again.

>>> from gnuradio import zcring
>>> from gnuradio.zcring import scenes
>>> source = zcring.source(f"scene={scenes.fm_band_file()}", "fc32", samp_rate=960e3)
"""

import os
import pathlib
import sys
import tempfile

VERSION = 1  # to be raised where a recording changes


def folder():
    """The pathlib.Path of the folder of the recordings: zcring in the user's cache folder.

    $XDG_CACHE_HOME is the cache folder, or ~/.cache where it is not set.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(cache) / "zcring" / f"scenes-{VERSION}"


def _made(name, what, make):
    """The path of the recording of this name; make(path) is called where it is missing."""
    path = folder() / f"{name}.sigmf-meta"
    if path.exists():
        return str(path)
    print(f"zcring: making {what} for the first time: {path}", file=sys.stderr, flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two programs may make it at once; the metadata, which come last, make it complete.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{name}-") as unfinished:
        made = pathlib.Path(unfinished) / path.name
        make(made)
        for file in sorted(made.parent.iterdir(), key=lambda file: file == made):
            os.replace(file, path.with_name(file.name))
    return str(path)


def fm_band_file():
    """An FM broadcast band with the stations of fm_band.STATIONS, 97.52 to 98.48 MHz.

    960 kS/s, 3.2 s, 12 MB; an exact loop. What each station sends is in the WAV
    fm_band.sent_path(path, name).

    Raises FileNotFoundError where the speech of the stations is not installed.
    """
    from . import fm_band  # it needs scipy

    return _made("fm-band", "an FM band with three stations", fm_band.write_band)


def adsb_file():
    """Frames of ADS-B, which the aircraft of adsb.AIRCRAFT send at 1090 MHz.

    2 MS/s, 1 s, 8 MB; a loop. The annotations have each frame: its first sample, the callsign of
    its aircraft, and its bits in hexadecimal.
    """
    from . import adsb

    return _made("adsb", "ADS-B of five aircraft", adsb.write_frames)


def sensors_file():
    """Telegrams of the three weather sensors of sensors.TELEGRAMS at 433.92 MHz, for rtl_433.

    250 kS/s, 2 s, 2 MB; a loop.
    """
    from . import sensors

    return _made("sensors", "telegrams of three weather sensors", sensors.write_scene)

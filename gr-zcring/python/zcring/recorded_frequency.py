# SPDX-License-Identifier: GPL-3.0-or-later
"""The frequency at which a recorded scene was recorded."""

import json


def recorded_frequency(args, otherwise=100e6):
    """The frequency to which a source of a recording is tuned, if no other is asked for.

    Args:
        args: an argument string, as of source; of several scene= the last holds
        otherwise: Hz, returned if args has no recording, or the recording has no frequency

    Returns:
        Hz, of the recording's first capture; of a file that cannot be read, otherwise:
        source then raises an error that says why
    """
    scene = ""
    for item in args.split(","):
        key, _, value = item.partition("=")
        if key.strip() == "scene":
            scene = value.strip()
    if not scene.endswith(".sigmf-meta"):
        return otherwise
    try:
        with open(scene, encoding="utf-8") as meta:
            return float(json.load(meta)["captures"][0]["core:frequency"])
    except (OSError, ValueError, TypeError, LookupError):
        return otherwise

# SPDX-License-Identifier: GPL-3.0-or-later
"""The frequency at which a recorded scene was recorded."""

import json


def recorded_frequency(args, otherwise=100e6):
    """The frequency to which a source of a recording is tuned, if no other is asked for.

    Args:
        args: an argument string, as of source; of several scene= or start= the last holds
        otherwise: Hz, returned if args has no recording, or the recording has no frequency

    Returns:
        Hz, of the first capture that has a frequency in the part that plays; of a file that
        cannot be read, otherwise: source then raises an error that says why
    """
    items = (item.partition("=") for item in args.split(","))
    values = {key.strip(): value.strip() for key, _, value in items}
    scene = values.get("scene", "")
    if not scene.endswith(".sigmf-meta"):
        return otherwise
    try:
        with open(scene, encoding="utf-8") as meta:
            description = json.load(meta)
        captures = description["captures"]
        if "start" in values:
            first = float(values["start"]) * description["global"]["core:sample_rate"]
            begun = sum(capture["core:sample_start"] <= first for capture in captures)
            captures = captures[max(0, begun - 1):]
        return next((float(capture["core:frequency"]) for capture in captures
                     if "core:frequency" in capture), otherwise)
    except (OSError, ValueError, TypeError, LookupError):
        return otherwise

# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that GNU Radio Companion writes for the fields of the block's dialog.

Only the templates of zcring_source.block.yml call these functions. Each takes Mako's context:
context["seed"] is the code in the field Seed, and context["seed"]() its value, None if empty.
Python keeps the code, so that a string of variables is evaluated when the flowgraph starts. C++
has another syntax for strings: there the values are those at the time of generation.
"""

import ast
import json

from .zcring_python import recorded_frequency

WHOLE_NUMBERS = ("ring_bytes", "interval_us", "seed")


def _is_literal(code):
    try:
        ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return False
    return True


def _has_arguments(context):
    """Whether Device Arguments have items, or are a variable that may have some later."""
    return context["args"]() or not _is_literal(str(context["args"]))


def _items(context):
    """The items that the fields give, in pairs of a text and the field whose value follows it."""
    device, scene = context["device"], context["scene"]
    if device == "emulator":
        yield "emulator", None
    elif device == "kernel":
        yield "device=", context["device_path"]
    elif device == "server":
        yield "device=", context["server"]
    if scene == "recording":
        yield "scene=", context["scene_file"]
        for key in ("start", "stop"):
            if context["scene_" + key]() is not None:
                yield key + "=", context["scene_" + key]
        if context["scene_loop"] == "no":
            yield "loop=no", None
    elif scene != "default":
        yield "scene=" + scene, None
    if context["noise"]() is not None:
        yield "noise=", context["noise"]
    # Of a kernel device and of a server the field is hidden, whatever it was before.
    if device not in ("kernel", "server") and context["pace"] != "default":
        yield "pace=" + context["pace"], None
    if context["dma"] != "default":
        yield "dma=" + context["dma"], None
    for key in WHOLE_NUMBERS:
        if context[key]() is not None:
            yield key + "=", context[key]
    if _has_arguments(context):  # the last: of a key that is given twice, the later value holds
        yield "", context["args"]


def _text(value):
    """A value as the argument string has it."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) else repr(float(value))


def _code_of_text(key, code, value):
    """Python code of the value of a variable or an expression, as the argument string has it."""
    if isinstance(value, str):
        return f"({code})"
    return f"str(int({code}))" if key in WHOLE_NUMBERS else f"str({code})"


def python_arguments(context):
    """Python code of the argument string: one literal, as far as no variable is in it."""
    parts = [""]  # literals and code, by turns

    for text, field in _items(context):
        parts[-1] += ("," if len(parts) > 1 or parts[0] else "") + text
        if field is None:
            continue
        code, value = str(field), field()
        if _is_literal(code):
            parts[-1] += _text(value)
        else:
            parts += [_code_of_text(text.rstrip("="), code, value), ""]
    written = [part if n % 2 else repr(part) for n, part in enumerate(parts) if part]
    if len(written) == 1 and written[0].startswith("("):
        return written[0][1:-1]
    return " + ".join(written) or "''"


def python_frequency(context):
    """Python code of the frequency of channel 0 in Hz; of an empty field, the recording's."""
    if context["center_freq0"]:
        return str(context["center_freq0"])
    if context["scene"] != "recording" and not _has_arguments(context):
        return "100e6"
    return f"zcring.recorded_frequency({python_arguments(context)})"


def _arguments(context):
    """The argument string itself, with the values at the time of generation."""
    items = (text + ("" if field is None else _text(field())) for text, field in _items(context))
    return ",".join(item for item in items if item)


def cpp_arguments(context):
    """C++ code of the argument string."""
    return json.dumps(_arguments(context), ensure_ascii=False)


def cpp_frequency(context):
    """C++ code of the frequency of channel 0 in Hz; of an empty field, the recording's."""
    return str(context["center_freq0"]) or repr(recorded_frequency(_arguments(context)))


def cpp_start_time(context):
    """C++ code of the start time in ns since 1970."""
    return f"{round(context['start_time']() * 10**9)}u"

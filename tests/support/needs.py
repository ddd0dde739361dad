# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a program needs is installed.

A need is a command ("welle-cli"), a pattern of paths of files ("/usr/lib/*/libx.so"), or a module
of Python ("python:osmosdr").
"""
import glob
import importlib.util
import shutil


def missing(needs):
    """Those of the needs that are not installed."""
    return [need for need in needs if not _is_there(need)]


def _is_there(need):
    kind, _, name = need.rpartition(":")
    if kind == "python":
        try:
            return importlib.util.find_spec(name) is not None
        except ModuleNotFoundError:  # the package that the module is in
            return False
    return bool(shutil.which(need) or glob.glob(need))

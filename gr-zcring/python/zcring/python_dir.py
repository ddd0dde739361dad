#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints where this Python looks for packages below a prefix, relative to that."""

import os
import sys
import sysconfig

# Debian's Python has a scheme of its own for each of its two prefixes.
SCHEMES = {"/usr": "deb_system", "/usr/local": "posix_local"}

prefix = sys.argv[1]
scheme = SCHEMES.get(prefix)
if scheme in sysconfig.get_scheme_names():
    print(os.path.relpath(sysconfig.get_path("platlib", scheme), prefix))
else:
    print("lib/python{}.{}/dist-packages".format(*sys.version_info[:2]))

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints where this Python looks for packages that are installed below a prefix."""

import sys
import sysconfig

# Debian's Python has a scheme of its own for each of its two prefixes.
SCHEMES = {"/usr": "deb_system", "/usr/local": "posix_local"}

prefix = sys.argv[1]
scheme = SCHEMES.get(prefix)
if scheme in sysconfig.get_scheme_names():
    print(sysconfig.get_path("platlib", scheme))
else:
    print("{}/lib/python{}.{}/dist-packages".format(prefix, *sys.version_info[:2]))

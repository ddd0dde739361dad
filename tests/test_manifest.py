#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two manifests for CGRAN say the same, and name the version of kmod/dkms.conf.

MANIFEST.md is the format of GNU Radio 3.10, MANIFEST.yml that of later versions.
"""

import pathlib
import re
import sys
import unittest

try:
    import yaml
except ImportError:
    print("skipped: no PyYAML (package python3-yaml)")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[1]
KEYS = ("title", "brief", "tags", "author", "copyright_owner", "dependencies", "license")


def words(text):
    return text.split()


class Manifest(unittest.TestCase):
    def setUp(self):
        head, _, self.text = (ROOT / "MANIFEST.md").read_text().partition("\n---\n")
        self.old = yaml.safe_load(head)
        self.new = yaml.safe_load((ROOT / "MANIFEST.yml").read_text())

    def test_both_formats_say_the_same(self):
        for key in KEYS:
            self.assertTrue(self.old[key], key)
            self.assertEqual(self.old[key], self.new[key], key)
        self.assertEqual([self.old["gr_supported_version"]], self.new["gr_supported_version"])
        self.assertEqual(words(self.text), words(self.new["description"]))

    def test_the_version_is_that_of_the_driver(self):
        conf = (ROOT / "kmod" / "dkms.conf").read_text()
        version = re.search(r'^PACKAGE_VERSION="(.*?)"', conf, re.MULTILINE)[1]
        self.assertEqual(self.new["version"], version)
        self.assertIn(version, (ROOT / "CHANGELOG.md").read_text())


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every link between the pages leads to a file that exists and to a heading that the file has."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)


def anchor(heading):
    """The name that Markdown viewers give to a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


def text_of(page):
    """The page without its code blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^    .*$", "", text, flags=re.MULTILINE)


class Links(unittest.TestCase):
    def test_there_are_pages(self):
        self.assertIn(ROOT / "README.md", PAGES)
        self.assertIn(ROOT / "docs" / "abi.md", PAGES)

    def test_every_link_leads_to_a_file_and_a_heading(self):
        for page in PAGES:
            for link in LINK.findall(text_of(page)):
                if "://" in link:
                    continue
                path, _, name = link.partition("#")
                target = page.parent / path if path else page
                with self.subTest(page=page.name, link=link):
                    self.assertTrue(target.exists())
                    if name:
                        anchors = [anchor(h) for h in HEADING.findall(text_of(target))]
                        self.assertIn(name, anchors)


if __name__ == "__main__":
    unittest.main()

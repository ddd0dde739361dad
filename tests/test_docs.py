#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages say is there: every link leads to a file that exists and to a heading that the
file has, the drawing of the architecture is the one that its text makes, and its files exist.
"""

import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
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


class Examples(unittest.TestCase):
    def setUp(self):
        listed = subprocess.run([ROOT / "tools" / "list-files"], capture_output=True, text=True,
                                check=True).stdout.split()
        self.there = {path.removeprefix("examples/") for path in listed
                      if path.startswith("examples/")
                      and not path.endswith(("CMakeLists.txt", "README.md"))}

    def test_their_page_names_each_and_no_other(self):
        links = LINK.findall(text_of(ROOT / "examples" / "README.md"))
        named = {link for link in links if not link.startswith(("#", "../"))}
        self.assertEqual(named, self.there)

    def test_companion_overwrites_none_and_git_ignores_what_it_writes(self):
        for path in sorted(self.there):
            if path.endswith(".grc") and "hier_fm" not in path.replace("use_hier", ""):
                with self.subTest(path):
                    program = path.removesuffix("grc") + "py"
                    self.assertNotIn(program, self.there)
                    if (ROOT / ".git").exists():
                        ignored = subprocess.run(["git", "check-ignore", f"examples/{program}"],
                                                 cwd=ROOT, capture_output=True, check=False)
                        self.assertEqual(ignored.returncode, 0, "add it to .gitignore")


class Architecture(unittest.TestCase):
    """docs/architecture.dot, .svg and .md."""

    SOURCE = ROOT / "docs" / "architecture.dot"
    FILE = re.compile(r"[\w/.-]*\w\.(?:cc|c|h|yml|py)\b")

    @staticmethod
    def content(svg):
        """Nodes, edges, texts and colours. Places depend on the fonts of this machine."""
        return sorted(re.findall(
            r'<title>.*?</title>|>[^<>]+</text>|(?:fill|stroke)="#\w+"', svg))

    def test_the_drawing_is_what_its_text_makes(self):
        if not shutil.which("dot"):
            self.skipTest("no dot (package graphviz)")
        drawn = subprocess.run(["dot", "-Tsvg", str(self.SOURCE)], capture_output=True, text=True)
        self.assertEqual((drawn.returncode, drawn.stderr), (0, ""))
        kept = self.SOURCE.with_suffix(".svg").read_text()
        self.assertEqual(self.content(kept), self.content(drawn.stdout),
                         f"draw it anew: dot -Tsvg {self.SOURCE} -o {self.SOURCE.stem}.svg")

    def test_every_file_that_it_names_exists(self):
        files = [path.relative_to(ROOT).as_posix() for room in
                 ("kmod", "lib", "gr-zcring", "grc", "apps") for path in ROOT.glob(f"{room}/**/*")]
        texts = re.findall(r">([^<>]+)</text>", self.SOURCE.with_suffix(".svg").read_text())
        code = re.findall("`([^`]+)`", self.SOURCE.with_suffix(".md").read_text())
        named = self.FILE.findall(" ".join(texts + code))
        self.assertGreater(len(named), 50)
        for name in named:
            with self.subTest(name):
                self.assertTrue(any(f"/{file}".endswith(f"/{name}") for file in files))


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Python snippet of docs/from-gr-uhd.md runs, and every call in its table is there.

The snippets run one after the other in one module, on the emulator.
"""

import re

from gnuradio import gr_unittest, zcring
from qa_source import ROOT

PAGE = (ROOT / "docs" / "from-gr-uhd.md").read_text(encoding="utf-8")


class QaDocumentation(gr_unittest.TestCase):

    def test_the_snippets_run(self):
        snippets = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
        self.assertGreater(len(snippets), 2)
        names = {}
        for snippet in snippets:
            exec(compile(snippet, "from-gr-uhd.md", "exec"), names)

    def test_the_calls_of_the_table_are_there(self):
        rows = re.findall(r"^\| `\w+\(.*?\)`.*? \| (.*?) \|", PAGE, re.MULTILINE)
        self.assertGreater(len(rows), 15)
        for row in rows:
            for call in re.findall(r"`(\w+)\(", row):
                self.assertTrue(hasattr(zcring.source, call) or hasattr(zcring, call), call)


if __name__ == "__main__":
    gr_unittest.run(QaDocumentation)

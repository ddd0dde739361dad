#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""./run env: builds what is missing, and what another commit has changed; else runs at once.

cmake is replaced, which writes down each build, and so are the scripts around tools/build.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCRIPTS = {
    "tools/install-packages": "exit 0",
    "tools/env": 'shift; exec "$@"',
    "bin/cmake": """
        case $1 in
        -S) touch "$4/build.ninja" ;;
        --build) echo built >>"$2/builds"; install -D /dev/null "$2/apps/zcring" ;;
        esac""",
}


class Env(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="zcring-run-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("bin", "build", "tools"):
            (self.root / name).mkdir()
        shutil.copy(ROOT / "run", self.root)
        shutil.copy(ROOT / "tools" / "build", self.root / "tools")
        for name, body in SCRIPTS.items():
            (self.root / name).write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
            (self.root / name).chmod(0o755)
        self.environment = dict(os.environ, PATH=f"{self.root}/bin:{os.environ['PATH']}")
        self.environment.pop("ZCRING_BUILD", None)

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=zcring", "-c", "user.email=zcring", *words],
                       cwd=self.root, check=True)

    def builds_after(self, times=1):
        """How many builds there were, after ./run env was called so many times."""
        for _ in range(times):
            done = subprocess.run(["./run", "env", "echo", "it runs"], cwd=self.root, text=True,
                                  env=self.environment, capture_output=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, "it runs\n"), done.stderr)
        return len((self.root / "build" / "builds").read_text(encoding="utf-8").splitlines())

    def test_builds_once_for_each_commit(self):
        self.git("init", "--quiet")
        self.git("commit", "--quiet", "--allow-empty", "--message", "one")
        self.assertEqual(self.builds_after(times=2), 1)
        self.git("commit", "--quiet", "--allow-empty", "--message", "two")
        self.assertEqual(self.builds_after(times=2), 2)

    def test_builds_once_where_there_is_no_git(self):
        self.assertEqual(self.builds_after(times=2), 1)


if __name__ == "__main__":
    unittest.main()

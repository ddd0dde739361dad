#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/tutorial.md: every command is typed in a fresh folder, and every click is clicked.

Usage: test_tutorial.py BUILD Commands|Clicks, in the environment of ./run env. Commands types what
the page says; what a reader does in Companion is replaced by docs/tutorial/fm_receiver.grc. Clicks
follows the page in Companion, and finds that its steps build this flowgraph.
"""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import yaml
from gnuradio.zcring.scenes import fm_band

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
from desktop import PROGRAMS  # noqa: E402
from waiting import wait_until  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
FLOWGRAPH = PAGE.with_suffix("") / "fm_receiver.grc"
COMPANION = "./run env gnuradio-companion"
LISTEN_SECONDS = 4  # a loop of the band, and a little more
BYTES_PER_SECOND = 2 * fm_band.AUDIO_RATE
BUILD = os.path.abspath(sys.argv[1])
SILENT_SOUND_CARD = "pcm.!default { type null }\nctl.!default { type null }\n"


def commands():
    """The indented lines of the page, in order."""
    text = re.sub(r"^```.*?^```$", "", PAGE.read_text(encoding="utf-8"),
                  flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^    (\S.*)$", text, re.MULTILINE)


def content(path):
    """{block: (kind, {parameter: value})} and the connections of a flowgraph."""
    graph = yaml.safe_load(path.read_text(encoding="utf-8"))
    blocks = {block["name"]: (block["id"], block["parameters"]) for block in graph["blocks"]}
    blocks["options"] = "options", graph["options"]["parameters"]
    return blocks, sorted(graph["connections"])


class Commands(unittest.TestCase):
    """The commands of the page, in order."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zcring-tutorial-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / ".asoundrc").write_text(SILENT_SOUND_CARD)
        # The build tree is there already: its entries, in a folder that tells their commit.
        self.build = self.folder / "build"
        self.build.mkdir()
        for entry in pathlib.Path(BUILD).iterdir():
            (self.build / entry.name).symlink_to(entry)
        (self.build / "built-commit").unlink(missing_ok=True)
        self.enterContext(mock.patch.dict(os.environ, ZCRING_BUILD=str(self.build),
                                          HOME=str(self.folder)))

    def type(self, lines, folder):
        """Types lines into one shell; each must succeed. Returns what was written."""
        done = subprocess.run(["bash", "-e"], input="\n".join(lines), cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def make_address(self):
        """A repository with this tree as it is now; returns its path."""
        address = self.folder / "address"
        files = self.type([str(ROOT / "tools" / "list-files")], ROOT).splitlines()
        for file in files:
            (address / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, address / file, follow_symlinks=False)
        self.type(["git init -q", "git add .",
                   "git -c user.name=zcring -c user.email=zcring commit -qm tree",
                   f"git rev-parse HEAD >{self.build}/built-commit"], address)
        return address

    def receive(self, folder):
        """Runs the flowgraph of the page without a display, and tunes to each station."""
        flowgraph.compile_flowgraph(FLOWGRAPH, folder)
        spec = importlib.util.spec_from_file_location("fm_receiver", folder / "fm_receiver.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        application = flowgraph.application()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder)  # as Companion does
        recording = folder / "fm_receiver.wav"
        top = module.fm_receiver()
        top.start()
        try:
            for station in fm_band.STATIONS:
                top.set_freq(station.frequency)
                size = recording.stat().st_size + LISTEN_SECONDS * BYTES_PER_SECOND

                def recorded():
                    application.processEvents()
                    return recording.stat().st_size >= size
                wait_until(recorded, f"speech of {station.name}")
        finally:
            top.stop()
            top.wait()
        self.assertEqual(top.zcring_source_0.telemetry()["lost_samples"], 0)

    def test_they_lead_to_a_recording_of_what_was_sent(self):
        lines = commands()
        at = lines.index(COMPANION)
        lines[0] = lines[0].replace("ADDRESS", str(self.make_address()))
        said = self.type(lines[:at], self.folder)
        self.assertIn("emulator", said)
        self.assertIn("stations Front", said)

        self.receive(self.folder / "zcring" / "tutorial")

        said = self.type(lines[at + 1:], self.folder / "zcring")
        print(said, end="")
        for station in fm_band.STATIONS:
            self.assertRegex(said, rf"(?m)^band-{station.name}-sent\.wav +(1\.0|0\.99)\d* ")


class Clicks(unittest.TestCase):
    """The steps of the page in Companion."""

    def test_they_build_the_flowgraph_of_the_page(self):
        with tempfile.TemporaryDirectory(prefix="zcring-tutorial-") as folder:
            done = subprocess.run([ROOT / "tools" / "tutorial-pictures", folder],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  check=False)
            print(done.stdout, end="")
            self.assertEqual(done.returncode, 0, done.stdout)
            clicked, connections = content(pathlib.Path(folder) / FLOWGRAPH.name)
            for picture in re.findall(r"\(tutorial/(.+\.png)\)", PAGE.read_text(encoding="utf-8")):
                self.assertTrue((pathlib.Path(folder) / picture).exists(), picture)
        kept, kept_connections = content(FLOWGRAPH)
        self.assertEqual(connections, kept_connections)
        self.assertEqual(clicked.keys(), kept.keys())
        for name, (kind, parameters) in clicked.items():
            self.assertEqual(kind, kept[name][0])
            for key in parameters.keys() & kept[name][1].keys():  # each Companion has its own
                self.assertEqual(parameters[key], kept[name][1][key], f"{name}: {key}")


if __name__ == "__main__":
    flowgraph.require("grcc", "git", *(PROGRAMS if "Clicks" in sys.argv else ()))
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])

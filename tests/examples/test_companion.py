#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio Companion as a person uses it: with the mouse, with the keyboard, by its looks.

An example is opened, the block is found in the tree, dropped, set and connected, and the
flowgraph is run by its button. Usage: test_companion.py [DIR]; the photographs are saved to DIR.
Exit status 77: skipped.
"""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import flowgraph  # noqa: E402
import looks  # noqa: E402
from companion_window import Companion  # noqa: E402
from desktop import PERIOD_SECONDS, PROGRAMS, Desktop  # noqa: E402
from waiting import wait_until  # noqa: E402

PICTURES = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None


class CompanionAsUsed(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zcring-companion-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.pictures = PICTURES or self.folder
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.desktop = self.enterContext(Desktop())

    def open(self, name):
        """Companion with a copy of examples/NAME.grc."""
        path = shutil.copy(flowgraph.EXAMPLES / f"{name}.grc", self.folder)
        return self.enterContext(Companion(self.desktop, path))

    def photograph(self, name, window):
        """The pixels of a window, also saved as a picture."""
        return self.desktop.photograph(self.pictures / f"{name}.png", window)

    def below_all_blocks(self, companion):
        """A free point of the canvas below all blocks; zooms out until there is room."""
        while True:
            state = companion.state()
            _, top, _, height = state["canvas"]
            bottom = max(area[1] + area[3]
                         for area in (block["area"] for block in state["blocks"].values()))
            if bottom + 140 < top + height:
                return 250, bottom - top + 30
            companion.zoom("ctrl+minus")

    def can_run(self, companion):
        """Whether the button that runs the flowgraph can be pressed."""
        [button] = [widget for widget in companion.state()["widgets"]
                    if widget["text"] == "Execute" and widget["window"] == "MainWindow"]
        return button["enabled"]

    def check_running(self, companion):
        """The flowgraph's window shows a spectrum that lives."""
        window = self.desktop.window("ZCRing Spectrum")
        before = self.desktop.photograph(area=window)

        def lives():
            self.assertTrue(companion.state()["running"], companion.console())
            pixels = self.photograph("window", window)
            return looks.waterfall_moves(before, pixels)
        wait_until(lives, "spectrum that lives", PERIOD_SECONDS)

    def test_the_block_is_dropped_set_connected_and_run(self):
        companion = self.open("spectrum")
        self.assertEqual(companion.state()["errors"], [])

        rows = companion.search("zcring")
        self.assertIn("ZCRing", rows)
        source = companion.drop("ZCRing Source", self.below_all_blocks(companion), "zcring")
        # Companion says that the new block is not connected yet.
        self.assertRegex(str(companion.block(source)["errors"]), "Port is not connected")

        dialog = companion.open_dialog(source)
        companion.set_field("Device", "Emulator")
        companion.show_tab("RF Options")
        companion.set_field("Ch0: Gain (dB)", "99")
        self.assertIn("Gain of each channel must be -60 to 60 dB", companion.message())
        self.photograph("dialog", dialog)
        companion.close_dialog()
        self.assertRegex(str(companion.state()["errors"]), "Gain of each channel must be")
        self.assertFalse(self.can_run(companion))

        companion.open_dialog(source)
        companion.show_tab("RF Options")
        companion.set_field("Ch0: Gain (dB)", "-20")
        self.assertNotIn("Gain", companion.message())
        companion.close_dialog()
        self.assertEqual(companion.block(source)["params"]["gain0"], "-20")

        x, y = self.below_all_blocks(companion)
        sink = companion.drop("Null Sink", (x + 250, y - 60))
        companion.connect(source, "0", sink, "0")
        self.assertEqual(companion.state()["errors"], [])
        self.assertTrue(self.can_run(companion))
        companion.save()

        companion.tool("Execute")
        self.check_running(companion)
        self.desktop.park()
        self.photograph("companion", None)
        companion.stop()
        program = (self.folder / "spectrum.py").read_text()
        [line] = [line for line in program.splitlines() if f"self.{source} = " in line]
        self.assertRegex(line, r"zcring.source\('emulator', .*, \(-20\), ")
        console = companion.console()
        self.assertNotRegex(console, "(?i)traceback|warning|error|fail|return code")
        self.assertIn(">>> Done", console.split("Executing:")[1])


if __name__ == "__main__":
    flowgraph.require(*PROGRAMS)
    unittest.main()

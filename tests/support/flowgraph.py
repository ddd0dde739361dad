# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraphs of examples/ as Python classes, without a display; what their tests share."""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
GRC = EXAMPLES.parent / "grc"
SKIPPED = 77  # exit status
# Of zmq_subscribe and of loopback: GNU Radio 3.10.5 has no other Throttle and no other Additive
# Scrambler, and newer versions deprecate these.
KNOWN_WARNING = re.compile(r">>> Warning: The block '(blocks_throttle_0|whiten)' is deprecated\.")


def require(*programs):
    """Ends this process, as a skipped test, where one of these programs is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        print(f"SKIPPED {pathlib.Path(sys.argv[0]).stem}: no {', '.join(missing)}")
        sys.exit(SKIPPED)


def compile_flowgraph(path, folder):
    """Has grcc write the program of the .grc at path to folder; returns what grcc said.

    Raises AssertionError where grcc fails or warns.
    """
    environment = dict(os.environ, GRC_BLOCKS_PATH=str(GRC))
    result = subprocess.run(["grcc", "-o", str(folder), str(path)], env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = KNOWN_WARNING.sub("", result.stdout).lower()
    if result.returncode or any(word in said for word in ("warning", "error", "fail")):
        raise AssertionError(f"grcc {path}: status {result.returncode}: {result.stdout}")
    return result.stdout


def load(name):
    """The class of the flowgraph examples/NAME.grc, whose start() does what its main() does."""
    with tempfile.TemporaryDirectory(prefix="zcring-flowgraph-") as folder:
        compile_flowgraph(EXAMPLES / f"{name}.grc", folder)
        # The program imports embedded blocks from its own folder.
        sys.path.insert(0, folder)
        try:
            path = pathlib.Path(folder) / f"{name}.py"
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        finally:
            sys.path.remove(folder)
    flowgraph = getattr(module, name)
    start = flowgraph.start

    def started(self, *arguments):
        start(self, *arguments)
        # Since GNU Radio 3.10.12 the Function Probes wait for it.
        if hasattr(self, "flowgraph_started"):
            self.flowgraph_started.set()
    flowgraph.start = started
    return flowgraph


def run_snippets(top, section="main_after_init"):
    """Runs the snippets of a section of a flowgraph, which only its main() runs otherwise."""
    type(top).__init__.__globals__[f"snippets_{section}"](top)


def stop(top):
    """Stops a flowgraph as its program does, with the snippets that this calls."""
    top.stop()
    top.wait()
    run_snippets(top, "main_after_stop")


def application():
    """The one QApplication of this process, which every flowgraph with a window needs first.

    Windows are drawn in memory only.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PyQt5 import Qt
    return Qt.QApplication.instance() or Qt.QApplication(sys.argv[:1])

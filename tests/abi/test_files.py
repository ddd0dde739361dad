#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the driver that are no device nodes: attributes, parameters, fault injection.

Each has exactly one entry below kmod/Documentation/ABI, in the format of the kernel's own
Documentation/ABI, with the access that the source gives it; each entry has its file.
"""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
KMOD = ROOT / "kmod"
TEXTS = KMOD / "Documentation" / "ABI"
FIELDS = ["What", "Date", "KernelVersion", "Contact", "Description"]
MODES = {"0200": "Write", "0444": "Read", "0644": "Read, Write"}


def source(name):
    """A file of the driver, in which no string and no call is split over lines."""
    text = (KMOD / name).read_text()
    return re.sub(r"\s+", " ", text.replace("\\\n", " "))


def attributes():
    """The attributes of a device, with their access."""
    text = source("sysfs.c")
    registered = re.search(r"zcring_sysfs_attrs\[\] = \{(.*?)\}", text).group(1)
    writable = set(re.findall(r"DEVICE_ATTR_RW\((\w+)\)", text))
    for macro in re.findall(r"#define (\w+)\((?:(?!#define).)*?DEVICE_ATTR_RW\(_name\)", text):
        writable |= set(re.findall(rf"\b{macro}\((\w+),", text))
    for name in re.findall(r"&dev_attr_(\w+)\.attr", registered):
        yield (f"/sys/class/zcring/zcring<N>/{name}",
               "Read, Write" if name in writable else "Read")


def parameters():
    """The parameters of the modules, with their access."""
    for path in sorted(KMOD.glob("*.c")):
        module = "zcring_edu" if path.name.startswith("edu") else "zcring"
        for name, mode in re.findall(r"\bmodule_param(?:_named|_cb)?\((\w+),[^;]*?(0\d+)\);",
                                     source(path.name)):
            yield f"/sys/module/{module}/parameters/{name}", MODES[mode]


def injections():
    """The files below debugfs, with their access."""
    text = source("debugfs.c")
    for name, mode, parent in re.findall(
            r'debugfs_create_file\("(\w+)", (\d+), (zdev->debugfs|zcring_debugfs_root),', text):
        folder = "zcring<N>/" if parent == "zdev->debugfs" else ""
        yield f"/sys/kernel/debug/zcring/{folder}{name}", MODES[mode]


def entries(name):
    """The entries of a text, as lists of (field, value)."""
    text = (TEXTS / "testing" / name).read_text()
    for entry in re.split(r"^(?=What:)", text, flags=re.MULTILINE)[1:]:
        yield re.findall(r"^(\w+):[\t ]*(.*?)(?=^\w+:|\Z)", entry, re.MULTILINE | re.DOTALL)


def access(description):
    return re.search(r"^\t\tAccess: (.*)$", description, re.MULTILINE).group(1)


class Files(unittest.TestCase):
    def check(self, name, files):
        """The entries of the text @name are those of @files, an iterable of (path, access)."""
        files = list(files)
        found = list(entries(name))
        self.assertGreater(len(files), 4)
        for entry in found:
            with self.subTest(entry[0][1].strip()):
                self.assertEqual([field for field, _ in entry], FIELDS)
                self.assertNotIn("", [value.strip() for _, value in entry])
        described = [(dict(entry)["What"].strip(), access(dict(entry)["Description"]))
                     for entry in found]
        self.assertEqual(sorted(described), sorted(files), f"left: {name}, right: the source")

    def test_every_attribute_has_an_entry_and_every_entry_an_attribute(self):
        self.check("sysfs-class-zcring", attributes())

    def test_every_parameter_has_an_entry_and_every_entry_a_parameter(self):
        self.check("sysfs-module-zcring", parameters())

    def test_every_file_of_debugfs_has_an_entry_and_every_entry_a_file(self):
        self.check("debugfs-zcring", injections())

    def test_there_are_no_other_texts(self):
        self.assertEqual(sorted(path.name for path in TEXTS.rglob("*") if path.is_file()),
                         ["debugfs-zcring", "sysfs-class-zcring", "sysfs-module-zcring"])

    def test_pages_name_every_attribute_and_every_file(self):
        page = (ROOT / "docs" / "abi.md").read_text()
        manual = (ROOT / "docs" / "zcring.4").read_text()
        for path, _ in [*attributes(), *injections()]:
            name = path.rpartition("/")[2]
            with self.subTest(name):
                self.assertRegex(page, rf"[`/]{name}`")
                self.assertRegex(manual, rf"\b{name}\b")


class Counters(unittest.TestCase):
    """One name for each counter in every layer."""

    def test_every_counter_has_the_name_of_its_field(self):
        header = (KMOD / "include" / "zcring" / "abi.h").read_text()
        struct = re.search(r"^struct zcring_telemetry \{(.*?)^\}", header,
                           re.MULTILINE | re.DOTALL).group(1)
        fields = re.findall(r"__u64 (\w+);", struct)
        counters = re.findall(r"^ZCRING_COUNTER_ATTR\((\w+)\);", (KMOD / "sysfs.c").read_text(),
                              re.MULTILINE)
        self.assertGreater(len(counters), 4)
        self.assertLessEqual(set(counters), set(fields))


if __name__ == "__main__":
    unittest.main()

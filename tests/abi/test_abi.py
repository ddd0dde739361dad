#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the interface in kmod/include/zcring/abi.h with its kept copy.

test_abi.py         fails if a size, an offset, a type or a number of a struct, a field, an
                    enumerator or a macro is not as in the copy. Comments may change
test_abi.py --keep  makes the present header the kept copy, after a change that was intended and
                    described in docs/abi.md
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
HEADER = os.path.join(FOLDER, "..", "..", "kmod", "include", "zcring", "abi.h")
FIELD = r"^\s*((?:struct )?\w+) (\w+)(?:\[[^]]*\])*;"
KEPT = os.path.join(FOLDER, "abi-1.h")
REMEDY = """The interface differs from the kept copy. If this was intended, describe the change in
docs/abi.md, then run tests/abi/test_abi.py --keep; otherwise undo the change of abi.h."""


def compiler():
    return os.environ.get("CC", "cc")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def macros(path):
    """The macros with a value that the header itself defines."""
    text = output(compiler(), "-E", "-dM", path)
    return sorted(re.findall(r"^#define (ZCRING_\w+) \S", text, re.MULTILINE))


def statement(text, *values):
    arguments = ", ".join([f'"{text}\\n"', *values])
    return f"printf({arguments});"


def lines_of_program(path):
    """Statements that print the interface; every name comes from the header itself."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    for struct, body in re.findall(r"^struct (\w+) \{(.*?)^\};", text, re.MULTILINE | re.DOTALL):
        whole = f"struct {struct}"
        yield statement(f"{whole}: %zu bytes", f"sizeof({whole})")
        for kind, name in re.findall(FIELD, body, re.MULTILINE):
            offset, size = f"offsetof({whole}, {name})", f"sizeof((({whole} *)0)->{name})"
            yield statement(f"{whole}: {kind} {name} at %zu, %zu bytes", offset, size)
    for enum, body in re.findall(r"^enum (\w+) \{(.*?)^\};", text, re.MULTILINE | re.DOTALL):
        for name in re.findall(r"^\s*(\w+)", body, re.MULTILINE):
            yield statement(f"enum {enum}: {name} = %lld", f"(long long){name}")
    for name in macros(path):
        sign = f'((__typeof__({name}))-1 < 1 ? "signed" : "unsigned")'
        number = f"(long long)({name})"
        yield statement(f"{name} = %lld, %s, %zu bytes", number, sign, f"sizeof({name})")


def interface(path):
    """The interface that a header describes, as the compiler understands it: a list of lines."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "abi.c"), os.path.join(folder, "abi")
        with open(source, "w", encoding="utf-8") as file:
            for include in "<stddef.h>", "<stdio.h>", f'"{os.path.abspath(path)}"':
                file.write(f"#include {include}\n")
            lines = ["int main(void)", "{", *lines_of_program(path), "return 0;", "}", ""]
            file.write("\n".join(lines))
        output(compiler(), "-o", program, source)
        return output(program).splitlines()


def differences(kept, present):
    gone = [f"- {line}" for line in kept if line not in present]
    return gone + [f"+ {line}" for line in present if line not in kept]


class Interface(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kept = interface(KEPT)

    def test_the_header_describes_the_interface_of_the_kept_copy(self):
        found = differences(self.kept, interface(HEADER))
        if found:
            self.fail("\n".join([REMEDY, *found]))

    def test_the_list_has_every_struct_enumeration_and_command(self):
        with open(KEPT, encoding="utf-8") as file:
            text = file.read()
        names = re.findall(r"^(?:struct|enum) (\w+) \{", text, re.MULTILINE)
        names += re.findall(r"^#define (ZCRING_IOC_\w+)", text, re.MULTILINE)
        for name in names:
            found = any(re.search(rf"\b{name}\b", line) for line in self.kept)
            self.assertTrue(found, name)

    def test_changes_are_found(self):
        with open(KEPT, encoding="utf-8") as file:
            text = re.sub(r"^ZCRING_ABI_ASSERT.*\n", "", file.read(), flags=re.MULTILINE)
        for change, replacement in (
            (r"\t__u64 head;\n\t__u64 burst_head;", "\t__u64 burst_head;\n\t__u64 head;"),
            (r"__s32 noise_mb;\n\t__u64 rate_num", "__u32 noise_mb;\n\t__u64 rate_num"),
            (r"__u64 lost_samples;", "__u64 lost;"),
            (r"(ZCRING_FORMAT_FC32\t+= )3", r"\g<1>4"),
            (r"(ZCRING_IOC_MAGIC, )0x07", r"\g<1>0x0a"),
            (r"(#define ZCRING_GAIN_MB_MAX\t)6000", r"\g<1>6001"),
            (r"__u32 flags;\n\t__u64 reserved\[4\]", "__u32 flags;\n\t__u64 reserved[5]"),
        ):
            changed, count = re.subn(change, replacement, text)
            self.assertEqual(count, 1, change)
            with self.subTest(change), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "abi.h")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(changed)
                self.assertNotEqual(differences(self.kept, interface(path)), [])


if __name__ == "__main__":
    if sys.argv[1:] == ["--keep"]:
        shutil.copyfile(HEADER, KEPT)
    else:
        unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""How tests start rtl_433.

Up to 22.11, rtl_433 ends when no block of samples came for three seconds of the clock on the wall,
as on a busy machine, which says nothing about its radio. An alarm ends it: where the alarm is
blocked, rtl_433 waits as long as its test does. Later versions end when no block came for a second
and a half; a timer of their own tells, which cannot be blocked.
"""

COMMAND = ("env", "--block-signal=ALRM", "rtl_433")
STALLED = "Async read stalled, exiting!"  # what it says then

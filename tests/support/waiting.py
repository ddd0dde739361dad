# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a condition with a deadline; what the Python tests share."""
import os
import time

# For what takes milliseconds, even on an emulated machine; more on kernels with debug checks.
DEADLINE_SECONDS = float(os.environ.get("ZCRING_TEST_PATIENCE", "60"))


def wait_until(condition, what, period_seconds=0.001):
    """Polls condition() until its result is true, and returns that result.

    Raises AssertionError, which names what was waited for, after DEADLINE_SECONDS. Other threads
    run between two polls.
    """
    end = time.monotonic() + DEADLINE_SECONDS
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"no {what} within {DEADLINE_SECONDS:g} s")
        time.sleep(period_seconds)
    return result


def eventually(condition):
    """Polls condition(); whether it came true within DEADLINE_SECONDS."""
    try:
        wait_until(condition, "change")
    except AssertionError:
        return False
    return True

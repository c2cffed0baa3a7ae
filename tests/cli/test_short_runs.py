"""A command is short: what it does not need, it does not wait for."""

from __future__ import annotations

import subprocess
import sys

STARTED = """
import gc, sys
from promptci.__main__ import main
sys.argv = ["promptci", "--version"]
try:
    main()
finally:
    print(gc.isenabled(), gc.get_threshold()[0], gc.get_freeze_count())
"""


def test_a_command_searches_for_circles_seldom_and_does_search() -> None:
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    enabled, threshold, left = done.stdout.splitlines()[-1].split()
    assert enabled == "True"
    assert 50_000 <= int(threshold) <= 200_000  # above what a check of 2,000 cases makes, below what shows in memory
    assert int(left) > 10_000  # so that the end of the interpreter does not search them

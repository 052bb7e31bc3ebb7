"""Freed memory is kept for the next arrays."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from orchestrator import freed_memory

def work():
    kept = [np.ones((512, 512, 3), np.float32) for _ in range(3)]

if sys.argv[1] == "keep":
    freed_memory.keep()
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told to keep it")
def test_pages_are_not_asked_for_again() -> None:
    """Work that needs the same arrays over and over asks the system for a tenth of the pages at most."""
    asked = {how: faults(how) for how in ("keep", "give back")}
    assert asked["keep"] < 0.1 * asked["give back"]


def faults(how: str) -> int:
    command = (sys.executable, "-c", PROGRAM, how)
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

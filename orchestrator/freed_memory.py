"""What becomes of memory that was freed: kept for the next frame's arrays instead of given back each time.

Every frame needs the same arrays of a few megabytes anew. By default glibc returns such memory to the system
at once, which must blank each of its pages when it hands them out again: a fifth of the time that a processor
spends on motion and blending (`benchmarks/flow.py`).
"""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as <malloc.h> numbers them
_KEPT = 128 << 20  # bytes
_LARGE = 32 << 20  # bytes, from which on memory is asked of the system itself; the most that glibc takes


def keep() -> None:
    """Have the C library keep up to 128 MiB of freed memory; does nothing where that is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)

"""Whether GPU memory spills into main memory, where everything goes on, ten to forty times slower.

Drivers do that without a word instead of failing.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

_WARM_UP = 2  # the first steps compile, cache and allocate
_STEADY = 5  # steps that tell the first steady speed
_RECENT = 3
_SLOWER = 3.0
_FULL = 0.95

Memory = Callable[[], float | None]
"""Tells how much of the GPU's memory is used, 0 to 1; None where that cannot be known."""


@dataclass(frozen=True)
class Reading:
    """The moment when a step was finished.

    Attributes:
        at: seconds on any clock that only goes forward.
        memory: share of the GPU's memory in use, 0 to 1, or None.
    """

    at: float
    memory: float | None


def spilling(readings: Sequence[Reading]) -> bool:
    """Tell whether steps take more than thrice the first steady time while the memory is full.

    Single slow steps, such as those that save, do not count: medians are compared.
    """
    times = [later.at - earlier.at for earlier, later in itertools.pairwise(readings)]
    if len(times) < _WARM_UP + _STEADY + _RECENT:
        return False
    steady, recent = median(times[_WARM_UP : _WARM_UP + _STEADY]), median(times[-_RECENT:])
    full = all(each.memory is not None and each.memory >= _FULL for each in readings[-_RECENT:])
    return full and recent > _SLOWER * steady


@contextmanager
def gpu_memory() -> Iterator[Memory]:
    """Yield what tells the use of the first visible GPU's memory; without one, or NVML, it tells None."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # noqa: BLE001 - no package, no driver, no GPU: in each case there is nothing to watch
        yield lambda: None
        return
    try:
        device = pynvml.nvmlDeviceGetHandleByIndex(_first_visible())
        yield lambda: _share(pynvml.nvmlDeviceGetMemoryInfo(device))
    finally:
        pynvml.nvmlShutdown()


def _share(info: object) -> float:
    return float(info.used / info.total)  # type: ignore[attr-defined]  # the package is untyped


def _first_visible() -> int:
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    return int(first) if first.isdecimal() else 0

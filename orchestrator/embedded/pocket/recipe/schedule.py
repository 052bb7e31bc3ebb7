"""What both trainings share: a budget in seconds, a moving average of the weights, atomic checkpoints."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torch import Tensor


def budget(seconds: float, warmup: int = 40, power: float = 0.6) -> Iterator[tuple[int, float]]:
    """Yield steps and the learning rate's scale until the time is spent.

    Args:
        seconds: Wall-clock time.
        warmup: Steps over which the scale rises.
        power: How the scale then falls to 0.02 with the share of the time that is left.
    """
    start, step = time.monotonic(), 0
    while (spent := (time.monotonic() - start) / seconds) < 1:
        yield step, max(0.02, min(1.0, (step + 1) / warmup) * (1 - spent) ** power)
        step += 1


class Average:
    """Exponential moving average of parameters, whose memory grows with the number of steps."""

    def __init__(self, parameters: list[Tensor], longest: float = 0.997) -> None:
        self._live = parameters
        self._mean = [p.detach().clone() for p in parameters]
        self._longest, self._steps = longest, 0

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the live parameters."""
        self._steps += 1
        keep = min(self._longest, self._steps / (self._steps + 11))
        for mean, live in zip(self._mean, self._live, strict=True):
            mean.lerp_(live.detach(), 1 - keep)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the average and the live parameters."""
        for mean, live in zip(self._mean, self._live, strict=True):
            kept = live.detach().clone()
            live.copy_(mean)
            mean.copy_(kept)


def checkpoint(folder: Path, write: Callable[[Path], object]) -> None:
    """Write a folder beside its place, then exchange it whole: a stopped training leaves the last one."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    write(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)

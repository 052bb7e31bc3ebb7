r"""What a trainer prints, as events. The forms are those of kohya's sd-scripts.

A piece of output is what stands between two line ends, `\r` or `\n`. The bar and log lines share stderr,
so a log line may follow a bar in the same piece.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BAR = re.compile(
    r"steps:\s+\d+%\|[^|]*\|\s*(?P<step>\d+)/(?P<total>\d+)\s"
    r"\[[\d:]+<(?:[\d:]+|\?),\s*(?:[\d.]+|\?)\s*(?:s/it|it/s)"
    r"(?:,\s*(?P<figures>[^\]]*))?\]"
)
_LOSS = re.compile(r"avr_loss=(?P<loss>[-+]?(?:nan|inf|\d*\.?\d+(?:e[-+]?\d+)?))", re.IGNORECASE)
_EPOCH = re.compile(r"epoch (?P<epoch>\d+)/(?P<total>\d+)\s*$")
_SAVING = re.compile(r"saving checkpoint: (?P<file>.+?)\s*$")
BATCHES, STEPS = "num batches per epoch", "total optimization steps"
_PROMISED = re.compile(rf"\s*(?P<what>{BATCHES}|{STEPS}) /.*[:=] *(?P<count>\d+)\s*$")
_DONE = re.compile(r"\bmodel saved\.")
_NO_DATA = re.compile(r"\bNo data found\b")


@dataclass(frozen=True)
class Step:
    """The bar was drawn anew; a step draws it more than once.

    Attributes:
        step: steps done.
        total: steps in all.
        loss: moving average over the epoch; None before the first step.
    """

    step: int
    total: int
    loss: float | None


@dataclass(frozen=True)
class Epoch:
    """An epoch begins, counted from 1."""

    epoch: int
    total: int


@dataclass(frozen=True)
class Saving:
    """A checkpoint is being written."""

    file: str


@dataclass(frozen=True)
class Done:
    """The trained model was written."""


@dataclass(frozen=True)
class NoData:
    """No picture was found; the trainer ends, and with exit code 0."""


@dataclass(frozen=True)
class Promised:
    """How much there is to do, as the trainer counts it.

    Attributes:
        what: `BATCHES` or `STEPS`.
        count: how many.
    """

    what: str
    count: int


Event = Promised | Step | Epoch | Saving | Done | NoData


def parse(piece: str) -> Event | None:
    """Return what a piece of output tells, or None if it is none of the known forms."""
    if bar := _BAR.match(piece.lstrip()):
        return _step(bar)
    if epoch := _EPOCH.match(piece):
        return Epoch(int(epoch["epoch"]), int(epoch["total"]))
    if saving := _SAVING.match(piece):
        return Saving(saving["file"])
    if promised := _PROMISED.match(piece):
        return Promised(promised["what"], int(promised["count"]))
    if _DONE.search(piece):
        return Done()
    return NoData() if _NO_DATA.search(piece) else None


def _step(bar: re.Match[str]) -> Step:
    loss = _LOSS.search(bar["figures"] or "")
    return Step(
        step=int(bar["step"]),
        total=int(bar["total"]),
        loss=float(loss["loss"]) if loss else None,
    )

"""Paints a clip with a slow, deterministic engine; run as a program that a test kills."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Generator, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.progress import Silent
from orchestrator.stylization.course import Course
from orchestrator.stylization.engine import Look, Paint, Painted
from orchestrator.stylization.settings import ConsistencySettings, StylizeSettings
from orchestrator.stylization.stylize import stylize

LOOK = Look("a street", "", seed=7, strength=0.3, lora_weight=1.0)
COURSE = Course(LOOK)
SETTINGS = StylizeSettings(size=(96, 64), consistency=ConsistencySettings(mode="flow", blend=0.7))
CUT = 6


def settings_of(**consistency: Any) -> StylizeSettings:
    """Return settings for a short clip: keyframes near to each other, noise that travels fast."""
    short: dict[str, Any] = {"min_gap": 2, "max_gap": 3, "travel": 4, **consistency}
    return SETTINGS.model_copy(update={"consistency": ConsistencySettings(**short)})


class SlowEngine:
    """Inverts a part of the picture and flickers: each batch has other noise. Keeps what it was given.

    One that looks back takes over a part of the finished picture before.
    """

    def __init__(self, seconds: float, *, batch: int = 1, looks_back: bool = False) -> None:
        self.seconds = seconds
        self.batch = batch
        self.looks_back = looks_back
        self.inits: list[np.ndarray] = []

    def paint(self, paints: Iterable[Paint]) -> Generator[Painted, None, None]:
        waiting = iter(paints)
        while together := list(islice(waiting, self.batch)):
            content = sum(int(paint.init.sum()) for paint in together)
            for paint in together:
                yield self.painted(paint, content)

    def painted(self, paint: Paint, content: int) -> Painted:
        time.sleep(self.seconds)
        self.inits.append(paint.init)
        seeds = [paint.look.seed, round(99 * paint.look.subseed_strength), content]
        noise = np.random.default_rng(seeds).integers(-40, 40, paint.init.shape)
        mixed = paint.init * (1 - paint.look.strength) + (255 - paint.init) * paint.look.strength + noise
        if paint.previous is not None:
            mixed = 0.8 * mixed + 0.2 * paint.previous
        return Painted(np.clip(mixed, 0, 255).astype(np.uint8), f"Steps: 1, Seed: {paint.look.seed}")


if __name__ == "__main__":
    stylize(
        cut(probe(Path(sys.argv[1])), None, None),
        SlowEngine(0.05, batch=int(sys.argv[3]), looks_back=sys.argv[4] == "looks back"),
        Path(sys.argv[2]),
        COURSE,
        settings_of(**json.loads(sys.argv[5])),
        cuts=(CUT,),
        progress=Silent(),
    )

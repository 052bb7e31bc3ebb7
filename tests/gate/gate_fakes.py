"""A painter and a scorer that take milliseconds: filters with noise, and what can be said of them exactly."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from orchestrator import digest
from orchestrator.gate.gate import Gated, gate
from orchestrator.gate.painter import Request, Setup
from orchestrator.gate.scorer import Meaning
from orchestrator.gate.suite import Suite
from orchestrator.progress import Silent
from orchestrator.stylization.engine import Painted

Frame = NDArray[np.uint8]
Metric = Literal["style", "structure", "flicker", "drift"]
SEPIA, INDIGO = (230, 180, 110), (70, 60, 160)
SETUP = Setup("tiny [abc]", "Euler", "Karras", 20, "fake", "1.0", {"cfg_scale": "7.0"})
SIZE = 64


@dataclass
class FakePainter:
    """Tints a picture as the LoRA file says, and adds noise that seed and LoRA decide.

    Attributes:
        setup: what it says of itself.
        painted: how many pictures it has painted.
        breaks_after: it fails when asked for one more than so many.
    """

    setup: Setup = SETUP
    painted: int = 0
    breaks_after: int | None = None

    def paint(self, lora: Path, weight: float, requests: Iterable[Request]) -> Generator[Painted, None, None]:
        recipe = json.loads(lora.read_text())
        salt = int(digest.of_file(lora)[:8], 16)
        for request in requests:
            if self.painted == self.breaks_after:
                raise ConnectionError("gone")
            self.painted += 1
            rng = np.random.default_rng([request.seed, salt])
            yield Painted(_tinted(request.frame, recipe, weight, rng), f"seed {request.seed}")


def _tinted(frame: Frame, recipe: Mapping[str, Any], weight: float, rng: np.random.Generator) -> Frame:
    light = frame.mean(axis=2, keepdims=True) / 255
    share = recipe["strength"] * weight
    tinted = (1 - share) * frame + share * light * np.array(recipe["tint"])
    # a LoRA hits one picture better than another
    whole = rng.normal(0, recipe["luck"], 3)
    painted = tinted + whole + rng.normal(0, recipe["noise"], frame.shape)
    return painted.clip(0, 255).astype(np.uint8)


@dataclass
class FakeScorer:
    """How far the colour is from the style's, how much of the drawing is left, how much frames flicker."""

    version: str = "fake 1"
    scored: int = 0
    metrics: Mapping[str, Meaning] = field(
        default_factory=lambda: {
            "style": Meaning("Distance to sepia", "levels", "lower"),
            "structure": Meaning("Correlation of edges", "", "higher"),
            "flicker": Meaning("Change between frames", "levels", "lower"),
        }
    )

    def score(self, source: Sequence[Frame], painted: Sequence[Frame]) -> dict[str, list[float | None]]:
        self.scored += len(painted)
        after = [float(each.mean()) for each in painted]
        return {
            "style": [_off_style(before, each) for before, each in zip(source, painted, strict=True)],
            "structure": [_edges(before, each) for before, each in zip(source, painted, strict=True)],
            "flicker": [None, *(abs(b - a) for a, b in pairwise(after))],
        }


def _off_style(source: Frame, painted: Frame) -> float:
    ideal = source.mean() / 255 * np.array(SEPIA)
    return float(np.abs(painted.mean(axis=(0, 1)) - ideal).mean())


def _edges(source: Frame, painted: Frame) -> float:
    before, after = (np.diff(each.mean(axis=2), axis=1).ravel() for each in (source, painted))
    return float(np.corrcoef(before, after)[0, 1])


@dataclass
class Studio:
    """A suite of small pictures, and LoRAs to try on it."""

    folder: Path
    painter: FakePainter = field(default_factory=FakePainter)
    scorer: FakeScorer = field(default_factory=FakeScorer)

    def lora(self, name: str, **changed: Any) -> Path:
        """Return a LoRA file; ones of other names paint with other noise, as if trained anew."""
        recipe = {"tint": SEPIA, "strength": 0.8, "noise": 8.0, "luck": 1.5, "name": name, **changed}
        path = self.folder / f"{name}.safetensors"
        path.write_text(json.dumps(recipe))
        return path

    def pictures(self, count: int = 9) -> dict[str, Path]:
        """Return pictures of soft blobs, by name."""
        found = {}
        for index in range(count):
            blobs = np.random.default_rng(index).integers(40, 216, (8, 8, 3), np.uint8)
            found[f"picture{index}"] = self.folder / f"picture{index}.png"
            Image.fromarray(blobs).resize((SIZE, SIZE), Image.Resampling.BICUBIC).save(
                found[f"picture{index}"]
            )
        return found

    def suite(self, **changed: Any) -> Suite[Metric]:
        """Return a suite of nine pictures and two metrics."""
        said: dict[str, Any] = {
            "name": "blobs",
            "pictures": self.pictures(),
            "paint": {"size": (SIZE, SIZE), "prompt": "a sepia picture"},
            "metrics": {"style": 3.0, "structure": 0.05},
            **changed,
        }
        return Suite[Metric].model_validate(said)

    def gate(
        self,
        suite: Suite[Metric],
        baseline: Path | None,
        candidate: Path,
        *,
        bless: bool = False,
        work: str = "work",
    ) -> Gated:
        """Run a gate."""
        return gate(
            suite,
            self.painter,
            self.scorer,
            self.folder / work,
            baseline=baseline,
            candidate=candidate,
            bless=bless,
            progress=Silent(),
        )


def other_setup(**changed: Any) -> Setup:
    return replace(SETUP, **changed)


def verdicts(studio: Studio, pairs: Iterable[tuple[Path, Path]]) -> Iterator[str]:
    """Yield the verdict on each pair of baseline and candidate."""
    suite = studio.suite()
    for baseline, candidate in pairs:
        yield studio.gate(suite, baseline, candidate).outcome.verdict

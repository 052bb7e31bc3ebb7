"""How often the gate errs: alarms where nothing changed, damage let through, improvements blamed.

    python benchmarks/gate.py SUITE --lora FILE --earlier FILE --retrained FILE --other-style FILE --work DIR

Paints the suite again and again, each time with noise of other seeds, and prints for each question how often
the gate said what: of the LoRA with half its weights; with noise of a fifth of each tensor's norm, drawn anew
each time; of one that was trained on another style; of better ones in place of worse ones; of one that was
trained again; and of the same LoRA on both sides, painted with different seeds. Each also without the metric
`drift`. What is painted stays in the folder, so that it can be stopped, and go on.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file, save_file

from orchestrator import document
from orchestrator.gate.compare import compare
from orchestrator.gate.conditions import painted_content, suite_hash
from orchestrator.gate.drift import DRIFT
from orchestrator.gate.gate import meanings
from orchestrator.gate.painter import Request
from orchestrator.gate.side import Bench, made
from orchestrator.progress import Silent
from orchestrator.safetensors_file import header
from orchestrator.stages.gated import GateSuite, painter_of, scorer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from orchestrator.gate.data import Outcome
    from orchestrator.gate.painter import Setup
    from orchestrator.gate.side import Side
    from orchestrator.stages.probe_painter import ProbePainter
    from orchestrator.stages.probe_scorer import ProbeScorer
    from orchestrator.stylization.engine import Painted

_NOISE = 0.2  # of each tensor's norm


@dataclass(frozen=True)
class Reseeded:
    """A painter that takes other seeds than it is told."""

    painter: ProbePainter
    turn: int

    @property
    def setup(self) -> Setup:
        """What it paints with."""
        return self.painter.setup

    def paint(self, lora: Path, weight: float, requests: Iterable[Request]) -> Generator[Painted, None, None]:
        """Paint as the painter does, with noise of the turn's own."""
        # any odd factor leads from seeds to other seeds, none to the same
        others = (Request(each.frame, (each.seed + self.turn * 2654435761) % 2**32) for each in requests)
        return self.painter.paint(lora, weight, others)


@dataclass(frozen=True)
class Stand:
    """What all comparisons are made with."""

    suite: Any
    painter: ProbePainter
    scorer: ProbeScorer
    work: Path

    def side(self, lora: Path, turn: int) -> Side:
        """Paint and measure a LoRA with the seeds of a turn."""
        content = painted_content(self.suite)
        results = self.work / "results" / str(turn)
        painter = Reseeded(self.painter, turn)
        return made(lora, Bench(self.suite, content, painter, self.scorer, results, Silent()))

    def outcome(self, baseline: Side, candidate: Side, *, drift: bool) -> Outcome:
        """Compare two sides, as the gate does."""
        tolerances = {name: each for name, each in self.suite.metrics.items() if drift or name != DRIFT}
        suite = self.suite.model_copy(update={"metrics": tolerances})
        return compare(suite, suite_hash(suite), baseline, candidate, meanings=meanings(self.scorer), time="")


def written(lora: Path, to: Path, change: Callable[[torch.Tensor], torch.Tensor]) -> Path:
    """Write a LoRA whose matrices are changed."""
    if not to.exists():
        told = {key: value for key, value in header(lora).metadata.items() if not key.startswith("sshs")}
        tensors = {
            name: change(each.float()).to(each.dtype).contiguous() if each.ndim > 1 else each
            for name, each in load_file(lora).items()
        }
        save_file(tensors, to, metadata=told)
    return to


def noisy(seed: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what adds noise of a share of a tensor's norm."""
    generator = torch.Generator().manual_seed(seed)

    def add(tensor: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(tensor.shape, generator=generator)
        return tensor + noise * (_NOISE * tensor.norm() / noise.norm())

    return add


def show(question: str, stand: Stand, pairs: Sequence[tuple[Side, Side]]) -> None:
    """Print how often the gate said what."""
    for drift in (True, False):
        outcomes = [stand.outcome(*pair, drift=drift) for pair in pairs]
        said = Counter(each.verdict for each in outcomes)
        blamed = Counter(row.metric for each in outcomes for row in each.rows if _regressed(row))
        better = Counter(row.metric for each in outcomes for row in each.rows if row.judgement.improved)
        counts = ", ".join(f"{said[name]} {name}" for name in ("regression", "inconclusive", "pass"))
        changed = sum(_changed(row) for each in outcomes for row in each.rows)
        notes = f"worse in {dict(blamed)}, better in {dict(better)}, changed in {changed}"
        print(
            f"{question}{'' if drift else ', without drift'}: of {len(pairs)} {counts}; {notes}", flush=True
        )


def _regressed(row: Any) -> bool:
    return bool(row.judgement.verdict == "regression")


def _changed(row: Any) -> bool:
    judged = row.judgement
    return bool(row.metric == DRIFT and judged.interval[0] > judged.tolerance)


def main() -> None:
    """Ask all questions, one after the other."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("suite", type=Path)
    for name in ("--lora", "--earlier", "--retrained", "--other-style", "--work"):
        options.add_argument(name, type=Path, required=True)
    options.add_argument("--repeats", type=int, default=40)
    options.add_argument("--tries", type=int, default=20)
    asked = options.parse_args()
    suite, lora, work = document.read(asked.suite, GateSuite), asked.lora, asked.work
    work.mkdir(parents=True, exist_ok=True)
    half = written(lora, work / "half.safetensors", lambda each: each / 2)
    noise = [written(lora, work / f"noise{turn}.safetensors", noisy(turn)) for turn in range(asked.tries)]
    with painter_of(suite, work, Silent()) as painter:
        stand = Stand(suite, painter, scorer_of(suite), work)

        def against(baseline: Path, *candidates: Path) -> list[tuple[Side, Side]]:
            each = candidates * asked.tries if len(candidates) == 1 else candidates
            return [(stand.side(baseline, turn), stand.side(each[turn], turn)) for turn in range(asked.tries)]

        # each side is compared with the next one, the last with the first: half as much to paint
        same = [stand.side(lora, turn) for turn in range(asked.repeats)]
        show("the same, other seeds", stand, list(zip(same, [*same[1:], same[0]], strict=True)))
        show("half the weights", stand, against(lora, half))
        show("noise of a fifth of the norm", stand, against(lora, *noise))
        show("another style", stand, against(lora, asked.other_style))
        show("full weights after half", stand, against(half, lora))
        show("a whole training after a short one", stand, against(asked.earlier, asked.retrained))
        show("trained again", stand, against(lora, asked.retrained))


if __name__ == "__main__":
    main()

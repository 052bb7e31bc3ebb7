"""Frames of the source, each painted with any of several LoRAs, and measured.

This is no stage, as nothing later is made of it; what is painted is kept by content all the same.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.picking.kept import Kept
from orchestrator.stages.judged import judged_by, measure
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.picking.candidate import Entrant
    from orchestrator.picking.objective import Figures
    from orchestrator.picking.search import Trial
    from orchestrator.progress import Progress
    from orchestrator.stages.contenders import Contenders
    from orchestrator.stages.material import Material
    from orchestrator.stylization.engine import Look

    Frame = NDArray[np.uint8]
    Measure = Callable[[Frame, Frame], Figures]


_FOLDER = "pick"


@dataclass
class Auditions:
    """Paints and measures trials, as far as it is not done already.

    Attributes:
        look: how the project paints, with the strength that it has without a LoRA.
        content: whatever else decides the pixels, by content.
        frames: the source's frames at the size they are painted at.
        contenders: the WebUIs, with a LoRA or none.
        measure: returns the figures of a source frame and the painted one.
        kept: what was painted before.
        progress: told of each frame.
        painted: how many frames had to be painted.
    """

    look: Look
    content: Mapping[str, Any]
    frames: Callable[[int], Frame]
    contenders: Contenders
    measure: Measure
    kept: Kept
    progress: Progress
    painted: int = 0

    def measured(self, trials: Sequence[Trial]) -> dict[Trial, Figures]:
        """Return the figures of some trials. Raises OrchestrateError: the WebUIs failed."""
        if missing := [each for each in trials if not self.picture(each).exists()]:
            self._paint(missing)
        return {each: self._figures(each) for each in trials}

    def picture(self, trial: Trial) -> Path:
        """Return where the frame lies that is painted by a trial."""
        look = self._look(trial)
        lora = trial.candidate.lora.content_hash if trial.candidate and look.lora_weight else None
        return self.kept.picture({**self.content, **asdict(look), "lora": lora, "frame": trial.probe})

    def _look(self, trial: Trial) -> Look:
        if trial.candidate is None:
            return replace(self.look, lora_weight=0.0)
        return replace(self.look, lora_weight=trial.candidate.weight, strength=trial.candidate.strength)

    def _figures(self, trial: Trial) -> Figures:
        from orchestrator.media.pictures import read

        path = self.picture(trial)
        figures = self.kept.figures(path)
        if figures is None:
            figures = self.measure(self.frames(trial.probe), read(path))
            self.kept.keep(path, figures)
        return figures

    def _paint(self, trials: Sequence[Trial]) -> None:
        """Paint trials, LoRA by LoRA: a WebUI takes its time to load one."""
        by_lora: dict[Entrant | None, list[Trial]] = {}
        for each in trials:
            by_lora.setdefault(each.candidate.lora if each.candidate else None, []).append(each)
        with self.progress.task("painting probes", total=len(trials), unit="frames") as task:
            for lora, group in by_lora.items():
                for _ in self._painted(lora, group):
                    task.advance()

    def _painted(self, lora: Entrant | None, trials: Sequence[Trial]) -> Iterator[None]:
        from orchestrator.media.pictures import write_png
        from orchestrator.stylization.engine import Paint
        from orchestrator.stylization.webui_engine import WebUIEngine

        engine = WebUIEngine(self.contenders.holders(lora), batch=1, tell=self.progress.say)
        paints = (Paint(self.frames(each.probe), self._look(each)) for each in trials)
        for trial, painted in zip(trials, engine.paint(paints), strict=True):
            write_png(self.picture(trial), painted.picture)
            self.painted += 1
            yield


def auditions(material: Material, contenders: Contenders, progress: Progress) -> Auditions:
    """Return what paints and measures such frames. Raises OrchestrateError: the style cannot be measured."""
    from orchestrator.media.decode import one

    project, source, canvas = material.project, material.source, material.canvas
    painter = contenders.plain[0]
    content: dict[str, Any] = {
        "payload": painter.payload.model_dump(mode="json", exclude={"denoising_strength"}),
        "checkpoint": painter.server.checkpoint,
        "painter": "embedded" if all(webui.url == EMBEDDED for webui in project.webui) else "WebUI",
        "source": source.content,
        "size": canvas.size,
        "picture": canvas.picture,
    }
    folder = material.work / _FOLDER
    return Auditions(
        look=material.look,
        content=content,
        frames=lru_cache(maxsize=None)(lambda index: canvas.init(one(source.clip, index))),
        contenders=contenders,
        measure=measure(material.style, folder / "seen", device=project.score.device),
        kept=Kept(folder, judged_by(material.style)),
        progress=progress,
    )

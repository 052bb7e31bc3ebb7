"""A few frames in several ways: no stage, since it is for looking at, and nothing is made of it.

What was painted is kept by all that it is made of, so that a repeated preview paints nothing.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from orchestrator import digest
from orchestrator.layers import timeline
from orchestrator.media import decode, pictures
from orchestrator.progress import counted
from orchestrator.stylization.canvas import Canvas
from orchestrator.stylization.changes import changed
from orchestrator.stylization.course import course
from orchestrator.stylization.engine import Paint
from orchestrator.stylization.settings import LANCZOS
from orchestrator.stylization.sizes import sizes
from orchestrator.stylization.webui_engine import WebUIEngine, recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.artifacts import LoraWeights
    from orchestrator.layers import Layer
    from orchestrator.media.letterbox import Box
    from orchestrator.progress import Progress
    from orchestrator.project import Project
    from orchestrator.stages.source import Source
    from orchestrator.stylization.engine import Look
    from orchestrator.stylization.sizes import Sizes
    from orchestrator.stylization.webui_engine import Painter
    from orchestrator.webui.payloads import Payload

    Frame = NDArray[np.uint8]

FOLDER = "preview"


@dataclass(frozen=True)
class Preview:
    """What a few frames are painted with.

    Attributes:
        project: what paints.
        work: the folder that holds what was painted.
        source: the frames.
        layer: how the project has them painted.
        model: digest of the base model.
        lora: the LoRA; None for none.
        native: side of the square that the model paints best, pixels; None where any size will do.
        picture: what lies within black bars; everything when None.
    """

    project: Project
    work: Path
    source: Source
    layer: Layer
    model: str
    lora: LoraWeights | None
    native: int | None
    picture: Box | None = None

    @cached_property
    def sizes(self) -> Sizes:
        """What is painted of a frame; it is looked at small, so nothing enlarges it."""
        settings = self.layer.settings.model_copy(update={"upscaler": LANCZOS})
        return sizes(settings, Canvas(self.source.clip.size, self.picture), self.native)

    @cached_property
    def canvas(self) -> Canvas:
        """The part of a frame that is painted."""
        return Canvas(self.source.clip.size, self.picture, self.sizes.given)

    def own(self, index: int) -> dict[str, Any]:
        """Return what the project itself says for a frame, by name, of all that can be varied."""
        payload, look = self.asked(index, {})
        numbers = {"steps": look.steps or payload.steps, "cfg_scale": look.cfg_scale or payload.cfg_scale}
        return numbers | {name: getattr(look, name) for name in ("strength", "lora_weight", "seed")}

    def asked(self, index: int, said: Mapping[str, Any]) -> tuple[Payload, Look]:
        """Return how a frame is painted in one way. Raises ProjectError: a value cannot be."""
        settings = changed(self.layer.settings, said)
        payload = recipe(settings)
        look = course(settings, payload, self.layer.trigger, timeline(self.source.clip)).look(index)
        return payload, look if self.lora else replace(look, lora_weight=0.0)

    def cell(self, index: int, said: Mapping[str, Any]) -> Cell:
        """Return one frame painted in one way. Raises ProjectError: a value cannot be."""
        payload, look = self.asked(index, said)
        tiles = self.layer.settings.tiles
        made_of = {
            **asdict(look),
            "payload": payload.model_dump(mode="json"),
            "size": self.sizes.painted,
            "picture": self.picture,
            "tiles": tiles.model_dump() if tiles else None,
            "webui": [[each.url, each.checkpoint] for each in self.project.webui],
            "model": self.model,
            "lora": self.lora.content_hash if self.lora else None,
            "source": self.source.content,
            "frame": index,
        }
        return Cell(index, payload, look, self.work / FOLDER / f"{digest.of_value(made_of)[:32]}.png")


@dataclass(frozen=True)
class Cell:
    """One frame painted in one way.

    Attributes:
        index: of the frame.
        payload: the recipe.
        look: how.
        file: where it lies once it is painted.
    """

    index: int
    payload: Payload
    look: Look
    file: Path


def due(cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells that are not painted yet, those of one recipe in a row."""
    missing = {cell.file: cell for cell in cells if not cell.file.exists()}
    return sorted(missing.values(), key=lambda cell: cell.payload.model_dump_json())


def paint(preview: Preview, cells: Sequence[Cell], progress: Progress) -> None:
    """Paint cells; what is painted stays, whatever happens.

    Args:
        preview: what they belong to.
        cells: those that are not painted yet, those of one recipe in a row; at least one.
        progress: is told of each.

    Raises:
        OrchestrateError: of the WebUIs, the source or the disk.
    """
    from orchestrator.stages.installed import painting
    from orchestrator.stylization.rehearsal import rehearse

    with (
        painting(preview.project, preview.work, preview.lora, preview.layer) as painters,
        progress.task("painting", total=len(cells), unit="pictures") as task,
    ):
        rehearse(painters, max((cell.look for cell in cells), key=lambda look: abs(look.lora_weight)))
        for cell, picture in counted(_painted(preview, cells, painters, progress), task):
            frame = decode.one(preview.source.clip, cell.index)
            pictures.write_png(cell.file, preview.canvas.framed(picture, frame))


def _painted(
    preview: Preview, cells: Sequence[Cell], painters: Sequence[Painter], progress: Progress
) -> Iterator[tuple[Cell, Frame]]:
    """Yield each cell with its picture; those of one recipe are painted in a row."""
    from orchestrator.webui.payloads import as_listed

    for payload, group in groupby(cells, lambda cell: cell.payload):
        alike = list(group)
        own = [replace(each, payload=as_listed(payload, each.server.client)) for each in painters]
        engine = WebUIEngine(own, batch=1, tell=progress.say)
        whole = preview.sizes.in_front(engine, [], progress.say)
        with closing(whole.paint(_paints(preview, alike))) as answers:
            yield from ((cell, answer.picture) for cell, answer in zip(alike, answers, strict=True))


def _paints(preview: Preview, cells: Iterable[Cell]) -> Iterator[Paint]:
    for index, group in groupby(cells, lambda cell: cell.index):
        init = preview.canvas.init(decode.one(preview.source.clip, index))
        yield from (Paint(init, cell.look) for cell in group)

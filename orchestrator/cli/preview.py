"""`orchestrate preview`."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.show import shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights
    from orchestrator.cli.opened import Job
    from orchestrator.layers import Layer
    from orchestrator.media.contact_sheet import Cell
    from orchestrator.media.letterbox import Box
    from orchestrator.pipeline.stage import Stage
    from orchestrator.progress import Progress
    from orchestrator.stages.preview import Preview

    Said = Mapping[str, Any]
    Table = list[tuple[int, list[Said]]]

_FRAMES = 3  # where none are asked for
_NO_LORA = (
    "the LoRA is not trained yet, so this is painted without it: --train trains it first,"
    " --lora FILE takes another"
)


def run(args: argparse.Namespace) -> int:
    """Paint a few frames in several ways, and lay them out on one sheet."""
    from orchestrator.media.contact_sheet import contact_sheet
    from orchestrator.media.pictures import write_png

    job = opened(args.project)
    target = args.out or job.project.output.video.parent / "preview.png"
    lines, painted = list[list["Cell"]](), 0
    with made(job, list(_needed(job, args)), as_json=args.json):
        frames = _frames(job, args.at)
        with shown(as_json=args.json) as progress:
            for layer, indices in groupby(frames, lambda index: _layer(job, index)):
                preview = _preview(job, layer, args.lora)
                table = _table(preview, indices, {name: getattr(args, name) for name in _names()})
                painted += _paint(preview, table, progress)
                lines += [_line(preview, index, row) for index, row in table]
        write_png(target, contact_sheet(lines, footer=f"* as in the project {job.project.name}"))
    told = {"event": "result", "sheet": str(target), "painted": painted, "frames": frames}
    print(json.dumps(told) if args.json else f"{painted} painted: {target}")
    return 0


def _needed(job: Job, args: argparse.Namespace) -> Iterator[Stage[Any]]:
    if not args.at:
        yield job.graph.shots
    if args.train and not args.lora:
        yield from (job.graph.lora, *job.graph.loras.values())


def _names() -> Iterable[str]:
    from orchestrator.stylization.variants import NAMES

    return NAMES


def _frames(job: Job, at: str | None) -> list[int]:
    from orchestrator.cli.times import frame_at
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.stylization.variants import spread

    clip = job.graph.source.clip
    if at:
        return [frame_at(each, clip) for each in at.split(",")]
    return spread(clip.count, artifacts(job.store)(job.graph.shots), _FRAMES)


def _layer(job: Job, index: int) -> Layer:
    """Return the layer that a frame shows: of those that follow one another in time, the latest."""
    arrangement = job.graph.arrangement
    in_time = reversed(arrangement.layers[: arrangement.mixed])
    return next((each for each in in_time if index in each.frames), arrangement.layers[0])


def _preview(job: Job, layer: Layer, lora: Path | None) -> Preview:
    from orchestrator.stages.fitting import native_side
    from orchestrator.stages.preview import Preview

    trained = job.graph.loras[layer.style] if layer.style else job.graph.lora
    return Preview(
        project=job.project,
        work=job.store.root,
        source=job.graph.source,
        layer=layer,
        model=str(job.graph.train.settings["model"]),
        lora=_given(lora) if lora else _made(job, trained),
        native=native_side(job.project.training),
        picture=_picture(job) if layer.settings.letterbox == "keep" else None,
    )


def _given(file: Path) -> LoraWeights:
    from orchestrator.artifacts import LoraWeights
    from orchestrator.safetensors_file import content_hash

    return LoraWeights(file, content_hash(file))


def _made(job: Job, stage: Stage[LoraWeights]) -> LoraWeights | None:
    from orchestrator.pipeline.execute import artifacts

    return artifacts(job.store)(stage) if job.store.finished(stage) else None


def _picture(job: Job) -> Box | None:
    """Return what lies within black bars, if the video was looked at already."""
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.stages.shots import survey

    if not job.store.finished(job.graph.shots):
        return None
    return artifacts(job.store)(survey(job.graph.shots)).picture


def _table(preview: Preview, frames: Iterable[int], asked: Mapping[str, Sequence[Any] | None]) -> Table:
    """Return the rows of the sheet: a frame, and what is said otherwise in each cell."""
    from orchestrator.stylization.variants import variants

    table: Table = []
    for index in frames:
        rows, columns = variants(preview.own(index), asked, lora=preview.lora is not None)
        table += [(index, [{**row, **column} for column in columns]) for row in rows]
    return table


def _paint(preview: Preview, table: Table, progress: Progress) -> int:
    """Paint the cells that are not painted yet; return how many that were."""
    from orchestrator.preflight import check_webui
    from orchestrator.stages.preview import due, paint

    if preview.lora is None:
        progress.say(_NO_LORA)
    missing = due(preview.cell(index, said) for index, row in table for said in row)
    if missing:
        check_webui(preview.project, preview.work)
        paint(preview, missing, progress)
    return len(missing)


def _line(preview: Preview, index: int, row: Sequence[Said]) -> list[Cell]:
    """Return the cells of one row: the source's frame, and what was painted of it."""
    from orchestrator.media import decode, pictures
    from orchestrator.media.contact_sheet import Cell
    from orchestrator.stylization.variants import label

    clip, own = preview.source.clip, preview.own(index)
    source = Cell(decode.one(clip, index), f"source, {float(clip.times[index]):.2f} s, frame {index}")
    files = ((said, preview.cell(index, said).file) for said in row)
    return [source, *(Cell(pictures.read(file), label(said, own)) for said, file in files)]

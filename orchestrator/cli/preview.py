"""`orchestrate preview`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.cli.making import made
from orchestrator.cli.opened import opened
from orchestrator.cli.show import shown

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights
    from orchestrator.cli.opened import Job
    from orchestrator.media.contact_sheet import Cell
    from orchestrator.stages.preview import Preview

    Said = Mapping[str, Any]

_FRAMES = 3  # where none are asked for
_NO_LORA = (
    "the LoRA is not trained yet, so this is painted without it: --train trains it first,"
    " --lora FILE takes another"
)


def run(args: argparse.Namespace) -> int:
    """Paint a few frames in several ways, and lay them out on one sheet."""
    from orchestrator.media.pictures import write_png

    job = opened(args.project)
    target = args.out or job.project.output.video.parent / "preview.png"
    first = [] if args.at else [job.graph.shots]
    with made(job, [*first, *([job.graph.train] if args.train else [])], as_json=args.json):
        frames, lora = _frames(job, args.at), _lora(job, args.lora)
        sheet, painted = _sheet(_preview(job, lora), frames, _asked(args), as_json=args.json)
        write_png(target, sheet)
    told = {"event": "result", "sheet": str(target), "painted": painted, "frames": frames}
    print(
        json.dumps({**told, "lora": lora and str(lora.file)}) if args.json else f"{painted} painted: {target}"
    )
    return 0


def _asked(args: argparse.Namespace) -> dict[str, Sequence[Any]]:
    from orchestrator.stylization.variants import NAMES

    return {name: getattr(args, name) or () for name in NAMES}


def _frames(job: Job, at: str | None) -> list[int]:
    from orchestrator.cli.times import frame_at
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.stylization.variants import spread

    clip = job.graph.source.clip
    if at:
        return [frame_at(each, clip) for each in at.split(",")]
    return spread(clip.count, artifacts(job.store)(job.graph.shots), _FRAMES)


def _lora(job: Job, file: Path | None) -> LoraWeights | None:
    from orchestrator.artifacts import LoraWeights
    from orchestrator.pipeline.execute import artifacts
    from orchestrator.safetensors_file import content_hash

    if file is not None:
        return LoraWeights(file, content_hash(file))
    return artifacts(job.store)(job.graph.train) if job.store.finished(job.graph.train) else None


def _preview(job: Job, lora: LoraWeights | None) -> Preview:
    from orchestrator.stages.fitting import native_side
    from orchestrator.stages.preview import Preview

    model, native = str(job.graph.train.settings["model"]), native_side(job.project.training)
    return Preview(job.project, job.store.root, job.graph.source, model, lora, native)


def _sheet(
    preview: Preview, frames: Sequence[int], asked: Mapping[str, Sequence[Any]], *, as_json: bool
) -> tuple[Any, int]:
    """Return the sheet, (H, W, 3) uint8 RGB, and how many of its cells had to be painted."""
    from orchestrator.media.contact_sheet import contact_sheet
    from orchestrator.preflight import check_webui
    from orchestrator.stages.preview import due, paint
    from orchestrator.stylization.variants import variants

    rows, columns = variants(preview.own(), asked, lora=preview.lora is not None)
    table = [(index, [{**row, **column} for column in columns]) for index in frames for row in rows]
    missing = due(preview.cell(index, said) for index, line in table for said in line)
    with shown(as_json=as_json) as progress:
        if preview.lora is None:
            progress.say(_NO_LORA)
        if missing:
            check_webui(preview.project, preview.work)
            paint(preview, missing, progress)
    lines = [_line(preview, index, line) for index, line in table]
    return contact_sheet(lines, footer=_footer(preview)), len(missing)


def _line(preview: Preview, index: int, line: Sequence[Said]) -> list[Cell]:
    """Return the cells of one row: the source's frame, and what was painted of it."""
    from orchestrator.media import decode, pictures
    from orchestrator.media.contact_sheet import Cell
    from orchestrator.stylization.variants import label

    clip, own = preview.source.clip, preview.own()
    source = Cell(decode.one(clip, index), f"source, {float(clip.times[index]):.2f} s, frame {index}")
    files = ((said, preview.cell(index, said).file) for said in line)
    return [source, *(Cell(pictures.read(file), label(said, own)) for said, file in files)]


def _footer(preview: Preview) -> str:
    lora = preview.lora.file.name if preview.lora else "no LoRA"
    return f"* as in the project; {preview.project.stylize.payload}, {lora}"

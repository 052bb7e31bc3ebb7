"""`orchestrate ebsynth import`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.cli.show import shown

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence
    from orchestrator.media.clip import Clip
    from orchestrator.progress import Progress


def run(args: argparse.Namespace) -> int:
    """Blend what EbSynth made into frames, and make a video of them if that is wished."""
    from orchestrator.media.clip import cut
    from orchestrator.media.codecs import of_suffix
    from orchestrator.media.probe import probe
    from orchestrator.stylization.ebsynth import folder
    from orchestrator.stylization.ebsynth.export import refuse_used
    from orchestrator.stylization.ebsynth.take_back import take_back

    to = args.to or args.folder / "blended"
    refuse_used(to)
    codec = of_suffix(args.video) if args.video else ""
    clip = cut(probe(args.source), args.start, args.end)
    with shown(as_json=args.json) as progress:
        frames = take_back(folder.read(args.folder), clip, to, progress)
        if args.video:
            _encode(frames, clip, args.video, codec, progress)
    told = {"frames": frames.count, "folder": str(to), **({"video": str(args.video)} if args.video else {})}
    print(json.dumps({"event": "result", **told}) if args.json else _lines(told))
    return 0


def _encode(frames: FrameSequence, clip: Clip, target: Path, codec: str, progress: Progress) -> None:
    from orchestrator.media.encode import encode
    from orchestrator.media.pictures import stored

    with progress.task("encoding", total=frames.count, unit="frames") as task:
        encode(
            stored(frames),
            clip,
            target,
            codec=codec,
            crf=None,
            audio="keep",
            on_frame=lambda index: task.reach(index + 1),
        )


def _lines(told: dict[str, object]) -> str:
    return "\n".join(f"{name:<10}{value}" for name, value in told.items())

"""`orchestrate deflicker`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.cli.show import shown

if TYPE_CHECKING:
    import argparse


def run(args: argparse.Namespace) -> int:
    """Take the flicker out of restyled frames; the frames themselves stay as they are."""
    from orchestrator.dataset.folder import is_picture, naturally
    from orchestrator.errors import ImageError
    from orchestrator.media.clip import cut
    from orchestrator.media.probe import probe
    from orchestrator.stylization.deflicker_files import deflicker

    if not args.frames.is_dir():
        raise ImageError("there is no such folder of frames", where=str(args.frames))
    restyled = sorted((path for path in args.frames.iterdir() if is_picture(path)), key=naturally)
    to = args.to or args.frames.with_name(f"{args.frames.name}-steady")
    with shown(as_json=args.json) as progress:
        deflicker(restyled, cut(probe(args.source), None, None), to, args.reach, progress)
    told = {"event": "result", "frames": len(restyled), "out": str(to)}
    print(json.dumps(told) if args.json else f"{len(restyled)} frames: {to}")
    return 0

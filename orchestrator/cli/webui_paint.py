"""`orchestrate webui paint`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from orchestrator.cli.named_webui import named_webui
from orchestrator.cli.show import shown

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from orchestrator.stylization.repaint import Order


def run(args: argparse.Namespace) -> int:
    """Paint one picture or a folder; what was painted so already is left as it is."""
    from orchestrator.stylization.repaint import repaint
    from orchestrator.stylization.repaint_files import jobs
    from orchestrator.webui.opening import reached

    order = _order(args)
    out = args.out or _beside(args.pictures)
    planned = jobs(_pictures(args.pictures), out, args.mask)
    with shown(as_json=args.json) as progress, reached(named_webui(args)) as server:
        painted = repaint(server, order, planned, progress)
    there = len(planned) - painted
    told = {"event": "result", "painted": painted, "there_already": there, "out": str(out)}
    print(json.dumps(told) if args.json else f"{painted} painted, {there} there already: {out}")
    return 0


def _order(args: argparse.Namespace) -> Order:
    from orchestrator.stylization.repaint import Order
    from orchestrator.webui import payloads

    payload = payloads.load(args.payload)
    if args.strength is not None:
        payload = payloads.changed(payload, denoising_strength=args.strength)
    loras = {name: weight for name, weight in args.lora if weight}
    return Order(payload, args.prompt, args.seed, loras, args.size)


def _pictures(given: Path) -> list[Path]:
    from orchestrator.dataset.folder import is_picture, naturally
    from orchestrator.errors import ImageError

    if not given.is_dir():
        return [given]
    found = sorted((path for path in given.iterdir() if is_picture(path)), key=naturally)
    if not found:
        raise ImageError("no pictures lie in this folder", where=str(given))
    return found


def _beside(given: Path) -> Path:
    return given.with_name(f"{given.name}-painted" if given.is_dir() else f"{given.stem}-painted.png")

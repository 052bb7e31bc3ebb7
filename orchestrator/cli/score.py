"""`orchestrate score`: of a project's frames, or of any B against any A."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.cli.part import make

if TYPE_CHECKING:
    import argparse

    from orchestrator.metrics.compare import Comparison
    from orchestrator.metrics.settings import ScoreSettings

_DEFAULT = ("lpips", "ssim", "psnr")  # what two pictures need no motion and no style for
_A_AND_B = 2
_ON_ONE_SCREEN = 24  # pairs


def run(args: argparse.Namespace) -> int:
    """Measure, and say what came out."""
    from orchestrator.errors import ProjectError

    if len(args.inputs) > _A_AND_B:
        raise ProjectError(
            f"{len(args.inputs)} inputs are too many", remedy="Name a project, or one source and one result."
        )
    if len(args.inputs) < _A_AND_B:
        project = args.inputs[0] if args.inputs else Path("project.yaml")
        if project.suffix not in {".yaml", ".yml"}:
            raise ProjectError(
                f"{project} alone cannot be measured", remedy="Name a result, or a project.yaml."
            )
        return make("score", project, as_json=args.json)
    a, b = args.inputs
    return _compared(a, b, args)


def _compared(a: Path, b: Path, args: argparse.Namespace) -> int:
    from orchestrator import files, freed_memory
    from orchestrator.cli.show import shown
    from orchestrator.metrics.compare import compare
    from orchestrator.metrics.tables import as_csv

    settings = _settings(args)
    freed_memory.keep()
    with shown(as_json=args.json) as progress:
        comparison = compare(a, b, settings, style=args.style, kept=args.keep, progress=progress)
    if args.csv:
        files.write_bytes(args.csv, as_csv(comparison.measurements, comparison.names).encode())
    if args.html:
        files.write_bytes(args.html, _page(a, b, settings, comparison).encode())
    print(_as_json(comparison) if args.json else _as_text(comparison))
    return 0


def _settings(args: argparse.Namespace) -> ScoreSettings:
    """Return the settings. Raises ProjectError: what is wrong with them, all at once."""
    from pydantic import ValidationError

    from orchestrator.errors import ProjectError
    from orchestrator.metrics.settings import ScoreSettings

    asked: dict[str, Any] = {
        "metrics": args.metrics or _DEFAULT,
        "device": args.device,
        "weights": dict(each.partition("=")[::2] for each in args.weights),
        "text": args.text,
        "mask": args.mask,
        "region": "outside" if args.outside else "inside",
    }
    try:
        return ScoreSettings.model_validate(asked)
    except ValidationError as error:
        mistakes = "; ".join(_mistake(each) for each in error.errors())
        raise ProjectError(mistakes, remedy="See `orchestrate score --help`.") from error


def _mistake(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))
    received = f", not {error['input']!r}" if error["type"] == "literal_error" else ""
    return f"{place}: {error['msg']}{received}"


def _as_json(comparison: Comparison) -> str:
    from orchestrator.metrics.tables import described

    return json.dumps(
        {
            "event": "result",
            "pairs": comparison.names,
            "remarks": comparison.remarks,
            "metrics": described(comparison.measurements),
        }
    )


def _as_text(comparison: Comparison) -> str:
    from orchestrator.cli.scores import pairs_table, table

    few = len(comparison.names) <= _ON_ONE_SCREEN
    shown = pairs_table(comparison.measurements, comparison.names) if few else table(comparison.measurements)
    return "\n".join([shown, *(f"{remark}." for remark in comparison.remarks)])


def _page(a: Path, b: Path, settings: ScoreSettings, comparison: Comparison) -> str:
    from orchestrator.metrics.table import METRICS
    from orchestrator.report.compared import Compared, render_compared
    from orchestrator.report.data import Figure

    measured = comparison.measurements
    figures = tuple(
        Figure(
            name=name,
            label=each.label,
            unit=each.unit,
            better=each.better,
            paper=f"{each.paper}. {each.sees}." + (f" In a region: {each.inside}." if settings.mask else ""),
            values=measured.frames[name],
            mean=measured.means.get(name),
        )
        for name, each in METRICS.items()
        if name in measured.frames
    )
    notes = {"region": settings.mask and f"{settings.region} {settings.mask}", "text": settings.text}
    files = {name: str(path) for name, path in settings.files.items() if name != "mask"}
    told = tuple((name, value) for name, value in {**notes, **files}.items() if value)
    return render_compared(Compared(str(a), str(b), comparison.names, figures, told, comparison.remarks))

"""A comparison written to the files that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.files import write_bytes
from orchestrator.gate.data import Still
from orchestrator.gate.frames import frames_of
from orchestrator.gate.junit import junit
from orchestrator.gate.markdown import markdown
from orchestrator.gate.page import page, trend
from orchestrator.media.pictures import thumbnail

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.gate.data import Worst
    from orchestrator.gate.gate import Gated
    from orchestrator.gate.suite import Suite

_THUMBNAIL = (480, 480)


def write_junit(gated: Gated, file: Path) -> None:
    """Write JUnit XML. Raises NotWritable, DiskFull."""
    write_bytes(file, junit(gated.outcome))


def write_markdown(gated: Gated, file: Path) -> None:
    """Write a pull request's comment. Raises NotWritable, DiskFull."""
    write_bytes(file, markdown(gated.outcome).encode())


def write_html(gated: Gated, suite: Suite[Any], file: Path) -> tuple[Path, Path]:
    """Write the page of the comparison, and beside it that of the suite's history.

    Returns:
        Both files: `gate.html` and `gate-trend.html`, for instance.

    Raises:
        NotWritable, DiskFull: the disk does not let us.
        DamagedArtifact: a picture is not what was painted.
    """
    outcome = gated.outcome
    beside = file.with_name(f"{file.stem}-trend{file.suffix}")
    stills = [_still(worst, gated, suite) for worst in outcome.worst]
    write_bytes(file, page(outcome, stills, beside.name).encode())
    points = gated.history.trend(outcome.suite, outcome.suite_hash)
    meanings = {row.metric: row.meaning for row in outcome.rows}
    write_bytes(beside, trend(outcome.suite, meanings, points).encode())
    return file, beside


def _still(worst: Worst, gated: Gated, suite: Suite[Any]) -> Still:
    (baseline,), (candidate,) = (
        side.kept.pictures([worst.picture]) for side in (gated.baseline, gated.candidate)
    )
    source = frames_of(suite, worst.picture.clip)[worst.picture.frame]
    return Still(worst, *(thumbnail(each, _THUMBNAIL) for each in (source, baseline, candidate)))

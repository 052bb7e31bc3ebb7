"""What is there to work with, what is missing, and how to mend it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import OrchestrateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

State = Literal["good", "missing", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what.
        state: good, missing but not needed by everyone, or bad: it stands in the way.
        found: what is there.
        remedy: what to do about it; empty when it is good.
    """

    subject: str
    state: State
    found: str
    remedy: str = ""


def look_at_machine() -> Iterator[Finding]:
    """Look at Python, ffmpeg, the GPU and the optional packages."""
    yield Finding("Python", "good", sys.version.split()[0])
    yield _ffmpeg()
    yield _gpu()
    yield _embedded()


def look_at_project(path: Path) -> Iterator[Finding]:
    """Look at a project file, at what it names, and at the WebUI that it wants."""
    from orchestrator.preflight import check_inputs, check_webui
    from orchestrator.project import load

    try:
        project = load(path)
        yield Finding("project", "good", str(path))
        check_inputs(project)
        yield Finding("inputs", "good", "videos, pictures, presets and models can be used")
        check_webui(project, path.absolute().parent)
        yield Finding("WebUI", "good", ", ".join(webui.url for webui in project.webui))
    except OrchestrateError as error:
        what = f"{error.where}: {error.what}" if error.where else error.what
        yield Finding("project", "bad", what, error.remedy)


def _ffmpeg() -> Finding:
    from orchestrator.media.binary import ffmpeg

    try:
        return Finding("ffmpeg", "good", ffmpeg())
    except OrchestrateError as error:
        return Finding("ffmpeg", "bad", error.what, error.remedy)


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        return Finding("GPU", "good", f"{torch.cuda.get_device_name(0)}, {memory:.0f} GiB")
    return Finding(
        "GPU",
        "missing",
        f"torch {torch.__version__} finds no CUDA GPU",
        "The model that ships runs without; for real checkpoints install a torch built for your GPU.",
    )


def _embedded() -> Finding:
    from orchestrator.preflight import missing_packages

    missing = missing_packages()
    if not missing:
        return Finding("embedded programs", "good", "trainer and WebUI can run")
    return Finding(
        "embedded programs",
        "missing",
        f"not installed: {', '.join(missing)}",
        "pip install 'orchestrate[embedded]', unless you have sd-scripts and a WebUI.",
    )

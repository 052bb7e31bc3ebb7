"""What is there to work with, what is missing, and how to mend it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from orchestrator.errors import OrchestrateError
from orchestrator.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.webui.account import Account
    from orchestrator.webui.settings import WebUISettings

_LACKING = "Install it there, or choose what it has."


def look_at_machine() -> Iterator[Finding]:
    """Look at Python, ffmpeg, the GPU and the optional packages."""
    yield Finding("Python", "good", sys.version.split()[0])
    yield _ffmpeg()
    yield _gpu()
    yield _embedded()


def look_at_project(path: Path) -> Iterator[Finding]:
    """Look at a project file, at what it names, what trains, and the WebUIs that it wants."""
    from orchestrator.preflight import check_inputs, check_webui
    from orchestrator.project import load
    from orchestrator.training.health import look_at_training

    try:
        project = load(path)
        yield Finding("project", "good", str(path))
        yield from look_at_training(project.training, path.absolute().parent)
        check_inputs(project)
        yield Finding("inputs", "good", "videos, pictures, presets and models can be used")
        for webui in project.webui:
            if not webui.is_ours:
                yield from look_at_webui(webui, project.stylize)
        check_webui(project, path.absolute().parent)
        yield Finding("WebUI", "good", ", ".join(webui.url for webui in project.webui))
    except OrchestrateError as error:
        yield _told("project", error)


def look_at_webui(webui: WebUISettings, style: StylizeSettings | None = None) -> Iterator[Finding]:
    """Look at a WebUI that runs, by having it paint a tiny picture.

    Args:
        webui: which one.
        style: what it is to paint, so that what it lacks for that is found too.
    """
    from orchestrator.stylization.rehearsal import wished
    from orchestrator.stylization.settings import LANCZOS
    from orchestrator.webui.account import take
    from orchestrator.webui.catalogue import check_upscaler, missing
    from orchestrator.webui.client import Client

    try:
        with Client(webui.url, webui) as client:
            client.progress()
            account = take(client, webui)
        yield from _facts(account)
        wishes = missing(wished(style, webui.checkpoint), account.catalogue) if style else ()
        yield from (Finding("lacks", "bad", each, _LACKING) for each in wishes)
        if style and style.upscaler != LANCZOS:
            check_upscaler(style.upscaler, account.catalogue)
    except OrchestrateError as error:
        yield _told("WebUI", error)


def _facts(account: Account) -> Iterator[Finding]:
    lists = account.catalogue
    yield Finding("WebUI", "good", f"{account.flavour} {account.version} at {account.url}, and it can paint")
    yield Finding("checkpoint", "good", f"{account.checkpoint} [{account.checkpoint_hash}]")
    yield from _listed("checkpoints", [each.title for each in lists.checkpoints])
    yield from _listed("samplers", lists.samplers)
    yield from _listed("schedulers", lists.schedulers)
    yield Finding("VAE", "good", account.vae or "it does not say which")
    yield from _listed("VAEs", lists.vaes)
    yield from _listed("upscalers", lists.upscalers)
    yield from _listed("extensions", lists.scripts)
    yield from _listed("ControlNet models", lists.control_models)
    yield from _listed("ControlNet modules", lists.control_modules)
    folder = account.lora_folder or "it does not say where"
    yield Finding("LoRAs", "good", f"{len(account.loras)} in {folder}")
    yield Finding("password", "good", "wanted, and known" if account.wants_password else "none wanted")
    yield Finding("free RAM", "good", _gigabytes(account.free_ram))
    yield Finding("free VRAM", "good", _gigabytes(account.free_vram))


def _listed(subject: str, names: Sequence[str] | None) -> Iterator[Finding]:
    if names is None:
        yield Finding(subject, "missing", "it has no such list")
    else:
        yield Finding(subject, "good", ", ".join(names) or "none")


def _gigabytes(amount: float | None) -> str:
    return "it does not say" if amount is None else f"{amount / 2**30:.1f} GiB"


def _told(subject: str, error: OrchestrateError) -> Finding:
    what = f"{error.where}: {error.what}" if error.where else error.what
    return Finding(subject, "bad", what, error.remedy)


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

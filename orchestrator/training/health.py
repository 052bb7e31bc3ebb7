"""Whether a training with sd-scripts can begin: its checkout, Python, GPU, disk and tokenizers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import OrchestrateError
from orchestrator.finding import Finding
from orchestrator.training import configs, disk
from orchestrator.training.family import read_family
from orchestrator.training.sd_scripts import checkout, machine, tokenizers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.training.family import Family
    from orchestrator.training.sd_scripts.machine import Machine
    from orchestrator.training.settings import SdScriptsSettings, TrainingSettings

_ROOM = 0.6  # GiB that a GPU may have less than its maker says
_INSTALL = "Install sd-scripts' requirements into the Python that `training.sd_scripts` names."


def look_at_training(settings: TrainingSettings, folder: Path) -> Iterator[Finding]:
    """Look at all that a training with sd-scripts needs; the embedded trainer needs none of it.

    Args:
        settings: how the LoRA is trained.
        folder: the project's, on whose disk the training writes.
    """
    if settings.sd_scripts is None or settings.trainer != "sd-scripts":
        return
    try:
        family = read_family(Path(settings.base_model))
        arguments = {**configs.arguments(settings), **dict(family.arguments)}
        checkout.check(settings.sd_scripts, family.script)
    except OrchestrateError as error:
        yield _bad("sd-scripts", error)
        return
    where = settings.sd_scripts.path
    yield Finding("sd-scripts", "good", f"{checkout.described(where)} in {where}")
    yield from _of_python(settings, settings.sd_scripts, family, arguments)
    yield _disk(Path(settings.base_model), arguments, folder)
    yield _tokenizers(family, arguments)


def _of_python(
    settings: TrainingSettings, sd_scripts: SdScriptsSettings, family: Family, arguments: configs.Config
) -> Iterator[Finding]:
    python = checkout.interpreter(sd_scripts)
    try:
        found = machine.asked(python)
    except OrchestrateError as error:
        yield Finding("its Python", "bad", f"{error.where}: {error.what}", _INSTALL)
        return
    yield _packages(found, arguments, python)
    yield _gpu(found, settings.vram or family.vram, arguments)


def _packages(found: Machine, arguments: configs.Config, python: Path) -> Finding:
    wanted = {"torch", "diffusers", "transformers"}
    wanted |= {"accelerate", *(["xformers"] if arguments.get("xformers") else [])}
    if arguments.get("optimizer_type", "").lower().endswith("8bit"):
        wanted.add("bitsandbytes")
    if lacking := sorted(name for name in wanted if found.packages[name] is None):
        return Finding("its Python", "bad", f"{python} lacks {', '.join(lacking)}", _INSTALL)
    versions = ", ".join(f"{name} {found.packages[name]}" for name in sorted(wanted))
    return Finding("its Python", "good", f"{python}: {versions}")


def _gpu(found: Machine, wanted: int | None, arguments: configs.Config) -> Finding:
    precision = arguments.get("mixed_precision", "no")
    if found.gpu is None and precision != "no":
        remedy = "Install a torch that is built for your GPU; without a GPU set mixed_precision to 'no'."
        return Finding("VRAM", "bad", f"its torch sees no GPU, and mixed_precision is {precision}", remedy)
    if found.gpu is None:
        return Finding(
            "VRAM", "missing", "its torch sees no GPU: it trains on the CPU, which takes very long"
        )
    total, free = found.gpu.total / 2**30, found.gpu.free / 2**30
    told = f"{found.gpu.name}, {total:.0f} GiB, {free:.0f} of them free"
    if wanted is None or free + _ROOM >= wanted:
        return Finding("VRAM", "good", told)
    if total + _ROOM >= wanted:
        remedy = "End the other programs that use the GPU."
        return Finding("VRAM", "missing", f"{told}; the settings are meant for {wanted} GB", remedy)
    remedy = "Set `training.vram` to what it has, and cheaper settings are taken."
    return Finding("VRAM", "bad", f"{told}; the settings are meant for {wanted} GB", remedy)


def _disk(model: Path, arguments: configs.Config, folder: Path) -> Finding:
    wanted, free = disk.needed(model, arguments), shutil.disk_usage(folder).free
    told = f"{free / 1e9:.1f} GB are free, and LoRAs and states take about {wanted / 1e9:.2f} GB"
    if free > wanted:
        return Finding("disk", "good", told)
    return Finding("disk", "bad", told, "Free some space, lower network_dim, or save less often.")


def _tokenizers(family: Family, arguments: configs.Config) -> Finding:
    named = arguments.get("tokenizer_cache_dir")
    cache = Path(named) if named else None
    missing = tokenizers.missing(family.name, cache)
    if not missing:
        return Finding("tokenizers", "good", f"those of {family.name} are there; nothing is downloaded")
    command = tokenizers.fetching(missing, cache or Path("~/tokenizers").expanduser())
    return Finding(
        "tokenizers",
        "bad",
        f"not on this disk: {', '.join(each.name for each in missing)}; nothing is downloaded while training",
        f"With a network, in its Python: {command}"
        + ("" if cache else "; then set `tokenizer_cache_dir: ~/tokenizers` among training.overrides."),
    )


def _bad(subject: str, error: OrchestrateError) -> Finding:
    what = f"{error.where}: {error.what}" if error.where else error.what
    return Finding(subject, "bad", what, error.remedy)

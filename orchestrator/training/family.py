"""Which kind of diffusion model a checkpoint is, as the names of its own tensors tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator import safetensors_file
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FamilyName = Literal["SD 1.x", "SD 2.x", "SDXL", "FLUX", "SD3"]


@dataclass(frozen=True)
class Family:
    """A kind of base model.

    Attributes:
        name: as users call it.
        mark: how the name of a tensor begins that only this family has, once a leading
            `model.diffusion_model.` is taken away.
        script: the program of sd-scripts that trains it.
        network_module: the module of sd-scripts that makes a LoRA for it.
        preset: the preset that fits it, if there is one.
        files: what it needs beside its checkpoint, by the argument that names it, each with the beginning
            of the tensors' names by which a checkpoint shows that it holds that part; empty for never.
        arguments: what else the script must be told.
        vram: GB of the smallest GPU that its presets are meant for without a tier; None without presets.
        side: of the square that it paints best, pixels.
        bucket_step: what the script wants `bucket_reso_steps` to be a multiple of, in pixels.
    """

    name: FamilyName
    mark: str
    script: str
    network_module: str
    preset: str | None
    files: tuple[tuple[str, str], ...] = ()
    arguments: tuple[tuple[str, bool], ...] = ()
    vram: int | None = None
    side: int = 1024
    bucket_step: int = 32


FAMILIES = (
    Family(
        "FLUX",
        "double_blocks.",
        "flux_train_network.py",
        "networks.lora_flux",
        "flux-style",
        (("ae", ""), ("clip_l", ""), ("t5xxl", "")),
        vram=24,
    ),
    Family(
        "SD3",
        "joint_blocks.",
        "sd3_train_network.py",
        "networks.lora_sd3",
        None,
        tuple((part, f"text_encoders.{part}.") for part in ("clip_l", "clip_g", "t5xxl")),
    ),
    Family(
        "SDXL",
        "conditioner.embedders.1.",
        "sdxl_train_network.py",
        "networks.lora",
        "sdxl-style",
        vram=12,
    ),
    Family(
        "SD 2.x",
        "cond_stage_model.model.",
        "train_network.py",
        "networks.lora",
        "sd15-style",
        arguments=(("v2", True),),
        vram=8,
        side=768,
        bucket_step=64,
    ),
    Family(
        "SD 1.x",
        "cond_stage_model.transformer.",
        "train_network.py",
        "networks.lora",
        "sd15-style",
        vram=8,
        side=512,
        bucket_step=64,
    ),
)
_PREFIX = "model.diffusion_model."


def family_of(names: Iterable[str]) -> Family | None:
    """Return the family that a checkpoint of tensors with these names belongs to, or None."""
    bare = {name.removeprefix(_PREFIX) for name in names}
    return next((each for each in FAMILIES if any(name.startswith(each.mark) for name in bare)), None)


def read_family(checkpoint: Path) -> Family:
    """Return the family of a checkpoint; only its header is read.

    Raises:
        ModelFileError: it is no safetensors file, or none of a family that can be trained.
    """
    if checkpoint.is_dir():
        raise ModelFileError(
            "this is a folder, and the kind of a model is read from its own file",
            where=str(checkpoint),
            remedy="Name the .safetensors checkpoint instead.",
        )
    found = family_of(safetensors_file.header(checkpoint).tensors)
    if found is None:
        raise ModelFileError(
            f"its tensors are those of no {', '.join(each.name for each in FAMILIES)} checkpoint",
            where=str(checkpoint),
            remedy="Name a whole checkpoint: not a LoRA, not a part of a model, not a refiner.",
        )
    return found


def missing_files(family: Family, checkpoint: Path, given: Iterable[str]) -> list[str]:
    """Return the arguments for parts that are neither in the checkpoint nor given, in the family's order."""
    names = safetensors_file.header(checkpoint).tensors
    inside = {part for part, mark in family.files if mark and any(name.startswith(mark) for name in names)}
    return [part for part, _ in family.files if part not in inside | set(given)]

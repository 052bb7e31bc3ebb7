"""The `training` part of project.yaml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.settings import InputPath, Settings

Scalar = bool | int | float | str
Value = Scalar | list[Scalar]
TrainerName = Literal["embedded"]


class TrainingSettings(Settings):
    """How the LoRA is trained.

    Attributes:
        trainer: which program trains; see `orchestrator.training.trainer`.
        preset: a file of `kohya_configs/`, without `.toml`; when left out, `pocket-style` for pocket and
            `sd15-style` for any other base model.
        base_model: `pocket`, the model that ships, or the path of a checkpoint.
        overrides: the trainer's own arguments, over those of the preset.
        seed: for the trainer's random numbers.
    """

    trainer: TrainerName = "embedded"
    preset: str | None = None
    base_model: Annotated[Literal["pocket"] | InputPath, Field(union_mode="left_to_right")] = "pocket"
    overrides: dict[str, Value] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0, lt=2**32)

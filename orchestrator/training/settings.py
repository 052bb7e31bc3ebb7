"""The `training` part of project.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from orchestrator.settings import InputPath, Settings

Scalar = bool | int | float | str
TrainerName = Literal["embedded"]


def _as_model(value: Any) -> Any:
    if not isinstance(value, str | Path) or not str(value):
        message = f"write `pocket`, or the path of a checkpoint, not {value!r}"
        raise ValueError(message)
    return value


def _as_value(value: Any) -> Any:
    if not all(isinstance(each, Scalar) for each in (value if isinstance(value, list) else [value])):
        message = f"write a number, a text, true or false, or a list of these, not {value!r}"
        raise ValueError(message)
    return value


Value = Annotated[Scalar | list[Scalar], BeforeValidator(_as_value)]
BaseModelName = Annotated[
    Literal["pocket"] | InputPath, Field(union_mode="left_to_right"), BeforeValidator(_as_model)
]


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
    base_model: BaseModelName = "pocket"
    overrides: dict[str, Value] = Field(default_factory=dict)
    seed: int = Field(default=0, ge=0, lt=2**32)

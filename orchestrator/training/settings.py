"""The `training` part of project.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from orchestrator.settings import FOLDER, InputPath, Settings

Scalar = bool | int | float | str
TrainerName = Literal["embedded", "sd-scripts"]

# arguments that name a file or folder; trainers would take relative ones from their own working directory
_PATHS = ("network_weights", "sample_prompts", "vae", "tokenizer_cache_dir", "logging_dir")

SECRETS = frozenset({"huggingface_token", "wandb_api_key"})
"""Arguments that open an account; they change nothing of a LoRA, and are shown nowhere."""


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


class SdScriptsSettings(Settings):
    """Where kohya's sd-scripts is and how it is started.

    Attributes:
        path: its checkout.
        python: the Python that it is installed in; when left out, that of `venv` or `.venv` in the checkout.
        launcher: `accelerate` starts it as its documentation does; `python` starts it directly.
        state_every: after how many epochs the whole state of the training is kept, to go on from; when left
            out, about ten times over the whole training.
    """

    path: InputPath
    python: InputPath | None = None
    launcher: Literal["accelerate", "python"] = "accelerate"
    state_every: int | None = Field(default=None, ge=1)


class ClassImages(Settings):
    """Pictures of the kind of thing that is learnt, so that the model does not forget all others of it.

    Attributes:
        folder: where they lie: other persons for a person, other dogs for a dog.
        prompt: what they show, as a prompt without the trigger word.
    """

    folder: InputPath
    prompt: str = Field(min_length=1)


class ModelFiles(Settings):
    """The parts of a model that do not lie in its own file: for FLUX and SD3.

    Attributes:
        ae: FLUX's autoencoder.
        clip_l: the text encoder CLIP-L.
        clip_g: the text encoder CLIP-G.
        t5xxl: the text encoder T5-XXL.
    """

    ae: InputPath | None = None
    clip_l: InputPath | None = None
    clip_g: InputPath | None = None
    t5xxl: InputPath | None = None

    def given(self) -> dict[str, Path]:
        """Return the files that are named, by the argument that names them to a trainer."""
        files = {"ae": self.ae, "clip_l": self.clip_l, "clip_g": self.clip_g, "t5xxl": self.t5xxl}
        return {name: file for name, file in files.items() if file is not None}


class EarlyStop(Settings):
    """When a training that does not get better any more is ended, and the best LoRA kept.

    Attributes:
        every: after how many steps the LoRA is saved, and a few frames of the source are painted with it.
        patience: after how many of these looks in a row without anything better it is enough.
        probes: how many frames are painted, of shots that were not trained on.
    """

    every: int = Field(ge=1)
    patience: int = Field(default=2, ge=1)
    probes: int = Field(default=6, ge=1, le=100)


class TrainingSettings(Settings):
    """How the LoRA is trained.

    Attributes:
        trainer: which program trains; see `orchestrator.training.trainer`.
        preset: a file of `kohya_configs/`, without `.toml`, or the path of a TOML of one's own; the style
            preset that fits the base model when left out.
        base_model: `pocket`, the model that ships, or the path of a checkpoint.
        overrides: the trainer's own arguments, over those of the preset.
        step: which of the saved LoRAs is used, by its step; the last when left out.
        early_stop: when it may end before its last step; never when left out. The WebUI paints meanwhile.
        seed: for the trainer's random numbers.
        sd_scripts: where sd-scripts is, for the trainer of that name.
        model_files: what FLUX and SD3 need beside the base model.
        vram: GB of the GPU's memory; sd-scripts alone. The preset is changed to fit: `kohya_configs/vram/`.
        class_images: what prior preservation looks at, for a character or a concept.
        on_oom: whether a training that runs out of GPU memory is tried again with cheaper settings.
    """

    trainer: TrainerName = "embedded"
    preset: str | None = None
    base_model: BaseModelName = "pocket"
    overrides: dict[str, Value] = Field(default_factory=dict)
    step: int | None = Field(default=None, ge=1)
    early_stop: EarlyStop | None = None
    seed: int = Field(default=0, ge=0, lt=2**32)
    sd_scripts: SdScriptsSettings | None = None
    model_files: ModelFiles = ModelFiles()
    vram: Literal[6, 8, 12, 16, 24] | None = None
    class_images: ClassImages | None = None
    on_oom: Literal["stop", "retry"] = "stop"

    def files(self) -> dict[str, Path]:
        """Return what a training reads beside its pictures and its base model, each by a name."""
        more = {} if self.class_images is None else {"class_images": self.class_images.folder}
        return self.model_files.given() | more

    @field_validator("preset")
    @classmethod
    def _own_preset_beside_the_file(cls, preset: str | None, info: ValidationInfo) -> str | None:
        if preset is None or not preset.endswith(".toml"):
            return preset
        folder = Path(info.context[FOLDER]) if info.context and FOLDER in info.context else Path()
        return str((folder / Path(preset).expanduser()).absolute())

    @field_validator("overrides")
    @classmethod
    def _beside_the_file(cls, overrides: dict[str, Value], info: ValidationInfo) -> dict[str, Value]:
        folder = Path(info.context[FOLDER]) if info.context and FOLDER in info.context else Path()
        paths = {
            name: value for name, value in overrides.items() if name in _PATHS and isinstance(value, str)
        }
        return overrides | {
            name: str((folder / Path(value).expanduser()).absolute()) for name, value in paths.items()
        }

    @model_validator(mode="after")
    def _saves_when_it_is_looked_at(self) -> TrainingSettings:
        taken = {"save_every_n_steps", "save_every_n_epochs"} & {*self.overrides}
        if self.early_stop is not None and taken:
            raise ValueError(f"early_stop.every says when the LoRA is saved; leave {', '.join(taken)} out")
        return self

    @model_validator(mode="after")
    def _sd_scripts_is_told(self) -> TrainingSettings:
        if self.trainer != "sd-scripts":
            if self.vram is not None:
                raise ValueError("vram is for the trainer sd-scripts; the embedded one takes overrides")
            return self
        if self.vram is not None and self.preset is not None and self.preset.endswith(".toml"):
            raise ValueError("vram changes the presets that come along; one's own says itself what fits")
        if self.sd_scripts is None:
            raise ValueError("trainer sd-scripts needs `sd_scripts: {path: …}`, the folder of its checkout")
        if self.base_model == "pocket":
            raise ValueError("sd-scripts cannot train pocket; name a checkpoint as base_model")
        return self

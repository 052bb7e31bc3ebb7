"""The `style` part of project.yaml: where a style comes from, and how it becomes training pictures."""

from __future__ import annotations

import re
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator

from orchestrator.settings import InputPath, Settings

_SIDES = range(64, 4097, 8)  # pixels: autoencoders shrink by 8
RuleName = Literal["sharp", "distinct", "spread"]


class VideoStyle(Settings):
    """A film whose frames show the style."""

    video: InputPath


class ImagesStyle(Settings):
    """A folder of pictures in the style; a caption may lie beside each as `.txt` or `.caption`."""

    images: InputPath


def _kind(value: Any) -> str | None:
    """Tell the member of the union by its key, so that a mistake inside it is told in its own terms."""
    keys = value if isinstance(value, dict) else getattr(type(value), "model_fields", ())
    kinds = {"video": VideoStyle.__name__, "images": ImagesStyle.__name__}
    named = [kind for key, kind in kinds.items() if key in keys]
    return named[0] if len(named) == 1 else None


def _as_size(value: Any) -> tuple[int, int]:
    sides = tuple(value) if isinstance(value, list | tuple) else (value, value)
    if len(sides) != 2 or not all(type(side) is int and side in _SIDES for side in sides):  # noqa: PLR2004 - a pair
        message = f"write a side or [width, height], multiples of 8 from 64 to 4096, not {value!r}"
        raise ValueError(message)
    return sides


Size = Annotated[tuple[int, int], BeforeValidator(_as_size, json_schema_input_type=int | tuple[int, int])]

StyleSource = Annotated[
    Annotated[VideoStyle, Tag(VideoStyle.__name__)] | Annotated[ImagesStyle, Tag(ImagesStyle.__name__)],
    Discriminator(
        _kind,
        custom_error_type="style_source",
        custom_error_message="write either `video: FILE` or `images: FOLDER`",
    ),
]


class SelectSettings(Settings):
    """Which of a source's pictures are taken.

    Attributes:
        count: how many at most.
        rules: applied in this order; see `orchestrator.dataset.select`.
    """

    count: int = Field(default=24, ge=1, le=10_000)
    rules: tuple[RuleName, ...] = ("sharp", "distinct", "spread")


class CaptionSettings(Settings):
    """What is written beside each picture that brings no caption of its own.

    Attributes:
        method: who writes it.
        trigger: the word that calls the style up; it also names files, so it is one plain word.
        template: the caption, with `{trigger}` in it.
    """

    method: Literal["template"] = "template"
    trigger: str = Field(max_length=64)
    template: str = "{trigger} style"

    @field_validator("trigger")
    @classmethod
    def _is_one_word(cls, trigger: str) -> str:
        if not re.fullmatch(r"\w[\w-]*", trigger):
            message = f"'{trigger}' must be one word of letters, digits, _ and -"
            raise ValueError(message)
        return trigger

    @field_validator("template")
    @classmethod
    def _calls_the_trigger(cls, template: str) -> str:
        try:
            names = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        except ValueError as error:
            message = f"'{template}' is no template: {error}"
            raise ValueError(message) from None
        if names != {"trigger"} or len(template.splitlines()) != 1:
            message = f"'{template}' must be one line with {{trigger}} in it and no other placeholder"
            raise ValueError(message)
        return template


class ReadyStyle(Settings):
    """A style whose LoRA is there already.

    Attributes:
        lora: its safetensors file.
        captions: the word that calls it up; `trigger` alone matters.
    """

    lora: InputPath
    captions: CaptionSettings


class StyleSettings(Settings):
    """A style, and the training set made from it.

    Attributes:
        from_: where it comes from; `from` in project.yaml.
        select: which pictures are taken; without it 24 frames of a film, but every picture of a folder.
        captions: what is written beside them.
        resolution: width and height of the training pictures, in pixels; one number means a square.
        crops: training pictures cut from each picture taken: the first shows as much as fits, the others
            are closer and closer looks at parts of it, which teach texture and line.
        repeats: how often one epoch shows each training picture.
    """

    from_: StyleSource = Field(alias="from")
    select: SelectSettings | None = None
    captions: CaptionSettings
    resolution: Size = (512, 512)
    crops: int = Field(default=1, ge=1, le=64)
    repeats: int = Field(default=10, ge=1, le=10_000)

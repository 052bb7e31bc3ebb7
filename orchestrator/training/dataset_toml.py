"""The dataset TOML of sd-scripts, typed: what it enforces itself, minutes later and in obscure words.

Keys are looked up in a subset, then in its dataset, in `[general]`, and among the training's own arguments.
"""

from __future__ import annotations

import difflib
from collections import ChainMap
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from orchestrator.errors import DatasetError
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def _with_a_point(value: Any) -> Any:
    if isinstance(value, int):
        message = f"write {value}.0: sd-scripts refuses a whole number here"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueError
    return value


WithAPoint = Annotated[float, BeforeValidator(_with_a_point)]
Share = Annotated[float, Field(ge=0, le=1)]
Side = Annotated[int, Field(gt=0)]
_SHORTEST = 256  # side of a bucket, as sd-scripts has it when nobody tells it
_ARGUMENT_NAMES = {"batch_size": "train_batch_size", "num_repeats": "dataset_repeats"}


class Anywhere(Settings):
    """Keys that may stand at each of the three levels."""

    model_config = ConfigDict(strict=True)

    num_repeats: int | None = Field(default=None, ge=1)
    shuffle_caption: bool | None = None
    caption_separator: str | None = None
    keep_tokens: int | None = Field(default=None, ge=0)
    keep_tokens_separator: str | None = None
    secondary_separator: str | None = None
    enable_wildcard: bool | None = None
    color_aug: bool | None = None
    flip_aug: bool | None = None
    random_crop: bool | None = None
    face_crop_aug_range: list[float] | str | None = None
    caption_prefix: str | None = None
    caption_suffix: str | None = None
    token_warmup_min: int | None = None
    token_warmup_step: float | None = None
    custom_attributes: dict[str, Any] | None = None
    resize_interpolation: str | None = None
    caption_dropout_rate: Share | None = None
    caption_dropout_every_n_epochs: int | None = None
    caption_tag_dropout_rate: Share | None = None
    caption_extension: str | None = None
    class_tokens: str | None = None
    cache_info: bool | None = None


class Subset(Anywhere):
    """One folder of pictures."""

    image_dir: str | None = None
    metadata_file: str | None = None
    is_reg: bool | None = None
    alpha_mask: bool | None = None


class General(Anywhere):
    """What holds for all datasets."""

    batch_size: int | None = Field(default=None, ge=1)
    enable_bucket: bool | None = None
    min_bucket_reso: Side | None = None
    max_bucket_reso: Side | None = None
    bucket_reso_steps: Side | None = None
    bucket_no_upscale: bool | None = None
    resolution: Annotated[Side | list[Side], Field(union_mode="left_to_right")] | None = None
    network_multiplier: WithAPoint | None = None
    validation_seed: int | None = None
    validation_split: WithAPoint | None = None


class Dataset(General):
    """Pictures that are trained at one size, or in buckets of one area."""

    subsets: list[Subset] = Field(min_length=1)


class Document(Settings):
    """A whole dataset TOML."""

    model_config = ConfigDict(strict=True)

    general: General | None = None
    datasets: list[Dataset] = Field(min_length=1)


def check(content: Mapping[str, Any], where: str) -> None:
    """Make sure that sd-scripts will accept a dataset TOML.

    Raises:
        DatasetError: with every unknown key, wrong type and missing folder in it.
    """
    try:
        Document.model_validate(content)
        found = list(_unusable_subsets(content))
    except ValidationError as error:
        found = [_told(each) for each in error.errors()]
    if found:
        raise DatasetError(
            "the dataset TOML cannot be used\n  " + "\n  ".join(found), where=where, remedy="Mend these keys."
        )


def levels(content: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[list[ChainMap[str, Any]]]:
    """Return, for each dataset, the look-up of each of its subsets: subset, dataset, general, arguments."""
    named = {key: arguments[name] for key, name in _ARGUMENT_NAMES.items() if name in arguments}
    shared = (dict(content.get("general", {})), named, dict(arguments))
    return [
        [ChainMap(dict(subset), dict(dataset), *shared) for subset in dataset["subsets"]]
        for dataset in content["datasets"]
    ]


def with_absolute_folders(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a dataset TOML with every `image_dir` made absolute, taken from `folder`.

    Trainers take relative paths from their working directory.
    """
    datasets = [
        {**dataset, "subsets": [_absolute(subset, folder) for subset in dataset["subsets"]]}
        for dataset in content["datasets"]
    ]
    return {**content, "datasets": datasets}


def with_class_images(content: Mapping[str, Any], folder: Path, prompt: str) -> dict[str, Any]:
    """Return a dataset TOML whose datasets also hold regularisation pictures.

    They come in sizes of their own, so buckets are switched on; pictures of the resolution itself stay as
    they are.

    Args:
        content: the dataset TOML.
        folder: of the pictures.
        prompt: what they show; captions beside them go before it.
    """
    regular = {"image_dir": folder.absolute().as_posix(), "is_reg": True, "class_tokens": prompt}
    datasets = [
        {
            **dataset,
            "enable_bucket": True,
            "min_bucket_reso": _shortest_side(dataset),
            "subsets": [*dataset["subsets"], {**regular, "num_repeats": 1}],
        }
        for dataset in content["datasets"]
    ]
    return {**content, "datasets": datasets}


def _shortest_side(dataset: Mapping[str, Any]) -> int:
    """Return the least side of a bucket, which may not be longer than the resolution's own."""
    resolution = dataset.get("resolution", _SHORTEST)
    sides = [resolution] if isinstance(resolution, int) else resolution
    return min(_SHORTEST, *sides)


def _absolute(subset: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    # forward slashes: a backslash would begin an escape sequence in other programs' TOML
    return {**subset, "image_dir": (folder / subset["image_dir"]).absolute().as_posix()}


def _unusable_subsets(content: Mapping[str, Any]) -> Iterator[str]:
    for number, dataset in enumerate(content["datasets"]):
        for index, subset in enumerate(dataset["subsets"]):
            if "metadata_file" in subset:
                yield f"datasets[{number}].subsets[{index}]: metadata_file is not read; use caption files"
            elif "image_dir" not in subset:
                yield f"datasets[{number}].subsets[{index}]: it lacks image_dir, the folder of its pictures"


def _told(error: Any) -> str:
    *place, last = error["loc"]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(last), _known(place), n=1)
        return f"{where or 'top level'}: '{last}' is unknown" + (
            f"; did you mean '{near[0]}'?" if near else ""
        )
    return f"{where}: {last}: {error['msg']}, not {error['input']!r}"


def _known(place: list[int | str]) -> list[str]:
    model: type[Settings] = Document
    if "subsets" in place:
        model = Subset
    elif place:
        model = Dataset if place[0] == "datasets" else General
    return list(model.model_fields)

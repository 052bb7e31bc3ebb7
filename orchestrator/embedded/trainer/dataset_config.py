"""The dataset TOML, with sd-scripts' schema: `[general]`, `[[datasets]]`, `[[datasets.subsets]]`.

A key is looked up in the subset, then its dataset, then `[general]`, then the training TOML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, NonNegativeInt, PositiveInt

from orchestrator.buckets import Size  # noqa: TC001 - pydantic reads it
from orchestrator.embedded.trainer import complaints
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _as_size(value: Any) -> Any:
    """Take 512, [512, 384] or "512,384" for a width and a height."""
    if isinstance(value, str) and all(part.strip().isdigit() for part in value.split(",")):
        value = [int(part) for part in value.split(",")]
    if isinstance(value, list):
        return tuple(value * 2 if len(value) == 1 else value)
    return (value, value) if isinstance(value, int) else value


Resolution = Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(_as_size)]


class Subset(Settings):
    """One folder of pictures, and how they are used."""

    model_config = ConfigDict(strict=True)

    image_dir: str
    is_reg: bool = False
    num_repeats: PositiveInt = 1
    class_tokens: str | None = None
    caption_extension: str = ".caption"
    caption_separator: str = ","
    caption_prefix: str | None = None
    caption_suffix: str | None = None
    caption_dropout_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    shuffle_caption: bool = False
    keep_tokens: NonNegativeInt = 0
    flip_aug: bool = False
    random_crop: bool = False


class Dataset(Settings):
    """Subsets that share a resolution and a batch size."""

    model_config = ConfigDict(strict=True)

    resolution: Resolution
    batch_size: PositiveInt = 1
    enable_bucket: bool = False
    min_bucket_reso: PositiveInt = 256
    max_bucket_reso: PositiveInt = 1024
    bucket_reso_steps: Annotated[int, Field(ge=8, multiple_of=8)] = 64
    bucket_no_upscale: bool = False
    subsets: tuple[Subset, ...] = Field(min_length=1)


_OF_SUBSET = frozenset(Subset.model_fields) - {"image_dir", "is_reg"}
_OF_DATASET = frozenset(Dataset.model_fields) - {"subsets"}


def faults(document: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with a dataset TOML; empty when it can be trained on.

    Args:
        document: the parsed TOML.
        defaults: what the training TOML says about keys that are left open here.
    """
    found = [*_shape_faults(document)]
    if found:
        return found
    found += _unknown_keys(document)
    for number, merged in enumerate(_merged(document, defaults)):
        place = f"datasets[{number}]."
        of_values = complaints.of_model(Dataset, merged, place=place)
        found += of_values or _bucket_faults(Dataset.model_validate(merged), place)
    return found


def datasets(document: Mapping[str, Any], defaults: Mapping[str, Any]) -> tuple[Dataset, ...]:
    """Return the datasets of a TOML in which `faults` found nothing."""
    return tuple(Dataset.model_validate(merged) for merged in _merged(document, defaults))


def _shape_faults(document: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(document.keys() - {"general", "datasets"}):
        yield complaints.unknown(key, ("general", "datasets"))
    if not isinstance(document.get("general", {}), dict):
        yield "general: this must be a table, [general]"
    tables = document.get("datasets")
    if not _tables(tables):
        yield "datasets: at least one [[datasets]] is needed"
    elif not all(_tables(table.get("subsets")) for table in tables or ()):
        yield "datasets: each needs at least one [[datasets.subsets]]"


def _tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _unknown_keys(document: Mapping[str, Any]) -> Iterator[str]:
    for place, table, known in _levels(document):
        for key in sorted(table.keys() - known):
            yield complaints.unknown(key, known, place=place)


def _levels(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], frozenset[str]]]:
    """Yield place, table and known keys of each level."""
    yield "general.", document.get("general", {}), _OF_SUBSET | _OF_DATASET
    for number, dataset in enumerate(document["datasets"]):
        yield f"datasets[{number}].", dataset, _OF_SUBSET | _OF_DATASET | {"subsets"}
        for index, subset in enumerate(dataset["subsets"]):
            yield f"datasets[{number}].subsets[{index}].", subset, frozenset(Subset.model_fields)


def _merged(document: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for dataset in document["datasets"]:
        outer = {**defaults, **document.get("general", {}), **dataset}
        subsets = tuple(
            _only({**outer, **subset}, frozenset(Subset.model_fields)) for subset in dataset["subsets"]
        )
        yield {**_only(outer, _OF_DATASET), "subsets": subsets}


def _only(table: Mapping[str, Any], keys: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key in keys}


def _bucket_faults(dataset: Dataset, place: str) -> Iterator[str]:
    size: Size = dataset.resolution
    if any(side % 8 for side in size):
        yield f"{place}resolution = {size}: each side must be a multiple of 8"
    if dataset.enable_bucket and not dataset.bucket_no_upscale:
        if min(size) < dataset.min_bucket_reso:
            yield f"{place}min_bucket_reso = {dataset.min_bucket_reso}: it exceeds resolution {size}"
        if max(size) > dataset.max_bucket_reso:
            yield f"{place}max_bucket_reso = {dataset.max_bucket_reso}: it is below resolution {size}"

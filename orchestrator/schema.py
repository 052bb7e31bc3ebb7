"""What may stand where in settings: the fields of nested models, found by a path of keys."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.fields import FieldInfo

Place = tuple[str | int, ...]
Models = list[type[BaseModel]]


def keys(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys that may stand inside a place, sorted."""
    return sorted({field.alias or name for name, field in _fields(_inside(model, place))})


def is_secret(model: type[BaseModel], place: Place) -> bool:
    """Tell whether what stands at a place, or around it, must not be shown."""
    return any(_holds_secret(model, place[:end]) for end in range(1, len(place) + 1))


def _holds_secret(model: type[BaseModel], place: Place) -> bool:
    fields = _fields(_inside(model, place[:-1]))
    here = [field for name, field in fields if place[-1] in {name, field.alias}]
    return any(SecretStr in _parts(field.annotation) for field in here)


def _inside(model: type[BaseModel], place: Place) -> Models:
    current: Models = [model]
    for part in place:
        nested = [m for name, f in _fields(current) if part in {name, f.alias} for m in _models(f.annotation)]
        # pydantic names the member of a union by its class, as if it were a key
        current = nested or [kind for kind in current if kind.__name__ == part] or current
    return current


def _fields(models: Iterable[type[BaseModel]]) -> list[tuple[str, FieldInfo]]:
    return [item for model in models for item in model.model_fields.items()]


def _models(annotation: Any) -> Models:
    # a type that is no model itself may tell the models that settings have in its place
    parts = [each for part in _parts(annotation) for each in getattr(part, "written_as", (part,))]
    return [part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)]


def _parts(annotation: Any) -> list[Any]:
    inner = typing.get_args(annotation)
    return [part for each in inner for part in _parts(each)] if inner else [annotation]

"""A number of a request that may change in the course of a video, as settings hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import AfterValidator
from pydantic_core import core_schema

from orchestrator.errors import ProjectError
from orchestrator.stylization.schedule import deforum_text
from orchestrator.stylization.schedule.expression import Expression
from orchestrator.stylization.schedule.keys import Key, curve, written
from orchestrator.timeline import Time

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

    from orchestrator.timeline import Timeline


@dataclass(frozen=True)
class Bounds:
    """What values are allowed.

    Attributes:
        low: the least.
        high: the greatest.
        whole: whether values are rounded to whole numbers.
    """

    low: float = float("-inf")
    high: float = float("inf")
    whole: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Schedule:
    """A number for each frame: constant, by keys, by a formula, or as Deforum writes it.

    In settings: `0.4`, `[{at: 0s, value: 0.3}, {at: 50%, value: 0.6}]`, `"0.4 + 0.1 * sin(t / 10)"` or
    `"0: (0.3), 30: (0.65)"`. A field's bounds are given by `within`.

    Attributes:
        keys: at least one; a constant or a formula is one key at frame 0.
        bounds: hold at every frame.
    """

    written_as: ClassVar = (Key,)

    keys: tuple[Key, ...]
    bounds: Bounds = Bounds()

    @classmethod
    def of(cls, value: float) -> Schedule:
        """Return the schedule of a number that stays."""
        return cls((Key(at=Time(Fraction(0)), value=value),))

    @property
    def constant(self) -> bool:
        """Whether it is one number for all frames."""
        return len(self.keys) == 1 and not isinstance(self.keys[0].value, Expression)

    @property
    def value(self) -> float | None:
        """The number that it is for all frames; None where it changes."""
        only = self.keys[0].value
        if isinstance(only, Expression) or not self.constant:
            return None
        return round(only) if self.bounds.whole else only

    def values(self, timeline: Timeline, *, seed: int = 0, name: str = "") -> tuple[float, ...]:
        """Return the value for each frame, all of them within the bounds.

        Args:
            timeline: the clip's.
            seed: the variable `s` of formulas.
            name: of the setting, for the message.

        Raises:
            ProjectError: keys do not ascend in this clip, a formula has no value, or a value is out of
                bounds; with the frame.
        """
        try:
            found = curve(self.keys, timeline, seed=seed)
        except ValueError as error:
            raise ProjectError(str(error), where=name) from None
        rounded = tuple(float(round(value)) for value in found) if self.bounds.whole else tuple(found)
        for frame, value in enumerate(rounded):
            if value not in self.bounds:
                raise ProjectError(
                    f"at frame {frame} it is {value:g}, not from {self.bounds.low:g} to {self.bounds.high:g}",
                    where=name,
                    remedy="Move the keys, or bound a formula: min(max(…, LOW), HIGH).",
                )
        return rounded

    def within(self, bounds: Bounds) -> Schedule:
        """Return it with these bounds. Raises ValueError: a key's number is out of them."""
        for key in self.keys:
            if not isinstance(key.value, Expression) and key.value not in bounds:
                place = "" if self.constant else f" at {written(key.at)}"
                message = f"{key.value:g}{place} is not from {bounds.low:g} to {bounds.high:g}"
                raise ValueError(message)
        return replace(self, bounds=bounds)

    def written(self) -> Any:
        """Return it as settings may have it: a number where it is constant, else a list of keys."""
        return self.value if self.constant else [key.model_dump(mode="json") for key in self.keys]

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        listed = core_schema.no_info_before_validator_function(_listed, handler(tuple[Key, ...]))
        return core_schema.no_info_after_validator_function(
            cls, listed, serialization=core_schema.plain_serializer_function_ser_schema(cls.written)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "number"}, {"type": "string"}, handler(schema["schema"]["schema"])]}


def within(low: float, high: float, *, whole: bool = False) -> AfterValidator:
    """Return what bounds a field of settings.

    A field is written as `strength: Annotated[Schedule, within(0, 1)] = Field(default=0.5)`.
    """
    return AfterValidator(lambda schedule: schedule.within(Bounds(low, high, whole)))


def _listed(value: Any) -> Any:
    if isinstance(value, Schedule):
        return value.keys
    if isinstance(value, str) and deforum_text.is_schedule(value):
        return deforum_text.keys(value)
    if isinstance(value, (list, tuple)):
        if not value:
            message = "the list has no keys; write for instance [{at: 0s, value: 0.5}]"
            raise ValueError(message)
        return value
    return [{"at": 0, "value": value}]

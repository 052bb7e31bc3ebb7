"""A stage is a value: settings and earlier stages in, one artifact out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from orchestrator import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from orchestrator.progress import Progress

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)


class Made(Protocol):
    """Hands out what earlier stages have made."""

    def __call__(self, stage: Stage[A]) -> A:
        """Return the artifact of a stage that is finished, or one under way to a stage that follows it."""


@dataclass(frozen=True)
class Stage(Generic[A_co]):
    """One step of a run.

    Attributes:
        name: unique within a run, and part of a folder's name.
        version: raised whenever equal settings would now make something else.
        settings: all that decides what is made, as JSON; contents and not paths, and never a secret.
        inputs: the stages whose artifacts it uses.
        build: makes the artifact in a folder that is its own. Killed at any instant, it may be called again
            on the folder as it was left, if `resumes`; else the folder is emptied before.
        load: reads the artifact back from its folder.
        resumes: whether half-made work is of use to `build`.
        under_way: reads the artifact while it is being made, bit by bit and each bit for good. The second
            argument tells whether the making has ended, or raises when the follower shall stop; the artifact
            asks it before each bit. None: only the finished artifact is of use.
        follows: whether `build` can begin while inputs that have an `under_way` are still being made.
    """

    name: str
    version: int
    settings: Mapping[str, Any]
    inputs: tuple[Stage[Any], ...]
    build: Callable[[Path, Made, Progress], None] = field(compare=False)
    load: Callable[[Path], A_co] = field(compare=False)
    resumes: bool = False
    under_way: Callable[[Path, Callable[[], bool]], A_co] | None = field(default=None, compare=False)
    follows: bool = field(default=False, compare=False)

    @cached_property
    def key(self) -> str:
        """What it is made of, as 64 hex digits: equal keys mean equal artifacts."""
        return digest.of_value(
            {
                "name": self.name,
                "version": self.version,
                "settings": self.settings,
                "inputs": {stage.name: stage.key for stage in self.inputs},
            }
        )

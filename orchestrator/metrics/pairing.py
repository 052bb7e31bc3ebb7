"""Which picture of one row belongs to which of another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.media.filmstrip import Filmstrip


@dataclass(frozen=True)
class Pairing:
    """Two rows with as many pictures, in the same order.

    Attributes:
        a: one of them.
        b: the other.
        names: what the pairs are called: the names of A's pictures, or the numbers of its frames.
        remark: how they were paired, if that needs saying.
    """

    a: Filmstrip
    b: Filmstrip
    names: tuple[str, ...]
    remark: str = ""


def paired(a: Filmstrip, b: Filmstrip) -> Pairing:
    """Pair two rows of pictures.

    Pictures belong together by their names without suffix, if they have the same names, or if their numbers
    differ and some names are in both. Else they belong together by their order.

    Raises:
        MediaError: their numbers differ, and no names tell what belongs together.
    """
    named_a, named_b = _by_name(a), _by_name(b)
    both = [name for name in named_a if name in named_b]
    if both and (a.count != b.count or len(both) == a.count):
        left = a.count + b.count - 2 * len(both)
        remark = f"pictures without a partner of the same name were left out: {left}" if left else ""
        return Pairing(_only(a, named_a, both), _only(b, named_b, both), tuple(both), remark)
    if a.count != b.count:
        raise MediaError(
            f"{a.path} has {a.count} pictures and {b.path} has {b.count}",
            remedy="Give two videos of one length, or folders whose pictures have the same names.",
        )
    names = tuple(named_a) or tuple(str(index) for index in range(a.count))
    return Pairing(a, b, names, "pictures were paired by their order" if a.pictures and a.count > 1 else "")


def _by_name(strip: Filmstrip) -> Mapping[str, Path]:
    """Return files by name; none where two share one."""
    named = {each.stem: each for each in strip.pictures}
    return named if len(named) == len(strip.pictures) else {}


def _only(strip: Filmstrip, named: Mapping[str, Path], names: list[str]) -> Filmstrip:
    return replace(strip, count=len(names), pictures=tuple(named[name] for name in names))

"""The frames that candidates are tried on."""

from __future__ import annotations

from itertools import count, islice, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


def held_out(shots: Iterable[range], trained: Collection[int]) -> tuple[range, ...]:
    """Return the shots of which no frame was trained on: its neighbours would be known to the LoRA, too."""
    return tuple(shot for shot in shots if not any(frame in shot for frame in trained))


def probes(shots: Iterable[range], usable: Collection[int], wanted: int) -> tuple[int, ...]:
    """Return frames that stand for a video: from every shot in turn, the longest first, spread within each.

    Whatever is wanted, the first ones are the same, so that what was painted of them counts when more are
    asked for. Within a shot they lie where van der Corput's sequence (1935) has its points: in the middle,
    at the quarters, the eighths, …

    Args:
        shots: the frames of each shot.
        usable: frames that show what the shot shows: no fades, flashes or repeats.
        wanted: how many; all that are usable, if they are fewer.
    """
    frames = [[frame for frame in shot if frame in usable] for shot in shots]
    longest = sorted(frames, key=len, reverse=True)
    turns = zip_longest(*map(_spread, longest))
    return tuple(islice((frame for turn in turns for frame in turn if frame is not None), wanted))


def _spread(frames: Sequence[int]) -> Iterator[int]:
    """Yield all of some frames, wherever one stops evenly spread."""
    places = (int(_radical_inverse(number) * len(frames)) for number in count(1))
    seen: set[int] = set()
    while len(seen) < len(frames):
        place = next(places)
        if place not in seen:
            seen.add(place)
            yield frames[place]


def _radical_inverse(number: int) -> float:
    """Return a number's binary digits, mirrored at the point: 1, 2, 3 become 1/2, 1/4, 3/4."""
    digits = f"{number:b}"
    return int(digits[::-1], 2) / (1 << len(digits))

"""What lies in the folder of an EbSynth project, by the numbers of its frames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import ImageError
from orchestrator.stylization.ebsynth.ranges import Reach

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    Pictures = dict[int, Path]

FRAMES, KEYS, MASKS = "frames", "keys", "masks"
_OUTPUT = re.compile(r"out[-_ ]?(\d+)", re.IGNORECASE)
_PICTURE = re.compile(r"(?:.*\D)?(\d+)\.(?:png|jpe?g|tiff?)", re.IGNORECASE)


@dataclass(frozen=True)
class Made:
    """What EbSynth has made, and of what; frames are counted from 0.

    Attributes:
        outputs: for each key its version of frames.
        keys: the painted frames themselves, where they lie there.
        masks: of what was to be painted; none where that is everything.
    """

    outputs: Mapping[int, Pictures]
    keys: Pictures
    masks: Pictures

    @property
    def reaches(self) -> tuple[Reach, ...]:
        """How far each key reaches, the keys ascending."""
        return tuple(Reach(key, min(each), max(each)) for key, each in sorted(self.outputs.items()))

    def picture(self, key: int, index: int) -> Path:
        """Return a key's version of a frame; the key's own frame is the painted one, where that is there."""
        return self.keys[key] if index == key and key in self.keys else self.outputs[key][index]


def read(folder: Path) -> Made:
    """Return what lies in a folder: `out_*`, and `keys` and `masks` where they are there.

    Numbers may have any width, and stand behind a name. They count from that of the first picture in
    `frames`; where there is no such folder, from 0 or 1, whichever the outputs begin with.

    Raises:
        ImageError: there are no outputs, one of them lacks frames between those that it has, or there is none
            for a key.
    """
    outputs = {key: pictures for key, path in _outputs(folder) if (pictures := _numbered(path, 0))}
    if not outputs:
        raise ImageError(
            "no folder out_<number> with pictures lies there",
            where=str(folder),
            remedy="Run EbSynth on the project first; each of its outputs belongs into a folder `out_<key>`.",
        )
    frames = _numbered(folder / FRAMES, 0)
    first = min(frames) if frames else min(1, *map(min, outputs.values()))
    for pictures in outputs.values():
        _check_whole(pictures)
    counted = {
        key - first: {number - first: path for number, path in each.items()} for key, each in outputs.items()
    }
    keys = _numbered(folder / KEYS, first)
    _check_complete(folder, keys, counted)
    return Made(counted, keys, _numbered(folder / MASKS, first))


def named(numbers: Sequence[int]) -> str:
    """Return ascending numbers as people write them: `3, 7 to 9`."""
    known = set(numbers)
    starts = [at for at in numbers if at - 1 not in known]
    stops = [at for at in numbers if at + 1 not in known]
    runs = zip(starts, stops, strict=True)
    return ", ".join(str(start) if start == stop else f"{start} to {stop}" for start, stop in runs)


def _outputs(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (name := _OUTPUT.fullmatch(path.name)) and path.is_dir():
            yield int(name[1]), path


def _numbered(folder: Path, first: int) -> Pictures:
    """Return a folder's pictures by their numbers, counted from `first`; none if there is no such folder."""
    found = {path: _PICTURE.fullmatch(path.name) for path in folder.iterdir()} if folder.is_dir() else {}
    return {int(name[1]) - first: path for path, name in found.items() if name}


def _check_complete(folder: Path, keys: Collection[int], outputs: Collection[int]) -> None:
    if lacking := sorted(set(keys) - set(outputs)):
        raise ImageError(
            f"keys have no output: {named(lacking)}",
            where=str(folder),
            remedy="Have EbSynth make them; or take these keys away.",
        )


def _check_whole(pictures: Pictures) -> None:
    lacking = sorted(set(range(min(pictures), max(pictures))) - set(pictures))
    if lacking:
        raise ImageError(
            f"frames are missing here: {named(lacking)}",
            where=str(next(iter(pictures.values())).parent),
            remedy="Have EbSynth make them.",
        )

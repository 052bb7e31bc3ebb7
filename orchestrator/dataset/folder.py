"""A folder of pictures in a style, with or without captions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.dataset.picture import Picture
from orchestrator.dataset.select import choose
from orchestrator.dataset.select.candidate import Candidate, look, sharpness
from orchestrator.errors import DatasetError, ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from orchestrator.dataset.settings import SelectSettings
    from orchestrator.progress import Progress

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
CAPTIONS = (".txt", ".caption")  # the first one found is used


def find(folder: Path) -> list[Path]:
    """Return a folder's pictures in natural order (`2.png` before `10.png`), each seen to be one.

    Nothing is decoded, so that a mistake shows at once, before anything long is begun.

    Raises:
        DatasetError: there is no such folder, it holds no pictures, or a caption cannot be used.
        ImageError: a picture is empty or is none.
    """
    if not folder.is_dir():
        raise DatasetError("there is no such folder of style pictures", where=str(folder))
    found = sorted((path for path in folder.iterdir() if is_picture(path)), key=naturally)
    if not found:
        raise DatasetError(
            f"no pictures lie in this folder ({', '.join(sorted(PICTURES))})",
            where=str(folder),
            remedy="Name the folder that holds the pictures themselves; folders inside it are not searched.",
        )
    for path in found:
        _check(path)
        caption(path)
    return found


def used(folder: Path) -> Iterator[Path]:
    """Yield the files that decide what is learnt from a folder: its pictures and their captions."""
    for picture in folder.iterdir():
        if is_picture(picture):
            yield picture
            yield from _captions(picture)


def is_picture(path: Path) -> bool:
    """Tell a picture by its name, case aside; hidden files are none."""
    return path.suffix.lower() in PICTURES and not path.name.startswith(".") and path.is_file()


def caption(picture: Path) -> str | None:
    """Return the first line of the caption file beside a picture, or None where there is none.

    Raises:
        DatasetError: it is not UTF-8 text, or its first line is empty.
    """
    beside = _captions(picture)
    if not beside:
        return None
    try:
        lines = beside[0].read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(
            "this caption is not UTF-8 text", where=str(beside[0]), remedy="Save it as UTF-8."
        ) from error
    if not lines or not lines[0].strip():
        raise DatasetError(
            "this caption's first line is empty",
            where=str(beside[0]),
            remedy="Write the caption there, or delete the file to have one written.",
        )
    return lines[0].strip()


def _captions(picture: Path) -> list[Path]:
    return [path for suffix in CAPTIONS if (path := picture.with_suffix(suffix)).is_file()]


def pictures(folder: Path, select: SelectSettings | None, progress: Progress) -> Iterator[Picture]:
    """Yield the chosen pictures of a folder in natural order, one in memory at a time.

    Args:
        folder: what `find` searches.
        select: None takes every picture.
        progress: told which files are no pictures, and when fewer are found than wanted.

    Raises:
        DatasetError, ImageError: as `find`; a picture is damaged further in.
    """
    from orchestrator.media.pictures import read

    found = find(folder)
    _tell_of_strangers(folder, found, progress)
    taken = found if select is None else _chosen(found, select, progress)
    for path in taken:
        yield Picture(read(path), path.name, caption(path))


def _chosen(found: Sequence[Path], select: SelectSettings, progress: Progress) -> list[Path]:
    from orchestrator.media.pictures import read

    candidates = []
    with progress.task("looking at the style pictures", total=len(found), unit="picture") as task:
        for index, path in enumerate(found):
            pixels = read(path)
            candidates.append(Candidate(index, index, sharpness(pixels), look(pixels)))
            task.advance()
    chosen = choose(candidates, select)
    if len(chosen) < select.count:
        progress.say(f"{found[0].parent}: {len(chosen)} pictures are taken, not {select.count}")
    return [found[each.index] for each in chosen]


def _check(path: Path) -> None:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            picture.verify()
    except Exception as error:  # Pillow's decoders raise whatever they trip over, SyntaxError included
        what = "this picture is an empty file" if path.stat().st_size == 0 else "this is no readable picture"
        raise ImageError(what, where=str(path), remedy="Replace it, or take it out of the folder.") from error


def naturally(path: Path) -> list[tuple[int, str]]:
    """Return what puts a file's name where people expect it: `2.png` before `10.png`."""
    parts = re.findall(r"\d+|\D+", path.name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _tell_of_strangers(folder: Path, found: Sequence[Path], progress: Progress) -> None:
    known = {path.name for path in found} | {
        path.with_suffix(suffix).name for path in found for suffix in CAPTIONS
    }
    strangers = sorted(path.name for path in folder.iterdir() if path.name not in known)
    if strangers:
        progress.say(f"{folder}: not used, being no pictures: {', '.join(strangers)}")

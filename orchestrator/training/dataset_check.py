"""What a trainer will see of a training set, looked at before it is started.

Trainers warn at most, or end with exit code 0, where pictures are missing, unreadable or without captions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.errors import DatasetError, ImageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.buckets import Size

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
_TEXTS = (".txt", ".caption", ".cap")
_OWN_EXTENSION = ".caption"  # what sd-scripts takes when nobody tells it


@dataclass(frozen=True)
class Folder:
    """The pictures of one subset, all of which can be opened, with captions that will be read.

    Attributes:
        path: where they lie.
        sizes: width and height of each by the order of their names; not of those held out for validation.
        repeats: how often each is seen in an epoch.
        is_reg: whether they are regularisation pictures.
    """

    path: Path
    sizes: tuple[Size, ...]
    repeats: int
    is_reg: bool


def look(subset: Mapping[str, Any]) -> Folder:
    """Return what a subset's folder holds; of each picture only the header is read.

    Args:
        subset: its keys, looked up through all levels.

    Raises:
        DatasetError: there are no pictures in it, or captions are missing, empty or not UTF-8.
        ImageError: a picture cannot be opened.
    """
    folder = Path(subset["image_dir"])
    pictures = find(folder)
    sizes = tuple(_size(picture) for picture in pictures)
    _check_captions(pictures, subset)
    is_reg = bool(subset.get("is_reg"))
    held_out = 0.0 if is_reg else subset.get("validation_split", 0.0)
    trained = math.ceil(len(sizes) * (1 - held_out))
    return Folder(folder, sizes[:trained], subset.get("num_repeats", 1), is_reg)


def find(folder: Path) -> list[Path]:
    """Return the pictures of a folder, by name. Raises DatasetError: there are none."""
    if not folder.is_dir():
        raise DatasetError("there is no such folder of training pictures", where=str(folder))
    pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if pictures:
        return pictures
    inner = sorted(
        path.name for path in folder.iterdir() if path.is_dir() and any(map(_is_picture, path.iterdir()))
    )
    remedy = (
        f"Its folder '{inner[0]}' does: name that one as image_dir." if inner else "Put pictures into it."
    )
    raise DatasetError("this folder itself holds no pictures to train on", where=str(folder), remedy=remedy)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _size(picture: Path) -> Size:
    from PIL import Image

    try:
        with Image.open(picture) as opened:
            size: Size = opened.size
            opened.verify()
    except Exception as error:  # Pillow's decoders raise whatever they trip over
        raise ImageError(
            "this training picture cannot be opened", where=str(picture), remedy="Replace it or take it out."
        ) from error
    return size


def _check_captions(pictures: Sequence[Path], subset: Mapping[str, Any]) -> None:
    extension = subset.get("caption_extension", _OWN_EXTENSION)
    without = [picture for picture in pictures if not picture.with_suffix(extension).is_file()]
    for picture in pictures:
        if picture not in without:
            _check_caption(picture.with_suffix(extension))
    if without:
        _refuse_silence(without, extension, has_words=bool(subset.get("class_tokens")))


def _refuse_silence(without: Sequence[Path], extension: str, *, has_words: bool) -> None:
    """Refuse captions that lie there unread, and pictures that nothing is said about."""
    first = without[0]
    unread = [suffix for suffix in _TEXTS if suffix != extension and first.with_suffix(suffix).is_file()]
    if unread:
        raise DatasetError(
            f"its captions end in {unread[0]}, and those that end in {extension} would be read",
            where=str(first.parent),
            remedy=f"Set caption_extension to '{unread[0]}'.",
        )
    if not has_words:
        raise DatasetError(
            f"{len(without)} pictures have no caption, the first of them {first.name}",
            where=str(first.parent),
            remedy=f"Write {first.stem}{extension} and so on, or set class_tokens for all of them.",
        )


def _check_caption(file: Path) -> None:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DatasetError(
            "this caption is not UTF-8", where=str(file), remedy="Save it as UTF-8."
        ) from error
    if not lines or not lines[0].strip():
        raise DatasetError(
            "the first line of this caption is empty, and only that line is read",
            where=str(file),
            remedy="Write the caption there.",
        )

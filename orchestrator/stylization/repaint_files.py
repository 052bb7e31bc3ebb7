"""Where painted pictures go, and which mask belongs to which."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orchestrator.errors import ImageError, NotWritable
from orchestrator.stylization.repaint import Job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def jobs(pictures: Sequence[Path], out: Path, mask: Path | None) -> list[Job]:
    """Return what is to be painted.

    Args:
        pictures: in their order.
        out: a `.png` for a single picture, else a folder, in which they keep their names.
        mask: one for all, or a folder with one for each, of the same name whatever its suffix.

    Raises:
        ImageError: a picture has no mask.
        NotWritable: two of them would become one file, or lie in the folder that they would go to.
    """
    single = len(pictures) == 1 and out.suffix.lower() == ".png"
    targets = [out if single else out / f"{picture.stem}.png" for picture in pictures]
    twice = [target for target, count in Counter(targets).items() if count > 1]
    if twice:
        raise NotWritable("two pictures of one name would become one file", where=str(twice[0]))
    if not single and any(picture.absolute().parent == out.absolute() for picture in pictures):
        raise NotWritable("the pictures themselves lie there", where=str(out), remedy="Name another folder.")
    masks = [_mask(mask, picture) for picture in pictures]
    return [Job(*each) for each in zip(pictures, targets, masks, strict=True)]


def _mask(mask: Path | None, picture: Path) -> Path | None:
    if mask is None or not mask.is_dir():
        return mask
    found = sorted(path for path in mask.iterdir() if path.stem == picture.stem)
    if not found:
        raise ImageError(f"there is no mask for {picture.name}", where=str(mask))
    return found[0]

"""The pictures of a dataset: where they lie, what they show, and at which size they are trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator import buckets
from orchestrator.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.embedded.trainer.dataset_config import Dataset, Subset

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})


@dataclass(frozen=True)
class Picture:
    """One picture to train on.

    Attributes:
        path: the file.
        size: width and height of the file, in pixels.
        caption: what it shows, before shuffling and dropout.
        fit: the size it is trained at.
        repeats: how often it is seen in an epoch; 0 for a regularisation picture that is not needed.
        subset: the settings of its folder.
        dataset: the number of its dataset.
    """

    path: Path
    size: buckets.Size
    caption: str
    fit: buckets.Fit
    repeats: int
    subset: Subset
    dataset: int


def collect(datasets: Sequence[Dataset]) -> tuple[Picture, ...]:
    """Return the pictures of all datasets, in the order of folders and names.

    Raises:
        ImageError: a folder is missing or holds no pictures, a picture cannot be opened, or pictures have no
            usable caption and no class tokens.
    """
    found: list[Picture] = []
    for number, dataset in enumerate(datasets):
        pictures = [picture for subset in dataset.subsets for picture in _of_subset(subset, dataset, number)]
        training = [picture for picture in pictures if not picture.subset.is_reg]
        if not training:
            raise ImageError(
                f"datasets[{number}] has regularisation pictures only, so there is nothing to learn"
            )
        regularisation = [picture for picture in pictures if picture.subset.is_reg]
        found += training + balanced(regularisation, sum(picture.repeats for picture in training))
    return tuple(found)


def balanced(regularisation: Sequence[Picture], wanted: int) -> list[Picture]:
    """Repeat regularisation pictures until there are as many as training pictures, or a few more."""
    repeats = buckets.balanced([picture.repeats for picture in regularisation], wanted)
    return [replace(picture, repeats=count) for picture, count in zip(regularisation, repeats, strict=True)]


def _of_subset(subset: Subset, dataset: Dataset, number: int) -> list[Picture]:
    files = _files(Path(subset.image_dir).expanduser())
    captions = _captions(files, subset)
    return [
        Picture(file, size, caption, _fit(size, dataset), subset.num_repeats, subset, number)
        for file, caption in zip(files, captions, strict=True)
        for size in [_size(file)]
    ]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ImageError("this folder of training pictures is not there", where=str(folder))
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise ImageError(
            "there are no pictures in this folder",
            where=str(folder),
            remedy=f"Pictures are files that end in {', '.join(sorted(SUFFIXES))}.",
        )
    return files


def _size(file: Path) -> buckets.Size:
    import PIL.Image

    try:
        with PIL.Image.open(file) as picture:
            size: buckets.Size = picture.size
            return size
    except (OSError, PIL.Image.DecompressionBombError) as error:
        raise ImageError("this picture cannot be opened", where=str(file)) from error


def _fit(size: buckets.Size, dataset: Dataset) -> buckets.Fit:
    width, height = dataset.resolution
    if not dataset.enable_bucket:
        return buckets.fit(size, [dataset.resolution])
    step = dataset.bucket_reso_steps
    if dataset.bucket_no_upscale:
        return buckets.fit_without_upscaling(size, width * height, step)
    smallest = dataset.min_bucket_reso // step * step
    largest = -(-dataset.max_bucket_reso // step) * step
    return buckets.fit(size, buckets.resolutions(dataset.resolution, smallest, largest, step))


def _captions(files: Iterable[Path], subset: Subset) -> list[str]:
    """Read one caption a picture: its file's first line, else the class tokens.

    All pictures without either are named at once: a trainer that goes on without captions teaches a style
    that no prompt calls up.
    """
    captions: list[str] = []
    complaints: list[str] = []
    for file in files:
        try:
            captions.append(_caption(file.with_suffix(subset.caption_extension), subset.class_tokens))
        except ImageError as error:  # noqa: PERF203 - all are looked at, to be named together
            complaints.append(str(error))
    if complaints:
        raise ImageError(
            f"{len(complaints)} pictures have no usable caption\n  " + "\n  ".join(_some(complaints)),
            where=subset.image_dir,
            remedy="Write one line of UTF-8 text beside each picture, or set class_tokens.",
        )
    return captions


def _caption(file: Path, class_tokens: str | None) -> str:
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        if class_tokens is None:
            raise ImageError("missing", where=file.name) from None
        return class_tokens
    except (OSError, UnicodeDecodeError) as error:
        raise ImageError(f"unreadable: {error}", where=file.name) from error
    if not lines or not lines[0].strip():
        raise ImageError("empty", where=file.name)
    return lines[0].strip()


def _some(sentences: Sequence[str], limit: int = 10) -> Iterator[str]:
    yield from sentences[:limit]
    if len(sentences) > limit:
        yield f"and {len(sentences) - limit} more"

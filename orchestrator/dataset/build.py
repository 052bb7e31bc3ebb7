from __future__ import annotations

import json
import shutil
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.artifacts import Dataset
from orchestrator.dataset import crops, film, folder, kohya
from orchestrator.dataset.captioners import CAPTIONERS
from orchestrator.dataset.settings import VideoStyle
from orchestrator.files import write_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.dataset.picture import Picture
    from orchestrator.dataset.settings import StyleSettings
    from orchestrator.progress import Progress

ORIGINS = "origins.json"  # for each training picture in turn, which part of what it shows
MUCH = 2.0  # enlarged more than this, a picture teaches blur, and the user is told


@dataclass(frozen=True)
class _Sample:
    pixels: NDArray[np.uint8]
    caption: str
    origin: str
    crop: crops.Crop


def check(settings: StyleSettings) -> None:
    """Look at a style's source without making anything.

    Raises:
        MediaError, ImageError, DatasetError: it cannot be used.
    """
    if isinstance(settings.from_, VideoStyle):
        film.clip(settings.from_.video)
    else:
        folder.find(settings.from_.images)


def build(settings: StyleSettings, target: Path, *, seed: int, progress: Progress) -> Dataset:
    """Make a training set: select, crop, caption, and write it in kohya's layout.

    The same settings, source and seed give the same bytes.

    Args:
        settings: the style.
        target: the folder to write into; a set made there before is replaced.
        seed: for the places of crops.
        progress: told what is noteworthy about the pictures.

    Raises:
        MediaError, ImageError, DatasetError: the source cannot be used.
        NotWritable, DiskFull: the target cannot be written.
    """
    trigger = settings.captions.trigger
    concept = target / kohya.concept_folder(settings.repeats, trigger)
    shutil.rmtree(concept, ignore_errors=True)
    origins = []
    for number, sample in enumerate(_samples(settings, seed, progress)):
        kohya.write_pair(concept, number, sample.pixels, sample.caption)
        origins.append({"from": sample.origin, "window": astuple(sample.crop)})
    write_json(target / ORIGINS, origins)
    config = kohya.write_config(target, concept=trigger, repeats=settings.repeats, size=settings.resolution)
    return Dataset(folder=target, config=config, pictures=len(origins), trigger=trigger)


def frames_of(dataset: Dataset, video: str) -> frozenset[int]:
    """Return the frames of a film, by its file's name, that a training set was made of."""
    origins = json.loads((dataset.folder / ORIGINS).read_text(encoding="utf-8"))
    found = (film.frame(each["from"], video) for each in origins)
    return frozenset(frame for frame in found if frame is not None)


def _samples(settings: StyleSettings, seed: int, progress: Progress) -> Iterator[_Sample]:
    from orchestrator.media.pictures import resize

    for number, picture in enumerate(_pictures(settings, progress)):
        caption = _caption(picture, settings, progress)
        for crop in _crops(picture, settings, (seed, number), progress):
            window = picture.pixels[crop.top : crop.top + crop.height, crop.left : crop.left + crop.width]
            yield _Sample(resize(window, settings.resolution), caption, picture.origin, crop)


def _pictures(settings: StyleSettings, progress: Progress) -> Iterator[Picture]:
    if isinstance(settings.from_, VideoStyle):
        return film.pictures(settings.from_.video, settings.select, settings.resolution, progress)
    return folder.pictures(settings.from_.images, settings.select, progress)


def _crops(
    picture: Picture, settings: StyleSettings, seed: tuple[int, int], progress: Progress
) -> list[crops.Crop]:
    whole = crops.largest(picture.size, settings.resolution)
    if (times := whole.enlargement(settings.resolution)) > MUCH:
        width, height = picture.size
        progress.say(f"{picture.origin} has only {width}x{height} pixels and is enlarged {times:.1f} times")
    random = np.random.default_rng(seed)
    closer = [crops.closer(picture.size, settings.resolution, random) for _ in range(settings.crops - 1)]
    return [whole, *closer]


def _caption(picture: Picture, settings: StyleSettings, progress: Progress) -> str:
    if picture.caption is None:
        return CAPTIONERS[settings.captions.method](picture.pixels, settings.captions)
    if settings.captions.trigger not in picture.caption:
        progress.say(f"the caption of {picture.origin} lacks the trigger word '{settings.captions.trigger}'")
    return picture.caption

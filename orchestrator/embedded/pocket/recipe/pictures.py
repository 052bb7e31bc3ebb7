"""Step 1: download the packages and cut their pictures into 256-pixel crops with captions.

Writes `crops.npy` ((N, 256, 256, 3) uint8 RGB), `captions.json` (N strings) and `detail.npy` (N floats: the
mean absolute Laplacian, by which later steps prefer crops that show something).
"""

from __future__ import annotations

import argparse
import json
import random
import re
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from orchestrator.embedded.pocket.recipe.captions import caption
from orchestrator.embedded.pocket.recipe.sources import (
    CUTOUTS,
    DRAWN_WALLPAPERS,
    FREE_EXAMPLES,
    PICTURES,
    Cutouts,
    Kind,
    package_folder,
    unpack,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Crop = NDArray[np.uint8]
    Captioned = tuple[Crop, str]

SIDE = 256
LARGEST = 3400  # longer sides are reduced first: a crop of a bigger picture shows only sky or skin
FLAT = 8.0  # standard deviation below which a crop shows next to nothing


def random_crop(picture: Crop, rng: random.Random) -> Crop:
    """Cut a random square at a random scale, mirrored half of the time, as SIDE x SIDE."""
    height, width = picture.shape[:2]
    longest = min(height, width)
    smallest = min(SIDE, longest)
    side = int(np.exp(rng.uniform(np.log(smallest), np.log(min(longest, 2600)))))
    top, left = rng.randint(0, height - side), rng.randint(0, width - side)
    square = picture[top : top + side, left : left + side]
    scaling = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    crop = cv2.resize(square, (SIDE, SIDE), interpolation=scaling)
    return np.ascontiguousarray(crop[:, ::-1] if rng.random() < 0.5 else crop)


def recolour(crop: Crop, rng: random.Random) -> Crop:
    """Change the colours of somewhat less than half of the crops, so that hues are not tied to things."""
    if rng.random() > 0.45:
        return crop
    hsv = cv2.cvtColor(crop, cv2.COLOR_RGB2HSV).astype(np.float32)
    turn = rng.uniform(0, 180) if rng.random() < 0.15 else rng.uniform(-25, 25)
    hsv[..., 0] = (hsv[..., 0] + turn) % 180
    hsv[..., 1] *= rng.uniform(0.3, 1.9)
    value = np.clip(hsv[..., 2] / 255 * rng.uniform(0.75, 1.2), 0, 1)
    hsv[..., 2] = 255 * value ** rng.uniform(0.7, 1.5)
    return np.asarray(cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB), dtype=np.uint8)


def gradient(rng: random.Random) -> Crop:
    """Paint a plain or two-coloured background."""
    near = np.array([rng.randint(170, 255) for _ in range(3)], np.float32)
    far = near if rng.random() < 0.5 else np.array([rng.randint(60, 255) for _ in range(3)], np.float32)
    ramp = np.linspace(0, 1, SIDE, dtype=np.float32).reshape((-1, 1, 1) if rng.random() < 0.6 else (1, -1, 1))
    return np.broadcast_to(near * (1 - ramp) + far * ramp, (SIDE, SIDE, 3)).astype(np.uint8)


def paste(cutout: NDArray[np.uint8], ground: Crop, rng: random.Random) -> Crop:
    """Lay an RGBA cut-out, half to full size, somewhere on the ground."""
    rows, columns = np.nonzero(cutout[..., 3] > 16)
    if not len(rows):
        return ground
    cutout = cutout[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = min(2.2, rng.uniform(0.5, 1.1) * SIDE / max(cutout.shape[:2]))
    size = [max(8, int(length * scale)) for length in cutout.shape[1::-1]]
    scaled = cv2.resize(cutout, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    scaled = (scaled[:, ::-1] if rng.random() < 0.5 else scaled)[:SIDE, :SIDE].astype(np.float32)
    height, width = scaled.shape[:2]
    top, left = rng.randint(0, SIDE - height), rng.randint(0, SIDE - width)
    opacity = scaled[..., 3:] / 255
    out = ground.astype(np.float32)
    under = out[top : top + height, left : left + width]
    out[top : top + height, left : left + width] = under * (1 - opacity) + scaled[..., :3] * opacity
    return np.clip(out, 0, 255).astype(np.uint8)


def read(path: Path, mode: str) -> NDArray[np.uint8]:
    """Read a picture, reduced to at most LARGEST pixels a side."""
    with Image.open(path) as picture:
        converted = picture.convert(mode)
        converted.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
        return np.asarray(converted)


def cut_picture(job: tuple[Path, Kind, int, int]) -> list[Captioned]:
    """Cut one file (path, kind, number of crops, seed) into captioned crops, leaving flat ones out."""
    path, kind, count, seed = job
    rng, picture = random.Random(seed), read(path, "RGB")
    candidates = (recolour(random_crop(picture, rng), rng) for _ in range(3 * count))
    telling = [crop for crop in candidates if crop.std() > FLAT or rng.random() < 0.1][:count]
    return [(crop, caption(kind, path, crop)) for crop in telling]


def paste_cutouts(job: tuple[list[Path], Kind, list[Crop], int]) -> list[Captioned]:
    """Paste each file of a job (paths, kind, photographs as grounds, seed) once."""
    paths, kind, grounds, seed = job
    rng, out = random.Random(seed), []
    for path in paths:
        ground = rng.choice(grounds) if rng.random() < 0.5 else gradient(rng)
        crop = recolour(paste(read(path, "RGBA"), ground, rng), rng)
        out.append((crop, caption(kind, path, crop)))
    return out


def picture_jobs(packages: Path) -> Iterator[tuple[Path, Kind, int]]:
    """List every picture with its kind and its number of crops."""
    for source in PICTURES:
        for path in sorted(package_folder(packages, source.package).glob(source.pattern)):
            if path.is_dir() or (source.package == "scikit-image" and path.name not in FREE_EXAMPLES):
                continue
            drawn = DRAWN_WALLPAPERS.intersection(path.parts)
            yield (path, "illustration", 22) if drawn else (path, source.kind, source.crops)


def cutout_files(packages: Path, source: Cutouts) -> list[Path]:
    """List a package's cut-outs in an order that is shuffled but always the same."""
    found = sorted(package_folder(packages, source.package).glob(source.pattern))
    fit = [p for p in found if p.stat().st_size > source.smallest and not re.search(source.leave_out, str(p))]
    random.Random(0).shuffle(fit)
    return fit[: source.most] * source.times


def cut_all(packages: Path) -> list[Captioned]:
    """Cut every picture and paste every cut-out, in a shuffled but fixed order."""
    rng = random.Random(0)
    with Pool() as pool:
        jobs = [(*job, seed) for seed, job in enumerate(picture_jobs(packages))]
        crops = [crop for made in pool.imap(cut_picture, jobs) for crop in made]
        photographs = [crop for crop, text in crops if text.startswith("a photo")]
        for source in CUTOUTS:
            files = cutout_files(packages, source)
            batches = [files[start : start + 64] for start in range(0, len(files), 64)]
            pastes = [(batch, source.kind, rng.sample(photographs, 16), n) for n, batch in enumerate(batches)]
            crops += [crop for made in pool.imap(paste_cutouts, pastes) for crop in made]
    rng.shuffle(crops)
    return crops


def detail(crop: Crop) -> float:
    """Return the mean absolute Laplacian of a crop: how much there is to see in it."""
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(np.abs(cv2.Laplacian(gray, cv2.CV_32F)).mean())


def main() -> None:
    """Write the crops, their captions and their detail into the working folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    work = parser.parse_args().work
    Image.MAX_IMAGE_PIXELS = None  # wallpapers are large and trusted
    cv2.setNumThreads(1)
    crops = cut_all(unpack(work))
    np.save(work / "crops.npy", np.stack([crop for crop, _ in crops]))
    np.save(work / "detail.npy", np.array([detail(crop) for crop, _ in crops], np.float32))
    (work / "captions.json").write_text(json.dumps([text for _, text in crops]))
    print(f"{len(crops)} crops")


if __name__ == "__main__":
    main()

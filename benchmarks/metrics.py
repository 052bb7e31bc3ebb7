"""How fast are LPIPS, SSIM and PSNR, and do they equal what the usual packages say?

Makes two videos of 512x512 pixels, and measures them in three ways in this one run: by the plain loop (the
lpips package and scikit-image, one pair at a time), by `measure`, and by `measure` again with what AlexNet
sees in the source kept from the time before. Prints pairs per second, their ratios, the largest difference of
any figure, and how much more memory a clip takes that is ten times as long.

    pip install --no-deps lpips==0.1.4 tqdm
    python benchmarks/metrics.py [PAIRS]
"""

from __future__ import annotations

import importlib
import resource
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice, starmap
from pathlib import Path
from statistics import median
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from orchestrator import freed_memory
from orchestrator.media.binary import ffmpeg
from orchestrator.media.filmstrip import filmstrip
from orchestrator.metrics.backbone import load_backbone
from orchestrator.metrics.measure import measure
from orchestrator.metrics.panel import panel
from orchestrator.metrics.settings import ScoreSettings
from orchestrator.metrics.steps import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Rows = list[dict[str, float]]

AS_PUBLISHED = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
ROUNDS = 3  # in turn, so that a machine busy with other things is so for all
METRICS = ("lpips", "ssim", "psnr")
# film grain over motion, so that no figure is trivial; the second video is the first, blurred and recoloured
SOURCE = "testsrc2=size=512x512:rate=25,noise=alls=6:allf=t"
RESULT = f"{SOURCE},boxblur=2,hue=h=40"


def main() -> None:
    """Measure and print."""
    freed_memory.keep()  # as `orchestrate score` does
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    settings = ScoreSettings(metrics=METRICS)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths = [video(folder / f"{name}.mkv", look, count) for name, look in (("a", SOURCE), ("b", RESULT))]
        kept = folder / "kept"
        ways: dict[str, Callable[[], Rows]] = {
            "plain loop": lambda: list(plain_loop(*paths)),
            "measure": lambda: list(measure(pairs(*paths), panel(settings))),
            "source seen before": lambda: list(measure(pairs(*paths), panel(settings, kept=kept))),
        }
        rows = {name: way() for name, way in ways.items()}
        timings = [{name: timed(way) for name, way in ways.items()} for _ in range(ROUNDS)]
        size = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
        for name in ways:
            told(name, count, timings)
        print(f"kept: {size / count / 1e6:.1f} MB a frame")
        for name in METRICS:
            print(
                f"largest difference of {name}: {difference(name, rows['plain loop'], rows['measure']):.1e}"
            )
        assert rows["measure"] == rows["source seen before"], "what was kept must give the very same figures"
        print(f"more memory for ten times the length: {growth(paths, count, settings) / 1024:.0f} MiB")


def timed(work: Callable[[], Rows]) -> tuple[float, float]:
    """Return how long something takes: seconds by the clock, and of all processors with those of ffmpeg."""
    begun, busy = time.perf_counter(), processors()
    work()
    return time.perf_counter() - begun, processors() - busy


def processors() -> float:
    """Return for how many seconds processors have worked for us."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def told(name: str, count: int, timings: list[dict[str, tuple[float, float]]]) -> None:
    """Print the medians over the rounds, against the plain loop of the same round."""
    speed = median(count / each[name][0] for each in timings)
    busy = median(1000 * each[name][1] / count for each in timings)
    ratios = [median(each["plain loop"][way] / each[name][way] for each in timings) for way in (0, 1)]
    print(
        f"{name}: {speed:.1f} pairs/s, {busy:.0f} ms of processor a pair;"
        f" {ratios[0]:.2f} times as fast as the plain loop, with {1 / ratios[1]:.2f} times its work"
    )


def plain_loop(a: Path, b: Path) -> Iterator[dict[str, float]]:
    """Yield the figures as one would first write it."""
    lpips = authors_package()
    net = lpips.LPIPS(net="alex", version="0.1", verbose=False)
    for x, y, _ in pairs(a, b):
        with torch.no_grad():
            distance = net(lpips.im2tensor(x), lpips.im2tensor(y)).item()
        similarity = structural_similarity(
            x,
            y,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
            channel_axis=2,
        )
        noise = peak_signal_noise_ratio(x, y, data_range=255)
        yield {"lpips": distance, "ssim": float(similarity), "psnr": float(noise)}


def authors_package() -> Any:
    """Return the lpips package with our AlexNet in the place of torchvision's, which has the same weights."""
    models = ModuleType("torchvision.models")
    features = load_backbone("alexnet").layers.to(memory_format=torch.contiguous_format)
    for name in ("alexnet", "vgg16", "squeezenet1_1"):
        setattr(models, name, lambda **_: SimpleNamespace(features=features))
    torchvision = ModuleType("torchvision")
    torchvision.models = models
    sys.modules.update({"torchvision": torchvision, "torchvision.models": models})
    return importlib.import_module("lpips")


def pairs(a: Path, b: Path) -> Iterator[Pair]:
    """Yield the frames of two videos, decoded on the way."""
    return starmap(Pair, zip(filmstrip(a).frames(), filmstrip(b).frames(), strict=True))


def difference(name: str, some: Rows, others: Rows) -> float:
    """Return how far two lists of rows are apart at most in one figure."""
    return max(abs(one[name] - other[name]) for one, other in zip(some, others, strict=True))


def growth(paths: list[Path], count: int, settings: ScoreSettings) -> int:
    """Return by how many KiB the largest resident memory grows when ten times as many pairs are measured."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    few = list(pairs(*(paths[0], paths[1])))[:4]
    long = islice(cycle(few), 10 * count)
    sum(1 for _ in measure(long, panel(settings)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def video(path: Path, look: str, frames: int) -> Path:
    """Write a lossy video of so many frames."""
    command = (ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", look, "-frames:v", str(frames))
    subprocess.run((*command, "-pix_fmt", "yuv420p", "-crf", "20", str(path)), check=True)
    return path


if __name__ == "__main__":
    main()

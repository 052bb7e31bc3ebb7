"""How fast are LPIPS, SSIM and PSNR, and do they equal what the usual packages say?

Makes two videos of 512x512 pixels, and measures them in three ways, in turn and each in a process of its own:
by the plain loop (the lpips package and scikit-image, one pair at a time), by `measure`, and by `measure`
again with what AlexNet sees in the source kept from the time before. Prints pairs per second, their ratios,
the largest difference of any figure, and how much more memory a clip takes that is ten times as long.

    pip install --no-deps lpips==0.1.4 tqdm
    python benchmarks/metrics.py [PAIRS]
"""

from __future__ import annotations

import importlib
import json
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

ROUNDS = 3  # in turn, so that a machine busy with other things is so for all
SETTINGS = ScoreSettings(metrics=("lpips", "ssim", "psnr"))
# film grain over motion, so that no figure is trivial; the second video is the first, blurred and recoloured
SOURCE = "testsrc2=size=512x512:rate=25,noise=alls=6:allf=t"
RESULT = f"{SOURCE},boxblur=2,hue=h=40"
WAYS = ("plain loop", "measure", "source seen before")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, look in (("a", SOURCE), ("b", RESULT)):
            video(folder / f"{name}.mkv", look, count)
        rounds = [{way: apart(way, folder) for way in WAYS} for _ in range(ROUNDS)]
        for way in WAYS:
            told(way, count, [{name: found["took"] for name, found in each.items()} for each in rounds])
        size = sum(path.stat().st_size for path in (folder / "kept").rglob("*") if path.is_file())
        print(f"kept: {size / count / 1e6:.1f} MB a frame")
        rows = {way: rounds[-1][way]["rows"] for way in WAYS}
        for name in SETTINGS.metrics:
            most = difference(name, rows["plain loop"], rows["measure"])
            print(f"largest difference of {name}: {most:.1e}")
        assert rows["measure"] == rows["source seen before"], "what was kept must give the very same figures"
        print(f"more memory for ten times the length: {growth(folder, count) / 1024:.0f} MiB")


def apart(way: str, folder: Path) -> dict[str, Any]:
    """Measure in a process of its own, as whoever uses one way alone."""
    process = subprocess.run([sys.executable, __file__, way, folder], check=True, capture_output=True)
    found: dict[str, Any] = json.loads(process.stdout)
    return found


def alone(way: str, folder: Path) -> None:
    """Measure in one way, and print how long it took and the figures."""
    ways: dict[str, Callable[[], Rows]] = {
        "plain loop": lambda: list(plain_loop(folder)),
        "measure": lambda: list(measure(pairs(folder), panel(SETTINGS))),
        "source seen before": lambda: list(measure(pairs(folder), panel(SETTINGS, kept=folder / "kept"))),
    }
    if way != "plain loop":
        freed_memory.keep()  # as `orchestrate score` does
    if way == "source seen before" and not (folder / "kept").exists():
        ways[way]()
    begun, busy = time.perf_counter(), processors()
    rows = ways[way]()
    print(json.dumps({"took": (time.perf_counter() - begun, processors() - busy), "rows": rows}))


def processors() -> float:
    """Return for how many seconds processors have worked for us, ffmpeg among it."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def told(name: str, count: int, timings: list[dict[str, list[float]]]) -> None:
    """Print the medians over the rounds, against the plain loop of the same round."""
    speed = median(count / each[name][0] for each in timings)
    busy = median(1000 * each[name][1] / count for each in timings)
    ratios = [median(each["plain loop"][way] / each[name][way] for each in timings) for way in (0, 1)]
    print(
        f"{name}: {speed:.1f} pairs/s, {busy:.0f} ms of processor a pair;"
        f" {ratios[0]:.2f} times as fast as the plain loop, with {1 / ratios[1]:.2f} times its work"
    )


def plain_loop(folder: Path) -> Iterator[dict[str, float]]:
    """Yield the figures as one would first write it."""
    lpips = authors_package()
    net = lpips.LPIPS(net="alex", version="0.1", verbose=False)
    for x, y, _ in pairs(folder):
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


def pairs(folder: Path) -> Iterator[Pair]:
    """Yield the frames of the two videos, decoded on the way."""
    a, b = (filmstrip(folder / f"{name}.mkv").frames() for name in "ab")
    return starmap(Pair, zip(a, b, strict=True))


def difference(name: str, some: Rows, others: Rows) -> float:
    """Return how far two lists of rows are apart at most in one figure."""
    return max(abs(one[name] - other[name]) for one, other in zip(some, others, strict=True))


def growth(folder: Path, count: int) -> int:
    """Return by how many KiB the largest resident memory grows when ten times as many pairs are measured."""
    few = list(islice(pairs(folder), 4))
    sum(1 for _ in measure(islice(cycle(few), count), panel(SETTINGS)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sum(1 for _ in measure(islice(cycle(few), 10 * count), panel(SETTINGS)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def video(path: Path, look: str, frames: int) -> None:
    """Write a lossy video of so many frames."""
    command = (ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", look, "-frames:v", str(frames))
    subprocess.run((*command, "-pix_fmt", "yuv420p", "-crf", "20", str(path)), check=True)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in WAYS:
        alone(sys.argv[1], Path(sys.argv[2]))
    else:
        main()

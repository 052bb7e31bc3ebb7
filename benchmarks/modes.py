"""What each mode of consistency reaches, and what it costs, beside painting each frame for itself.

    python benchmarks/modes.py VIDEO LORA STYLE --kept FOLDER [--start 4] [--end 8]

Paints the clip with the embedded WebUI, each frame once: paintings are kept in FOLDER with the time that they
took, and every mode takes its own from there. So the modes differ by nothing else, and a second run paints
nothing. Prints for each mode

- the mean warp error (Lai et al. 2018: flow of the source, where it can be trusted, never across a cut),
- the mean SSIM to the source, the mean Gram distance to the pictures in STYLE, the mean gradient energy (a
  blur shows there),
- how many frames were painted, and the time that all took: that of the paintings, and that of the rest, as if
  nothing of it were done beside the painting.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from orchestrator import digest
from orchestrator.artifacts import LoraWeights
from orchestrator.media import pictures
from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
from orchestrator.media.shots import cuts as found_cuts
from orchestrator.metrics.gram import gram_distance, load_gram, style_grams
from orchestrator.metrics.ssim import ssim
from orchestrator.metrics.warp_error import warp_error
from orchestrator.progress import Silent
from orchestrator.safetensors_file import content_hash
from orchestrator.stylization.course import Course, look
from orchestrator.stylization.engine import Painted
from orchestrator.stylization.settings import ConsistencySettings, StylizeSettings
from orchestrator.stylization.stylize import stylize
from orchestrator.stylization.webui_engine import Painter, recipe
from orchestrator.webui.loras import install
from orchestrator.webui.opening import opened
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from numpy.typing import NDArray

    from orchestrator.media.clip import Clip
    from orchestrator.stylization.engine import Look, Paint

    Frame = NDArray[np.uint8]

MODES = ("off", "flow", "keyframes")


class Keeping:
    """An engine that paints no picture twice."""

    batch, looks_back = 1, False

    def __init__(self, painter: Painter, folder: Path) -> None:
        self._painter = painter
        self._folder = folder
        self.pictures, self.seconds = 0, 0.0

    def paint(self, paints: Iterable[Paint]) -> Generator[Painted, None, None]:
        """Yield what comes of each; count them, and the time that they took when they were painted."""
        for paint in paints:
            file = self._folder / f"{digest.of_bytes(paint.init.tobytes())[:16]}.png"
            if not file.exists():
                began = time.monotonic()
                pictures.write_png(file, self._painter.work([paint])[0].picture)
                file.with_suffix(".json").write_text(json.dumps(time.monotonic() - began))
            self.pictures += 1
            self.seconds += json.loads(file.with_suffix(".json").read_text())
            yield Painted(pictures.read(file), "")


class Figures(NamedTuple):
    """Of one mode."""

    warp: float
    ssim: float
    gram: float
    gradient: float
    painted: int
    painting: float
    rest: float


def gradient_energy(picture: Frame) -> float:
    """Return the mean length of the luma's gradient."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)).mean())


def restlessness(source: Sequence[Frame], result: Sequence[Frame], cuts: Sequence[int]) -> float:
    """Return the mean warp error, never across a cut."""
    pairs = enumerate(zip(pairwise(source), pairwise(result), strict=True), 1)
    errors = [warp_error(*pair) for index, pair in pairs if index not in cuts]
    return float(np.mean([error for error in errors if error is not None]))


def figures(
    clip: Clip, engine: Keeping, style: Look, settings: StylizeSettings, cuts: Sequence[int], films: Path
) -> Figures:
    """Run one mode and measure it."""
    engine.pictures, engine.seconds = 0, 0.0
    with tempfile.TemporaryDirectory() as work:
        began = time.monotonic()
        made = stylize(clip, engine, Path(work), Course(style), settings, cuts=cuts, progress=Silent())
        rest = time.monotonic() - began
        source, result = list(frames(clip)), list(pictures.stored(made))
    net = load_gram()
    grams = style_grams((pictures.read(file) for file in sorted(films.rglob("*.png"))), net)
    return Figures(
        restlessness(source, result, cuts),
        float(np.mean([ssim(a, b) for a, b in zip(source, result, strict=True)])),
        float(np.mean([gram_distance([frame], grams, net)[0] for frame in result])),
        float(np.mean([gradient_energy(frame) for frame in result])),
        engine.pictures,
        engine.seconds,
        rest,
    )


def show(name: str, got: Figures, off: Figures) -> None:
    """Print one line: each figure, and beside it how it compares with `off`."""
    cost = (got.painting + got.rest) / (off.painting + off.rest)
    print(
        f"{name:10} warp {got.warp:.6f} ({got.warp / off.warp:.2f})"
        f"  SSIM {got.ssim:.3f} ({got.ssim - off.ssim:+.3f})"
        f"  Gram {got.gram:.3f} ({got.gram / off.gram:.2f})  gradient {got.gradient:.1f}"
        f" ({got.gradient / off.gradient:.2f})  painted {got.painted}"
        f"  {got.painting:.0f} s + {got.rest:.0f} s ({cost:.2f})",
        flush=True,
    )


def main() -> None:
    """Paint, measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("lora", type=Path)
    parser.add_argument("style", type=Path, help="a folder of pictures of the style")
    parser.add_argument("--kept", type=Path, required=True, help="a folder for paintings")
    parser.add_argument("--start", type=Fraction, default=Fraction(4))
    parser.add_argument("--end", type=Fraction, default=Fraction(8))
    parser.add_argument("--prompt", default="bnnyfilm style, a street")
    parser.add_argument("--weight", type=float, default=1.5)
    chosen = parser.parse_args()

    clip = cut(probe(chosen.video), chosen.start, chosen.end)
    cuts = found_cuts(frames(clip))
    base = StylizeSettings(payload="img2img-pocket", prompt=chosen.prompt, lora_weight=chosen.weight)
    payload, weights = recipe(base), LoraWeights(chosen.lora, content_hash(chosen.lora))
    chosen.kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        loras = Path(work) / "loras"
        with opened(WebUISettings(), model="pocket", lora_dir=loras, log=Path(work) / "log") as server:
            lora = install(weights, loras, server.client, name="bench")
            engine, style = Keeping(Painter(server, lora, payload), chosen.kept), look(base, payload, "")
            off = None
            for mode in MODES:
                settings = base.model_copy(update={"consistency": ConsistencySettings(mode=mode)})
                got = figures(clip, engine, style, settings, cuts, chosen.style)
                off = off or got
                show(mode, got, off)


if __name__ == "__main__":
    main()

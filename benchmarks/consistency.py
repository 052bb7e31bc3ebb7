"""How steady each way of carrying the style over is, and what it costs in likeness and detail.

    python benchmarks/consistency.py VIDEO [--start 200] [--count 50] [--lora FILE] [--size 320 136]

Paints the same frames with the embedded WebUI in several ways and prints, for each: the mean warp error and
the mean SSIM to the source, the SSIM of the last ten frames (a drift shows there), and the mean gradient
energy (a blur shows there), the last two beside painting each frame for itself.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from orchestrator.artifacts import LoraWeights
from orchestrator.media import flow
from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames
from orchestrator.media.pictures import resize
from orchestrator.media.probe import probe
from orchestrator.media.shots import cuts
from orchestrator.metrics.ssim import ssim
from orchestrator.metrics.warp_error import warp_error
from orchestrator.safetensors_file import content_hash
from orchestrator.stylization.consistency.carried import Motion, motion, steadied
from orchestrator.stylization.course import look
from orchestrator.stylization.engine import Paint
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.stylization.webui_engine import Painter, recipe
from orchestrator.webui.loras import install
from orchestrator.webui.opening import opened
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

BLENDS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9)


class Way(NamedTuple):
    """A way to carry the style over: what painting starts from, and what becomes of the painted frame.

    Both functions take the picture in question, the source frame, the result before, and the motion.
    """

    name: str
    start: Callable[[Frame, Frame, Frame, Motion], Frame]
    finish: Callable[[Frame, Frame, Frame, Motion], Frame]


def ways() -> list[Way]:
    """Return the ways that are compared."""
    return [
        Way("off", as_it_is, as_it_is),
        *(Way(f"output into the start {b}", partial(output, blend=b), as_it_is) for b in (0.3, 0.5)),
        *(Way(f"output into the result {b}", as_it_is, partial(output, blend=b)) for b in (0.5, 0.7)),
        *(Way(f"residual into the result {b}", as_it_is, partial(steadied, blend=b)) for b in BLENDS),
    ]


def as_it_is(picture: Frame, *_: object) -> Frame:
    """Carry nothing over."""
    return picture


def output(picture: Frame, _: Frame, before: Frame, moved: Motion, blend: float) -> Frame:
    """Carry the result before over as it is."""
    weight = blend * moved.trust[..., None]
    carried = flow.warp(before, moved.backward).astype(np.float32)
    return np.rint(picture + weight * (carried - picture)).astype(np.uint8)


def paint_all(
    way: Way, source: Sequence[Frame], moves: Sequence[Motion | None], paint: Callable[[Frame], Frame]
) -> list[Frame]:
    """Paint a clip in one way."""
    results: list[Frame] = []
    for now, moved in zip(source, moves, strict=True):
        if moved is None:
            results.append(paint(now))
        else:
            start = way.start(now, now, results[-1], moved)
            results.append(way.finish(paint(start), now, results[-1], moved))
    return results


def gradient_energy(picture: Frame) -> float:
    """Return the mean length of the luma's gradient."""
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)).mean())


def figures(
    source: Sequence[Frame], moves: Sequence[Motion | None], result: Sequence[Frame]
) -> NDArray[np.float64]:
    """Return warp error, SSIM, SSIM at the end, gradient energy."""
    likeness = [ssim(a, b) for a, b in zip(source, result, strict=True)]
    pairs = zip(pairwise(source), pairwise(result), moves[1:], strict=True)
    errors = [warp_error(s, r) for s, r, moved in pairs if moved is not None]
    warp = np.mean([error for error in errors if error is not None])
    return np.array(
        [warp, np.mean(likeness), np.mean(likeness[-10:]), np.mean([*map(gradient_energy, result)])]
    )


def main() -> None:
    """Paint and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--start", type=int, default=200)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--lora", type=Path)
    parser.add_argument("--weight", type=float, default=1.0)
    parser.add_argument("--prompt", default="a street")
    parser.add_argument("--strength", type=float)
    parser.add_argument("--size", type=int, nargs=2, default=(320, 136))
    chosen = parser.parse_args()

    clip = Clip(probe(chosen.video), chosen.start, chosen.start + chosen.count)
    source = [resize(frame, tuple(chosen.size)) for frame in frames(clip)]
    starts = {0, *cuts(source)}
    moves = [None if i in starts else motion(source[i - 1], source[i]) for i in range(len(source))]
    settings = StylizeSettings(
        payload="img2img-pocket", prompt=chosen.prompt, strength=chosen.strength, lora_weight=chosen.weight
    )
    webui, payload = WebUISettings(), recipe(settings)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        with opened(webui, model="pocket", lora_dir=folder / "loras", log=folder / "log") as server:
            weights = LoraWeights(chosen.lora, content_hash(chosen.lora)) if chosen.lora else None
            lora = install(weights, folder / "loras", server.client, name="bench") if weights else None
            painter = Painter(server, lora, payload)
            style = look(settings, payload, "")

            def paint(frame: Frame) -> Frame:
                return painter.work([Paint(frame, style)])[0].picture

            print(f"{chosen.video.name} {chosen.start}+{chosen.count}, strength {payload.denoising_strength}")
            print(f"{'':32} warp error        SSIM  at the end  gradient")
            alone = None
            for way in ways():
                warp, like, late, detail = figures(source, moves, paint_all(way, source, moves, paint))
                alone = (warp, detail) if alone is None else alone
                relative = f"({warp / alone[0]:4.2f})"
                print(
                    f"{way.name:32} {warp:.6f} {relative} {like:.4f}  {late:.4f}      {detail / alone[1]:.2f}"
                )


if __name__ == "__main__":
    main()

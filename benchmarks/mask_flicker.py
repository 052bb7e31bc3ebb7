"""How steady a region's masks are, as they are found and after steadying, and what they cost.

    python benchmarks/mask_flicker.py VIDEO [--count 120] [--sheet FILE.png]

For each pair of frames the mask of the one, moved along the flow, is compared with the mask of the other;
printed are the mean and the least intersection over union, for several amounts of steadying. The sheet shows
some frames, their masks, the frames with the region inverted, and the background without what stands there.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames
from orchestrator.media.pictures import write_png
from orchestrator.media.probe import probe
from orchestrator.media.shots import cuts
from orchestrator.regions import inpainters, plate, segmenters
from orchestrator.regions.composite import composite
from orchestrator.regions.masks import opened
from orchestrator.regions.segmenters.segmenter import Scene
from orchestrator.regions.settings import PasteSettings, RegionSettings
from orchestrator.regions.steady import overlaps, steadied
from orchestrator.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]

WEIGHTS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9)
COLUMNS = 7


def sheet(source: Sequence[Frame], masks: Sequence[Mask]) -> Frame:
    """Return the contact sheet; the background is gathered from the whole clip, taken as one shot."""
    inpaint = inpainters.choose(PasteSettings())
    made = plate.gathered(source, masks, len(source), inpaint)
    plates = list(plate.followed(made, source, masks, inpaint))
    shown = np.linspace(0, len(source) - 1, COLUMNS).astype(int)
    rows = [
        [source[i] for i in shown],
        [np.repeat((masks[i][..., None] * 255).astype(np.uint8), 3, 2) for i in shown],
        [composite(source[i], [(255 - source[i], masks[i])]) for i in shown],
        [plates[i] for i in shown],
        [composite(plates[i], [(255 - source[i], masks[i])]) for i in shown],
    ]
    return np.vstack([np.hstack(row) for row in rows])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--where", choices=("person", "background"), default="person")
    parser.add_argument("--sheet", type=Path)
    chosen = parser.parse_args()

    footage = probe(chosen.video)
    clip = Clip(footage, 0, min(chosen.count, footage.count))
    source = list(frames(clip))
    starts = cuts(source)
    scene = Scene(Timeline(clip.times, clip.fps), 0, footage.count, tuple(map(str, range(clip.count))))
    began = time.monotonic()
    raw = list(segmenters.choose(chosen.where, scene)(source))
    each = (time.monotonic() - began) / len(source)
    print(f"{chosen.video.name}, {chosen.where}: {each * 1000:.0f} ms a frame; intersection over union")
    print("steady   mean    least")
    for weight in WEIGHTS:
        found = overlaps(steadied(raw, source, cuts=starts, weight=weight), source, cuts=starts)
        print(f"{weight:4}   {np.mean(found):.4f}   {min(found):.4f}")
    if chosen.sheet:
        region = RegionSettings(where=chosen.where)
        write_png(chosen.sheet, sheet(source, list(opened(region, scene, cuts=starts)(source))))


if __name__ == "__main__":
    main()

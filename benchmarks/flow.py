"""How fast motion is measured and style carried along it: frames per second, and where the time goes.

    python benchmarks/flow.py VIDEO [--size 512 512] [--count 24]

Prints, for each part of the work of one frame, the processor time of all threads together, and the median and
the shortest wall time. On a busy machine only the first and the last mean something.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from orchestrator import freed_memory
from orchestrator.media import flow
from orchestrator.media.clip import Clip
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
from orchestrator.stylization.consistency.carried import motion, steadied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def cost(work: Sequence[Callable[[], object]]) -> tuple[float, float, float]:
    """Return processor time, median and shortest wall time, of one piece of work, in milliseconds."""
    work[0]()
    walls, begun = [], time.process_time()
    for each in work:
        at = time.perf_counter()
        each()
        walls.append(time.perf_counter() - at)
    return 1e3 * (time.process_time() - begun) / len(work), 1e3 * median(walls), 1e3 * min(walls)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--size", type=int, nargs=2, default=(512, 512))
    parser.add_argument("--count", type=int, default=24)
    chosen = parser.parse_args()
    freed_memory.keep()  # as a run does

    clip = Clip(probe(chosen.video), 0, chosen.count + 1)
    pairs = list(pairwise(frames(clip, size=tuple(chosen.size))))
    moves = [motion(a, b) for a, b in pairs]
    flows = [(m.backward, flow.dense(a, b)) for (a, b), m in zip(pairs, moves, strict=True)]
    parts = {
        "optical flow, both ways": [partial(motion, a, b) for a, b in pairs],
        "  of that: one flow": [partial(flow.dense, b, a) for a, b in pairs],
        "  of that: trust": [partial(flow.trust, there, back) for there, back in flows],
        "warping and blending": [
            partial(steadied, b, b, a, m, 0.7) for (a, b), m in zip(pairs, moves, strict=True)
        ],
    }
    print(f"{chosen.size[0]}x{chosen.size[1]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    costs = {name: cost(work) for name, work in parts.items()}
    print(f"{'milliseconds':26} {'processor':>10} {'median':>10} {'shortest':>10}")
    whole = [sum(each) for each in zip(*(c for n, c in costs.items() if not n.startswith(" ")), strict=True)]
    for name, figures in {**costs, "one frame": whole}.items():
        print(f"{name:26} " + " ".join(f"{each:10.1f}" for each in figures))
    print(f"frames per second: {1e3 / whole[1]:.1f}, at best {1e3 / whole[2]:.1f}")


if __name__ == "__main__":
    main()

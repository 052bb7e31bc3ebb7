"""How well shots are found: cuts, fades, flashes and fast motion, beside PySceneDetect's detectors.

    python benchmarks/shots.py bikes.mp4 bigbuckbunny.mp4

Joins stretches of the two videos in known ways and prints, for each way and each detector, the boundaries
that were found: right, missed, and false. PySceneDetect (`pip install scenedetect`) is left out where it is
not installed. A fade's boundary is right anywhere within the fade; a cut's at its one frame.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import cut
from orchestrator.media.decode import frames
from orchestrator.media.probe import probe
from orchestrator.media.shots import cuts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Frames = Iterable[NDArray[np.uint8]]
    Boundaries = Sequence[tuple[int, int]]

SIZE = (320, 180)
EVEN = f"scale={SIZE[0]}:{SIZE[1]},setsar=1,fps=25"


class Case(NamedTuple):
    """A filter graph on the two videos, and each boundary's first and last right frame."""

    name: str
    graph: str
    boundaries: Boundaries


def _faded(name: str, length: int, colour: str) -> Case:
    """Return 45 frames fading out into 45 that fade in."""
    anew = "setpts=PTS-STARTPTS"
    a = f"[0:v]{EVEN},trim=start_frame=77:end_frame=122,{anew}"
    b = f"[1:v]{EVEN},trim=start_frame=10:end_frame=55,{anew}"
    a += f",fade=out:{45 - length}:{length}:color={colour}[a]"
    b += f",fade=in:0:{length}:color={colour}[b]"
    return Case(f"{name}, {length} frames", f"{a};{b};[a][b]concat", [(45 - length, 45 + length)])


def _flashed(name: str, filters: str, length: int) -> Case:
    moment = f"enable='between(n,40,{39 + length})'"
    return Case(f"{name}, {length} frames", f"[1:v]{EVEN},{filters}:{moment}", [])


def cases() -> list[Case]:
    """Return what is looked for."""
    bikes = [(each, each) for each in (30, 76, 137, 187, 242)]
    fifths = [(-(-each // 5), -(-each // 5)) for each, _ in bikes]
    shaken = "crop=iw/2:ih/2:iw/4+iw/4*sin(n*1.3):ih/4+ih/4*cos(n*1.7)"
    white = "drawbox=color=white@{}:t=fill"
    return [
        Case("bikes", f"[0:v]{EVEN}", bikes),
        Case("bigbuckbunny", f"[1:v]{EVEN}", []),
        Case("bikes, every fifth frame", f"[0:v]select='not(mod(n,5))',setpts=N/25/TB,{EVEN}", fifths),
        Case("shaken camera", f"[1:v]{shaken},{EVEN}", []),
        *(_faded("fade through black", length, "black") for length in (6, 12, 25)),
        *(_faded("fade through white", length, "white") for length in (6, 12, 25)),
        *(_flashed("white frames", white.format(1), length) for length in (1, 2, 4)),
        *(_flashed("flash of light", white.format(0.6), length) for length in (1, 3)),
        _flashed("black frames", "drawbox=color=black:t=fill", 2),
    ]


def made(case: Case, videos: Sequence[Path], target: Path) -> list[NDArray[np.uint8]]:
    """Return a case's frames."""
    inputs = [word for video in videos for word in ("-i", str(video))]
    command = [ffmpeg(), "-loglevel", "error", "-y", *inputs, "-filter_complex", case.graph]
    subprocess.run([*command, "-an", "-c:v", "libx264", "-crf", "20", target], check=True)
    return list(frames(cut(probe(target), None, None)))


def detectors() -> dict[str, Callable[[Frames], Iterable[int]]]:
    """Return the detectors by name."""
    found: dict[str, Callable[[Frames], Iterable[int]]] = {"ours": cuts}
    try:
        from scenedetect import AdaptiveDetector, ContentDetector, HistogramDetector, ThresholdDetector
    except ImportError:
        return found
    theirs = {
        "Adaptive": lambda: [AdaptiveDetector(min_scene_len=1)],
        "Adaptive+Threshold": lambda: [AdaptiveDetector(min_scene_len=1), ThresholdDetector(min_scene_len=1)],
        "Adaptive, defaults": lambda: [AdaptiveDetector()],
        "Content, defaults": lambda: [ContentDetector()],
        "Histogram, defaults": lambda: [HistogramDetector()],
    }
    return found | {name: lambda video, make=make: _theirs(video, make()) for name, make in theirs.items()}


def _theirs(video: Frames, chosen: Sequence[object]) -> set[int]:
    from scenedetect import FrameTimecode

    found = set()
    for detector in chosen:
        for index, frame in enumerate(video):
            time = FrameTimecode(index, 25.0)
            found |= {each.frame_num for each in detector.process_frame(time, frame[..., ::-1].copy())}
        found |= {each.frame_num for each in detector.post_process(time)}
    return found - {0}


def judged(found: Iterable[int], wanted: Boundaries) -> str:
    """Return the counts of right, missed and false boundaries, a dash for none of them."""
    found = sorted(found)
    hits = [any(a <= each <= b for each in found) for a, b in wanted]
    false = len(found) - sum(hits)
    return f"{sum(hits)}/{len(wanted)}" + (f" +{false}" if false else "")


def main() -> None:
    """Make, detect and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("videos", type=Path, nargs=2)
    videos = parser.parse_args().videos
    ways = detectors()
    print(f"{'found/there +false':28}" + "".join(f"{name:>20}" for name in ways))
    with tempfile.TemporaryDirectory() as folder:
        for case in cases():
            video = made(case, videos, Path(folder) / "case.mp4")
            results = (judged(way(video), case.boundaries) for way in ways.values())
            print(f"{case.name:28}" + "".join(f"{each:>20}" for each in results))


if __name__ == "__main__":
    main()

"""How soon after its last frame is painted does a run show its complete report?

Runs the whole job on a street video with the WebUI and the model that ship: training (two steps), painting,
video, scores, report. Scores, video and previews are made beside the painting, so little is left to do at its
end. Told are, from the instant at which the last frame lies on the disk: when all figures do, and when the
report lies at its place. What the run says goes to stderr.

    python benchmarks/report.py [--video VIDEO] [--frames 210] [--width 640]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from orchestrator.media.binary import ffmpeg

ROOT = Path(__file__).parents[1]
BIKES = ROOT / "examples" / "quickstart" / "media" / "bikes.mp4"
PROJECT = """\
name: report
source: {video: source.mp4}
style:
  from: {video: source.mp4}
  captions: {trigger: quickstyle}
  resolution: 64
training:
  base_model: pocket
  overrides: {max_train_steps: 2}
stylize: {payload: img2img-pocket}
output: {video: out/report.mp4}
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, default=BIKES, help="what to paint over; its first frames")
    parser.add_argument("--frames", type=int, default=210, help="how many")
    parser.add_argument("--width", type=int, default=640, help="to scale it to")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_video(chosen.video, folder / "source.mp4", chosen.frames, chosen.width)
        (folder / "project.yaml").write_text(PROJECT)
        measured(folder, chosen.frames)


def make_video(video: Path, target: Path, frames: int, width: int) -> None:
    """Write the first frames of a video, scaled."""
    picture = (
        "-frames:v",
        str(frames),
        "-vf",
        f"scale={width}:-2",
        "-an",
        "-crf",
        "18",
        "-pix_fmt",
        "yuv420p",
    )
    subprocess.run((ffmpeg(), "-v", "error", "-i", str(video), *picture, str(target)), check=True)


def measured(folder: Path, frames: int) -> None:
    """Run, watch the files come, and print when they did."""
    command = (sys.executable, "-m", "orchestrator.cli.main", "run", "project.yaml")
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as run:
        painted = first_seen(run, folder, f".orchestrate/stages/stylize-*/frames/{frames - 1:06d}.png")
        before = rows(folder)
        scored = first_seen(run, folder, ".orchestrate/stages/measure-*/sets.json")
        shown = first_seen(run, folder, "out/report.html")
    size = (folder / "out" / "report.html").stat().st_size
    print(f"{frames} frames; when the last is painted, {before} have their figures")
    print(f"all have their figures after {scored - painted:.1f} s")
    print(f"the report, {size / 1e6:.1f} MB, is there after {shown - painted:.1f} s")


def first_seen(run: subprocess.Popen[bytes], folder: Path, pattern: str) -> float:
    """Return the instant at which a file of this name was there."""
    while not any(folder.glob(pattern)):
        if run.poll() not in {None, 0}:
            sys.exit(f"the run ended with exit code {run.returncode}")
        time.sleep(0.01)
    return time.monotonic()


def rows(folder: Path) -> int:
    """Return how many frames have their figures by now."""
    return sum(
        path.read_text().count("\n") for path in folder.glob(".orchestrate/stages/measure-*/rows.jsonl")
    )


if __name__ == "__main__":
    main()

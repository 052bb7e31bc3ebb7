"""A small project on real media, and the command line as a user calls it."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from orchestrator.media.binary import ffmpeg

PROJECT = """\
name: small
source: {video: street.mp4}
style:
  from: {images: style}
  captions: {trigger: smallstyle}
  resolution: 64
  repeats: 1
training:
  base_model: pocket
  overrides: {max_train_steps: 2, train_batch_size: 2}
stylize: {payload: img2img-pocket}
output: {video: out/small.mp4}
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str
    seconds: float  # of work; how long it took on a busy machine says little
    waited: float


def orchestrate(*arguments: str | Path, cwd: Path, timeout: float = 300) -> Answer:
    """Run the command line as a program of its own."""
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        (sys.executable, "-m", "orchestrator.cli.main", *map(str, arguments)),
        cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    waited, worked = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = worked.ru_utime - used.ru_utime + worked.ru_stime - used.ru_stime
    return Answer(done.returncode, done.stdout, done.stderr, seconds, waited)


def make_video(target: Path, *, seconds: float = 0.4, size: str = "64x48") -> Path:
    """Write a video of moving bars with a tone."""
    picture = f"testsrc2=size={size}:rate=25:duration={seconds}"
    tone = f"sine=frequency=440:duration={seconds}"
    inputs = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone)
    subprocess.run((ffmpeg(), "-v", "error", "-y", *inputs, "-pix_fmt", "yuv420p", str(target)), check=True)
    return target


def make_project(folder: Path) -> Path:
    """Fill a folder with a project file, ten frames of video with sound, and four style pictures."""
    make_video(folder / "street.mp4")
    (folder / "style").mkdir()
    random = np.random.default_rng(0)
    for number in range(4):
        pixels = random.integers(0, 255, (80, 80, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "style" / f"{number}.png")
    (folder / "project.yaml").write_text(PROJECT)
    return folder

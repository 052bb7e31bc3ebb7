"""Does the orchestrator's memory grow with the length of the video?

Restyles a video of 100 frames and one of 2,000 frames, both at 64x48 with the model that ships, and compares
the largest resident memory of the orchestrator process itself (the embedded WebUI is a program of its own).

    python benchmarks/memory.py [FOLDER]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from orchestrator.media.binary import ffmpeg

LENGTHS = (100, 2000)
PROJECT = """\
name: memory
source: {video: source.mp4}
style:
  from: {video: source.mp4}
  select: {count: 4}
  captions: {trigger: memory}
  resolution: 64
training:
  base_model: pocket
  overrides: {max_train_steps: 1}
stylize: {payload: img2img-pocket, steps: 4, strength: 0.25}
"""
MEASURED = """\
import resource, sys
from orchestrator.cli.main import main
code = main(["run", "project.yaml"])
print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
sys.exit(code)
"""


def main() -> None:
    """Print the largest resident memory for each length, and their ratio."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch)
        peaks = [peak(root / str(length), length) for length in LENGTHS]
    for length, kibibytes in zip(LENGTHS, peaks, strict=True):
        print(f"{length:>5} frames: {kibibytes / 1024:.0f} MiB")
    print(f"ratio: {peaks[1] / peaks[0]:.3f}")


def peak(folder: Path, frames: int) -> int:
    """Run the whole job on a video of some length; return the orchestrator's largest resident memory, KiB."""
    folder.mkdir(parents=True, exist_ok=True)
    pattern = f"testsrc2=size=64x48:rate=25:duration={frames / 25}"
    command = (ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", pattern, "-pix_fmt", "yuv420p")
    subprocess.run((*command, str(folder / "source.mp4")), check=True)
    (folder / "project.yaml").write_text(PROJECT)
    done = subprocess.run(
        (sys.executable, "-c", MEASURED), cwd=folder, stdout=subprocess.PIPE, text=True, check=True
    )
    return int(done.stdout.rpartition("PEAK")[2])


if __name__ == "__main__":
    main()

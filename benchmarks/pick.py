"""How near `orchestrate pick` comes to an exhaustive search, and what it spends.

    python benchmarks/pick.py VIDEO FILM [--work FOLDER]

Trains pocket on FILM, saving the LoRA four times, and looks for the best of these at three weights and two
strengths for four seconds of VIDEO: by halving, and by painting every candidate on every frame. What was
painted is kept in FOLDER, so a second run takes seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from orchestrator.cli.main import main as orchestrate

PROJECT = """\
name: pick
source: {{video: {video}, start: 4s, end: 8s}}
style:
  from: {{video: {film}}}
  select: {{count: 24}}
  captions: {{trigger: bnnyfilm}}
  resolution: 256
  crops: 6
  repeats: 1
training:
  overrides: {{save_every_n_steps: 50}}
stylize:
  payload: img2img-pocket
  prompt: "{{trigger}} style, a street"
  lora_weight: 1.5
  size: [{size}]
"""
GRID = ("--weights", "0.75,1.5,2.25", "--strengths", "0.12,0.2")


def pick(project: Path, *arguments: str) -> dict[str, Any]:
    """Return what `orchestrate pick` tells."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        code = orchestrate(["pick", str(project), "--json", *GRID, *arguments])
    result: dict[str, Any] = json.loads(told.getvalue().splitlines()[-1])
    if code:
        raise SystemExit(result["what"])
    return result


def measure(project: Path, probes: int) -> str:
    """Return a table's row: halving beside the exhaustive search over the same frames."""
    began = time.monotonic()
    found = pick(project, "--probes", str(probes))
    seconds = time.monotonic() - began
    every = pick(project, "--probes", str(probes), "--all")
    objectives = {name(each): each["objective"] for each in every["candidates"]}
    winner, best = name(found["winner"]), name(every["winner"])
    spent = f"{found['frames']} of {every['frames']} ({found['frames'] / every['frames']:.1%})"
    share = objectives[winner] / objectives[best]
    return f"| {probes} | {spent} | {winner} | {best} | {share:.1%} | {seconds:.0f} s |"


def name(each: dict[str, Any]) -> str:
    """Return a candidate as people read it."""
    return f"{each['lora']}, {each['weight']:g}, {each['strength']:g}"


def main() -> None:
    """Print the table."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("video", type=Path)
    parser.add_argument("film", type=Path)
    parser.add_argument("--work", type=Path, help="where everything is kept; a temporary folder")
    parser.add_argument("--size", default="160, 72", help="width and height to paint at")
    parser.add_argument("--probes", type=int, nargs="+", default=[16])
    args = parser.parse_args()
    work = args.work or Path(tempfile.mkdtemp(prefix="pick-"))
    work.mkdir(parents=True, exist_ok=True)
    project = work / "project.yaml"
    video, film = args.video.absolute(), args.film.absolute()
    project.write_text(PROJECT.format(video=video, film=film, size=args.size))
    print("| probes | frames painted | found | the best | share of its objective | time |")
    print("|---|---|---|---|---|---|")
    for probes in args.probes:
        print(measure(project, probes), flush=True)


if __name__ == "__main__":
    main()

"""Going on from a state to exactly the number of steps first asked for.

sd-scripts saves the state of a training as a folder, and told to `resume` from it counts its steps from 0
again: left alone it would train too many of them, under a learning rate that begins anew.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator import safetensors_file
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FROM = "from-"
_COUNTS = "train_state.json"
_RIVAL = "max_train_epochs"


@dataclass(frozen=True)
class State:
    """A whole state.

    Attributes:
        folder: where it lies.
        step: how many steps had been trained, counted from the very beginning.
    """

    folder: Path
    step: int


def newest(checkpoints: Path, name: str, *, below: int) -> State | None:
    """Return the most advanced whole state, or None.

    Args:
        checkpoints: where a training saves; what went on from step S saved in `from-S` below it.
        name: of the LoRA.
        below: steps in all; a state of the very end leaves nothing to go on with.
    """
    states = [
        State(folder, start + step)
        for start, place in places(checkpoints)
        for folder in place.glob(f"{name}*-state")
        if (step := _own_step(folder)) is not None
    ]
    return max((each for each in states if each.step < below), key=lambda each: each.step, default=None)


def places(checkpoints: Path) -> list[tuple[int, Path]]:
    """Return where a training has saved, each place with the step it went on from, in that order."""
    later = [(_start(path), path) for path in checkpoints.glob(f"{_FROM}*")]
    return [(0, checkpoints), *sorted(later)]


def continuation(checkpoints: Path, state: State) -> Path:
    """Return where a training that goes on from a state saves, so that nothing earlier is overwritten."""
    return checkpoints / f"{_FROM}{state.step:08d}"


def resumed(arguments: Mapping[str, Any], state: State, steps: int) -> dict[str, Any]:
    """Return the arguments to go on with, for `steps` steps in all.

    The steps in all stay what they were, so that the learning rate goes on as if nothing had happened, and
    epochs keep their numbers. sd-scripts would go on to the end of the last epoch; a checkpoint is asked for
    at the very step that was wanted, and that one is the LoRA. Those before it come about as often as asked.
    """
    kept = {name: value for name, value in arguments.items() if name != _RIVAL}
    remaining = steps - state.step
    every = _divisor(remaining, arguments.get("save_every_n_steps", remaining))
    return kept | {
        "resume": str(state.folder),
        "initial_step": state.step,
        "max_train_steps": steps,
        "save_every_n_steps": every,
        "save_last_n_steps_state": every,
    }


def final_checkpoint(folder: Path, name: str, remaining: int) -> Path:
    """Return the file that holds the LoRA once the remaining steps have been trained."""
    return folder / f"{name}-step{remaining:08d}.safetensors"


def _divisor(number: int, least: int) -> int:
    """Return the smallest divisor of a number that is not below `least`; the number itself if none is."""
    return next((each for each in range(least, number) if number % each == 0), number)


def _start(folder: Path) -> int:
    digits = folder.name.removeprefix(_FROM)
    return int(digits) if digits.isdecimal() else 0


def _own_step(folder: Path) -> int | None:
    """Return the step that a state was saved at, as its own run counted; None if it is not whole."""
    try:
        step = json.loads((folder / _COUNTS).read_text(encoding="utf-8"))["current_step"]
        safetensors_file.header(folder / "model.safetensors")
    except (OSError, ValueError, KeyError, ModelFileError):
        return None
    archives = [*folder.glob("*.bin"), *folder.glob("*.pkl")]
    # random_states is the last thing that is written; torch's archives end with a table of contents
    whole = any(folder.glob("random_states*")) and all(map(zipfile.is_zipfile, archives))
    return int(step) if whole else None

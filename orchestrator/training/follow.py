"""Following a trainer from its start to its end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.errors import Diverged, NoPictures
from orchestrator.process import running
from orchestrator.training import progress_lines as told
from orchestrator.training.failures import failed, shown, understood
from orchestrator.training.spill import Memory, Reading, gpu_memory, spilling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.process import Child, Program
    from orchestrator.progress import Progress, Task

Losses = dict[int, float]
"""The last loss told for each step, counted from the very beginning."""

_PICTURES = "sample"


@dataclass(frozen=True)
class Goal:
    """What a run of a trainer is for.

    Attributes:
        lora: the file that it will leave.
        start: steps that were trained before; the trainer itself counts from 0.
        batches: how many batches an epoch should have; None where that is not known.
        steps: how many steps there should be in all; None where that is not known.
        ends_itself: False where the trainer would go on beyond the LoRA, so that it is stopped there.
        enough: is asked about each LoRA that was saved before, and its step; once it says yes, the trainer is
            stopped, and there will be no LoRA of the end.
    """

    lora: Path
    start: int = 0
    batches: int | None = None
    steps: int | None = None
    ends_itself: bool = True
    enough: Callable[[Path, int], bool] | None = None


@dataclass
class _Run:
    """A run under way, and what has been seen of it."""

    goal: Goal
    child: Child
    task: Task
    progress: Progress
    memory: Memory
    log: Path
    losses: Losses = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    step: int = 0
    saved: bool = False
    saving: tuple[Path, int] | None = None
    stopped: bool = False
    spilled: bool = False


def follow(program: Program, goal: Goal, *, log: Path, progress: Progress) -> Losses:
    """Run a trainer until its LoRA is there; return the losses that it told.

    Raises:
        TrainerError, ModelFileError, MissingPackage, DiskFull: it failed, as
            `orchestrator.training.failures.understood` tells, found no pictures, diverged, or left no LoRA.
    """
    goal.lora.unlink(missing_ok=True)  # what is there afterwards is new
    log.unlink(missing_ok=True)
    with (
        gpu_memory() as memory,
        progress.task("training", unit="step") as task,
        running(program, log=log) as child,
    ):
        run = _Run(goal, child, task, progress, memory, log)
        if _watched_to_the_end(run) and child.returncode != 0:
            raise understood(child.returncode, child.tail, str(log))
    if not goal.lora.is_file() and not run.stopped:
        raise failed(f"the trainer ended well, but left no {goal.lora.name}", child.tail, str(log))
    return run.losses


def _watched_to_the_end(run: _Run) -> bool:
    """Look at all that a trainer tells; return False if it need not go on, since its LoRA is there."""
    for piece in run.child.lines():
        event = told.parse(piece)
        if isinstance(event, told.Step):
            if event.step <= run.step or not run.saved:
                _on_step(run, event)
            # what was being written is whole, now that the bar is drawn again
            run.stopped = _is_enough(run)
            if run.saved or run.stopped:
                return False
        elif isinstance(event, told.Saving):
            _on_saving(run, event)
        elif event is not None:
            _on_news(run, event)
    return True


def _is_enough(run: _Run) -> bool:
    """Have the LoRA looked at that was saved last, if anybody looks; return whether the trainer may stop."""
    saved, run.saving = run.saving, None
    return saved is not None and run.goal.enough is not None and run.goal.enough(*saved)


def _on_saving(run: _Run, event: told.Saving) -> None:
    name, step = event.file.replace(chr(92), "/").rpartition("/")[2], run.goal.start + run.step
    is_goal = name == run.goal.lora.name
    run.saved = is_goal and not run.goal.ends_itself
    run.saving = None if is_goal else (run.goal.lora.parent / name, step)
    run.progress.say(f"{name} is saved at step {step}")


def _on_news(run: _Run, event: told.Event) -> None:
    if isinstance(event, told.NoData):
        raise NoPictures(
            shown("the trainer found no pictures in the training set", run.child.tail),
            where=str(run.log),
            remedy="Each image_dir must hold the pictures themselves.",
        )
    if isinstance(event, told.Epoch):
        run.progress.say(f"epoch {event.epoch} of {event.total}")
    if isinstance(event, told.Promised):
        _compare(run, event)


def _compare(run: _Run, promised: told.Promised) -> None:
    expected, unit = {
        told.BATCHES: (run.goal.batches, "batches an epoch"),
        told.STEPS: (run.goal.steps, "steps in all"),
    }[promised.what]
    if expected is not None and promised.count != expected:
        run.progress.say(
            f"the trainer counts {promised.count} {unit} and not {expected}: "
            "it does not see the same pictures"
        )


def _on_step(run: _Run, event: told.Step) -> None:
    _show(run, event)
    for name in _new_pictures(run):
        run.progress.say(f"sample picture: {name}")
    if event.loss is not None:
        _keep_loss(run, run.goal.start + event.step, event.loss)
    if event.step > run.step:
        run.readings.append(Reading(time.monotonic(), run.memory()))
        run.step = event.step
        _tell_of_spill(run)


def _keep_loss(run: _Run, step: int, loss: float) -> None:
    if not math.isfinite(loss):
        raise Diverged(
            shown(f"the loss is {loss} at step {step}, and training on would not mend it", run.child.tail),
            where=str(run.log),
            remedy="Lower `learning_rate`, or set mixed_precision 'bf16' or 'no'; for SDXL no_half_vae.",
        )
    run.losses[step] = loss


def _tell_of_spill(run: _Run) -> None:
    if not run.spilled and spilling(run.readings):
        run.spilled = True
        run.progress.say(
            "VRAM is spilling into main memory: steps take more than three times as long as at first. "
            "Stop it, and set gradient_checkpointing, train_batch_size 1 or a lower resolution."
        )


def _new_pictures(run: _Run) -> Iterator[str]:
    folder = run.goal.lora.parent / _PICTURES
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    yield from sorted(names - run.pictures)
    run.pictures |= names


def _show(run: _Run, event: told.Step) -> None:
    loss = "" if event.loss is None else f"loss {event.loss:.3g}"
    run.task.reach(run.goal.start + event.step, total=event.total, note=loss)

"""One try at a training: from its pictures, or on from the last state of an earlier try."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestrator.errors import Interrupted
from orchestrator.files import write_bytes, write_json
from orchestrator.training import configs, dataset_toml, progress_lines, step_count
from orchestrator.training.candidates import candidates
from orchestrator.training.early_stop import Watch
from orchestrator.training.follow import Goal, Losses, follow
from orchestrator.training.links import linked
from orchestrator.training.sd_scripts import states
from orchestrator.training.trainer import TRAINERS
from orchestrator.training.verify import verify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.artifacts import LoraWeights
    from orchestrator.process import Program
    from orchestrator.progress import Progress
    from orchestrator.training.early_stop import Judge
    from orchestrator.training.sd_scripts.states import State
    from orchestrator.training.settings import TrainingSettings
    from orchestrator.training.step_count import Extent

CONFIG, DATASET_CONFIG, CANDIDATES = "config.toml", "dataset.toml", "candidates.json"
BEST = "best.safetensors"
PICTURES, CHECKPOINTS = "pictures", "checkpoints"


@dataclass(frozen=True)
class Attempt:
    """A try at a training.

    Attributes:
        settings: of the training.
        judge: says how good a LoRA is, where the training may end early.
        root: where everything of it lies.
        name: of the LoRA.
        checkpoints: where below `root` this try saves; tries with other settings cannot share their states.
    """

    settings: TrainingSettings
    root: Path
    name: str
    checkpoints: str = CHECKPOINTS
    judge: Judge | None = None

    def run(
        self, arguments: Mapping[str, Any], content: Mapping[str, Any], progress: Progress
    ) -> LoraWeights:
        """Train to the end, and return the LoRA once it is known to be usable.

        Args:
            arguments: of the training.
            content: of its dataset TOML, with absolute folders.
            progress: told of steps, epochs, checkpoints and pictures.

        Raises:
            DatasetError, ImageError: the pictures cannot be trained on; nothing was started.
            TrainerError, LoraError, …: as `follow` and `verify`.
            Interrupted: Ctrl-C; it tells what is kept.
        """
        extent = step_count.extent(dataset_toml.levels(content, arguments), arguments)
        for line in extent.lines():
            progress.say(line)
        state = self._state(extent, progress)
        goal = self._goal(extent, state)
        watch = self._watch(goal.start, extent, progress)
        goal = replace(goal, enough=watch.look if watch else None)
        if state is not None:
            arguments = states.resumed(arguments, state, extent.steps)
        earlier = self._earlier_losses(goal.start)
        program = self._program(arguments, linked(content, self.root / PICTURES), goal)
        log = self._log(goal.lora.parent)
        try:
            losses = earlier | follow(program, goal, log=log, progress=progress)
        except KeyboardInterrupt as stop:
            raise self._interrupted(extent, max(_losses(log, goal.start), default=goal.start)) from stop
        self._list_candidates(extent, losses, progress)
        weights = verify(goal.lora if watch is None else _best(watch, goal, extent, progress))
        return replace(weights, losses=tuple(sorted(losses.items())))

    def _watch(self, start: int, extent: Extent, progress: Progress) -> Watch | None:
        if self.judge is None or self.settings.early_stop is None:
            return None
        watch = Watch(self.judge, self.settings.early_stop.patience, self.root / BEST, progress)
        for each in candidates(self.root / self.checkpoints, self.name, extent.per_epoch, {}):
            if each.step <= start:
                watch.look(each.file, each.step)
        return watch

    def _interrupted(self, extent: Extent, step: int) -> Interrupted:
        resumes = TRAINERS[self.settings.trainer].resumes
        folder = self.root / self.checkpoints
        state = states.newest(folder, self.name, below=extent.steps) if resumes else None
        kept = (
            f"the state of step {state.step}" if state else "nothing of it, but all that was made before it"
        )
        return Interrupted(
            f"stopped at step {step} of {extent.steps} of the training; kept is {kept}, "
            "and the same command goes on from there"
        )

    def _list_candidates(self, extent: Extent, losses: Losses, progress: Progress) -> None:
        kept = [
            each
            for each in candidates(self.root / self.checkpoints, self.name, extent.per_epoch, losses)
            if each.step < extent.steps
        ]
        rows = [
            {"file": each.file.relative_to(self.root).as_posix(), "step": each.step, "loss": each.loss}
            for each in kept
        ]
        write_json(self.root / CANDIDATES, rows)
        if kept:
            steps = ", ".join(str(each.step) for each in kept)
            progress.say(f"the LoRA is also kept as it was at step {steps}: {CANDIDATES}")

    def _state(self, extent: Extent, progress: Progress) -> State | None:
        if not TRAINERS[self.settings.trainer].resumes:
            return None
        state = states.newest(self.root / self.checkpoints, self.name, below=extent.steps)
        if state is not None:
            progress.say(f"going on from step {state.step} of {extent.steps}")
        return state

    def _goal(self, extent: Extent, state: State | None) -> Goal:
        folder = self.root / self.checkpoints
        if state is None:
            return Goal(folder / f"{self.name}.safetensors", batches=extent.batches, steps=extent.steps)
        place = states.continuation(folder, state)
        lora = states.final_checkpoint(place, self.name, extent.steps - state.step)
        return Goal(lora, start=state.step, batches=extent.batches, steps=extent.steps, ends_itself=False)

    def _program(self, arguments: Mapping[str, Any], content: Mapping[str, Any], goal: Goal) -> Program:
        whole = configs.config(arguments, self.settings, output_dir=goal.lora.parent, output_name=self.name)
        config, dataset_config = self.root / CONFIG, self.root / DATASET_CONFIG
        write_bytes(config, configs.toml(whole).encode())
        write_bytes(dataset_config, configs.toml(content).encode())
        return TRAINERS[self.settings.trainer].program(
            self.settings, whole, config=config, dataset_config=dataset_config
        )

    def _log(self, place: Path) -> Path:
        told = place.relative_to(self.root).as_posix().removeprefix(CHECKPOINTS).replace("/", "-")
        return self.root / f"trainer{told}.log"

    def _earlier_losses(self, start: int) -> Losses:
        """Return the losses of the steps up to `start`, from the logs of the tries before."""
        folder = self.root / self.checkpoints
        losses: Losses = {}
        for first, place in states.places(folder) if start else []:
            losses |= _losses(self._log(place), first)
        return {step: loss for step, loss in losses.items() if step <= start}


def _best(watch: Watch, goal: Goal, extent: Extent, progress: Progress) -> Path:
    """Return the best LoRA that was looked at; the last one is, too, where the training came to its end."""
    if goal.lora.is_file() and extent.steps not in watch.objectives:
        watch.look(goal.lora, extent.steps)
    progress.say(f"the LoRA of step {watch.best_step} is kept, the best of {len(watch.objectives)}")
    return watch.best


def _losses(log: Path, start: int) -> Losses:
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    events = map(progress_lines.parse, re.split(r"[\r\n]", text))
    return {
        start + event.step: event.loss
        for event in events
        if isinstance(event, progress_lines.Step) and event.loss is not None and math.isfinite(event.loss)
    }

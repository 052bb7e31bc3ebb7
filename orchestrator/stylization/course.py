"""How each frame of a clip is painted: what the settings say of its time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.stylization.engine import Look
from orchestrator.stylization.settings import TRIGGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.stylization.schedule.schedule import Schedule
    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.timeline import Timeline
    from orchestrator.webui.payloads import Payload

_WHOLE = {"seed", "steps"}


@dataclass(frozen=True)
class Course:
    """The look of every frame, and how much of the frame before it takes over.

    Attributes:
        of_first: the look of the first frame.
        changing: for each number of a look that changes, its value at every frame; what stays is left out.
        weights: the weights of ControlNet's units that are set, unit by unit, at every frame or for all.
        blends: how much is taken over, at every frame, or once for all of them.
    """

    of_first: Look
    changing: Mapping[str, Sequence[float]] = field(default_factory=dict)
    weights: tuple[Sequence[float], ...] = ()
    blends: Sequence[float] = (0.7,)

    def look(self, index: int) -> Look:
        """Return how a frame is painted."""
        if not (self.changing or self.weights):
            return self.of_first
        values: dict[str, Any] = {
            name: int(each[index]) if name in _WHOLE else each[index] for name, each in self.changing.items()
        }
        return replace(self.of_first, **values, control_weights=tuple(each[index] for each in self.weights))

    def blend(self, index: int) -> float:
        """Return how much a frame takes over from the one before it, 0 to 1."""
        return self.blends[index if len(self.blends) > 1 else 0]

    def part(self, frames: range) -> Course:
        """Return the course of a stretch of the clip, whose first frame becomes frame 0."""
        span = slice(frames.start, frames.stop)
        return Course(
            self.look(frames.start),
            {name: values[span] for name, values in self.changing.items()},
            tuple(each[span] for each in self.weights),
            self.blends[span] if len(self.blends) > 1 else self.blends,
        )

    @property
    def boldest(self) -> Look:
        """The look in which the LoRA acts the most: one that shows whether it acts."""
        weights = self.changing.get("lora_weight") or (self.of_first.lora_weight,)
        return self.look(max(range(len(weights)), key=lambda index: abs(weights[index])))


def course(settings: StylizeSettings, payload: Payload, trigger: str, timeline: Timeline) -> Course:
    """Return how each frame of a clip is painted.

    Args:
        settings: what the user said.
        payload: the recipe, for whatever the settings leave out.
        trigger: the word that calls the style up.
        timeline: the clip's.

    Raises:
        ProjectError: a schedule does not fit the clip, or leaves its bounds in it; with the frame.
    """
    seed = settings.seed.values(timeline, name="stylize.seed") if settings.seed.value is None else None
    of_formulas = int(seed[0] if seed else settings.seed.value or 0)
    changing = {
        name: schedule.values(timeline, seed=of_formulas, name=f"stylize.{name}")
        for name, schedule in _schedules(settings)
        if schedule.value is None
    }
    weights = tuple(
        each.values(timeline, seed=of_formulas, name=f"stylize.controlnet_weights.{number}")
        for number, each in enumerate(settings.controlnet_weights)
    )
    blend = settings.consistency.blend
    blends = (
        blend.values(timeline, seed=of_formulas, name="stylize.consistency.blend")
        if blend.value is None
        else (blend.value,)
    )
    first = Look(
        prompt=settings.prompt.replace(TRIGGER, trigger),
        negative_prompt=payload.negative_prompt.replace(TRIGGER, trigger),
        seed=of_formulas,
        strength=payload.denoising_strength,
        lora_weight=settings.lora_weight.value or 0.0,
    )
    whole = Course(first, changing, weights, blends)
    return replace(whole, of_first=whole.look(0))


def _schedules(settings: StylizeSettings) -> Iterator[tuple[str, Schedule]]:
    """Yield the numbers of a look that settings give, each with its name."""
    for name in ("strength", "steps", "cfg_scale", "lora_weight", "seed"):
        schedule = getattr(settings, name)
        if schedule is not None:
            yield name, schedule

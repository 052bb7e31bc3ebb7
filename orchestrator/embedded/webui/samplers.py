"""AUTOMATIC1111's samplers and noise schedules, by its names, on diffusers' schedulers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.embedded.webui.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTOMATIC = "Automatic"
DEFAULT_SAMPLER = "Euler"


@dataclass(frozen=True)
class Schedule:
    """How noise levels are spaced.

    Attributes:
        name: how programs call it.
        label: how people call it; requests may use either.
        config: what it sets in diffusers' schedulers.
    """

    name: str
    label: str
    config: Mapping[str, Any]


SCHEDULES = (
    Schedule("automatic", AUTOMATIC, {}),
    Schedule("uniform", "Uniform", {"timestep_spacing": "linspace"}),
    Schedule("karras", "Karras", {"timestep_spacing": "linspace", "use_karras_sigmas": True}),
    Schedule("exponential", "Exponential", {"timestep_spacing": "linspace", "use_exponential_sigmas": True}),
    Schedule("sgm_uniform", "SGM Uniform", {"timestep_spacing": "trailing"}),
)
_SIGMA = ("Uniform", "Karras", "Exponential", "SGM Uniform")


@dataclass(frozen=True)
class Sampler:
    """A solver of the diffusion equation.

    Attributes:
        name: as in requests, exactly.
        solver: the class in diffusers.
        automatic: what "Automatic" means for it.
        schedules: the labels it can follow beside "Automatic".
        config: what makes diffusers' class this solver.
        noisy: it draws noise at every step.
        takes_eta: how much noise is up to the request: 0, its default, to 1.
        max_steps: more are impossible for it.
    """

    name: str
    solver: str
    automatic: str = "Uniform"
    schedules: tuple[str, ...] = _SIGMA
    config: Mapping[str, Any] = field(default_factory=dict)
    noisy: bool = False
    takes_eta: bool = False
    max_steps: int | None = None


_DPM = "DPMSolverMultistepScheduler"
_SDE = {"algorithm_type": "sde-dpmsolver++"}
_DDIM = {"timestep_spacing": "leading", "steps_offset": 1}
SAMPLERS = (
    Sampler("Euler", "EulerDiscreteScheduler"),
    Sampler("Euler a", "EulerAncestralDiscreteScheduler", schedules=("Uniform", "SGM Uniform"), noisy=True),
    Sampler("DPM++ 2M", _DPM, automatic="Karras"),
    Sampler("DPM++ 2M SDE", _DPM, automatic="Exponential", config=_SDE, noisy=True),
    Sampler("DDIM", "DDIMScheduler", automatic="", schedules=(), config=_DDIM, noisy=True, takes_eta=True),
    Sampler("UniPC", "UniPCMultistepScheduler"),
    Sampler("LCM", "LCMScheduler", automatic="", schedules=(), noisy=True, max_steps=50),
)


@dataclass(frozen=True)
class Choice:
    """A sampler with a schedule it can follow.

    Attributes:
        sampler: the solver.
        schedule: the label as asked for, "Automatic" included; what infotext shows.
    """

    sampler: Sampler
    schedule: str

    def scheduler(self, model_scheduler: Any) -> Any:
        """Build diffusers' scheduler with the model's noise schedule and prediction type."""
        import diffusers

        label = self.sampler.automatic if self.schedule == AUTOMATIC else self.schedule
        spacing = next((schedule.config for schedule in SCHEDULES if schedule.label == label), {})
        solver = getattr(diffusers, self.sampler.solver)
        return solver.from_config(model_scheduler.config, **{**self.sampler.config, **spacing})


def choose(sampler: str | None, schedule: str | None, steps: int, eta: float | None = None) -> Choice:
    """Find the sampler and schedule of a request; names are case-sensitive, as in the lists.

    The older spelling of both in one name, "DPM++ 2M Karras", is understood.

    Raises:
        Refusal: there is no such sampler or schedule, or they do not go together.
    """
    name, label = _split(sampler or DEFAULT_SAMPLER, _label(schedule))
    found = next((known for known in SAMPLERS if known.name == name), None)
    if found is None:
        raise Refusal(f"Sampler not found: {sampler!r}. There are: {', '.join(s.name for s in SAMPLERS)}")
    if label not in (AUTOMATIC, *found.schedules):
        raise Refusal(f"Sampler {name!r} cannot follow the schedule {label!r}; leave the scheduler Automatic")
    if found.max_steps is not None and steps > found.max_steps:
        raise Refusal(f"Sampler {name!r} takes {found.max_steps} steps at most, not {steps}")
    if found.noisy and not found.takes_eta and eta not in (None, 1):
        raise Refusal(f"Sampler {name!r} always runs with eta 1, not {eta}")
    return Choice(found, label)


def _label(schedule: str | None) -> str:
    if not schedule:
        return AUTOMATIC
    for known in SCHEDULES:
        if schedule in (known.name, known.label):
            return known.label
    labels = ", ".join(known.label for known in SCHEDULES)
    raise Refusal(f"Scheduler not found: {schedule!r}. There are: {labels}")


def _split(sampler: str, label: str) -> tuple[str, str]:
    for known in SCHEDULES:
        stem = sampler.removesuffix(" " + known.label)
        if stem != sampler and label == AUTOMATIC:
            return stem, known.label
    return sampler, label

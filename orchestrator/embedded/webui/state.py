"""What the server is doing now, seen by other requests while a picture is painted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Stop(Enum):
    """How much of the current job is to end."""

    NOTHING = 0
    BATCH = 1
    JOB = 2
    SERVER = 3


@dataclass
class Job:
    """A painting under way: `steps` denoising steps for each of `images` pictures."""

    name: str
    images: int
    steps: int
    started: float
    image: int = 0
    step: int = 0

    @property
    def fraction(self) -> float:
        """How much is done, from 0 to 1."""
        return min(1.0, (self.image + self.step / self.steps) / self.images)


class State:
    """The current job, and whether it shall stop. One thread paints; any thread reads and asks to stop."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._stop = Stop.NOTHING

    def begin(self, name: str, images: int, steps: int) -> None:
        """Start a job; an earlier wish to stop was meant for another one."""
        self._job = Job(name, images, steps, time.monotonic())
        if self._stop is not Stop.SERVER:
            self._stop = Stop.NOTHING

    def image(self, index: int) -> None:
        """Tell which picture is painted now, from 0."""
        if self._job:
            self._job.image, self._job.step = index, 0

    def step(self) -> None:
        """Tell that a denoising step is done."""
        if self._job:
            self._job.step += 1

    def end(self) -> None:
        """Tell that nothing is painted any more."""
        self._job = None

    def ask_to_stop(self, what: Stop) -> None:
        """Ask the job to end before its next step; the server's own end cannot be taken back."""
        if self._stop is not Stop.SERVER:
            self._stop = what

    def begin_batch(self) -> None:
        """Forget that the batch before was skipped."""
        if self._stop is Stop.BATCH:
            self._stop = Stop.NOTHING

    @property
    def stop(self) -> Stop:
        """How much is to end."""
        return self._stop

    def snapshot(self) -> dict[str, Any]:
        """Describe the state as `/sdapi/v1/progress` does."""
        job = self._job
        fraction = max(0.01, job.fraction) if job else 0.0
        elapsed = time.monotonic() - job.started if job else 0.0
        return {
            "progress": fraction,
            "eta_relative": elapsed / fraction - elapsed if job else 0.0,
            "state": {
                "skipped": self._stop is Stop.BATCH,
                "interrupted": self._stop in {Stop.JOB, Stop.SERVER},
                "stopping_generation": False,
                "job": job.name if job else "",
                "job_count": job.images if job else 0,
                "job_timestamp": time.strftime("%Y%m%d%H%M%S"),
                "job_no": job.image if job else 0,
                "sampling_step": job.step if job else 0,
                "sampling_steps": job.steps if job else 0,
            },
            "current_image": None,
            "textinfo": None,
        }

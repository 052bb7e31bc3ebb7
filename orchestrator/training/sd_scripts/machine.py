"""What sd-scripts' own Python has to train with."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.errors import TrainerError
from orchestrator.training.sd_scripts import launch

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 60.0  # a cold import of torch from a slow disk


@dataclass(frozen=True)
class Gpu:
    """A GPU as torch sees it; memory in bytes."""

    name: str
    free: int
    total: int


@dataclass(frozen=True)
class Machine:
    """What there is.

    Attributes:
        packages: their versions; None where one is not installed.
        gpu: None where torch sees none.
    """

    packages: Mapping[str, str | None]
    gpu: Gpu | None


def asked(python: Path, *, seconds: float = _SECONDS) -> Machine:
    """Ask a Python, within some seconds.

    Raises:
        TrainerError: it did not answer in time, failed, or its torch is broken.
    """
    asker = Path(__file__).with_name("list_machine.py")
    try:
        answer = subprocess.run(
            (str(python), str(asker)),
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, **launch.ENVIRONMENT},
            timeout=seconds,
        )
        told: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired as error:
        raise TrainerError(f"it did not answer within {seconds:.0f} s", where=str(python)) from error
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError) as error:
        last = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1:]
        raise TrainerError(f"it failed: {''.join(last)}", where=str(python)) from error
    if "broken" in told:
        raise TrainerError(f"its torch is broken: {told['broken']}", where=str(python))
    gpu = told.get("gpu")
    return Machine(told["packages"], Gpu(**gpu) if gpu else None)

"""The device and the arithmetic that a training runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from orchestrator.embedded.trainer import console

if TYPE_CHECKING:
    from orchestrator.embedded.trainer.config import TrainingConfig

Precision = Literal["no", "fp16", "bf16"]

DTYPES = {"no": torch.float32, "float": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Machine:
    """Where and how to compute.

    Attributes:
        device: "cuda" where there is a GPU, else "cpu".
        precision: of the base model and of mixed arithmetic; the LoRA itself is always kept in 32 bits.
    """

    device: str
    precision: Precision

    @property
    def dtype(self) -> torch.dtype:
        """The type of the base model's weights."""
        return DTYPES[self.precision]

    def autocast(self) -> torch.autocast:
        """Return the context in which the models run."""
        return torch.autocast(self.device, dtype=self.dtype, enabled=self.precision != "no")


def choose(config: TrainingConfig) -> Machine:
    """Return the best device there is; a CPU computes in 32 bits whatever is asked, and says so."""
    if torch.cuda.is_available():
        return Machine("cuda", config.mixed_precision)
    if config.mixed_precision != "no":
        console.note(f"mixed_precision {config.mixed_precision} needs a GPU: training in 32 bits")
    return Machine("cpu", "no")

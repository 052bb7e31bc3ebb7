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
        precision: of mixed arithmetic; the LoRA itself is always kept in 32 bits.
    """

    device: str
    precision: Precision

    @property
    def weights(self) -> torch.dtype:
        """The type of the base model's weights: small where memory is scarce, which it is on a GPU."""
        return DTYPES[self.precision] if self.device == "cuda" else torch.float32

    def autocast(self) -> torch.autocast:
        """Return the context in which the models run."""
        return torch.autocast(self.device, dtype=DTYPES[self.precision], enabled=self.precision != "no")


def choose(config: TrainingConfig) -> Machine:
    """Return the best device there is; a CPU does not compute in fp16, and then says so and takes 32 bits."""
    if torch.cuda.is_available():
        return Machine("cuda", config.mixed_precision)
    if config.mixed_precision == "fp16":
        console.note("mixed_precision fp16 needs a GPU: training in 32 bits")
        return Machine("cpu", "no")
    return Machine("cpu", config.mixed_precision)

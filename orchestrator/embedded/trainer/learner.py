"""The models and the optimiser: one step of learning."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from orchestrator.embedded.trainer import optimization
from orchestrator.embedded.trainer.conditioning import TextEncoding
from orchestrator.embedded.trainer.objective import Objective
from orchestrator.errors import TrainerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.trainer.config import TrainingConfig
    from orchestrator.embedded.trainer.examples import Examples
    from orchestrator.embedded.trainer.machine import Machine
    from orchestrator.embedded.trainer.network import LoraNetwork
    from orchestrator.embedded.trainer.objective import Prediction, Task


class Learner:
    """Trains a network on a frozen base."""

    def __init__(
        self,
        config: TrainingConfig,
        base: Components,
        network: LoraNetwork,
        machine: Machine,
        *,
        prediction: Prediction,
        steps: int,
    ) -> None:
        self._config = config
        self._machine = machine
        self._network = network
        self._unet = base.unet.to(memory_format=torch.channels_last)
        self._text = TextEncoding(base, config.clip_skip, trained=not config.network_train_unet_only)
        self._objective = Objective(config, base.scheduler.alphas_cumprod.cpu(), prediction)
        self._optimizer = optimization.optimizer(config, network)
        self._schedule = optimization.scheduler(config, self._optimizer, steps)
        self._scaler = torch.amp.GradScaler(machine.device, enabled=machine.precision == "fp16")
        if config.gradient_checkpointing:
            base.unet.enable_gradient_checkpointing()

    @property
    def rates(self) -> list[float]:
        """The learning rate of each group of parameters, now."""
        return [group["lr"] for group in self._optimizer.param_groups]

    def learn(self, parts: Sequence[Examples]) -> list[float]:
        """Make one optimisation step over all parts together, and return the loss of each.

        Raises:
            TrainerError: a loss is no finite number.
        """
        losses = []
        for examples in parts:
            loss = self.loss(examples)
            torch.autograd.backward(self._scaler.scale(loss / len(parts)))
            losses.append(_finite(loss.item()))
        if self._config.max_grad_norm:
            self._scaler.unscale_(self._optimizer)
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._config.max_grad_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._schedule.step()
        self._optimizer.zero_grad(set_to_none=True)
        return losses

    def loss(self, examples: Examples) -> torch.Tensor:
        """Return the loss of one draw of noise."""
        task = self._objective.task(examples.target, examples.source)
        return self._objective.loss(self._predict(task, examples), task, examples.weights)

    def _predict(self, task: Task, examples: Examples) -> torch.Tensor:
        device = self._machine.device
        noisy = task.noisy.to(device, self._machine.weights, memory_format=torch.channels_last)
        with self._machine.autocast():
            text = self._text(examples.captions)
            added: dict[str, Any] = {}
            if text.pooled is not None:
                added = {"text_embeds": text.pooled, "time_ids": examples.sizes.to(device, text.pooled.dtype)}
            hidden = text.hidden.to(self._machine.weights)
            answer = self._unet(
                noisy, task.timesteps.to(device), hidden, added_cond_kwargs=added, return_dict=False
            )
        prediction: torch.Tensor = answer[0].float().cpu()
        return prediction


def _finite(loss: float) -> float:
    if not math.isfinite(loss):
        raise TrainerError(
            f"the loss has become {loss}, so nothing is learned any more",
            remedy="Lower the learning rates, or set mixed_precision to bf16 or no.",
        )
    return loss

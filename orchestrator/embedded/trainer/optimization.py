"""Optimiser and learning-rate schedule by the names that sd-scripts gives them."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

import torch

from orchestrator.embedded.trainer import complaints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.embedded.trainer.config import TrainingConfig
    from orchestrator.embedded.trainer.network import LoraNetwork

_PREFIX = "torch.optim."
# sd-scripts' own "AdaFactor" is another implementation, with a learning rate of its own; PyTorch's is had by
# its full name only, there as here.
_BY_SHORT_NAME = ("AdamW", "Adam", "Adamax", "NAdam", "RAdam", "SGD", "RMSprop")
_KNOWN = tuple(
    name
    for name in (*_BY_SHORT_NAME, *(_PREFIX + short for short in (*_BY_SHORT_NAME, "Adafactor")))
    if hasattr(torch.optim, name.removeprefix(_PREFIX))
)


def faults(config: TrainingConfig) -> list[str]:
    """Return what is wrong with the optimiser's name and arguments."""
    if config.optimizer_type not in _KNOWN:
        return [complaints.unknown(config.optimizer_type, _KNOWN, place="optimizer_type: ")]
    accepted = list(inspect.signature(_class(config)).parameters)[1:]
    found = []
    for argument in config.optimizer_args:
        key, equals, value = argument.partition("=")
        if key not in accepted:
            found.append(complaints.unknown(key, accepted, place="optimizer_args: "))
        elif not equals or not _is_literal(value):
            found.append(f"optimizer_args: {argument!r}: a Python literal should follow the =")
    return found


def optimizer(config: TrainingConfig, network: LoraNetwork) -> torch.optim.Optimizer:
    """Return the optimiser over a network's parameters, with a group for each model that is trained."""
    given = dict(argument.split("=", 1) for argument in config.optimizer_args)
    arguments = {key: ast.literal_eval(value) for key, value in given.items()}
    groups = [
        {"params": parameters, "lr": rate}
        for prefix, rate in learning_rates(config).items()
        if (parameters := network.parameters_of(prefix))
    ]
    made: torch.optim.Optimizer = _class(config)(groups, **{"lr": config.learning_rate, **arguments})
    return made


def learning_rates(config: TrainingConfig) -> dict[str, float]:
    """Return the learning rate for each prefix of module names."""
    text: Sequence[float] = config.text_encoder_lr or (config.learning_rate,)
    unet = config.learning_rate if config.unet_lr is None else config.unet_lr
    return {"lora_te_": text[0], "lora_te1_": text[0], "lora_te2_": text[-1], "lora_unet_": unet}


def scheduler(config: TrainingConfig, optimizer: torch.optim.Optimizer, steps: int) -> Any:
    """Return the learning-rate schedule over `steps` steps; a warm-up below 1 is a share of them."""
    from diffusers.optimization import get_scheduler

    warmup = config.lr_warmup_steps
    return get_scheduler(
        config.lr_scheduler,
        optimizer,
        num_warmup_steps=int(warmup * steps if warmup < 1 else warmup),
        num_training_steps=steps,
        num_cycles=config.lr_scheduler_num_cycles,
        power=config.lr_scheduler_power,
    )


def _class(config: TrainingConfig) -> Any:
    return getattr(torch.optim, config.optimizer_type.removeprefix(_PREFIX))


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True

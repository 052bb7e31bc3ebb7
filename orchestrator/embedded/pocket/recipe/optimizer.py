"""Muon for matrices and convolutions, AdamW for the rest: a few thousand steps must be enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor
    from torch.nn import Parameter

SMALLEST = 16  # thinner matrices have no spectrum worth evening out


def orthogonalize(matrix: Tensor, steps: int = 4) -> Tensor:
    """Push a matrix's singular values towards 1 by Newton-Schulz iteration.

    The quintic's coefficients are those of Jordan et al., "Muon" (2024).

    Args:
        matrix: (rows, columns).
        steps: Iterations.
    """
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(steps):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    evened: Tensor = x.T if tall else x
    return evened


def is_matrix(parameter: Tensor) -> bool:
    """Tell whether a parameter, flattened to two dimensions, is worth orthogonalizing."""
    return parameter.ndim > 1 and min(parameter.shape[0], parameter[0].numel()) >= SMALLEST


class Muon:
    """Muon with Nesterov momentum 0.95, beside AdamW for vectors and thin matrices.

    Attributes:
        rates: Learning rates of Muon and of AdamW at scale 1.
    """

    def __init__(self, parameters: Iterable[Parameter], rates: tuple[float, float]) -> None:
        parameters = list(parameters)
        self.rates = rates
        self._matrices = [p for p in parameters if is_matrix(p)]
        self._momenta = [torch.zeros_like(p) for p in self._matrices]
        others = [p for p in parameters if not is_matrix(p)]
        self._adam = torch.optim.AdamW(others, lr=rates[1], betas=(0.9, 0.99), weight_decay=0.0)

    @torch.no_grad()
    def step(self, scale: float) -> None:
        """Update every parameter from its gradient, at `scale` (0 to 1) times the learning rates."""
        for group in self._adam.param_groups:
            group["lr"] = self.rates[1] * scale
        self._adam.step()
        for parameter, momentum in zip(self._matrices, self._momenta, strict=True):
            if parameter.grad is None:
                continue
            momentum.mul_(0.95).add_(parameter.grad)
            ahead = parameter.grad.add(momentum, alpha=0.95).reshape(parameter.shape[0], -1)
            gain = max(1.0, ahead.shape[0] / ahead.shape[1]) ** 0.5
            update = orthogonalize(ahead).view_as(parameter)
            parameter.add_(update, alpha=-self.rates[0] * scale * gain)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self._adam.zero_grad()
        for parameter in self._matrices:
            parameter.grad = None

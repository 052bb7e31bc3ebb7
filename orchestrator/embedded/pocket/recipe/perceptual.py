"""What the autoencoder's loss looks at beside single pixels: LPIPS (AlexNet) and SSIM, differentiable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from orchestrator.metrics.backbone import SHIPPED, read_tensors

if TYPE_CHECKING:
    from torch import Tensor

LAYERS = ((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1))
"""Number, stride and padding of AlexNet's convolutions in torchvision's numbering."""


def ssim(a: Tensor, b: Tensor, window: int = 7) -> Tensor:
    """Return the mean SSIM (Wang et al. 2004, uniform window) of two batches in [-1, 1]."""
    mean_a, mean_b = F.avg_pool2d(a, window, 1), F.avg_pool2d(b, window, 1)
    var_a = F.avg_pool2d(a * a, window, 1) - mean_a**2
    var_b = F.avg_pool2d(b * b, window, 1) - mean_b**2
    covariance = F.avg_pool2d(a * b, window, 1) - mean_a * mean_b
    # Means are compared on the scale 0 to 2, so that black is 0; hence 2 is the range of the constants.
    c1, c2 = (0.01 * 2) ** 2, (0.03 * 2) ** 2
    mean_a, mean_b = mean_a + 1, mean_b + 1
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return (luminance * (2 * covariance + c2) / (var_a + var_b + c2)).mean()


class Lpips(torch.nn.Module):
    """LPIPS v0.1 (Zhang et al. 2018) on AlexNet, for batches in [-1, 1]; its weights ship with the metrics.

    The metric itself, `orchestrator.metrics.lpips`, keeps no gradients; a loss needs them.
    """

    def __init__(self) -> None:
        super().__init__()
        alexnet = read_tensors(SHIPPED / "alexnet_features.safetensors")
        heads = read_tensors(SHIPPED / "lpips_heads_alex.safetensors")
        self.kernels = [
            (alexnet[f"features.{n}.weight"], alexnet[f"features.{n}.bias"]) for n, _, _ in LAYERS
        ]
        self.heads = [heads[f"lin{n}"].view(1, -1, 1, 1) for n in range(len(LAYERS))]
        self.shift = torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
        self.scale = torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)

    def features(self, x: Tensor) -> list[Tensor]:
        """Return the unit-length activations after each ReLU."""
        x = (x - self.shift) / self.scale
        out = []
        for (weight, bias), (number, stride, padding) in zip(self.kernels, LAYERS, strict=True):
            x = F.max_pool2d(x, 3, 2) if number in {3, 6} else x
            x = F.relu(F.conv2d(x, weight, bias, stride, padding))
            out.append(F.normalize(x.float(), dim=1))
        return out

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distance of each pair, (N,)."""
        pairs = zip(self.features(a), self.features(b), self.heads, strict=True)
        layers = [F.conv2d((fa - fb) ** 2, head).mean((1, 2, 3)) for fa, fb, head in pairs]
        return torch.stack(layers).sum(0)

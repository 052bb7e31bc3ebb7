"""Temporal LPIPS: whether a restyled video changes as much from frame to frame as its source.

tLP of Chu, Xie, Mayer, Leal-Taixé, Thuerey: "Learning Temporal Coherence via Self-Supervision for GAN-based
Video Generation", ACM TOG 2020: the difference between the LPIPS of two neighbouring frames of the result and
that of the same frames of the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.metrics.lpips import apart

if TYPE_CHECKING:
    import torch

    from orchestrator.metrics.backbone import Layers
    from orchestrator.metrics.lpips import Heads
    from orchestrator.metrics.region import Region


def temporal_lpips(
    source: tuple[Layers, Layers],
    result: tuple[Layers, Layers],
    heads: Heads,
    region: Region | None = None,
) -> torch.Tensor:
    """Return how differently source and result change, 0 or more, as a tensor of one number.

    Args:
        source: what LPIPS's network sees in frame t - 1 and frame t.
        result: the same of the result.
        heads: the weight of each channel.
        region: the pixels of frame t that count, as in `lpips.apart`.
    """
    return (apart(*result, heads, region) - apart(*source, heads, region)).abs()

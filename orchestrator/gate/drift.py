"""How far one LoRA's pictures have moved from the other's, told apart from what the noise does.

Both LoRAs paint a frame with the same seeds, and for each seed there is a difference of two pictures. What
differs by chance differs otherwise with another seed; what the LoRA does stays. So the product of the
differences of two seeds, averaged over pixels, estimates the square of the lasting change without bias (the
unbiased statistic of Gretton et al., A Kernel Two-Sample Test, JMLR 2012, with the linear kernel). It is 0
for a LoRA beside itself, and 0 in the mean for one painted with other seeds.

It tells that pictures changed, and not whether for the worse. So what drifted is inconclusive, unless
something else became confidently better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.gate.scorer import Meaning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]

DRIFT = "drift"
MEANING = Meaning("Drift from the baseline's pictures", "squared levels of 255", "lower")


def lasting(before: Sequence[Frame], after: Sequence[Frame]) -> list[float]:
    """Return for each seed the mean product of its difference and that of each other seed, in squared levels.

    Args:
        before: one frame painted with each seed, (H, W, 3) uint8; two at least.
        after: likewise, by the other LoRA.
    """
    differences = np.stack(after).astype(np.float64) - np.stack(before)
    rows = differences.reshape(len(differences), -1)
    products = rows @ rows.T / rows.shape[1]
    others = products.sum(axis=1) - products.diagonal()
    return [float(each) for each in others / (len(rows) - 1)]

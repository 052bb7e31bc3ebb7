"""SSIM against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data, filters
from skimage.metrics import structural_similarity

from orchestrator.errors import ImageError
from orchestrator.metrics.ssim import ssim

ASTRONAUT = data.astronaut()[100:372, :401]


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scikit_image(seed: int) -> None:
    """The figure equals scikit-image's with the paper's settings to 1e-6, on photos and on noise."""
    rng = np.random.default_rng(seed)
    noisy = np.clip(ASTRONAUT + rng.normal(0, 10 + 30 * seed, ASTRONAUT.shape), 0, 255).astype(np.uint8)
    blurred = (filters.gaussian(noisy, seed, channel_axis=2) * 255).astype(np.uint8)
    for other in (noisy, blurred, rng.integers(0, 256, ASTRONAUT.shape, dtype=np.uint8)):
        expected = structural_similarity(
            ASTRONAUT,
            other,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
            channel_axis=2,
        )
        assert ssim(ASTRONAUT, other) == pytest.approx(expected, abs=1e-6)


def test_equal_pictures_have_similarity_one() -> None:
    """A picture compared with itself gives 1, and with its negative far less."""
    assert ssim(ASTRONAUT, ASTRONAUT) == pytest.approx(1, abs=1e-12)
    assert ssim(ASTRONAUT, 255 - ASTRONAUT) < 0.2


def test_sizes_must_fit() -> None:
    """Pictures of different sizes, or smaller than the window, are refused."""
    with pytest.raises(ImageError):
        ssim(ASTRONAUT, ASTRONAUT[1:])
    with pytest.raises(ImageError):
        ssim(ASTRONAUT[:10], ASTRONAUT[:10])

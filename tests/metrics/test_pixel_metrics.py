"""MS-SSIM, PSNR and edge agreement against other people's code and written-out formulas."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d, distance_transform_cdt
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

from orchestrator.errors import ImageError
from orchestrator.metrics.edges import edge_f1
from orchestrator.metrics.ms_ssim import ms_ssim
from orchestrator.metrics.psnr import psnr
from orchestrator.metrics.ssim import ssim
from orchestrator.metrics.ssim_torch import ssim_batch

PHOTO = data.astronaut()[60:333, 40:417]
RNG = np.random.default_rng(0)
OTHERS = {
    "noise": np.clip(PHOTO + RNG.normal(0, 25, PHOTO.shape), 0, 255).astype(np.uint8),
    "blur": cv2.GaussianBlur(PHOTO, (0, 0), 3),
    "posterised": (PHOTO // 64 * 64).astype(np.uint8),
    "unrelated": RNG.integers(0, 256, PHOTO.shape, dtype=np.uint8),
    "flat": np.full_like(PHOTO, 200),
}
LEFT = np.zeros(PHOTO.shape[:2], bool)
LEFT[:, :150] = True


def written_out_ms_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Wang et al. 2003 in plain numpy: contrast and structure at five scales, luminance at the last."""
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))

    def mean(x: np.ndarray) -> np.ndarray:
        return correlate1d(correlate1d(x, taps / taps.sum(), 0), taps / taps.sum(), 1)[5:-5, 5:-5]

    x, y, product = a.astype(float), b.astype(float), 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        mx, my = mean(x), mean(y)
        vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
        alike = (2 * cov + 58.5225) / (vx + vy + 58.5225)
        if scale == 4:
            alike = alike * (2 * mx * my + 6.5025) / (mx * mx + my * my + 6.5025)
        product *= max(alike.mean(), 0) ** weight
        h, w = x.shape[0] // 2 * 2, x.shape[1] // 2 * 2
        x, y = (i[:h, :w].reshape(h // 2, 2, w // 2, 2, 3).mean((1, 3)) for i in (x, y))
    return float(product)


@pytest.mark.parametrize("other", OTHERS)
def test_ms_ssim_equals_the_written_out_formula(other: str) -> None:
    """The figure equals the paper's formula to 1e-6, on photos, noise and flat colour of odd sizes."""
    assert ms_ssim(PHOTO, OTHERS[other]) == pytest.approx(written_out_ms_ssim(PHOTO, OTHERS[other]), abs=1e-6)


@pytest.mark.parametrize("other", OTHERS)
def test_ms_ssim_agrees_with_torchmetrics(other: str) -> None:
    """The figure equals the one made of torchmetrics' SSIM at five scales to 1e-5.

    Its own MS-SSIM (1.9) cannot be the reference: its coarsest scale alone looks beyond the border.
    """
    a, b = PHOTO[:180, :200], OTHERS[other][:180, :200]
    x, y = (torch.from_numpy(i.transpose(2, 0, 1)[None].astype(np.float64)) for i in (a, b))
    expected = 1.0
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        asked = {"return_full_image": True} if scale == 4 else {"return_contrast_sensitivity": True}
        _, places = structural_similarity_index_measure(x, y, data_range=255.0, **asked)
        inner = places[..., 5:-5, 5:-5] if scale == 4 else places
        expected *= max(inner.mean().item(), 0) ** weight
        x, y = (torch.nn.functional.avg_pool2d(i, 2) for i in (x, y))
    assert ms_ssim(a, b) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("other", OTHERS)
def test_psnr_agrees_with_scikit_image(other: str) -> None:
    """The figure equals scikit-image's to 1e-9 dB."""
    expected = peak_signal_noise_ratio(PHOTO, OTHERS[other], data_range=255)
    assert psnr(PHOTO, OTHERS[other]) == pytest.approx(expected, abs=1e-9)


def test_psnr_of_equal_pictures_is_infinite() -> None:
    """No error at all is no finite number of decibels, as scikit-image says too."""
    assert psnr(PHOTO, PHOTO) == math.inf


@pytest.mark.parametrize("other", OTHERS)
def test_ssim_in_a_region_is_the_mean_of_its_places(other: str) -> None:
    """In the left half it equals the mean of scikit-image's map there; an empty region has no figure."""
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    _, places = structural_similarity(
        PHOTO, OTHERS[other], data_range=255, channel_axis=2, full=True, **settings
    )
    assert ssim(PHOTO, OTHERS[other], LEFT) == pytest.approx(places[5:-5, 5:150].mean(), abs=1e-6)
    assert ssim(PHOTO, OTHERS[other], np.zeros_like(LEFT)) is None


@pytest.mark.parametrize("region", [None, LEFT])
def test_ssim_on_a_gpu_is_the_same_figure(region: np.ndarray | None) -> None:
    """What PyTorch computes equals what OpenCV does; on this machine's processor it can be seen."""
    photo, *others = (picture[:90, 100:200] for picture in (PHOTO, *OTHERS.values()))
    region = None if region is None else region[:90, 100:200]
    measured = ssim_batch([photo] * len(others), others, [region] * len(others), torch.device("cpu"))
    assert measured.tolist() == pytest.approx([ssim(photo, other, region) for other in others], abs=1e-6)


def test_a_region_hides_what_is_wrong_elsewhere() -> None:
    """A result that is damaged on the right only is perfect on the left, by each of these metrics."""
    damaged = PHOTO.copy()
    damaged[:, 200:] = OTHERS["unrelated"][:, 200:]
    assert psnr(PHOTO, damaged, LEFT) == math.inf
    assert ssim(PHOTO, damaged, LEFT) == pytest.approx(1)
    assert edge_f1(PHOTO, damaged, LEFT) == 1
    assert psnr(PHOTO, damaged, ~LEFT) < psnr(PHOTO, damaged) < math.inf
    assert ssim(PHOTO, damaged, ~LEFT) < ssim(PHOTO, damaged) < 1
    assert ms_ssim(PHOTO, damaged, ~LEFT) < ms_ssim(PHOTO, damaged) < ms_ssim(PHOTO, damaged, LEFT)
    for metric in (psnr, ms_ssim, edge_f1):
        assert metric(PHOTO, damaged, np.zeros_like(LEFT)) is None


@pytest.mark.parametrize("other", ["noise", "blur", "posterised"])
def test_edge_agreement_equals_distances_written_out(other: str) -> None:
    """The F-measure equals one made of each edge pixel's chessboard distance to the other's nearest."""
    first, second = (
        cv2.Canny(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), 100, 200, apertureSize=3, L2gradient=True) > 0
        for i in (PHOTO, OTHERS[other])
    )
    share_a = (distance_transform_cdt(~second, "chessboard")[first] <= 2).mean()
    share_b = (distance_transform_cdt(~first, "chessboard")[second] <= 2).mean()
    expected = 2 / (1 / share_a + 1 / share_b)
    assert edge_f1(PHOTO, OTHERS[other]) == pytest.approx(expected, rel=1e-12)
    assert 0 < expected < 1


def test_edges_may_be_two_pixels_off_and_no_more() -> None:
    """A square moved by 2 pixels has all its edges met, one moved by 8 has few, flat pictures have none."""
    square = np.zeros((64, 64, 3), np.uint8)
    square[20:40, 20:40] = 255
    assert edge_f1(square, np.roll(square, 2, axis=1)) == 1
    assert edge_f1(square, np.roll(square, 8, axis=(0, 1))) < 0.5
    assert edge_f1(square, np.zeros_like(square)) == 0
    assert edge_f1(np.zeros_like(square), np.zeros_like(square)) is None


def test_sizes_must_fit() -> None:
    """Pictures of different sizes are refused, and so are those too small for five scales."""
    for metric in (psnr, edge_f1, ms_ssim):
        with pytest.raises(ImageError, match="size"):
            metric(PHOTO, PHOTO[1:])
    with pytest.raises(ImageError, match="161x161"):
        ms_ssim(PHOTO[:160], PHOTO[:160])

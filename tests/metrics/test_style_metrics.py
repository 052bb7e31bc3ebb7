"""What is measured against a style, each against an independent formula."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from skimage import color, data

from orchestrator.errors import ImageError
from orchestrator.metrics.backbone import load_backbone
from orchestrator.metrics.colour_distance import colour_distance, palette
from orchestrator.metrics.feature_cosine import cosine, mean_cosine, mean_direction, vector
from orchestrator.metrics.gram import distance, grams
from orchestrator.metrics.kid import Kid, mmd2

PHOTO = data.astronaut()[:128, 128:288]
COFFEE = data.coffee()[:128, 100:260]
CAT = data.cat()[:128, :160]
LEFT = np.zeros(PHOTO.shape[:2], bool)
LEFT[:, :64] = True


def test_colour_distance_equals_frechets_formula() -> None:
    """The figure equals |m - n|² + tr(C + D - 2 (CD)^½) by SciPy's matrix root and scikit-image's CIELAB."""
    own = color.rgb2lab(PHOTO).reshape(-1, 3)
    style = np.concatenate([color.rgb2lab(each).reshape(-1, 3) for each in (COFFEE, CAT)])
    c, d = np.cov(own.T, bias=True), np.cov(style.T, bias=True)
    squared = ((own.mean(0) - style.mean(0)) ** 2).sum() + np.trace(c + d - 2 * sqrtm(c @ d).real)
    assert colour_distance(PHOTO, palette([COFFEE, CAT])) == pytest.approx(np.sqrt(squared), rel=1e-6)


def test_colour_distance_of_flat_colours_is_delta_e() -> None:
    """Between two flat colours it is the distance in CIELAB; a picture is 0 from itself."""
    red, blue = (np.full((32, 32, 3), colour, np.uint8) for colour in ((200, 40, 40), (40, 40, 200)))
    expected = np.linalg.norm(color.rgb2lab(red)[0, 0] - color.rgb2lab(blue)[0, 0])
    assert colour_distance(red, palette([blue])) == pytest.approx(expected, rel=1e-6)
    assert colour_distance(PHOTO[::-1], palette([PHOTO])) == pytest.approx(0, abs=1e-3)


def test_colour_distance_in_a_region_sees_only_its_pixels() -> None:
    """In the region it is the figure of a picture of the region alone; an empty one has none."""
    style = palette([CAT])
    expected = colour_distance(PHOTO[:, :64], style)
    assert colour_distance(PHOTO, style, LEFT) == pytest.approx(expected, rel=1e-9)
    assert colour_distance(PHOTO, style, np.zeros_like(LEFT)) is None


def written_out_kid(a: np.ndarray, b: np.ndarray) -> float:
    """Bińkowski et al. 2018, equation 4, pair by pair."""

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return (float(x @ y) / len(x) + 1) ** 3

    within_a = np.mean([kernel(x, y) for x, y in permutations(a, 2)])
    within_b = np.mean([kernel(x, y) for x, y in permutations(b, 2)])
    return float(within_a + within_b - 2 * np.mean([kernel(x, y) for x in a for y in b]))


def test_kid_equals_the_formula_pair_by_pair() -> None:
    """The unbiased estimate equals the sum over all pairs, written out."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(9, 12)), rng.normal(0.5, 2, size=(7, 12))
    assert mmd2(a, b) == pytest.approx(written_out_kid(a, b), rel=1e-9)
    gathered = Kid(list(b))
    for each in a:
        gathered.add(each)
    assert gathered.figure == pytest.approx(written_out_kid(a, b), rel=1e-9)


def test_kid_is_unbiased() -> None:
    """Over many pairs of samples of one distribution the mean is 0, and some figures are below it."""
    rng = np.random.default_rng(1)
    figures = [mmd2(rng.normal(size=(20, 8)), rng.normal(size=(20, 8))) for _ in range(400)]
    assert abs(np.mean(figures)) < 3 * np.std(figures) / np.sqrt(len(figures))
    assert min(figures) < 0


def test_kid_of_many_is_the_mean_of_blocks() -> None:
    """2300 vectors are kept as blocks of 1000, 1000 and 300, each weighing as many as it holds."""
    rng = np.random.default_rng(2)
    many, style = rng.normal(size=(2300, 4)), rng.normal(size=(50, 4))
    gathered = Kid(list(style))
    for each in many:
        gathered.add(each)
    blocks = [many[:1000], many[1000:2000], many[2000:]]
    expected = sum(len(block) * mmd2(block, style) for block in blocks) / 2300
    assert gathered.figure == pytest.approx(expected, rel=1e-9)
    assert len(gathered._block) == 300


def test_kid_needs_two_of_each() -> None:
    """A single style picture is refused, and of a single result there is no figure."""
    with pytest.raises(ImageError, match="two style pictures"):
        Kid([np.zeros(3)])
    alone = Kid([np.zeros(3), np.ones(3)])
    alone.add(np.ones(3))
    alone.add(np.full(3, np.nan))
    assert alone.figure is None


def test_features_are_averages_of_the_last_convolution() -> None:
    """A picture's vector is AlexNet's fifth layer averaged over places; the cosine is the textbook's."""
    backbone = load_backbone("alexnet")
    seen = backbone.look([PHOTO, COFFEE], (11,))
    x = (PHOTO / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    raw = backbone.layers(torch.tensor(x.transpose(2, 0, 1)[None], dtype=torch.float32))[0].numpy()
    a, b = (vector(layers) for layers in seen)
    np.testing.assert_allclose(a, raw.mean((1, 2)), atol=1e-4)
    assert cosine(a, b) == pytest.approx((a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b))
    assert cosine(a, 3 * a) == pytest.approx(1)


def test_mean_cosine_is_the_mean_of_cosines() -> None:
    """The cosine to a set by its one mean direction equals the mean of the cosines to each."""
    rng = np.random.default_rng(0)
    own, style = rng.random(16), rng.random((5, 16))
    expected = np.mean([cosine(own, each) for each in style])
    assert mean_cosine(own, mean_direction(style)) == pytest.approx(expected)
    with pytest.raises(ImageError, match="no style pictures"):
        mean_direction([])


def test_features_and_grams_of_a_region_leave_the_rest_out() -> None:
    """Far enough from a region, another picture changes neither its features nor its Gram matrices."""
    backbone = load_backbone("alexnet")
    wide = np.concatenate([PHOTO] * 3, axis=1)
    other = wide.copy()
    other[:, 300:] = 255 - other[:, 300:]
    region = np.zeros(wide.shape[:2], bool)
    region[:, :64] = True
    one, two = backbone.look([wide, other], (1, 4, 7, 9, 11))
    assert cosine(vector(one, region), vector(two, region)) == pytest.approx(1, abs=1e-4)
    assert cosine(vector(one), vector(two)) < 0.999
    assert distance(grams(one, (1, 4), region), grams(two, (1, 4), region)).item() < 1e-3
    assert distance(grams(one, (1, 4)), grams(two, (1, 4))).item() > 0.01
    everywhere = np.ones_like(region)
    assert distance(grams(one, (1, 4), everywhere), grams(one, (1, 4))).item() == pytest.approx(0, abs=1e-5)
    assert np.isnan(vector(one, ~everywhere)).all()

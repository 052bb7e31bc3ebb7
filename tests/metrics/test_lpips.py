"""LPIPS against the figures its authors publish and against their package."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from orchestrator.errors import ImageError, ModelFileError
from orchestrator.metrics.backbone import SHIPPED, load_backbone
from orchestrator.metrics.layouts import LAYOUTS
from orchestrator.metrics.lpips import apart, load_lpips, lpips

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGES = Path(__file__).parent / "images"
# VGG-16 and SqueezeNet with torchvision's keys are too large to ship; they may lie beside the checkout.
WEIGHTS = Path(os.environ.get("ORCHESTRATE_TEST_WEIGHTS", Path(__file__).parents[3] / "shared" / "weights"))
TRUNKS = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}


def example(name: str) -> NDArray[np.uint8]:
    return np.asarray(Image.open(IMAGES / f"ex_{name}.png").convert("RGB"))


def noise(seed: int, height: int = 64, width: int = 80) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def random_weights(tmp_path: Path) -> dict[str, Path | None]:
    """The shipped AlexNet, and files with the right keys but random numbers for the other two."""
    torch.manual_seed(0)
    files: dict[str, Path | None] = {"alex": None}
    for trunk in ("vgg", "squeeze"):
        layers = LAYOUTS[TRUNKS[trunk]]()
        files[trunk] = tmp_path / f"{trunk}.safetensors"
        save_file({f"features.{key}": value for key, value in layers.state_dict().items()}, files[trunk])
    return files


@pytest.fixture
def authors(monkeypatch: pytest.MonkeyPatch, random_weights: dict[str, Path | None]) -> Any:
    """The authors' package, given our networks in the place of torchvision, which need not be installed."""
    if importlib.util.find_spec("lpips") is None:
        pytest.skip("the lpips package is not installed (pip install --no-deps lpips==0.1.4 tqdm)")
    models = ModuleType("torchvision.models")
    for trunk, architecture in TRUNKS.items():
        features = load_backbone(architecture, random_weights[trunk]).layers  # type: ignore[arg-type]
        setattr(models, architecture, lambda features=features, **_: SimpleNamespace(features=features))
    torchvision = ModuleType("torchvision")
    torchvision.models = models  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchvision", torchvision)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    return importlib.import_module("lpips")


def test_published_distances_on_alexnet() -> None:
    """The shipped AlexNet gives the two distances that the LPIPS repository publishes, to three decimals."""
    net = load_lpips("alex")
    assert lpips(example("ref"), example("p0"), net) == pytest.approx(0.722, abs=1e-3)
    assert lpips(example("ref"), example("p1"), net) == pytest.approx(0.138, abs=1e-3)


@pytest.mark.parametrize(("trunk", "far", "near"), [("vgg", 0.5686, 0.4217), ("squeeze", 0.7110, 0.1479)])
def test_known_distances_on_the_larger_networks(trunk: str, far: float, near: float) -> None:
    """With torchvision's weights, VGG and SqueezeNet give their known distances on the same pairs."""
    weights = next(WEIGHTS.glob(f"{TRUNKS[trunk]}*.safetensors"), None)
    if weights is None:
        pytest.skip(
            f"no {TRUNKS[trunk]}*.safetensors in {WEIGHTS}; ORCHESTRATE_TEST_WEIGHTS may name another folder"
        )
    net = load_lpips(trunk, weights)  # type: ignore[arg-type]
    assert lpips(example("ref"), example("p0"), net) == pytest.approx(far, abs=1e-3)
    assert lpips(example("ref"), example("p1"), net) == pytest.approx(near, abs=1e-3)


@pytest.mark.parametrize("trunk", TRUNKS)
def test_agrees_with_the_authors_package(
    trunk: str, authors: Any, random_weights: dict[str, Path | None]
) -> None:
    """Each trunk's distances equal those of the authors' package on the same networks to 1e-5."""
    net = load_lpips(trunk, random_weights[trunk])  # type: ignore[arg-type]
    theirs = authors.LPIPS(net=trunk, version="0.1", verbose=False)
    pairs = [(example("ref"), example("p0")), (example("ref"), example("p1")), (noise(1), noise(2))]
    for a, b in pairs:
        with torch.no_grad():
            expected = theirs(authors.im2tensor(a), authors.im2tensor(b)).item()
        assert lpips(a, b, net) == pytest.approx(expected, abs=1e-5)
        assert expected > 0.01


def test_alexnet_is_laid_out_as_torchvision_does(authors: Any) -> None:
    """The layers, built here anew from torchvision's published definition, give the same features."""
    conv, relu, pool = torch.nn.functional.conv2d, torch.relu, torch.nn.functional.max_pool2d
    w = load_file(SHIPPED / "alexnet_features.safetensors")
    x = torch.rand(1, 3, 70, 90)
    h = pool(relu(conv(x, w["features.0.weight"], w["features.0.bias"], stride=4, padding=2)), 3, 2)
    h = pool(relu(conv(h, w["features.3.weight"], w["features.3.bias"], padding=2)), 3, 2)
    for number in (6, 8, 10):
        h = relu(conv(h, w[f"features.{number}.weight"], w[f"features.{number}.bias"], padding=1))
    torch.testing.assert_close(load_backbone("alexnet").activations(x, [11])[0], h)


def test_equal_pictures_are_no_distance_apart() -> None:
    """A picture is exactly 0 from itself, and not from another one."""
    net = load_lpips()
    assert lpips(noise(3), noise(3), net) == 0
    assert lpips(noise(3), noise(4), net) > 0.1


def test_in_a_region_only_its_places_count() -> None:
    """Equal halves are no distance apart, whole regions change nothing, and an empty one has no figure."""
    net = load_lpips()
    a, b = noise(1, 128, 256), noise(2, 128, 256)
    b[:, :160] = a[:, :160]
    seen_a, seen_b = net.backbone.look([a, b], tuple(net.heads))
    left, right, nothing = (np.zeros(a.shape[:2], bool) for _ in range(3))
    left[:, :64], right[:, 192:] = True, True

    def inside(region: NDArray[np.bool_]) -> float:
        return apart(seen_a, seen_b, net.heads, region).item()

    assert inside(~nothing) == pytest.approx(lpips(a, b, net), rel=1e-5)
    assert inside(left) < 0.02 < lpips(a, b, net) < inside(right)
    assert np.isnan(inside(nothing))


def test_pictures_that_cannot_be_compared_are_refused() -> None:
    """Different sizes and tiny pictures are errors about pictures, not failures inside the network."""
    net = load_lpips()
    with pytest.raises(ImageError, match="different sizes"):
        lpips(noise(1), noise(2, 64, 64), net)
    with pytest.raises(ImageError, match="31x40 is too small"):
        lpips(noise(1, 40, 31), noise(2, 40, 31), net)


def test_weights_that_are_missing_or_wrong_are_named(tmp_path: Path) -> None:
    """A trunk without weights, a pickle, and a file of another network each end in a ModelFileError."""
    with pytest.raises(ModelFileError, match="vgg16 do not ship"):
        load_lpips("vgg")
    pickle = tmp_path / "vgg.pth"
    torch.save({"features.0.weight": torch.zeros(1)}, pickle)
    with pytest.raises(ModelFileError, match="cannot be read"):
        load_lpips("vgg", pickle)
    with pytest.raises(ModelFileError, match="does not hold torchvision's vgg16"):
        load_lpips("vgg", SHIPPED / "alexnet_features.safetensors")

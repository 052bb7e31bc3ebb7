"""Pictures enlarged by a WebUI's upscaler: proven, whatever it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lying_enlarge import Enlarging
from lying_studio import Studio
from lying_webui import running

from orchestrator.errors import EffectMissing, WebUIRefused
from orchestrator.media.clip import Clip, cut
from orchestrator.media.decode import one
from orchestrator.media.probe import probe
from orchestrator.webui.opening import Server, opened
from orchestrator.webui.settings import WebUISettings
from orchestrator.webui.upscaling import enlarged, rehearse

NETWORK = "R-ESRGAN 4x+"


@pytest.fixture(scope="module")
def street(bikes: Path) -> Clip:
    return cut(probe(bikes), None, None)


@contextmanager
def ready(folder: Path, enlarging: Enlarging) -> Iterator[Server]:
    with running(Studio(folder, enlarging=enlarging)) as server:
        said = WebUISettings(url=server.url)
        with opened(said, model="", lora_dir=folder, log=folder / "log") as opened_server:
            yield opened_server


def test_a_network_enlarges_and_the_rest_is_lanczos(tmp_path: Path, street: Clip) -> None:
    """Whatever multiple of 8 a WebUI rounds to, the picture has the size that was asked for."""
    small = one(street, 0, size=(304, 128))
    with ready(tmp_path, "network") as server:
        rehearse(server, NETWORK)
        large = enlarged(server.client, small, NETWORK, 641 / 304)
        assert large.shape == (264, 640, 3)
        exact = enlarged(server.client, small, NETWORK, 2.5)
    assert exact.shape == (320, 760, 3)


@pytest.mark.parametrize(
    ("enlarging", "complaint"), [("none", "did not enlarge"), ("black", "another picture")]
)
def test_a_picture_that_was_not_enlarged_is_refused(
    tmp_path: Path, street: Clip, enlarging: Enlarging, complaint: str
) -> None:
    """Every frame is proven: its size, and that it shows what was painted."""
    with ready(tmp_path, enlarging) as server, pytest.raises(EffectMissing, match=complaint):
        enlarged(server.client, one(street, 0, size=(304, 128)), NETWORK, 2)


def test_an_upscaler_without_weights_is_found_out(tmp_path: Path) -> None:
    """A WebUI that lists it resizes plainly then, with 200; only `Lanczos` is allowed to."""
    with ready(tmp_path, "plain") as server:
        with pytest.raises(EffectMissing, match=r"R-ESRGAN 4x\+ does not act"):
            rehearse(server, NETWORK)
        rehearse(server, "Lanczos")


def test_an_unknown_upscaler_is_refused_before_anything_is_painted(tmp_path: Path) -> None:
    """The nearest name is told."""
    with ready(tmp_path, "network") as server, pytest.raises(WebUIRefused, match=r"did you mean 'R-ESRGAN"):
        rehearse(server, "R-ESRGAN 4x")

"""Which WebUI it is, what it has, and what it lacks for a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lying_faults import always
from lying_studio import CONTROL_MODELS, VERSIONS, Studio
from lying_webui import running

from orchestrator.doctor import look_at_webui
from orchestrator.errors import EffectMissing, WebUIFailed, WebUIRefused
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.webui import catalogue, flavour
from orchestrator.webui.account import Account, common_folder, take
from orchestrator.webui.client import Client
from orchestrator.webui.settings import WebUISettings
from orchestrator.webui.wire import Img2ImgRequest, LoraEntry

REQUEST = Img2ImgRequest(
    init_images=("",),
    prompt="",
    seed=1,
    width=512,
    height=512,
    sampler_name="Euler a",
    scheduler="Karras",
    steps=20,
    cfg_scale=7,
    denoising_strength=0.5,
)


@contextmanager
def client(studio: Studio, *, auth: str | None = None) -> Iterator[tuple[Client, WebUISettings]]:
    with running(studio, auth=auth) as server:
        settings = WebUISettings(url=server.url, auth=auth)
        with Client(server.url, settings) as made:
            yield made, settings


def account(folder: Path, kind: str, *, controlnet: bool = True) -> Account:
    with client(Studio(folder, flavour=kind, controlnet=controlnet), auth="me:hunter2") as (made, settings):
        return take(made, settings)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("a1111", "AUTOMATIC1111"), ("forge", "Forge"), ("reforge", "reForge"), ("sdnext", "SD.Next")],
)
def test_each_flavour_is_known_by_its_lists(tmp_path: Path, kind: str, name: str) -> None:
    """All four are told apart, and what they are and have is read."""
    told = account(tmp_path, kind)
    assert (told.flavour, told.version) == (name, VERSIONS[kind])
    assert (told.checkpoint, told.checkpoint_hash, told.vae) == ("v1-5-pruned", "6ce0161689", "Automatic")
    assert told.wants_password
    assert told.free_vram == 9 << 30
    assert told.catalogue.schedulers == (None if kind == "sdnext" else ("Automatic", "Karras", "SGM Uniform"))
    assert told.catalogue.vaes == ("vae-ft-mse-840000.safetensors",)


def test_the_embedded_one_is_known_by_its_version(tmp_path: Path) -> None:
    """It needs no asking."""
    with client(Studio(tmp_path)) as (made, _):
        assert flavour.detect(made, "orchestrate-0.1.0").name == "embedded"


def test_a_failure_is_not_taken_for_a_missing_list(tmp_path: Path) -> None:
    """Only what is refused is not there; a server that fails is told as failing."""

    def fails() -> None:
        raise WebUIFailed("out of memory")

    def refuses() -> None:
        raise WebUIRefused("Not Found")

    assert flavour.listed(refuses) is None
    with pytest.raises(WebUIFailed):
        flavour.listed(fails)


LACKS: dict[str, tuple[dict[str, Any], str]] = {
    "an alias": ({"sampler_name": "euler a"}, "no sampler 'euler a'; did you mean 'Euler a'?"),
    "nothing like it": ({"sampler_name": "zzz"}, "no sampler 'zzz'; there are DDIM, DPM++ 2M, Euler"),
    "a scheduler's name": ({"scheduler": "karras"}, "no scheduler 'karras'; did you mean 'Karras'?"),
    "an odd size": ({"width": 100, "height": 65}, "it would paint 96x64 instead of 100x65"),
    "a checkpoint": (
        {"override_settings": {"sd_model_checkpoint": "v1-5-prund"}},
        "no checkpoint 'v1-5-prund'; did you mean 'v1-5-pruned'?",
    ),
    "a VAE": (
        {"override_settings": {"sd_vae": "vae-ft-mse"}},
        "did you mean 'vae-ft-mse-840000.safetensors'?",
    ),
    "an option": ({"override_settings": {"CLIP_skip": 2}}, "no option 'CLIP_skip'"),
    "an extension": ({"alwayson_scripts": {"ADetailr": {"args": []}}}, "did you mean 'adetailer'?"),
    "a ControlNet model": (
        {"alwayson_scripts": {"ControlNet": {"args": [{"model": "control_v11f1e_sd15_tilee"}]}}},
        "did you mean 'control_v11f1e_sd15_tile",
    ),
    "a ControlNet module": (
        {"alwayson_scripts": {"controlnet": {"args": [{"model": CONTROL_MODELS[0], "module": "tile"}]}}},
        "no ControlNet module 'tile'; did you mean 'tile_resample'?",
    ),
    "distilled guidance": ({"distilled_cfg_scale": 3.5}, "knows no distilled_cfg_scale"),
}


@pytest.fixture(scope="module")
def a1111(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """An A1111 with ControlNet."""
    return account(tmp_path_factory.mktemp("a1111"), "a1111")


@pytest.mark.parametrize("lack", LACKS)
def test_what_is_not_there_is_refused_with_the_nearest(a1111: Account, lack: str) -> None:
    """Each list is looked at, and one message tells all."""
    wrong, words = LACKS[lack]
    with pytest.raises(WebUIRefused) as caught:
        catalogue.check(REQUEST.model_copy(update=wrong), a1111.catalogue)
    assert words in str(caught.value)


def test_what_is_there_passes(a1111: Account) -> None:
    """Models may be named with or without their hash, and the defaults of VAEs are listed nowhere."""
    units = [{"model": CONTROL_MODELS[0].partition(" [")[0]}, {"model": CONTROL_MODELS[1], "module": "none"}]
    right = {
        "override_settings": {"sd_vae": "None", "sd_model_checkpoint": "anime"},
        "alwayson_scripts": {"controlnet": {"args": units}, "ADetailer": {"args": [True]}},
    }
    catalogue.check(REQUEST.model_copy(update=right), a1111.catalogue)
    catalogue.check_upscaler("Lanczos", a1111.catalogue)
    with pytest.raises(WebUIRefused, match="did you mean 'Lanczos'"):
        catalogue.check_upscaler("lancos", a1111.catalogue)


def test_flavours_differ_in_what_they_lack(tmp_path: Path) -> None:
    """SD.Next takes no schedule from a request, A1111 has ControlNet only as an extension, Forge has all."""
    control = {"alwayson_scripts": {"controlnet": {"args": [{"model": CONTROL_MODELS[0]}]}}}
    bare = account(tmp_path, "a1111", controlnet=False).catalogue
    assert "no ControlNet" in " ".join(catalogue.missing(REQUEST.model_copy(update=control), bare))
    sdnext = account(tmp_path, "sdnext").catalogue
    assert "no noise schedule" in " ".join(catalogue.missing(REQUEST, sdnext))
    forge = account(tmp_path, "forge", controlnet=False).catalogue
    whole = REQUEST.model_copy(update={**control, "distilled_cfg_scale": 3.5})
    assert list(catalogue.missing(whole, forge)) == []


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        ([], None),
        (["/a/Lora/x.safetensors"], "/a/Lora"),
        (["/a/Lora/x.safetensors", "/a/Lora/sub/y.safetensors"], "/a/Lora"),
        (["C:\\ui\\Lora\\x.safetensors", "C:\\ui\\Lora\\sub\\y.safetensors"], "C:\\ui\\Lora"),
        (["C:\\x.safetensors", "D:\\y.safetensors"], None),
    ],
)
def test_the_lora_folder_is_what_all_share(paths: list[str], folder: str | None) -> None:
    """A server that does not say where its LoRAs lie shows it by their paths, in its own system's way."""
    assert common_folder([LoraEntry(name="x", path=path) for path in paths]) == folder


@pytest.mark.parametrize(
    ("fault", "error"),
    [("loading", WebUIFailed), ("black", EffectMissing), ("no-infotext", EffectMissing)],
)
def test_listening_is_not_ready(tmp_path: Path, fault: str, error: type[Exception]) -> None:
    """A server that lists everything and cannot paint is told as such."""
    with client(Studio(tmp_path, always(fault))) as (made, settings), pytest.raises(error):
        take(made, settings)


def test_the_doctor_shows_what_is_there_and_what_is_missing(tmp_path: Path) -> None:
    """Flavour, checkpoint, lists, password and memory; and each wish that cannot be fulfilled."""
    with running(Studio(tmp_path, flavour="sdnext"), auth="me:hunter2") as server:
        settings = WebUISettings(url=server.url, auth="me:hunter2")
        findings = {each.subject: each for each in look_at_webui(settings, StylizeSettings())}
        (refused,) = look_at_webui(settings.model_copy(update={"auth": None}))
    assert "SD.Next" in findings["WebUI"].found
    assert findings["checkpoint"].found == "v1-5-pruned [6ce0161689]"
    assert findings["samplers"].found.startswith("Euler, Euler a")
    assert findings["password"].found == "wanted, and known"
    assert findings["free VRAM"].found == "9.0 GiB"
    assert findings["lacks"].state == "bad"
    assert "no noise schedule" in findings["lacks"].found
    assert refused.state == "bad"
    assert "401" in refused.found

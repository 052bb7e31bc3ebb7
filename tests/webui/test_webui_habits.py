"""What real WebUIs do by habit: LoRAs remembered by name, options that stay, names taken for others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lying_loras import LoraMemory
from lying_studio import MODELS, Studio
from lying_webui import running
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import EffectMissing, WebUIFailed, WebUIRefused
from orchestrator.safetensors_file import content_hash
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.rehearsal import rehearse
from orchestrator.stylization.webui_engine import Painter, WebUIEngine
from orchestrator.webui.loras import InstalledLora, install
from orchestrator.webui.opening import Server, opened
from orchestrator.webui.payloads import ControlNetUnit, Payload
from orchestrator.webui.settings import WebUISettings

PAYLOAD = Payload(
    sampler_name="DPM++ 2M", scheduler="Karras", steps=20, cfg_scale=7, denoising_strength=0.45, clip_skip=2
)
LOOK = Look("a street", "blurry", seed=42, strength=0.45, lora_weight=0.8)
FRAME = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)


def lora(folder: Path, value: float) -> LoraWeights:
    file = folder / f"trained{value}.safetensors"
    save_file({"lora_unet_x.lora_up.weight": np.full((2, 2), value, np.float32)}, file)
    return LoraWeights(file, content_hash(file))


@contextmanager
def ready(studio: Studio, **settings: object) -> Iterator[Server]:
    with running(studio) as server:
        said = WebUISettings(url=server.url, **settings)
        with opened(said, model="", lora_dir=studio.lora_dir, log=studio.lora_dir / "log") as opened_server:
            yield opened_server


def picture(server: Server, installed: InstalledLora) -> np.ndarray:
    return Painter(server, installed, PAYLOAD).work([Paint(FRAME, LOOK)])[0].picture


@pytest.mark.parametrize("flavour", ["a1111", "forge"])
def test_a_new_version_acts_though_the_old_one_is_remembered(tmp_path: Path, flavour: str) -> None:
    """A file replaced under its name shows its new hash and acts as the old one; ours has its own name."""
    loras = tmp_path / "Lora"
    loras.mkdir()
    old, new = lora(tmp_path, 1.0), lora(tmp_path, 2.0)
    studio = Studio(loras, flavour=flavour)
    with ready(studio) as server:
        before = picture(server, install(old, loras, server.client, name="style"))
        same_name = loras / "style.safetensors"
        naive = replace(install(old, loras, server.client, name="style"), name="style")
        same_name.write_bytes(old.file.read_bytes())
        server.client.refresh_loras()
        first = picture(server, naive)
        same_name.write_bytes(new.file.read_bytes())
        server.client.refresh_loras()
        stale = picture(
            server, replace(naive, content_hash=new.content_hash)
        )  # its infotext passes every check
        after = picture(server, install(new, loras, server.client, name="style"))
    assert np.array_equal(first, before)
    assert np.array_equal(stale, before)
    assert not np.array_equal(after, before)


def test_a_poisoned_prompt_is_cured_before_the_first_frame(tmp_path: Path) -> None:
    """A prompt sent while its LoRA was missing lames it later; what precedes the first frame clears that."""
    loras = tmp_path / "Lora"
    loras.mkdir()
    weights = lora(tmp_path, 1.0)
    with ready(Studio(loras)) as server:
        installed = install(weights, loras, server.client, name="style")
        right = picture(server, installed)
    file = loras / f"{installed.name}.safetensors"
    file.unlink()
    with ready(Studio(loras)) as server:
        painter = Painter(server, installed, PAYLOAD)
        server.client.img2img(painter.request([Paint(FRAME, LOOK)]))
        install(weights, loras, server.client, name="style")
        poisoned = picture(server, installed)
        rehearse([painter], LOOK)
        cured = picture(server, installed)
    assert not np.array_equal(poisoned, right)
    assert np.array_equal(cured, right)


def test_a_lora_that_does_nothing_is_found_by_painting(tmp_path: Path) -> None:
    """Its hash stands in the infotext, and the pictures with and without it are the same."""
    loras = tmp_path / "Lora"
    loras.mkdir()
    with ready(Studio(loras, inert_loras=True)) as server:
        installed = install(lora(tmp_path, 1.0), loras, server.client, name="style")
        picture(server, installed)  # nothing in the answer tells
        with pytest.raises(EffectMissing, match=rf"the LoRA {installed.name} does not act: .* 0\.000 levels"):
            rehearse([Painter(server, installed, PAYLOAD)], LOOK)


def test_a_rehearsal_paints_no_frame_twice_and_restores_what_it_overrides(tmp_path: Path) -> None:
    """An option that a server would not put back is set once before, so that the user's own stays."""
    loras = tmp_path / "Lora"
    loras.mkdir()
    with ready(Studio(loras)) as server:
        painter = Painter(server, None, PAYLOAD)
        painter.work([Paint(FRAME, LOOK)])
        assert server.client.options()["CLIP_stop_at_last_layers"] == 2  # the habit
    with ready(Studio(loras)) as server:
        painter = Painter(server, None, PAYLOAD)
        rehearse([painter], LOOK)
        painter.work([Paint(FRAME, LOOK)])
        assert server.client.options()["CLIP_stop_at_last_layers"] == 1


def test_a_control_image_is_one_for_all_of_a_request(tmp_path: Path) -> None:
    """So with ControlNet a request holds one picture, whatever batch is asked for."""
    controlled = PAYLOAD.model_copy(update={"controlnet": (ControlNetUnit(model="m"),)})
    with ready(Studio(tmp_path), batch=4) as server:
        for payload, batch in ((PAYLOAD, 4), (controlled, 1)):
            assert WebUIEngine([Painter(server, None, payload)], batch=4, tell=print).batch == batch


def test_what_a_webui_lacks_is_told_before_it_is_sent(tmp_path: Path) -> None:
    """An unknown sampler would become another one in silence; it is refused with the nearest."""
    studio = Studio(tmp_path)
    with ready(studio) as server:
        asked = studio.account.asked
        wrong = PAYLOAD.model_copy(update={"sampler_name": "dpm++ 2m", "scheduler": "Karass"})
        with pytest.raises(WebUIRefused) as caught:
            rehearse([Painter(server, None, wrong)], LOOK)
        assert studio.account.asked == asked
    assert "no sampler 'dpm++ 2m'; did you mean 'DPM++ 2M'?" in str(caught.value)
    assert "no scheduler 'Karass'; did you mean 'Karras'?" in str(caught.value)


def test_an_unknown_checkpoint_is_not_ignored(tmp_path: Path) -> None:
    """A server answers 200 with the one that it has: the readiness probe sees that."""
    with (
        pytest.raises(EffectMissing, match="expected checkpoint nowhere, got v1-5-pruned"),
        ready(Studio(tmp_path), checkpoint="nowhere.safetensors"),
    ):
        pass


@pytest.mark.parametrize("title", [MODELS[1].title, f"{MODELS[1].name}.safetensors", MODELS[1].name])
def test_a_checkpoint_is_found_by_each_of_its_names(tmp_path: Path, title: str) -> None:
    """Titles gain a hash once they are used, so both forms are known."""
    with ready(Studio(tmp_path), checkpoint=title) as server:
        assert server.checkpoint == "anime [a1b2c3d4e5]"
        rehearse([Painter(server, None, PAYLOAD)], LOOK)


def test_options_that_cannot_be_told_are_told_with_the_way_out(tmp_path: Path) -> None:
    """A value of a wrong type is taken with 200, and from then on the server fails at its own options."""
    studio = Studio(tmp_path)
    studio.set_options({"img2img_color_correction": "off"})
    with pytest.raises(WebUIFailed, match=r"cannot tell its options(?s:.*)config\.json"), ready(studio):
        pass
    studio.set_options({"img2img_color_correction": False})
    with ready(studio) as server:
        assert server.client.options()["img2img_color_correction"] is False


def test_the_memory_of_loras_is_as_long_as_in_real_servers(tmp_path: Path) -> None:
    """After five others a LoRA is read anew: what these tests stand on."""
    memory = LoraMemory(tmp_path)
    file = lora(tmp_path, 1.0).file
    file.rename(tmp_path / "a.safetensors")
    (old,) = memory.acting("<lora:a:1>")
    lora(tmp_path, 2.0).file.rename(tmp_path / "a.safetensors")
    (remembered,) = memory.acting("x <lora:a:1>")
    assert (remembered.weights, remembered.told == old.told) == (old.weights, False)
    for number in range(3, 8):
        lora(tmp_path, number).file.rename(tmp_path / f"b{number}.safetensors")
        list(memory.acting(f"<lora:b{number}:1>"))
    (read_anew,) = memory.acting("y <lora:a:1>")
    assert read_anew.weights == read_anew.told != old.weights

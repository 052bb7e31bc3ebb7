"""What `orchestrate doctor` says of a training with sd-scripts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from safetensors.numpy import save_file
from test_family import NAMES
from training_room import Room

from orchestrator import presets
from orchestrator.errors import TrainerError
from orchestrator.finding import Finding
from orchestrator.training import disk
from orchestrator.training.family import FAMILIES
from orchestrator.training.health import look_at_training
from orchestrator.training.sd_scripts import machine, tokenizers
from orchestrator.training.settings import TrainingSettings

PACKAGES = dict.fromkeys(("torch", "accelerate", "diffusers", "transformers", "bitsandbytes"), "1.0")
GIB = 2**30


class Usage(NamedTuple):
    free: int


def python(folder: Path, answer: str) -> Path:
    """A Python that answers as another machine's would."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{answer}\n")
    file.chmod(0o755)
    return file


def telling(folder: Path, packages: dict[str, str | None] | None = None, **told: Any) -> Path:
    known = {**dict.fromkeys(("bitsandbytes", "xformers")), **PACKAGES, **(packages or {})}
    return python(folder, f"echo greetings; echo '{json.dumps({'packages': known, **told})}'")


def gpu(total: float, free: float | None = None) -> dict[str, Any]:
    return {"name": "Card", "total": int(total * GIB), "free": int((free or total) * GIB)}


def found(room: Room, by: Path, vram: int | None = None, **overrides: Any) -> dict[str, Finding]:
    document = room.settings(mixed_precision="fp16", **overrides).model_dump()
    document["sd_scripts"] |= {"python": by}
    settings = TrainingSettings.model_validate({**document, "vram": vram})
    return {each.subject: each for each in look_at_training(settings, room.folder)}


def test_the_checkout_is_told_with_its_version(room: Room, tmp_path: Path) -> None:
    """The nearest tag; a folder that is none is told as such, and nothing further is looked at."""
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(room.checkout))
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "x"), ("tag", "v9.8.7")):
        subprocess.run((*git, *command), check=True)
    by = telling(tmp_path, gpu=gpu(24))
    assert found(room, by)["sd-scripts"] == Finding("sd-scripts", "good", f"v9.8.7 in {room.checkout}")
    (room.checkout / "train_network.py").unlink()
    (only,) = found(room, by).values()
    assert only.state == "bad"
    assert "there is no train_network.py in it" in only.found


def test_its_python_is_asked_what_it_has(room: Room, tmp_path: Path) -> None:
    """Torch and its version; what a setting needs is missed, and nothing that none needs."""
    told = found(room, telling(tmp_path, gpu=gpu(24)))["its Python"]
    assert told.state == "good"
    assert "torch 1.0" in told.found
    without = telling(tmp_path, {"torch": None, "bitsandbytes": None}, gpu=None)
    assert found(room, without)["its Python"].found.endswith("lacks torch")
    small = found(room, without, optimizer_type="AdamW8bit")["its Python"]
    assert (small.state, small.found.endswith("lacks bitsandbytes, torch")) == ("bad", True)
    assert "Install sd-scripts' requirements" in small.remedy


def test_this_very_python_answers(tmp_path: Path) -> None:
    """The program that asks runs in a real one, and sees the torch that is installed."""
    import torch

    assert machine.asked(Path(sys.executable)).packages["torch"] == torch.__version__


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("sleep 30", "did not answer within"),
        ("echo no such thing >&2; exit 3", "no such thing"),
        ("echo hello", "it failed"),
        ('echo \'{"packages": {"torch": "1"}, "broken": "OSError: libcudart"}\'', "torch is broken: OSError"),
    ],
)
def test_a_python_that_does_not_answer_is_told_in_time(answer: str, words: str, tmp_path: Path) -> None:
    """One that hangs, fails, says something else, or whose torch cannot be imported."""
    with pytest.raises(TrainerError, match=words):
        machine.asked(python(tmp_path, f"exec {answer}" if "sleep" in answer else answer), seconds=1)


def test_a_python_that_fails_is_a_finding(room: Room, tmp_path: Path) -> None:
    """The rest is looked at all the same."""
    told = found(room, python(tmp_path, "exit 3"))
    assert told["its Python"].state == "bad"
    assert "disk" in told


@pytest.mark.parametrize(
    ("card", "vram", "state", "words"),
    [
        (gpu(8), None, "good", "Card, 8 GiB, 8 of them free"),
        (gpu(7.8, 7.5), None, "good", "Card, 8 GiB"),
        (gpu(6), None, "bad", "meant for 8 GB"),
        (gpu(6), 6, "good", "Card, 6 GiB"),
        (gpu(24, 3), None, "missing", "3 of them free; the settings are meant for 8 GB"),
        (None, None, "bad", "sees no GPU, and mixed_precision is fp16"),
    ],
)
def test_memory_is_compared_with_what_the_settings_are_meant_for(
    card: dict[str, Any] | None, vram: int | None, state: str, words: str, room: Room, tmp_path: Path
) -> None:
    """The preset's own need, or the tier that was chosen; what other programs hold is told apart."""
    told = found(room, telling(tmp_path, gpu=card), vram)["VRAM"]
    assert told.state == state
    assert words in told.found
    assert bool(told.remedy) is (state != "good")


def test_a_cpu_is_no_fault_where_it_is_meant(room: Room, tmp_path: Path) -> None:
    """It is only slow."""
    by = telling(tmp_path, gpu=None)
    document = room.settings().model_dump()
    document["sd_scripts"] |= {"python": by}
    told = {
        each.subject: each for each in look_at_training(TrainingSettings.model_validate(document), tmp_path)
    }
    assert told["VRAM"].state == "missing"


def test_presets_say_the_memory_that_is_compared() -> None:
    """Each one's first line, for its family."""
    needs = {each.preset.partition("-")[0]: each.vram for each in FAMILIES if each.preset}
    for name in presets.names("kohya_configs"):
        if not name.startswith("pocket"):
            first = presets.read("kohya_configs", name).splitlines()[0]
            assert f"{needs[name.partition('-')[0]]} GB" in first, name


def test_the_disk_is_compared_with_what_will_be_written(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten LoRAs and four states, by the base model's own layers."""
    layers = {
        "model.diffusion_model.a.weight": np.zeros((320, 640), np.float16),
        "model.diffusion_model.b.weight": np.zeros((320, 320, 1, 1), np.float16),
        "model.diffusion_model.c.weight": np.zeros((320, 320, 3, 3), np.float16),
        "cond_stage_model.transformer.d.weight": np.zeros((768, 768), np.float16),
        "cond_stage_model.transformer.token_embedding.weight": np.zeros((1000, 768), np.float16),
        "first_stage_model.e.weight": np.zeros((512, 512), np.float16),
    }
    save_file(layers, room.folder / "model.safetensors")
    unet, text = 960 + 640, 1536
    told = {"network_dim": 8, "save_precision": "fp16"}
    model = room.folder / "model.safetensors"
    assert disk.needed(model, told) == (unet + text) * 8 * (10 * 2 + 4 * 12)
    assert disk.needed(model, {**told, "network_train_unet_only": True}) == unet * 8 * (10 * 2 + 4 * 12)
    by = telling(tmp_path, gpu=gpu(24))
    assert found(room, by)["disk"].state == "good"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000))
    told_bad = found(room, by)["disk"]
    assert (told_bad.state, bool(told_bad.remedy)) == ("bad", True)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({}, 10),
        ({"max_train_steps": 100, "save_every_n_steps": 30}, 4),
        ({"max_train_epochs": 6, "save_every_n_epochs": 2}, 3),
        ({"max_train_steps": 100, "save_every_n_epochs": 2}, 10),
    ],
)
def test_loras_are_counted_where_the_arguments_tell(arguments: dict[str, int], count: int) -> None:
    """Epochs have no known length before there are pictures."""
    assert disk.saves(arguments) == count


def test_tokenizers_are_looked_for_where_sd_scripts_looks(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own folder, else the hub's cache; if both lack them, the command that fetches them is told."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HOME", raising=False)
    by = telling(tmp_path, gpu=gpu(24))
    told = found(room, by)["tokenizers"]
    assert told.state == "bad"
    assert "openai/clip-vit-large-patch14" in told.found
    assert "CLIPTokenizer.from_pretrained('openai/clip-vit-large-patch14')" in told.remedy
    assert "set `tokenizer_cache_dir" in told.remedy
    snapshot = tmp_path / "hub" / "models--openai--clip-vit-large-patch14" / "snapshots" / "abc"
    own = tmp_path / "tokenizers" / "openai_clip-vit-large-patch14"
    for folder in (snapshot, own):
        folder.mkdir(parents=True)
        (folder / "vocab.json").touch()
    assert found(room, by)["tokenizers"].state == "bad", "half of it is none"
    (snapshot / "merges.txt").touch()
    assert found(room, by)["tokenizers"].state == "good"
    cache = str(tmp_path / "tokenizers")
    assert found(room, by, tokenizer_cache_dir=cache)["tokenizers"].state == "bad", (
        "its own folder goes first"
    )
    (own / "merges.txt").touch()
    assert found(room, by, tokenizer_cache_dir=cache)["tokenizers"].state == "good"


def test_every_family_has_its_tokenizers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two for SDXL, T5's for FLUX and SD3, and SD 2.x's in its subfolder."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    names = {name: [each.name for each in tokenizers.missing(name, None)] for name in tokenizers.TOKENIZERS}
    assert names.keys() == NAMES.keys()
    assert [len(each) for each in names.values()] == [1, 1, 2, 2, 3]
    snapshot = tmp_path / "models--stabilityai--stable-diffusion-2" / "snapshots" / "x" / "tokenizer"
    snapshot.mkdir(parents=True)
    (snapshot / "vocab.json").touch()
    (snapshot / "merges.txt").touch()
    assert tokenizers.missing("SD 2.x", None) == []
    command = tokenizers.fetching(
        [*tokenizers.TOKENIZERS["SD 2.x"], *tokenizers.TOKENIZERS["FLUX"]], tmp_path
    )
    assert "import CLIPTokenizer, T5TokenizerFast;" in command
    assert "'stabilityai/stable-diffusion-2', subfolder='tokenizer'" in command


def test_the_embedded_trainer_needs_none_of_it(tmp_path: Path) -> None:
    """Nothing is said."""
    assert list(look_at_training(TrainingSettings(), tmp_path)) == []

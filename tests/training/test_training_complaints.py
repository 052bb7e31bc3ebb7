"""What users of trainers complain of most, one test each, with the message that ours see instead."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from training_room import Room, Told

from orchestrator.dataset.build import build
from orchestrator.dataset.settings import StyleSettings
from orchestrator.errors import DatasetError, Diverged, EffectMissing, Killed, NoPictures, OutOfMemory
from orchestrator.training import attempt, follow
from orchestrator.training.spill import Memory
from orchestrator.webui.proof import prove
from orchestrator.webui.wire import Img2ImgAnswer, Img2ImgRequest


def test_no_data_found_because_the_folder_layout_is_wrong(room: Room) -> None:
    """A folder above the pictures is answered with the one that holds them, before anything starts."""
    config = room.folder / "set" / "dataset.toml"
    config.write_text(config.read_text().replace('image_dir = "2_word"', 'image_dir = "."'))
    with pytest.raises(DatasetError) as caught:
        room.train(room.settings())
    assert "this folder itself holds no pictures to train on" in str(caught.value)
    assert "Its folder '2_word' does: name that one as image_dir." in str(caught.value)


def test_no_data_found_with_exit_code_0(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures that vanish after they were looked at: the trainer ends well, and it is told as a failure."""
    linked = attempt.linked

    def emptied(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        links = linked(content, folder)
        for picture in folder.rglob("*.png"):
            picture.unlink()
        return links

    monkeypatch.setattr(attempt, "linked", emptied)
    with pytest.raises(NoPictures, match="the trainer found no pictures in the training set"):
        room.train(room.settings())


def test_captions_silently_unused_because_their_extension_differs(room: Room) -> None:
    """Captions that lie there and would not be read are found, with the setting that reads them."""
    for caption in (room.folder / "set" / "2_word").glob("*.txt"):
        caption.rename(caption.with_suffix(".caption"))
    with pytest.raises(DatasetError) as caught:
        room.train(room.settings())
    assert "its captions end in .caption, and those that end in .txt would be read" in str(caught.value)
    assert "Set caption_extension to '.caption'." in str(caught.value)


def test_a_lora_of_nan(room: Room) -> None:
    """The first loss that is no number ends the training, rather than hours of it a black picture."""
    room.machine(nan_at=5)
    with pytest.raises(Diverged) as caught:
        room.train(room.settings())
    assert "the loss is nan at step 5, and training on would not mend it" in str(caught.value)
    assert "Lower `learning_rate`" in str(caught.value)


def test_out_of_memory_on_a_small_gpu(room: Room) -> None:
    """The message names the setting by which cheaper ones are tried."""
    room.machine(memory=1)
    with pytest.raises(OutOfMemory) as caught:
        room.train(room.settings())
    assert "the GPU's memory is not enough for this training" in str(caught.value)
    assert "training.on_oom: retry" in str(caught.value)


def test_a_silent_slowdown_when_vram_spills(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that take ten times as long with the memory full are told once, with what to change."""

    @contextmanager
    def full() -> Iterator[Memory]:
        yield lambda: 0.99

    monkeypatch.setattr(follow, "gpu_memory", full)
    room.machine(sleep=0.05, slow_from=10)
    told = Told()
    room.train(room.settings(max_train_steps=16), told)
    (line,) = [line for line in told.lines if "spilling" in line]
    assert "VRAM is spilling into main memory: steps take more than three times as long as at first" in line
    assert "gradient_checkpointing" in line


def test_a_resume_that_miscounts_epochs(room: Room) -> None:
    """Killed and run again, twice: 18 steps in all, epochs keep their numbers, each step has its loss."""
    room.machine(kill_at=8)
    settings = room.settings(max_train_steps=18)
    with pytest.raises(Killed):
        room.train(settings)
    room.machine(kill_at=14)
    with pytest.raises(Killed):
        room.train(settings)
    told = Told()
    weights = room.train(settings, told)
    assert "going on from step 12 of 18" in told.lines
    assert [line for line in told.lines if line.startswith("epoch")] == ["epoch 3 of 3"]
    assert "word-step00000006.safetensors is saved at step 18" in told.lines
    assert [step for step, _ in weights.losses] == list(range(1, 19))


QUEUE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from training_room import Room
from orchestrator.errors import OrchestrateError
room = Room(Path(sys.argv[2]), Path(sys.argv[2]) / "sd-scripts")
for steps in ("many", 2, 4):
    try:
        print("trained", len(room.train(room.settings(max_train_steps=steps)).losses))
    except OrchestrateError as error:
        print("refused", error)
"""


def test_queueing_several_runs_headless(room: Room) -> None:
    """Without a terminal, one after the other; one that is refused leaves the others their turn."""
    argv = (sys.executable, "-c", QUEUE, str(Path(__file__).parent), str(room.folder))
    answer = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    first, *others = answer.stdout.splitlines()
    assert first.startswith("refused training.overrides: 'max_train_steps' is a number, not a text ('many')")
    assert [line for line in others if line.startswith("trained")] == ["trained 2", "trained 4"]


def test_samples_look_right_and_the_webui_result_does_not() -> None:
    """A WebUI that painted without the LoRA, or with another one of that name, is found out by its hash."""
    frame = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    painted = 255 - frame
    request = Img2ImgRequest(
        init_images=("",), prompt="x <lora:word:1>", width=64, height=64, seed=1, steps=2,
        sampler_name="Euler", cfg_scale=7, denoising_strength=0.5,
    )  # fmt: skip
    told = "x\nSteps: 2, Sampler: Euler, CFG scale: 7, Seed: 1, Denoising strength: 0.5"
    answer = Img2ImgAnswer(images=("",), info=json.dumps({"infotexts": [told]}))
    with pytest.raises(EffectMissing, match="expected LoRA word with hash 0a1b2c3d4e5f, got no such LoRA"):
        prove(request, answer, [frame], [painted], {"word": "0a1b2c3d4e5f" + "0" * 52})


def test_trigger_word_confusion(tmp_path: Path) -> None:
    """A caption that does not hold the trigger word is named, when the training set is made."""
    (tmp_path / "style").mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "style" / "1.png")
    (tmp_path / "style" / "1.txt").write_text("a street at night\n")
    style = {"from": {"images": tmp_path / "style"}, "captions": {"trigger": "bnny"}, "resolution": 64}
    told = Told()
    build(StyleSettings.model_validate(style), tmp_path / "set", seed=0, progress=told)
    assert "the caption of 1.png lacks the trigger word 'bnny'" in told.lines


def test_choosing_the_best_epoch(room: Room) -> None:
    """What each epoch left is kept and listed with its step and loss, across an interruption."""
    room.machine(kill_at=14)
    settings = room.settings(max_train_steps=24)
    with pytest.raises(Killed):
        room.train(settings)
    told = Told()
    room.train(settings, told)
    run = room.folder / "run"
    listed = json.loads((run / "candidates.json").read_text())
    assert [each["step"] for each in listed] == [6, 12, 18]
    assert all((run / each["file"]).is_file() and each["loss"] > 0 for each in listed)
    assert "the LoRA is also kept as it was at step 6, 12, 18: candidates.json" in told.lines

"""LoRAs in prompts: found, applied, replaced, refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from orchestrator import safetensors_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedded_server import Server


def test_a_lora_works_at_once_and_is_listed_after_a_refresh(
    server: Server, write_lora: Callable[..., Path]
) -> None:
    """A new file changes the picture without a refresh; its hash stands in the infotext."""
    path = write_lora("fresh", ss_output_name="other-name", ss_tag_frequency='{"a": 1}')
    plain = server.paint(prompt="a street").arrays[0]
    with_lora = server.paint(prompt="a street <lora:fresh:1>")
    assert "fresh" not in {lora["name"] for lora in server.get("loras")}
    assert server.post("refresh-loras").json() is None
    listed = next(lora for lora in server.get("loras") if lora["name"] == "fresh")
    assert not np.array_equal(plain, with_lora.arrays[0])
    assert f'Lora hashes: "fresh: {safetensors_file.content_hash(path)[:12]}"'.replace('"', "") in (
        with_lora.texts[0].replace('"', "")
    )
    assert listed["alias"] == "other-name"
    assert listed["path"] == str(path)
    assert listed["metadata"]["ss_tag_frequency"] == {"a": 1}


def test_a_lora_answers_to_its_alias(server: Server, write_lora: Callable[..., Path]) -> None:
    """The name it was trained under works like the file's; its case matters."""
    write_lora("by-file", ss_output_name="by-alias")
    by_file, by_alias = (
        server.paint(prompt=f"<lora:{name}:1>").arrays[0] for name in ("by-file", "by-alias")
    )
    assert np.array_equal(by_file, by_alias)
    assert server.img2img(prompt="<lora:By-File:1>").status_code == 422


def test_no_history_adds_up(server: Server, write_lora: Callable[..., Path]) -> None:
    """After other LoRAs and weights, the same prompt gives the same bytes, and none gives the base model."""
    write_lora("one", seed=1)
    write_lora("two", seed=2)
    base = server.paint(prompt="x").arrays[0]
    first = server.paint(prompt="x <lora:one:0.7>").arrays[0]
    both = server.paint(prompt="x <lora:one:0.7> <lora:two:-0.3>").arrays[0]
    swapped = server.paint(prompt="x <lora:two:-0.3> <lora:one:0.7>").arrays[0]
    assert np.array_equal(both, swapped)
    assert not np.array_equal(first, both)
    assert np.array_equal(first, server.paint(prompt="x <lora:one:0.7>").arrays[0])
    assert np.array_equal(base, server.paint(prompt="x").arrays[0])
    assert np.array_equal(base, server.paint(prompt="x <lora:one:0>").arrays[0])


def test_text_and_unet_weights_act_apart(server: Server, write_lora: Callable[..., Path]) -> None:
    """The second number is the U-Net's weight; te= and unet= say the same by name."""
    write_lora("parts")
    base = server.paint(prompt="x").arrays[0]
    unet, named = (server.paint(prompt=f"x <lora:parts:{w}>").arrays[0] for w in ("0:1", "unet=1:te=0"))
    text = server.paint(prompt="x <lora:parts:1:0>").arrays[0]
    assert np.array_equal(unet, named)
    assert not np.array_equal(base, unet)
    assert not np.array_equal(base, text)
    assert not np.array_equal(unet, text)


def test_a_replaced_file_is_read_again(server: Server, write_lora: Callable[..., Path]) -> None:
    """The same name with other content paints with the new content and shows its hash, even in place."""
    path = write_lora("film", seed=1)
    before = path.stat()
    old = server.paint(prompt="x <lora:film:1>")
    write_lora("film", seed=2)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    new = server.paint(prompt="x <lora:film:1>")
    assert path.stat().st_size == before.st_size
    assert not np.array_equal(old.arrays[0], new.arrays[0])
    assert safetensors_file.content_hash(path)[:12] in new.texts[0]
    path.unlink()
    assert server.img2img(prompt="x <lora:film:1>").status_code == 422


def test_two_files_of_one_name_are_refused(server: Server, write_lora: Callable[..., Path]) -> None:
    """Which of two is meant is never guessed."""
    write_lora("twin-a", ss_output_name="twin")
    write_lora("twin-b", ss_output_name="twin")
    answer = server.img2img(prompt="<lora:twin:1>")
    assert answer.status_code == 422
    assert "may be any of several files" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({"lora_unet_conv_in.lora_down.weight": (2, 4, 3, 3)}, "without finite up and down"),
        ({"lora_unet_conv_in.hada_w1_a": (2, 2)}, "not in kohya's plain format"),
        (
            {"lora_unet_x.lora_down.weight": (2, 4), "lora_unet_x.lora_up.weight": (4, 2)},
            "does not fit this model",
        ),
        (
            {
                "lora_unet_conv_in.lora_down.weight": (2, 9, 3, 3),
                "lora_unet_conv_in.lora_up.weight": (64, 2, 1, 1),
            },
            "does not fit this model",
        ),
    ],
)
def test_a_lora_that_cannot_act_is_refused(
    server: Server, tensors: dict[str, tuple[int, ...]], reason: str
) -> None:
    """Half a LoRA, another format, or one for another model is never silently left out."""
    path = server.loras / "misfit.safetensors"
    save_file({name: torch.ones(shape) for name, shape in tensors.items()}, path)
    answer = server.img2img(prompt="<lora:misfit:1>")
    path.unlink()
    assert answer.status_code == 422
    assert reason in answer.json()["detail"]


def test_a_damaged_lora_is_refused_and_not_listed(server: Server, write_lora: Callable[..., Path]) -> None:
    """A file cut short is told as such."""
    path = write_lora("cut")
    path.write_bytes(path.read_bytes()[:-100])
    server.post("refresh-loras")
    assert "cut" not in {lora["name"] for lora in server.get("loras")}
    assert server.img2img(prompt="<lora:cut:1>").status_code == 422


def test_weights_that_overflow_are_an_error_and_not_a_black_picture(
    server: Server, write_lora: Callable[..., Path]
) -> None:
    """NaN in the result is the WebUI's NansException, and the next request is not harmed."""
    write_lora("huge", size=1e18)
    base = server.paint(prompt="x").arrays[0]
    answer = server.img2img(prompt="x <lora:huge:1e10>")
    assert answer.status_code == 500
    assert answer.json()["error"] == "NansException"
    assert np.array_equal(base, server.paint(prompt="x").arrays[0])

"""That what is painted is what was asked for, every time."""

from __future__ import annotations

import numpy as np
import pytest
from embedded_server import SIDE, Server, encoded, picture, read
from PIL import Image


def test_a_repeat_is_bit_identical_and_another_seed_is_not(server: Server) -> None:
    """The same request gives the same bytes, whatever was painted in between."""
    first = server.paint(prompt="a street", sampler_name="Euler a")
    other = server.paint(prompt="a street", sampler_name="Euler a", seed=43)
    again = server.paint(prompt="a street", sampler_name="Euler a")
    assert np.array_equal(first.arrays[0], again.arrays[0])
    assert not np.array_equal(first.arrays[0], other.arrays[0])


@pytest.mark.parametrize("sampler", ["Euler", "Euler a", "DDIM", "DPM++ 2M", "DPM++ 2M SDE", "UniPC", "LCM"])
def test_every_sampler_comes_closer_to_the_init_image_as_strength_falls(server: Server, sampler: str) -> None:
    """Each sampler starts where its noise level says: less strength changes less."""
    init = np.asarray(picture(), dtype=float)
    errors = [
        np.abs(server.paint(sampler_name=sampler, steps=10, denoising_strength=s).arrays[0] - init).mean()
        for s in (0.0, 0.9)
    ]
    assert errors[0] < 25
    assert errors[0] < errors[1]


def test_guidance_changes_the_picture_only_where_it_is_not_one(server: Server) -> None:
    """At CFG 1 the negative prompt has no effect; above, it has."""
    plain, with_negative = (server.paint(negative_prompt=text).arrays[0] for text in ("", "red sky"))
    guided, guided_negative = (
        server.paint(negative_prompt=text, cfg_scale=5).arrays[0] for text in ("", "red sky")
    )
    assert np.array_equal(plain, with_negative)
    assert not np.array_equal(guided, guided_negative)


def test_prompt_emphasis_and_clip_skip_act(server: Server) -> None:
    """A weighted word and a skipped layer each give another picture; brackets of weight 1 do not."""
    plain = server.paint(prompt="a green street").arrays[0]
    one = server.paint(prompt="a (green:1.0) street").arrays[0]
    loud = server.paint(prompt="a (green:1.6) street").arrays[0]
    skipped = server.paint(prompt="a green street", override_settings={"CLIP_stop_at_last_layers": 2})
    assert np.array_equal(plain, one)
    assert not np.array_equal(plain, loud)
    assert not np.array_equal(plain, skipped.arrays[0])
    assert "Clip skip: 2" in skipped.texts[0]
    assert server.get("options")["CLIP_stop_at_last_layers"] == 1


def test_a_prompt_longer_than_the_encoder_takes_is_read_to_its_end(server: Server) -> None:
    """The last word of a long prompt still matters."""
    words = "a street " * 40
    ends = [server.paint(prompt=words + end, cfg_scale=3).arrays[0] for end in ("day", "night")]
    assert not np.array_equal(*ends)


def test_a_batch_of_different_pictures_equals_single_ones(server: Server) -> None:
    """N init images in one request give what N requests give, with seeds that count upwards."""
    inits = [encoded(picture(seed)) for seed in range(3)]
    batch = server.paint(init_images=inits, batch_size=3, seed=7, sampler_name="Euler a")
    singles = [
        server.paint(init_images=[init], seed=7 + i, sampler_name="Euler a").arrays[0]
        for i, init in enumerate(inits)
    ]
    assert batch.info["all_seeds"] == [7, 8, 9]
    assert all(np.array_equal(one, single) for one, single in zip(batch.arrays, singles, strict=True))


def test_a_tiny_subseed_strength_keeps_one_seed_for_a_batch(server: Server) -> None:
    """The known trick: every picture of the batch has the same seed, as good as exactly."""
    batch = server.paint(init_images=[encoded(picture())] * 2, batch_size=2, subseed=1, subseed_strength=1e-9)
    single = server.paint().arrays[0].astype(int)
    assert batch.info["all_seeds"] == [42, 42]
    assert all(np.abs(one - single).max() <= 1 for one in batch.arrays)


def test_a_full_subseed_strength_is_the_other_seed(server: Server) -> None:
    """Interpolation between two noises ends at the second one."""
    varied = server.paint(seed=1, subseed=2, subseed_strength=1.0).arrays[0].astype(int)
    other = server.paint(seed=2).arrays[0]
    assert np.abs(varied - other).max() <= 1


def half_mask(side: int = SIDE) -> Image.Image:
    mask = np.zeros((side, side), np.uint8)
    mask[:, side // 2 :] = 255
    return Image.fromarray(mask)


@pytest.mark.parametrize("fill", [0, 1, 2, 3])
@pytest.mark.parametrize("only_masked", [False, True])
def test_outside_the_mask_nothing_changes(server: Server, fill: int, only_masked: bool) -> None:
    """Pixels that the blurred mask does not reach are the init image's own; inside, something is painted."""
    painted = server.paint(
        mask=encoded(half_mask()), inpainting_fill=fill, inpaint_full_res=only_masked, mask_blur=0
    ).arrays[0]
    init = np.asarray(picture())
    assert np.array_equal(painted[:, : SIDE // 2], init[:, : SIDE // 2])
    assert np.abs(painted[:, SIDE // 2 :].astype(int) - init[:, SIDE // 2 :]).mean() > 1


def test_an_inverted_mask_is_its_complement(server: Server) -> None:
    """inpainting_mask_invert 1 paints what is black."""
    complement = Image.fromarray(255 - np.asarray(half_mask()))
    common = {"inpaint_full_res": False, "inpainting_fill": 1}
    inverted = server.paint(mask=encoded(half_mask()), inpainting_mask_invert=1, **common)
    direct = server.paint(mask=encoded(complement), **common)
    assert np.array_equal(inverted.arrays[0], direct.arrays[0])


@pytest.mark.parametrize("only_masked", [False, True])
def test_a_blank_mask_changes_nothing(server: Server, only_masked: bool) -> None:
    """Where nothing is to be painted, the answer is the init image, in either inpaint area."""
    blank = Image.new("L", (SIDE, SIDE))
    painted = server.paint(mask=encoded(blank), inpaint_full_res=only_masked)
    assert np.array_equal(painted.arrays[0], np.asarray(picture()))


def test_painting_only_the_masked_area_keeps_the_init_images_size(server: Server) -> None:
    """With inpaint_full_res the masked region is enlarged, painted, and put back."""
    init = picture(side=128)
    mask = Image.new("L", (128, 128))
    mask.paste(255, (40, 40, 56, 56))
    painted = server.paint(init_images=[encoded(init)], mask=encoded(mask), mask_blur=2).arrays[0]
    assert painted.shape == (128, 128, 3)
    assert np.array_equal(painted[:30], np.asarray(init)[:30])
    assert not np.array_equal(painted[40:56, 40:56], np.asarray(init)[40:56, 40:56])


def test_text_to_image_paints_the_size_asked_for(server: Server) -> None:
    """txt2img gives as many different pictures as asked for, repeatably."""
    fields = {
        "prompt": "a hill",
        "steps": 3,
        "width": 72,
        "height": 64,
        "seed": 5,
        "batch_size": 2,
        "n_iter": 2,
    }
    first, second = (read(server.post("txt2img", **fields)) for _ in range(2))
    assert [array.shape for array in first.arrays] == [(64, 72, 3)] * 4
    assert first.info["all_seeds"] == [5, 6, 7, 8]
    assert not np.array_equal(first.arrays[0], first.arrays[1])
    assert all(np.array_equal(a, b) for a, b in zip(first.arrays, second.arrays, strict=True))


def test_infotext_says_what_ran(server: Server) -> None:
    """The picture's own text and `info` tell sampler, schedule, seed, size, model and strength."""
    painted = server.paint(
        prompt="a street, at night", negative_prompt="blur", sampler_name="DPM++ 2M", seed=-1
    )
    model = server.get("sd-models")[0]
    seed = painted.info["seed"]
    assert painted.texts[0].splitlines()[:2] == ["a street, at night", "Negative prompt: blur"]
    assert (
        painted.texts[0]
        .splitlines()[2]
        .startswith(
            f"Steps: 4, Sampler: DPM++ 2M, Schedule type: Automatic, CFG scale: 1.0, Seed: {seed}, "
            f"Size: 64x64, Model hash: {model['hash']}, Model: pocket, Denoising strength: 0.5, Version: "
        )
    )
    assert seed >= 0
    assert painted.info["infotexts"] == painted.texts
    assert painted.info["sd_model_hash"] == model["hash"] == model["sha256"][:10]
    assert painted.info["interrupted"] is False
    assert painted.parameters["seed"] == -1
    assert "init_images" not in painted.parameters


def test_automatic_means_each_samplers_own_schedule(server: Server) -> None:
    """DPM++ 2M follows Karras by itself, Euler the model's own spacing, as in the WebUI."""
    karras = {"sampler_name": "DPM++ 2M", "steps": 8}
    euler = {"sampler_name": "Euler", "steps": 8}
    named = server.paint(**karras, scheduler="Karras").arrays[0]
    assert np.array_equal(server.paint(**karras).arrays[0], named)
    assert np.array_equal(
        server.paint(**euler).arrays[0], server.paint(**euler, scheduler="uniform").arrays[0]
    )
    assert not np.array_equal(
        server.paint(**euler).arrays[0], server.paint(**euler, scheduler="Exponential").arrays[0]
    )

"""Payload, pictures and prompt as the one request that paints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.errors import PresetError
from orchestrator.webui import adetailer, controlnet, images
from orchestrator.webui.payloads import Inpaint
from orchestrator.webui.proof import CHECKPOINT, CLIP_SKIP
from orchestrator.webui.wire import Img2ImgRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.webui.payloads import Payload

# With any second noise at all, all pictures of a request have the first one's seed; this little of it changes
# no picture visibly: single runs differ by less than 3e-4 of the range.
_ONE_SEED: dict[str, Any] = {"subseed": 1, "subseed_strength": 1e-9}


def img2img(
    payload: Payload,
    inits: Sequence[NDArray[np.uint8]],
    *,
    prompt: str,
    negative_prompt: str,
    seed: int,
    strength: float,
    loras: Mapping[str, float],
    checkpoint: str | None = None,
    mask: NDArray[np.uint8] | None = None,
    previous: NDArray[np.uint8] | None = None,
    subseed: int | None = None,
    subseed_strength: float = 0.0,
) -> Img2ImgRequest:
    """Return the request that paints pictures over, all with one seed, prompt and mask.

    Args:
        payload: how to paint; its negative prompt and strength yield to those given here.
        inits: pictures of one size, (H, W, 3) uint8 RGB, both sides multiples of 8; exactly one where the
            payload says `one_at_a_time`.
        prompt: what to paint, without the LoRAs.
        negative_prompt: what to avoid.
        seed: of the noise, the same for all.
        strength: 0 keeps a picture, 1 forgets it.
        loras: weights of the LoRAs that are to act, by name.
        checkpoint: what to paint with, as the WebUI lists it; its current one when None.
        mask: (H, W) uint8, 255 where to paint; the whole picture when None.
        previous: the picture painted before, (H, W, 3), for units that look at it; without it they rest.
        subseed: of a second noise; it would differ from picture to picture, and so goes with one alone.
        subseed_strength: the share of the second noise, 0 to 1.

    Raises:
        PresetError: the payload paints a region, and there is no mask.
    """
    height, width = inits[0].shape[:2]
    assert all(init.shape == inits[0].shape for init in inits), "the pictures differ in size"
    assert len(inits) == 1 or subseed is None, "a second noise goes with one picture"
    assert len(inits) == 1 or not payload.one_at_a_time, "the payload wants one picture a request"
    pictures = tuple(images.encode(init) for init in inits)
    region = _inpainting(payload.inpaint, mask)
    return Img2ImgRequest(
        init_images=pictures,
        prompt=with_loras(prompt, loras),
        negative_prompt=negative_prompt,
        seed=seed,
        width=width,
        height=height,
        sampler_name=payload.sampler_name,
        scheduler=payload.scheduler,
        steps=payload.steps,
        cfg_scale=payload.cfg_scale,
        distilled_cfg_scale=payload.distilled_cfg_scale,
        denoising_strength=strength,
        initial_noise_multiplier=payload.initial_noise_multiplier,
        override_settings=_options(payload, checkpoint),
        alwayson_scripts=_scripts(payload, pictures[0], previous, region.get("mask")) or None,
        **region,
        **_noise(len(inits), subseed, subseed_strength),
    )


def with_loras(prompt: str, loras: Mapping[str, float]) -> str:
    """Return a prompt that calls LoRAs up."""
    return " ".join([prompt, *(f"<lora:{name}:{weight:g}>" for name, weight in loras.items())])


def _noise(size: int, subseed: int | None, subseed_strength: float) -> dict[str, Any]:
    if subseed is not None:
        return {"subseed": subseed, "subseed_strength": subseed_strength}
    return {"batch_size": size, **_ONE_SEED} if size > 1 else {}


def _options(payload: Payload, checkpoint: str | None) -> dict[str, Any]:
    asked = {CHECKPOINT: checkpoint, CLIP_SKIP: payload.clip_skip}
    return {name: value for name, value in asked.items() if value is not None}


def _inpainting(inpaint: Inpaint | None, mask: NDArray[np.uint8] | None) -> dict[str, Any]:
    if mask is None:
        if inpaint is not None:
            raise PresetError(
                "the payload paints a region of the picture, and there is no mask that says which",
                remedy="Give a mask, white where to paint, or choose a payload without `inpaint`.",
            )
        return {}
    how = inpaint or Inpaint()
    nothing = mask.min() == 255 if how.inpainting_mask_invert else mask.max() == 0  # noqa: PLR2004 - white
    # a region of nothing, enlarged, would be the whole picture
    enlarged = how.inpaint_full_res and not nothing
    return {"mask": images.encode(mask), **how.model_dump(), "inpaint_full_res": enlarged}


def _scripts(
    payload: Payload, init: str, previous: NDArray[np.uint8] | None, mask: str | None
) -> dict[str, Any]:
    seen = {"init": init, "previous": None if previous is None else images.encode(previous)}
    units = [
        controlnet.arguments(unit, image, mask)
        for unit in payload.controlnet
        if (image := seen[unit.image]) is not None
    ]
    details = adetailer.arguments(payload.adetailer) if payload.adetailer else []
    scripts = {"controlnet": units, "ADetailer": details}
    return {name: {"args": arguments} for name, arguments in scripts.items() if arguments}

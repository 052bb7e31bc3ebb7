"""What txt2img and img2img answer: pictures with infotext, and `info`, a JSON text that says what ran."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator import __version__
from orchestrator.embedded import infotext
from orchestrator.embedded.webui import options, pictures
from orchestrator.embedded.webui.loras import short_hash
from orchestrator.embedded.webui.wire import Img2Img

if TYPE_CHECKING:
    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.merge import Lora
    from orchestrator.embedded.webui.painter import Painted
    from orchestrator.embedded.webui.plan import Plan

VERSION = f"orchestrate-{__version__}"
_PICTURES = {"init_images", "mask"}


def compose(plan: Plan, painted: list[Painted], loras: list[Lora], components: Components) -> bytes:
    """Return the answer's JSON.

    `info` holds "interrupted": true when a picture is missing or unfinished, and an unfinished picture's
    infotext says after how many steps it stopped.
    """
    texts = [_infotext(plan, one, loras, components) for one in painted]
    sent = zip(painted, texts, strict=True) if plan.request.send_images else ()
    echoed_pictures = isinstance(plan.request, Img2Img) and plan.request.include_init_images
    return json.dumps(
        {
            "images": [pictures.encode(one.picture, text) for one, text in sent],
            "parameters": plan.request.model_dump(exclude=set() if echoed_pictures else _PICTURES),
            "info": json.dumps(_info(plan, painted, texts, components)),
        }
    ).encode()


def _info(plan: Plan, painted: list[Painted], texts: list[str], components: Components) -> dict[str, Any]:
    request = plan.request
    count = len(plan.seeds)
    return {
        "prompt": request.prompt or "",
        "all_prompts": [request.prompt or ""] * count,
        "negative_prompt": request.negative_prompt or "",
        "all_negative_prompts": [request.negative_prompt or ""] * count,
        "seed": plan.seeds[0].seed,
        "all_seeds": [seed.seed for seed in plan.seeds],
        "subseed": plan.seeds[0].subseed,
        "all_subseeds": [seed.subseed for seed in plan.seeds],
        "subseed_strength": request.subseed_strength,
        "width": request.width,
        "height": request.height,
        "sampler_name": plan.choice.sampler.name,
        "cfg_scale": request.cfg_scale,
        "steps": request.steps,
        "batch_size": request.batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": components.name,
        "sd_model_hash": options.model_hash(components),
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "seed_resize_from_w": -1,
        "seed_resize_from_h": -1,
        "denoising_strength": getattr(request, "denoising_strength", None),
        "extra_generation_params": {"Schedule type": plan.choice.schedule},
        "index_of_first_image": 0,
        "infotexts": texts,
        "styles": [],
        "clip_skip": plan.options.CLIP_stop_at_last_layers,
        "is_using_inpainting_conditioning": False,
        "version": VERSION,
        "interrupted": len(painted) < count or any(one.steps < one.planned for one in painted),
    }


def _infotext(plan: Plan, one: Painted, loras: list[Lora], components: Components) -> str:
    request, seed = plan.request, plan.seeds[one.index]
    skip = plan.options.CLIP_stop_at_last_layers
    img2img = request if isinstance(request, Img2Img) else None
    masked = img2img if plan.mask else None
    hashes = ", ".join(f"{lora.name}: {short_hash(lora)}" for lora in loras)
    return infotext.compose(
        request.prompt or "",
        request.negative_prompt or "",
        {
            "Steps": request.steps,
            "Sampler": plan.choice.sampler.name,
            "Schedule type": plan.choice.schedule,
            "CFG scale": request.cfg_scale,
            "Seed": seed.seed,
            "Size": f"{request.width}x{request.height}",
            "Model hash": options.model_hash(components),
            "Model": components.name,
            "Variation seed": seed.subseed if seed.strength else None,
            "Variation seed strength": seed.strength or None,
            "Denoising strength": min(1.0, max(0.0, img2img.denoising_strength)) if img2img else None,
            "Clip skip": skip if skip > 1 else None,
            "Noise multiplier": plan.noise_multiplier if plan.noise_multiplier != 1 else None,
            "Mask blur": masked.mask_blur_x
            if masked and masked.mask_blur is None
            else masked and masked.mask_blur,
            "Inpaint area": "Only masked" if masked and masked.inpaint_full_res else None,
            "Lora hashes": hashes or None,
            "Interrupted": f"after {one.steps} of {one.planned} steps" if one.steps < one.planned else None,
            "Version": VERSION,
        },
    )

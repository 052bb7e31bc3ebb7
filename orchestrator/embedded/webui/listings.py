"""What there is to choose from, as the WebUI lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.embedded.webui import options
from orchestrator.embedded.webui.samplers import SAMPLERS, SCHEDULES

if TYPE_CHECKING:
    from orchestrator.embedded.checkpoint import Components

FIXED: dict[str, Any] = {
    "samplers": [{"name": sampler.name, "aliases": [], "options": {}} for sampler in SAMPLERS],
    "schedulers": [
        {
            "name": schedule.name,
            "label": schedule.label,
            "aliases": None,
            "default_rho": -1.0,
            "need_inner_model": False,
        }
        for schedule in SCHEDULES
    ],
    "sd-vae": [],
    "scripts": {"txt2img": [], "img2img": []},
    "script-info": [],
    "latent-upscale-modes": [],
    "hypernetworks": [],
    "face-restorers": [],
    "realesrgan-models": [],
    "prompt-styles": [],
    "embeddings": {"loaded": {}, "skipped": {}},
}


def models(components: Components) -> list[dict[str, Any]]:
    """List the one checkpoint that is loaded."""
    return [
        {
            "title": options.title(components),
            "model_name": components.name,
            "hash": options.model_hash(components),
            "sha256": components.sha256,
            "filename": components.name,
            "config": None,
        }
    ]


def memory() -> dict[str, Any]:
    """Tell the memory of this process and of the GPU, in bytes."""
    import psutil
    import torch

    used, total = psutil.Process().memory_info().rss, psutil.virtual_memory().total
    ram = {"free": total - used, "used": used, "total": total}
    if not torch.cuda.is_available():
        return {"ram": ram, "cuda": {"error": "unavailable"}}
    free, whole = torch.cuda.mem_get_info()
    return {"ram": ram, "cuda": {"system": {"free": free, "used": whole - free, "total": whole}}}

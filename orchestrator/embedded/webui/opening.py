"""From a model's name to a desk that has proved it can paint."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch

from orchestrator.embedded import checkpoint
from orchestrator.embedded.webui import plan
from orchestrator.embedded.webui.desk import Desk
from orchestrator.embedded.webui.loras import LoraFolder
from orchestrator.embedded.webui.painter import Painter
from orchestrator.embedded.webui.state import State
from orchestrator.embedded.webui.wire import Txt2Img
from orchestrator.files import storage_errors

if TYPE_CHECKING:
    from pathlib import Path

_PROBE = Txt2Img(width=64, height=64, steps=1, seed=0, cfg_scale=1)


def open_desk(model: str, lora_folder: Path, device: str) -> Desk:
    """Load a model, set torch up for speed and repeatability, and paint a tiny picture.

    Raises:
        ModelFileError: as `checkpoint.load`.
        NotWritable: the folder of LoRAs cannot be made.
    """
    _be_quiet()
    _be_repeatable()
    where = _device(device)
    on_gpu = where == "cuda"
    with storage_errors(lora_folder):
        lora_folder.mkdir(parents=True, exist_ok=True)
    components = checkpoint.load(model, device=where, dtype=torch.float16 if on_gpu else torch.float32)
    folder, state = LoraFolder(lora_folder), State()
    painter = Painter(components, torch.float32 if on_gpu else _cpu_vae_type(), folder, state)
    desk = Desk(painter, folder, state)
    painter.paint(plan.make(_PROBE, desk.options, folder))
    return desk


def _device(asked: str) -> str:
    if asked != "auto":
        return asked
    return "cuda" if torch.cuda.is_available() else "cpu"


def _cpu_vae_type() -> torch.dtype:
    """Choose bfloat16 where the CPU multiplies it natively: the decoder is then 2 to 3 times faster."""
    capable: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    native = capable.get("avx512_bf16") or capable.get("amx_bf16") or capable.get("amx_tile")
    return torch.bfloat16 if native else torch.float32


def _be_repeatable() -> None:
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    # nothing here reads memory that it has not written
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )


def _be_quiet() -> None:
    import diffusers
    import transformers

    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()

"""What kohya's LoRA files call the modules of a model.

A name is a prefix (`lora_unet`, `lora_te`, or `lora_te1` and `lora_te2` for SDXL) and the module's path with
underscores for dots. For the U-Net sd-scripts writes diffusers' paths with SD 1.x, and with SDXL those of the
original layout.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from torch import nn

    from orchestrator.embedded.checkpoint import Components, Family

    Layer = nn.Linear | nn.Conv2d

UNET = "lora_unet_"
_STEM = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_out": "out.2",
}
_IN_RESNET = {
    "conv1": "in_layers.2",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_IN_BLOCK = re.compile(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)")
_IN_MIDDLE = re.compile(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)")


def modules(components: Components) -> dict[str, Layer]:
    """Map every name a LoRA may use to the linear or convolutional module it means."""
    named = unet_modules(components.unet)
    prefixes = ("lora_te1_", "lora_te2_") if len(components.text_encoders) > 1 else ("lora_te_",)
    for prefix, encoder in zip(prefixes, components.text_encoders, strict=True):
        named |= text_modules(encoder, prefix)
    return named


def unet_modules(unet: Any) -> dict[str, Layer]:
    """Map both layouts' names of a U-Net's modules to the modules."""
    own = _layers_of(unet)
    names = original_names(list(own), unet.config.layers_per_block)
    original = {names[path]: module for path, module in own.items()}
    return _flat(original, UNET) | _flat(own, UNET)


def names_in_file(paths: Collection[str], family: Family, layers: int) -> dict[str, str]:
    """Return what sd-scripts calls the modules of a U-Net in a file, by their paths in diffusers.

    Args:
        paths: all modules of the U-Net, such as `down_blocks.1.attentions.0.proj_in`.
        family: SD 1.x files use diffusers' paths, SDXL files those of the original layout.
        layers: as in `original_names`.
    """
    names = {path: path for path in paths} if family == "sd1" else original_names(paths, layers)
    return {path: UNET + name.replace(".", "_") for path, name in names.items()}


def text_name_in_file(path: str, family: Family, encoder: int) -> str:
    """Return what sd-scripts calls a text encoder's module in a file.

    Args:
        path: in transformers, such as `text_model.encoder.layers.0.mlp.fc1`; the first part, which newer
            releases left out, is put back.
        family: SDXL files number the encoders.
        encoder: which of the encoders, from 0.
    """
    prefix = "lora_te" if family == "sd1" else f"lora_te{encoder + 1}"
    return f"{prefix}_text_model_{path.removeprefix('text_model.').replace('.', '_')}"


def text_modules(encoder: Any, prefix: str) -> dict[str, Layer]:
    """Map the names of a text encoder's modules, with or without transformers' outer `text_model`."""
    return _flat(
        {
            "text_model." + path.removeprefix("text_model."): module
            for path, module in _layers_of(encoder).items()
        },
        prefix,
    )


def original_names(paths: Collection[str], layers: int) -> dict[str, str]:
    """Translate the paths of modules in diffusers' U-Net to Stability's original layout.

    Args:
        paths: all modules of the U-Net, such as `down_blocks.1.attentions.0.proj_in`.
        layers: resnets in a block on the way down (2 in SD 1.x and SDXL); one more on the way up.
    """
    attended = {".".join(path.split(".")[:2]) for path in paths if ".attentions." in path}
    return {path: _original_name(path, layers, attended) for path in paths}


def _original_name(path: str, layers: int, attended: Collection[str]) -> str:
    if path in _STEM:
        return _STEM[path]
    if match := _IN_MIDDLE.fullmatch(path):
        kind, index, rest = match.groups()
        place = 2 * int(index) if kind == "resnets" else 1
        return f"middle_block.{place}.{_within(kind, rest)}"
    if match := _IN_BLOCK.fullmatch(path):
        side, block, kind, index, rest = match.groups()
        first = int(block) * (layers + 1)
        if kind == "downsamplers":
            return f"input_blocks.{first + layers + 1}.0.op"
        if kind == "upsamplers":
            return f"output_blocks.{first + layers}.{2 if f'up_blocks.{block}' in attended else 1}.conv"
        place = 0 if kind == "resnets" else 1
        ordinal = first + int(index)
        start = f"input_blocks.{ordinal + 1}" if side == "down" else f"output_blocks.{ordinal}"
        return f"{start}.{place}.{_within(kind, rest)}"
    return path


def _within(kind: str, rest: str) -> str:
    return _IN_RESNET.get(rest, rest) if kind == "resnets" else rest


def _layers_of(model: Any) -> dict[str, Layer]:
    from torch import nn

    return {path: part for path, part in model.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)}


def _flat(named: Mapping[str, Layer], prefix: str) -> dict[str, Layer]:
    return {prefix + path.replace(".", "_"): module for path, module in named.items()}

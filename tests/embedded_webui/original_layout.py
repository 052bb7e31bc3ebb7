"""Writes a model as one file in Stability's original layout: the inverse of what diffusers reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from safetensors.torch import save_file

if TYPE_CHECKING:
    from pathlib import Path

    import torch

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_UNET_STEM = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def write_sd1(path: Path, unet: Any, vae: Any, text_encoder: Any) -> None:
    """Write an SD 1.x model in half precision; all blocks have two layers and there are four levels."""
    tensors = {f"model.diffusion_model.{unet_key(key)}": value for key, value in unet.state_dict().items()}
    tensors |= {
        f"first_stage_model.{vae_key(key)}": as_convolution(key, value)
        for key, value in vae.state_dict().items()
    }
    tensors |= {
        f"cond_stage_model.transformer.text_model.{key.removeprefix('text_model.')}": value
        for key, value in text_encoder.state_dict().items()
    }
    save_file({key: value.half().contiguous() for key, value in tensors.items()}, path)


def unet_key(key: str) -> str:
    """Rename a tensor of SD 1.x's U-Net."""
    for new, old in _UNET_STEM.items():
        if key.startswith(new + "."):
            return old + key[len(new) :]
    match = re.fullmatch(r"(down|up|mid)_blocks?\.(?:(\d)\.)?(\w+?)s\.(\d)\.(.+)", key)
    assert match, key
    side, block, kind, index, rest = match.groups()
    if kind == "resnet":
        name, kind_of_value = rest.rsplit(".", 1)
        rest = f"{_RESNET[name]}.{kind_of_value}"
    place = {"resnet": "0", "attention": "1"}.get(kind, "")
    if side == "mid":
        return f"middle_block.{1 if kind == 'attention' else 2 * int(index)}.{rest}"
    if kind == "downsampler":
        return f"input_blocks.{3 * int(block) + 3}.0.op.{rest.split('.')[-1]}"
    if kind == "upsampler":
        return f"output_blocks.{3 * int(block) + 2}.{1 if block == '0' else 2}.{rest}"
    if side == "down":
        return f"input_blocks.{3 * int(block) + int(index) + 1}.{place}.{rest}"
    return f"output_blocks.{3 * int(block) + int(index)}.{place}.{rest}"


def vae_key(key: str) -> str:
    """Rename a tensor of the autoencoder."""
    key = key.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", key)
    if "mid_block.attentions.0." in key:
        head, tail = key.split("mid_block.attentions.0.")
        name, kind = tail.rsplit(".", 1)
        return f"{head}mid.attn_1.{_VAE_ATTENTION[name]}.{kind}"
    key = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", key)
    key = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", key)
    key = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{3 - int(m[1])}.block.{m[2]}", key)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{3 - int(m[1])}.upsample", key)


def as_convolution(key: str, value: torch.Tensor) -> torch.Tensor:
    """Return attention's matrices as the 1x1 convolutions that they were."""
    is_matrix = ".attentions." in key and value.dim() == 2
    return value[..., None, None] if is_matrix else value

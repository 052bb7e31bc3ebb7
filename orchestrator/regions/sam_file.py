"""Segment Anything from its authors' own file (`sam_vit_b_01ec64.pth` and its kin), as transformers' model.

The file holds tensors alone: the model's sizes are read off their shapes, and their names are translated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.errors import ModelFileError
from orchestrator.regions.saved_model import saved, transformers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Tensors = Mapping[str, Any]

_HEADS = 8  # of the mask decoder, in every published size
_NAMES = (
    (r"^image_encoder\.", "vision_encoder."),
    (r"\bblocks\.", "layers."),
    (r"patch_embed\.proj\.", "patch_embed.projection."),
    (r"neck\.0\.", "neck.conv1."),
    (r"neck\.1\.", "neck.layer_norm1."),
    (r"neck\.2\.", "neck.conv2."),
    (r"neck\.3\.", "neck.layer_norm2."),
    (r"\.norm(\d|_final_attn)", r".layer_norm\1"),
    (r"mask_downscaling\.0\.", "mask_embed.conv1."),
    (r"mask_downscaling\.1\.", "mask_embed.layer_norm1."),
    (r"mask_downscaling\.3\.", "mask_embed.conv2."),
    (r"mask_downscaling\.4\.", "mask_embed.layer_norm2."),
    (r"mask_downscaling\.6\.", "mask_embed.conv3."),
    (r"pe_layer\.positional_encoding_gaussian_matrix", "shared_embedding.positional_embedding"),
    (r"point_embeddings\.", "point_embed."),
    (r"output_upscaling\.0\.", "upscale_conv1."),
    (r"output_upscaling\.1\.", "upscale_layer_norm."),
    (r"output_upscaling\.3\.", "upscale_conv2."),
    (r"(mlps\.\d+|iou_prediction_head)\.layers\.0\.", r"\1.proj_in."),
    (r"(mlps\.\d+|iou_prediction_head)\.layers\.2\.", r"\1.proj_out."),
    (r"(mlps\.\d+|iou_prediction_head)\.layers\.1\.", r"\1.layers.0."),
)


def sam(path: Path) -> Any:
    """Return a SAM model.

    Args:
        path: the authors' `.pth` file, or a folder as transformers saves it.

    Raises:
        ModelFileError: there is no such file, or it holds something else.
        MissingPackage: transformers is not installed.
    """
    return _converted(path) if path.is_file() else saved("SamModel", path)


def translated(tensors: Tensors) -> dict[str, Any]:
    """Return the tensors of the authors' file under transformers' names."""
    result = {_name(name): tensor for name, tensor in tensors.items()}
    shared = result["prompt_encoder.shared_embedding.positional_embedding"]
    return {**result, "shared_image_embedding.positional_embedding": shared}


def _name(name: str) -> str:
    for theirs, ours in _NAMES:
        name = re.sub(theirs, ours, name)
    return name


def _converted(path: Path) -> Any:
    import torch

    library = transformers()
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        model = library.SamModel(library.SamConfig(**_sizes(tensors)))
        model.load_state_dict(translated(tensors))
    except Exception as error:
        # what is raised depends on what the file holds instead
        raise ModelFileError(
            "this file holds no weights of Segment Anything",
            where=str(path),
            remedy="Name sam_vit_b_01ec64.pth or its kin, or a folder as transformers saves it.",
        ) from error
    return model.eval()


def _sizes(tensors: Tensors) -> dict[str, Any]:
    def shape(name: str) -> tuple[int, ...]:
        return tuple(tensors[name].shape)

    _, grid, _, hidden = shape("image_encoder.pos_embed")
    patch = shape("image_encoder.patch_embed.proj.weight")[-1]
    depth = sum(name.endswith(".attn.rel_pos_h") for name in tensors)
    reaches = [shape(f"image_encoder.blocks.{block}.attn.rel_pos_h") for block in range(depth)]
    windows = [(rows + 1) // 2 for rows, _ in reaches]
    channels = shape("image_encoder.neck.0.weight")[0]
    square = {"image_size": grid * patch, "patch_size": patch}
    vision = {
        **square,
        "hidden_size": hidden,
        "output_channels": channels,
        "num_hidden_layers": depth,
        "num_attention_heads": hidden // reaches[0][1],
        "mlp_dim": shape("image_encoder.blocks.0.mlp.lin1.weight")[0],
        "window_size": min(windows),
        "global_attn_indexes": [block for block, window in enumerate(windows) if window == grid],
        "num_pos_feats": channels // 2,
    }
    decoder = {
        "hidden_size": channels,
        "mlp_dim": shape("mask_decoder.transformer.layers.0.mlp.lin1.weight")[0],
        "num_attention_heads": _HEADS,
        "iou_head_hidden_dim": shape("mask_decoder.iou_prediction_head.layers.0.weight")[0],
    }
    prompts = {**square, "hidden_size": channels}
    return {"vision_config": vision, "prompt_encoder_config": prompts, "mask_decoder_config": decoder}

"""Segment Anything from its authors' own file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from moving_disc import COUNT

from orchestrator.errors import ModelFileError
from orchestrator.regions import segmenters
from orchestrator.regions.sam_file import sam, translated
from orchestrator.regions.saved_model import saved
from orchestrator.regions.settings import RegionSettings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene

# names of the authors' file, which their package segment-anything 1.0 gives its tensors, beside transformers'
NAMES = {
    "image_encoder.pos_embed": "vision_encoder.pos_embed",
    "image_encoder.patch_embed.proj.bias": "vision_encoder.patch_embed.projection.bias",
    "image_encoder.blocks.0.norm1.weight": "vision_encoder.layers.0.layer_norm1.weight",
    "image_encoder.blocks.1.attn.rel_pos_w": "vision_encoder.layers.1.attn.rel_pos_w",
    "image_encoder.neck.0.weight": "vision_encoder.neck.conv1.weight",
    "image_encoder.neck.3.bias": "vision_encoder.neck.layer_norm2.bias",
    "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix": (
        "prompt_encoder.shared_embedding.positional_embedding"
    ),
    "prompt_encoder.point_embeddings.3.weight": "prompt_encoder.point_embed.3.weight",
    "prompt_encoder.not_a_point_embed.weight": "prompt_encoder.not_a_point_embed.weight",
    "prompt_encoder.mask_downscaling.4.bias": "prompt_encoder.mask_embed.layer_norm2.bias",
    "prompt_encoder.mask_downscaling.6.weight": "prompt_encoder.mask_embed.conv3.weight",
    "mask_decoder.transformer.layers.1.norm4.bias": "mask_decoder.transformer.layers.1.layer_norm4.bias",
    "mask_decoder.transformer.norm_final_attn.bias": "mask_decoder.transformer.layer_norm_final_attn.bias",
    "mask_decoder.output_upscaling.1.weight": "mask_decoder.upscale_layer_norm.weight",
    "mask_decoder.output_upscaling.3.bias": "mask_decoder.upscale_conv2.bias",
    "mask_decoder.output_hypernetworks_mlps.2.layers.0.bias": (
        "mask_decoder.output_hypernetworks_mlps.2.proj_in.bias"
    ),
    "mask_decoder.output_hypernetworks_mlps.2.layers.1.bias": (
        "mask_decoder.output_hypernetworks_mlps.2.layers.0.bias"
    ),
    "mask_decoder.iou_prediction_head.layers.2.weight": "mask_decoder.iou_prediction_head.proj_out.weight",
}
BACK = (
    (r"\.layers\.0\.(weight|bias)$", r".layers.1.\1"),
    (r"\.proj_in\.", ".layers.0."),
    (r"\.proj_out\.", ".layers.2."),
    (r"^vision_encoder\.layers\.", "image_encoder.blocks."),
    (r"^vision_encoder\.", "image_encoder."),
    ("projection", "proj"),
    (r"neck\.conv1", "neck.0"),
    (r"neck\.layer_norm1", "neck.1"),
    (r"neck\.conv2", "neck.2"),
    (r"neck\.layer_norm2", "neck.3"),
    (r"mask_embed\.conv1", "mask_downscaling.0"),
    (r"mask_embed\.layer_norm1", "mask_downscaling.1"),
    (r"mask_embed\.conv2", "mask_downscaling.3"),
    (r"mask_embed\.layer_norm2", "mask_downscaling.4"),
    (r"mask_embed\.conv3", "mask_downscaling.6"),
    (r"shared_embedding\.positional_embedding", "pe_layer.positional_encoding_gaussian_matrix"),
    ("point_embed", "point_embeddings"),
    ("not_a_point_embeddings", "not_a_point_embed"),
    ("upscale_conv1", "output_upscaling.0"),
    ("upscale_layer_norm", "output_upscaling.1"),
    ("upscale_conv2", "output_upscaling.3"),
    ("layer_norm", "norm"),
)


def authors_name(name: str) -> str:
    for ours, theirs in BACK:
        name = re.sub(ours, theirs, name)
    return name


@pytest.fixture(scope="module")
def authors_file(sam: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model's weights as the authors' file has them."""
    tensors = saved("SamModel", sam).state_dict()
    del tensors["shared_image_embedding.positional_embedding"]
    path = tmp_path_factory.mktemp("authors") / "sam.pth"
    torch.save({authors_name(name): tensor.clone() for name, tensor in tensors.items()}, path)
    return path


def test_names_are_translated() -> None:
    """As segment-anything and transformers name them."""
    found = translated({name: torch.zeros(1) for name in NAMES})
    assert set(found) == {*NAMES.values(), "shared_image_embedding.positional_embedding"}
    assert [authors_name(ours) for ours in NAMES.values()] == list(NAMES)


def test_the_authors_file_is_the_same_model(
    sam: Path, authors_file: Path, frames: list[NDArray[np.uint8]], scene: Scene
) -> None:
    """Every size is read off the tensors; the masks are the same to the bit."""

    def masks(model: Path) -> list[Any]:
        pointing = {"points": [[0.31, 0.5]], "box": [0.1, 0.2, 0.6, 0.8]}
        region = RegionSettings.model_validate({"where": {"sam": model, "prompts": [pointing]}})
        return list(segmenters.choose(region.where, scene)(frames))

    ours, theirs = masks(sam), masks(authors_file)
    assert len(ours) == COUNT
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any(mask.any() for mask in ours)


@pytest.mark.parametrize("content", [b"hello", {"a": 1}, {"image_encoder.pos_embed": [1, 2]}])
def test_other_files_are_refused(content: Any, tmp_path: Path) -> None:
    """Neither a text nor another pickle is taken for one, and nothing in it is run."""
    path = tmp_path / "other.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(ModelFileError, match=r"other\.pth.*no weights of Segment Anything"):
        sam(path)

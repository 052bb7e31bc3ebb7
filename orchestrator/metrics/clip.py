"""CLIP: what a picture shows, as a vector that texts have too.

Radford et al.: "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021. The model
is a folder of the user's, as transformers saves it; nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from orchestrator.errors import MissingPackage, ModelFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.metrics.region import Region

    Vector = NDArray[np.float64]
    Frame = NDArray[np.uint8]

# CLIP's own, for colours from 0 to 1
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, eq=False)
class Clip:
    """A CLIP model and what turns a text into its tokens."""

    model: Any
    tokenizer: Any

    def pictures(self, frames: Sequence[Frame]) -> list[Vector]:
        """Return a vector of length 1 for each (H, W, 3) uint8 RGB picture.

        As CLIP was trained: scaled bicubically until the shorter side fits the network (224 pixels for most),
        and the middle square cut out.
        """
        side = self.model.config.vision_config.image_size
        pixels = torch.from_numpy(np.stack([_square(frame, side) for frame in frames])).permute(0, 3, 1, 2)
        with torch.inference_mode():
            seen = self.model.vision_model(pixel_values=pixels.to(self.model.device)).pooler_output
            return _units(self.model.visual_projection(seen))

    @staticmethod
    def only(frame: Frame, region: Region | None) -> Frame:
        """Return a picture with everything outside a region, (H, W) bool, in CLIP's mean colour."""
        if region is None:
            return frame
        return np.where(region[..., None], frame, np.uint8(255 * np.array(_MEAN)))

    def text(self, text: str) -> Vector:
        """Return a vector of length 1 for a text; what is longer than the model reads is cut off."""
        longest = self.model.config.text_config.max_position_embeddings
        tokens = self.tokenizer([text], truncation=True, max_length=longest, return_tensors="pt")
        with torch.inference_mode():
            read = self.model.text_model(
                input_ids=tokens["input_ids"].to(self.model.device),
                attention_mask=tokens["attention_mask"].to(self.model.device),
            ).pooler_output
            return _units(self.model.text_projection(read))[0]


def load_clip(folder: Path, device: str = "cpu") -> Clip:
    """Return a CLIP model from a folder.

    Args:
        folder: `config.json`, weights and the tokenizer's files, as `save_pretrained` leaves them.
        device: where to compute, as torch names it.

    Raises:
        MissingPackage: transformers is not installed.
        ModelFileError: the folder holds no CLIP model.
    """
    try:
        from transformers import CLIPModel, CLIPTokenizer
    except ImportError as error:
        raise MissingPackage(
            "CLIP needs transformers, which is not installed", remedy="pip install 'orchestrate[embedded]'"
        ) from error
    try:
        model = CLIPModel.from_pretrained(folder, local_files_only=True)
        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelFileError(
            f"this folder holds no CLIP model that transformers can read: {error}",
            where=str(folder),
            remedy="Name a folder with config.json, model.safetensors and the tokenizer's files.",
        ) from error
    return Clip(model.eval().requires_grad_(requires_grad=False).to(device), tokenizer)


def _square(frame: Frame, side: int) -> NDArray[np.float32]:
    """Return the middle of a picture as (side, side, 3), normalised."""
    height, width = frame.shape[:2]
    shorter = min(height, width)
    size = (round(width * side / shorter), round(height * side / shorter))
    scaled = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC), np.float32)
    top, left = (size[1] - side) // 2, (size[0] - side) // 2
    middle = scaled[top : top + side, left : left + side]
    normal: NDArray[np.float32] = ((middle / 255 - np.array(_MEAN)) / np.array(_STD)).astype(np.float32)
    return normal


def _units(vectors: torch.Tensor) -> list[Vector]:
    return [each / np.linalg.norm(each) for each in np.asarray(vectors.double().cpu())]

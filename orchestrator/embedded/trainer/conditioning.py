"""What the U-Net is told beside the picture: encoded captions and, for SDXL, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.embedded.checkpoint import Components


@dataclass(frozen=True)
class Text:
    """Encoded captions.

    Attributes:
        hidden: one vector a token, (N, tokens, features).
        pooled: one vector a caption, (N, features), which SDXL wants; else None.
    """

    hidden: torch.Tensor
    pooled: torch.Tensor | None


class TextEncoding:
    """The tokenizers and text encoders of a model, as one function.

    Encoded captions are remembered while no text encoder is trained.
    """

    def __init__(self, components: Components, clip_skip: int | None, *, trained: bool) -> None:
        self._pairs = list(zip(components.tokenizers, components.text_encoders, strict=True))
        self._sdxl = components.family == "sdxl"
        self._skip = clip_skip or 1
        self._trained = trained
        self._remembered: dict[str, Text] = {}

    def __call__(self, captions: Sequence[str]) -> Text:
        """Encode captions; gradients reach the text encoders if these are trained."""
        if self._trained:
            return self._encode(captions)
        for caption in set(captions) - self._remembered.keys():
            with torch.no_grad():
                self._remembered[caption] = self._encode([caption])
        return _joined([self._remembered[caption] for caption in captions])

    def _encode(self, captions: Sequence[str]) -> Text:
        outputs = [
            encoder(_tokens(tokenizer, captions).to(encoder.device), output_hidden_states=True)
            for tokenizer, encoder in self._pairs
        ]
        if self._sdxl:
            return Text(torch.cat([out.hidden_states[-2] for out in outputs], -1), outputs[-1].text_embeds)
        if self._skip == 1:
            return Text(outputs[0].last_hidden_state, None)
        encoder = self._pairs[0][1]
        norm = getattr(encoder, "text_model", encoder).final_layer_norm
        return Text(norm(outputs[0].hidden_states[-self._skip]), None)


def _tokens(tokenizer: Any, captions: Sequence[str]) -> torch.Tensor:
    """Return token numbers, (N, the tokenizer's length); longer captions are cut off."""
    padded = tokenizer(
        list(captions),
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    tokens: torch.Tensor = padded.input_ids
    return tokens


def _joined(texts: Sequence[Text]) -> Text:
    pooled = [text.pooled for text in texts if text.pooled is not None]
    return Text(torch.cat([text.hidden for text in texts]), torch.cat(pooled) if pooled else None)


def size_ids(
    original: tuple[int, int], corner: tuple[int, int], size: tuple[int, int]
) -> tuple[int, int, int, int, int, int]:
    """Return SDXL's size conditioning: original height, width; crop top, left; target height, width.

    Podell et al. 2023, section 2.2, https://arxiv.org/abs/2307.01952.

    Args:
        original: width and height of the picture file.
        corner: top and left of the crop.
        size: width and height of what is trained on.
    """
    return (original[1], original[0], *corner, size[1], size[0])

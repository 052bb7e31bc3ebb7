"""From words to what the U-Net attends to, with any length of prompt, emphasis and CLIP skip."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.embedded.webui.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import torch

    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.webui.prompt import Words

_KEPT = 64
_PENULTIMATE = 2


@dataclass(frozen=True)
class Conditioning:
    """What a prompt means to the U-Net.

    Attributes:
        tokens: (1, chunks * context, width).
        pooled: (1, width) for SDXL, else None.
    """

    tokens: torch.Tensor
    pooled: torch.Tensor | None


@dataclass(frozen=True)
class Chunk:
    """As many tokens as the text encoder takes at once, and what each weighs."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]


class Remembered:
    """The results of a costly function for the keys used last."""

    def __init__(self) -> None:
        self._results: OrderedDict[Hashable, Conditioning] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Conditioning]) -> Conditioning:
        """Return what was made for the key, making it if need be."""
        if key not in self._results:
            self._results[key] = make()
        self._results.move_to_end(key)
        while len(self._results) > _KEPT:
            self._results.popitem(last=False)
        return self._results[key]


def chunks_of(words: tuple[Words, ...], tokenizer: Any) -> list[Chunk]:
    """Cut a prompt into chunks of the tokenizer's length without its two marks; BREAK ends one early."""
    room = tokenizer.model_max_length - 2
    chunks: list[Chunk] = []
    ids: list[int] = []
    weights: list[float] = []
    for piece in words:
        new = (
            []
            if piece.text is None
            else tokenizer(piece.text, add_special_tokens=False, verbose=False).input_ids
        )
        for token in new:
            if len(ids) == room:
                chunks.append(_closed(ids, weights, tokenizer))
                ids, weights = [], []
            ids.append(token)
            weights.append(piece.weight)
        if piece.text is None:
            chunks.append(_closed(ids, weights, tokenizer))
            ids, weights = [], []
    return [*chunks, _closed(ids, weights, tokenizer)] if ids or not chunks else chunks


def _closed(ids: list[int], weights: list[float], tokenizer: Any) -> Chunk:
    padding = tokenizer.model_max_length - len(ids) - 2
    pads = [tokenizer.pad_token_id] * padding
    return Chunk(
        (tokenizer.bos_token_id, *ids, tokenizer.eos_token_id, *pads), (1.0, *weights, 1.0, *[1.0] * padding)
    )


def encode(components: Components, words: tuple[Words, ...], clip_skip: int, least: int) -> Conditioning:
    """Encode a prompt.

    Args:
        components: the model, with the LoRAs that shall act merged in.
        words: the prompt in pieces.
        clip_skip: 1 takes the last layer, 2 the one before, …; SDXL always takes the one before the last.
        least: chunks to fill up to with empty ones, so that two prompts are equally long.

    Raises:
        Refusal: the text encoder has fewer layers than shall be skipped.
    """
    import torch

    columns, pooled = [], None
    for encoder, tokenizer in zip(components.text_encoders, components.tokenizers, strict=True):
        chunks = chunks_of(words, tokenizer)
        chunks += chunks_of((), tokenizer) * (least - len(chunks))
        hidden, pooled = _run(encoder, chunks, components.family == "sdxl", clip_skip)
        columns.append(hidden)
    return Conditioning(torch.cat(columns, dim=-1), pooled)


def _run(encoder: Any, chunks: list[Chunk], penultimate: bool, clip_skip: int) -> tuple[Any, Any]:
    import torch

    if clip_skip > (_PENULTIMATE if penultimate else encoder.config.num_hidden_layers):
        raise Refusal(f"CLIP_stop_at_last_layers {clip_skip} is more than this model's text encoder can skip")
    ids = torch.tensor([chunk.ids for chunk in chunks], device=encoder.device)
    output = encoder(ids, output_hidden_states=True)
    if penultimate:
        hidden = output.hidden_states[-_PENULTIMATE]
    else:
        hidden = getattr(encoder, "text_model", encoder).final_layer_norm(output.hidden_states[-clip_skip])
    pooled = getattr(output, "text_embeds", None)
    return _weighed(hidden, chunks).flatten(0, 1)[None], None if pooled is None else pooled[:1]


def _weighed(hidden: torch.Tensor, chunks: list[Chunk]) -> torch.Tensor:
    """Scale each token's vector by its weight and keep the chunk's mean, as the WebUI does."""
    import torch

    weights = torch.tensor([chunk.weights for chunk in chunks], device=hidden.device, dtype=hidden.dtype)
    if bool((weights == 1).all()):
        return hidden
    scaled = hidden * weights[..., None]
    mean, scaled_mean = hidden.mean((1, 2), keepdim=True), scaled.mean((1, 2), keepdim=True)
    return scaled * (mean / scaled_mean)

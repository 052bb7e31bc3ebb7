"""A request, checked and understood, before it waits for its turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.embedded.webui import noise, pictures, prompt, samplers
from orchestrator.embedded.webui.refusal import Refusal
from orchestrator.embedded.webui.wire import MAX_IMAGES, Img2Img, Painting

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from orchestrator.embedded.webui.loras import LoraFolder
    from orchestrator.embedded.webui.options import Options


@dataclass(frozen=True)
class Plan:
    """What is to be painted.

    Attributes:
        request: as it came.
        options: the server's, with the request's overrides.
        choice: sampler and schedule.
        words: the positive prompt in pieces, without its LoRAs.
        loras: the files of its LoRAs, and how strongly each acts.
        negative: the negative prompt in pieces.
        seeds: one for each picture.
        inits: the init images in RGB, one for each picture; empty for txt2img.
        mask: as it came; None without.
    """

    request: Painting
    options: Options
    choice: samplers.Choice
    words: tuple[prompt.Words, ...]
    loras: tuple[tuple[Path, prompt.Use], ...]
    negative: tuple[prompt.Words, ...]
    seeds: tuple[noise.Seed, ...]
    inits: tuple[Image.Image, ...] = ()
    mask: Image.Image | None = None

    @property
    def noise_multiplier(self) -> float:
        """How much noise img2img adds, relative to what the sampler expects; 1 is normal."""
        if not isinstance(self.request, Img2Img):
            return 1.0
        asked = self.request.initial_noise_multiplier
        return self.options.initial_noise_multiplier if asked is None else asked


def make(request: Painting, options: Options, folder: LoraFolder) -> Plan:
    """Check a request.

    Raises:
        Refusal: it asks for something that does not exist or cannot be.
    """
    if asked := request.unsupported():
        raise Refusal(f"Not supported by this server: {', '.join(asked)}")
    count = request.batch_size * request.n_iter
    if count > MAX_IMAGES:
        raise Refusal(f"{count} pictures in one request are more than {MAX_IMAGES}")
    positive = prompt.parse(request.prompt or "")
    inits, mask = _inits(request) if isinstance(request, Img2Img) else ((), None)
    return Plan(
        request=request,
        options=options,
        choice=samplers.choose(
            request.sampler_name or request.sampler_index, request.scheduler, request.steps, request.eta
        ),
        words=positive.words,
        loras=tuple((folder.find(use.name), use) for use in positive.loras),
        negative=prompt.parse_negative(request.negative_prompt or ""),
        seeds=tuple(noise.spread(request.seed, request.subseed, request.subseed_strength, count)),
        inits=inits * (count // len(inits)) if inits else (),
        mask=mask,
    )


def _inits(request: Img2Img) -> tuple[tuple[Image.Image, ...], Image.Image | None]:
    """Decode the init images, as many as a batch has, and the mask."""
    if not request.init_images:
        raise Refusal("Init image not found", status=404)
    given = len(request.init_images)
    if given not in (1, request.batch_size):
        raise Refusal(
            f"{given} init images for a batch of {request.batch_size}: send one, or as many as the batch"
        )
    inits = tuple(pictures.flat(pictures.decode(image)) for image in request.init_images)
    mask = pictures.decode(request.mask) if request.mask else None
    if mask and (other := {image.size for image in inits} - {mask.size}):
        raise Refusal(f"The mask has {mask.size} pixels, an init image {other.pop()}")
    return inits if given > 1 else inits * request.batch_size, mask

"""Painting plans with one model, one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.embedded.merge import Merger, Weighted
from orchestrator.embedded.webui import denoise, masks, network, noise, pictures
from orchestrator.embedded.webui.conditioning import Remembered, chunks_of, encode
from orchestrator.embedded.webui.refusal import Refusal
from orchestrator.embedded.webui.state import Stop
from orchestrator.embedded.webui.wire import Img2Img
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.merge import Lora
    from orchestrator.embedded.webui.conditioning import Conditioning
    from orchestrator.embedded.webui.loras import LoraFolder
    from orchestrator.embedded.webui.plan import Plan
    from orchestrator.embedded.webui.prompt import Words
    from orchestrator.embedded.webui.state import State


@dataclass(frozen=True)
class Painted:
    """A picture, and whether it is finished.

    Attributes:
        picture: RGB.
        index: its number in the request, from 0.
        steps: denoising steps that were done.
        planned: steps that would have finished it.
    """

    picture: Image.Image
    index: int
    steps: int
    planned: int


class Painter:
    """A model, the LoRAs merged into it, and the prompts it remembers. Used by one thread at a time."""

    def __init__(
        self, components: Components, vae_dtype: torch.dtype, folder: LoraFolder, state: State
    ) -> None:
        """Take over `components`: LoRAs will change its weights, and its VAE gets the type `vae_dtype`."""
        import torch

        self.components = components
        self._merger = Merger(components)
        self._folder = folder
        self._state = state
        self._remembered = Remembered()
        components.unet.to(memory_format=torch.channels_last)
        components.vae.to(vae_dtype).to(memory_format=torch.channels_last)

    def paint(self, plan: Plan) -> tuple[list[Painted], list[Lora]]:
        """Paint a plan's pictures; those of which no step was done before somebody stopped it are left out.

        Returns:
            The pictures, and the LoRAs that acted.

        Raises:
            Refusal: a LoRA cannot be read or does not fit.
            NotFinite: the model's numbers overflowed.
        """
        import torch

        kind = "img2img" if isinstance(plan.request, Img2Img) else "txt2img"
        self._state.begin(f"scripts_{kind}", len(plan.seeds), plan.request.steps - _skipped(plan))
        try:
            with torch.inference_mode():
                uses = self._merge(plan)
                return self._pictures(plan, self._meaning(plan, uses)), [use.lora for use in uses]
        finally:
            self._state.end()

    def _merge(self, plan: Plan) -> list[Weighted]:
        uses = [Weighted(self._folder.load(path), use.text, use.unet) for path, use in plan.loras]
        try:
            self._merger.merge(uses)
        except ModelFileError as error:
            raise Refusal(str(error)) from error
        return uses

    def _meaning(self, plan: Plan, uses: list[Weighted]) -> network.Meaning:
        """Encode the prompts; the negative one is left out where it would have no effect."""
        skip = plan.options.CLIP_stop_at_last_layers
        acting = tuple((use.lora.content, use.text) for use in uses)
        guided = plan.request.cfg_scale != 1
        prompts = [plan.words, plan.negative] if guided else [plan.words]
        least = max(len(chunks_of(words, self.components.tokenizers[0])) for words in prompts)
        encoded = [self._encoded(words, skip, least, acting) for words in prompts]
        return network.Meaning(encoded[0], encoded[1] if guided else None, plan.request.cfg_scale)

    def _encoded(
        self, words: tuple[Words, ...], skip: int, least: int, acting: tuple[tuple[str, float], ...]
    ) -> Conditioning:
        key = (words, skip, least, acting)
        return self._remembered.get(key, lambda: encode(self.components, words, skip, least))

    def _pictures(self, plan: Plan, meaning: network.Meaning) -> list[Painted]:
        done: list[Painted] = []
        for index in range(len(plan.seeds)):
            if index % plan.request.batch_size == 0:
                self._state.begin_batch()
            if self._state.stop is Stop.NOTHING:
                self._state.image(index)
                done.append(self._picture(plan, meaning, index))
        return [painted for painted in done if painted.steps]

    def _picture(self, plan: Plan, meaning: network.Meaning, index: int) -> Painted:
        planned = plan.request.steps - _skipped(plan)
        if not isinstance(plan.request, Img2Img):
            picture, steps = self._run(plan, meaning, index, None)
        elif plan.mask is None:
            request = plan.request
            init = pictures.fit(plan.inits[index], request.width, request.height, request.resize_mode)
            picture, steps = self._run(plan, meaning, index, self._start(plan, index, init, None))
        else:
            inpaint = masks.prepare(plan.mask, plan.request)
            below, init = masks.start(plan.inits[index], inpaint, plan.request)
            picture, steps = self._run(plan, meaning, index, self._start(plan, index, init, inpaint))
            picture = masks.laid_over(picture, below, inpaint)
        return Painted(picture, index, steps, planned)

    def _start(
        self, plan: Plan, index: int, init: Image.Image, inpaint: masks.Inpaint | None
    ) -> denoise.Start:
        """Encode the init image, with the masked part replaced as the request wants it."""
        import torch

        assert isinstance(plan.request, Img2Img)
        if inpaint is None:
            return denoise.Start(network.to_latents(self.components, init), None, _skipped(plan))
        fill = masks.Fill(plan.request.inpainting_fill)
        if fill is masks.Fill.SURROUNDINGS:
            init = masks.filled(init, inpaint.latent)
        latents = network.to_latents(self.components, init)
        mask = torch.from_numpy(masks.latent_mask(inpaint)).to(latents.device)
        if fill is masks.Fill.NOISE:
            latents = latents * (1 - mask) + self._noise(plan, index)[0] * mask
        if fill is masks.Fill.NOTHING:
            latents = latents * (1 - mask)
        return denoise.Start(latents, mask, _skipped(plan))

    def _noise(self, plan: Plan, index: int) -> tuple[torch.Tensor, torch.Generator]:
        side = network.PIXELS_PER_LATENT
        drawn, generator = noise.first(
            plan.seeds[index], plan.request.height // side, plan.request.width // side
        )
        return drawn.to(self.components.unet.device), generator

    def _run(
        self, plan: Plan, meaning: network.Meaning, index: int, start: denoise.Start | None
    ) -> tuple[Image.Image, int]:
        request, sampler = plan.request, plan.choice.sampler
        drawn, generator = self._noise(plan, index)
        scheduler = plan.choice.scheduler(self.components.scheduler)
        scheduler.set_timesteps(request.steps, device=drawn.device)
        options: dict[str, Any] = {"generator": generator} if sampler.noisy else {}
        if sampler.takes_eta:
            options["eta"] = request.eta or 0.0
        predict = network.predictor(self.components, meaning, request.width, request.height)

        def watched(latents: torch.Tensor, timestep: Any) -> torch.Tensor:
            prediction = predict(latents, timestep)
            self._state.step()
            return prediction

        multiplied = drawn * plan.noise_multiplier
        latents, steps = denoise.denoise(
            watched, scheduler, multiplied, start, options, lambda: self._state.stop is Stop.NOTHING
        )
        return network.to_picture(self.components, latents), steps


def _skipped(plan: Plan) -> int:
    request = plan.request
    return (
        denoise.first_step(request.denoising_strength, request.steps) if isinstance(request, Img2Img) else 0
    )

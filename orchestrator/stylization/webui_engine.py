"""Painting with WebUIs, and proof for every picture that they did what was asked."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, islice, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.errors import EffectMissing, PresetError, ProjectError
from orchestrator.stylization.batch import fastest
from orchestrator.stylization.consistency import MODES
from orchestrator.stylization.engine import Paint, Painted
from orchestrator.webui import images, payloads, pool
from orchestrator.webui.asked_again import PASSING, settle
from orchestrator.webui.loras import check_seen
from orchestrator.webui.opening import checkpoint
from orchestrator.webui.proof import prove
from orchestrator.webui.request import img2img
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from orchestrator.stylization.engine import Look
    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.webui.loras import InstalledLora
    from orchestrator.webui.opening import Server
    from orchestrator.webui.payloads import Payload
    from orchestrator.webui.wire import Img2ImgAnswer, Img2ImgRequest


def recipe(settings: StylizeSettings) -> Payload:
    """Return the settings' payload preset with what the settings say otherwise, for all frames alike.

    Raises:
        PresetError: it cannot be used.
    """
    numbers = {
        "denoising_strength": settings.strength,
        "steps": settings.steps,
        "cfg_scale": settings.cfg_scale,
    }
    said = {name: schedule.value for name, schedule in numbers.items() if schedule is not None}
    own = {"negative_prompt": settings.negative_prompt, **said}
    named = payloads.load(settings.payload)
    changed = named.model_copy(update={key: value for key, value in own.items() if value is not None})
    payload = _looking_back(changed, MODES[settings.consistency.mode].units)
    _check_usable(payload, len(settings.controlnet_weights))
    return payload


def _looking_back(payload: Payload, units: str | None) -> Payload:
    """Return a payload some unit of which looks at the frame painted before, if that is wanted."""
    if units is None or payload.needs_previous:
        return payload
    added = payloads.load(units).controlnet
    return payload.model_copy(update={"controlnet": (*payload.controlnet, *added)})


def _check_usable(payload: Payload, weights: int) -> None:
    if payload.inpaint is not None:
        raise PresetError(
            "this payload paints a region of each picture, and a project paints the whole of it",
            where="stylize.payload",
            remedy="Choose another one and say under `regions` where it applies, or paint pictures by"
            " `orchestrate webui paint --mask`.",
        )
    if weights > len(payload.controlnet):
        raise PresetError(
            f"there are {weights} weights, and the payload has {len(payload.controlnet)} units of ControlNet",
            where="stylize.controlnet_weights",
            remedy="Write as many as it has units, or choose another payload.",
        )


@dataclass(frozen=True)
class Painter:
    """One WebUI with a LoRA, which paints some pictures by one request.

    Attributes:
        server: the WebUI.
        lora: as it knows it; None for none.
        payload: how it paints.
    """

    server: Server
    lora: InstalledLora | None
    payload: Payload

    def work(self, paints: Sequence[Paint]) -> tuple[Painted, ...]:
        """Paint pictures of one size and look.

        Raises:
            WebUIError: the WebUI failed; EffectMissing when it answered, but did something else.
        """
        request = self.request(paints)
        answer = self._asked(request)
        pictures = self._proven(request, answer, paints)
        self.server.frame_finished()
        return tuple(map(Painted, pictures, answer.told(len(paints))))

    def request(self, paints: Sequence[Paint]) -> Img2ImgRequest:
        """Return the request that paints pictures of one size and look."""
        look = paints[0].look
        return img2img(
            _as_looked(self.payload, look),
            [paint.init for paint in paints],
            prompt=look.prompt,
            negative_prompt=look.negative_prompt,
            seed=look.seed,
            strength=look.strength,
            subseed=look.subseed,
            subseed_strength=look.subseed_strength,
            loras=dict.fromkeys(self.acting(look), look.lora_weight),
            checkpoint=self.server.settings.checkpoint,
            previous=paints[0].previous,
        )

    def acting(self, look: Look) -> dict[str, str]:
        """Return the content hash of the LoRA that must act, by its name."""
        if self.lora is None or look.lora_weight == 0:
            return {}
        return {self.lora.name: self.lora.content_hash}

    def recover(self) -> None:
        """Make sure that the WebUI paints with the checkpoint and LoRA that it had. Raises WebUIError."""
        self.server.recover()
        if self.lora is not None:
            check_seen(self.lora, self.server.client)

    def seconds(self, pictures: int, size: tuple[int, int], look: Look) -> float:
        """Return how long the WebUI takes for some pictures of a size by one request. Raises WebUIError."""
        width, height = size
        noise = np.random.default_rng(pictures).integers(0, 256, (pictures, height, width, 3), np.uint8)
        paints = [Paint(each, look) for each in noise]
        request = self.request(paints)
        began = time.monotonic()  # what is done before and after is done beside other requests in a run
        answer = self._asked(request)
        taken = time.monotonic() - began
        self._proven(request, answer, paints)
        return taken

    def _asked(self, request: Img2ImgRequest) -> Img2ImgAnswer:
        """Ask once; after a fault come back when nothing of it is under way any more."""
        client = self.server.client
        client.line.wait()
        try:
            with self.server.watch.painting():
                return client.img2img(request)
        except PASSING:
            with client.line.doubt():
                settle(client, hang_timeout=self.server.settings.hang_timeout)
            raise

    def _proven(
        self, request: Img2ImgRequest, answer: Img2ImgAnswer, paints: Sequence[Paint]
    ) -> list[NDArray[np.uint8]]:
        inits = [paint.init for paint in paints]
        pictures = [images.decode(each) for each in answer.painted(len(inits))]
        prove(request, answer, inits, pictures, self.acting(paints[0].look))
        self._check_checkpoint(answer)
        return pictures

    def _check_checkpoint(self, answer: Img2ImgAnswer) -> None:
        painted_with = checkpoint(answer.info)
        if painted_with != self.server.checkpoint:
            raise EffectMissing(
                f"expected the checkpoint {self.server.checkpoint}, got {painted_with}",
                where=self.server.name,
                remedy="Somebody has chosen another one there: name yours in webui.checkpoint.",
            )


class WebUIEngine:
    """An engine that asks WebUIs, each for what it has time for.

    Args:
        painters: the WebUIs.
        batch: pictures a request, where the payload lets it hold several.
        tell: is told in a line when a WebUI is lost or comes back; called from any thread.
    """

    def __init__(self, painters: Sequence[Painter], *, batch: int, tell: Callable[[str], None]) -> None:
        self.batch = 1 if any(painter.payload.one_at_a_time for painter in painters) else batch
        self.looks_back = any(painter.payload.needs_previous for painter in painters)
        self._painters = painters
        self._tell = tell

    def paint(self, paints: Iterable[Paint]) -> Generator[Painted, None, None]:
        """Paint pictures of one size.

        Raises:
            WebUIError: the WebUIs failed; EffectMissing when one answered, but did something else.
        """
        answers = pool.done(_batches(paints, self.batch), self._painters, self._tell, in_turn=self.looks_back)
        for painted in answers:
            yield from painted


def _as_looked(payload: Payload, look: Look) -> Payload:
    """Return a payload with the numbers of a look."""
    numbers = {"steps": look.steps, "cfg_scale": look.cfg_scale}
    changed: dict[str, Any] = {name: value for name, value in numbers.items() if value is not None}
    if look.control_weights:
        weights = zip_longest(look.control_weights, (unit.weight for unit in payload.controlnet))
        units = zip(payload.controlnet, weights, strict=True)
        changed["controlnet"] = tuple(
            unit.model_copy(update={"weight": own if said is None else said}) for unit, (said, own) in units
        )
    return payload.model_copy(update=changed)


def check_alike(painters: Sequence[Painter]) -> None:
    """Make sure that all WebUIs paint with the same checkpoint.

    That they have the same LoRA is known from its installation.

    Raises:
        ProjectError: two do not; both are named.
    """
    first, *others = (painter.server for painter in painters)
    for other in others:
        if other.checkpoint != first.checkpoint:
            raise ProjectError(
                f"two WebUIs paint with different checkpoints: {first.name} with {first.checkpoint},"
                f" {other.name} with {other.checkpoint}",
                where="webui",
                remedy="Name the one that both have in webui.checkpoint.",
            )


def fastest_batch(painters: Sequence[Painter], size: tuple[int, int], look: Look) -> int:
    """Measure how many pictures a request should hold, so that every WebUI can do it.

    Args:
        painters: the WebUIs; they are measured side by side.
        size: width and height of the pictures.
        look: how they are painted.

    Raises:
        WebUIError: one cannot paint even one picture.
    """
    if any(painter.payload.one_at_a_time or _paints_one_by_one(painter.server) for painter in painters):
        return 1
    with ThreadPoolExecutor(len(painters)) as side_by_side:
        return min(
            side_by_side.map(lambda painter: fastest(lambda n: painter.seconds(n, size, look)), painters)
        )


def _paints_one_by_one(server: Server) -> bool:
    """Tell the embedded WebUI, which takes as long for a picture in a request of eight as for one alone."""
    return server.settings.url == EMBEDDED


def _batches(paints: Iterable[Paint], size: int) -> Iterator[list[Paint]]:
    """Yield pictures in rows of `size`, divided where the look changes: one request has one look."""
    rest = iter(paints)
    while row := list(islice(rest, size)):
        yield from (list(alike) for _, alike in groupby(row, lambda paint: paint.look))

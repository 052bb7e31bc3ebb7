"""Single frames painted by one WebUI with one LoRA file after the other: what comparing LoRAs takes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import PresetError
from orchestrator.gate.painter import Setup
from orchestrator.stages.fitting import check_lora_fits
from orchestrator.stages.installed import lora_folder, own_loras
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.rehearsal import rehearse
from orchestrator.stylization.webui_engine import Painter, WebUIEngine
from orchestrator.webui.folder import folder
from orchestrator.webui.loras import install
from orchestrator.webui.opening import opened
from orchestrator.webui.payloads import as_listed
from orchestrator.webui.prune import withdraw

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.stylization.engine import Painted
    from orchestrator.webui.loras import InstalledLora
    from orchestrator.webui.opening import Server
    from orchestrator.webui.payloads import Payload
    from orchestrator.webui.settings import WebUISettings


class Probe(Protocol):
    """One frame to paint over."""

    @property
    def frame(self) -> NDArray[np.uint8]:
        """What to start from, (H, W, 3) uint8 RGB, both sides multiples of 8."""

    @property
    def seed(self) -> int:
        """Of the noise, 0 to 2**32 - 1."""


class ProbePainter:
    """Paints frames with any LoRA file, each picture for itself and proven.

    A LoRA is installed, and measured to act, before its first picture; at the end it is taken away again.

    Args:
        server: the WebUI that paints.
        payload: how it paints.
        prompt: what it paints.
        loras: the folder that it takes LoRAs from.
        tell: is told in a line when the WebUI is lost or comes back; called from any thread.
    """

    def __init__(
        self, server: Server, payload: Payload, prompt: str, loras: Path | str, tell: Callable[[str], None]
    ) -> None:
        self._server = server
        self._payload = payload
        self._prompt = prompt
        self._loras = loras
        self._tell = tell
        self._installed: dict[Path, InstalledLora] = {}
        self._rehearsed: set[str] = set()

    @property
    def setup(self) -> Setup:
        """What it paints with, apart from the LoRA."""
        payload = self._payload
        named = {"sampler_name", "scheduler", "steps"}
        others = payload.model_dump(mode="json", exclude=named, exclude_none=True)
        return Setup(
            checkpoint=self._server.checkpoint,
            sampler=payload.sampler_name,
            scheduler=payload.scheduler or "the server's own",
            steps=payload.steps,
            server=self._server.catalogue.flavour.name,
            version=self._server.version,
            others={name: str(value) for name, value in others.items() if value not in ("", [])},
        )

    def paint(
        self,
        lora: Path | None,
        weight: float,
        requests: Iterable[Probe],
        *,
        strength: float | None = None,
    ) -> Generator[Painted, None, None]:
        """Yield what comes of each frame, in their order.

        Args:
            lora: the safetensors file; None paints without any.
            weight: how strongly it acts; 0 leaves it out.
            requests: frames of one size; a few are taken ahead.
            strength: 0 keeps a frame, 1 forgets it; the payload's when None.

        Raises:
            ModelFileError: the LoRA cannot be read, or is certainly of another family than the checkpoint.
            EffectMissing: the LoRA changes nothing, or the WebUI did something else than was asked.
            WebUIError: the WebUI failed.
            StorageError: its LoRA folder does not take the file.
        """
        payload = self._payload
        look = Look(
            prompt=self._prompt,
            negative_prompt=payload.negative_prompt,
            seed=0,
            strength=payload.denoising_strength if strength is None else strength,
            lora_weight=weight,
        )
        painter = Painter(self._server, self._seen(lora) if lora and weight else None, payload)
        self._rehearse(painter, look)
        # alone in its request, so that no picture depends on how many were still to be painted
        engine = WebUIEngine([painter], batch=1, tell=self._tell)
        yield from engine.paint(Paint(each.frame, replace(look, seed=each.seed)) for each in requests)

    def _seen(self, lora: Path) -> InstalledLora:
        from orchestrator.safetensors_file import content_hash

        if lora not in self._installed:
            weights = LoraWeights(lora, content_hash(lora))
            client = self._server.client
            check_lora_fits(weights, client, self._server.settings.checkpoint)
            self._installed[lora] = install(weights, self._loras, client, name=_name(lora))
        return self._installed[lora]

    def withdraw(self) -> None:
        """Take the LoRAs that it painted with out of the WebUI's folder. Raises StorageError."""
        place = folder(self._loras)
        for lora, installed in self._installed.items():
            withdraw(place, name=_name(lora), content_hash=installed.content_hash)

    def _rehearse(self, painter: Painter, look: Look) -> None:
        lora = painter.lora.content_hash if painter.lora else ""
        if lora not in self._rehearsed:
            rehearse([painter], look)
            self._rehearsed.add(lora)


@contextmanager
def probe_painter(
    webui: WebUISettings,
    payload: Payload,
    prompt: str,
    *,
    model: str,
    work: Path,
    tell: Callable[[str], None],
) -> Iterator[ProbePainter]:
    """Yield a painter whose WebUI runs as long as the context lasts.

    Args:
        webui: which WebUI.
        payload: how it paints; its negative prompt and strength are those that hold.
        prompt: what it paints, with the trigger word in it.
        model: what the embedded WebUI paints with: `pocket`, or the path of a checkpoint.
        work: where the embedded WebUI finds its LoRAs and leaves its log.
        tell: is told in a line when the WebUI is lost or comes back; called from any thread.

    Raises:
        PresetError: the payload paints a region of each picture.
        ProjectError: it is not said where the WebUI keeps its LoRAs.
        WebUIError: it cannot be reached, or cannot paint.
    """
    if payload.inpaint is not None:
        raise PresetError(
            "this payload paints a region of each picture, and there are no masks that say which",
            remedy="Choose a payload without `inpaint`.",
        )
    loras = lora_folder(webui, work)
    with opened(webui, model=model, lora_dir=own_loras(work), log=work / "webui.log") as server:
        painter = ProbePainter(server, as_listed(payload, server.client), prompt, loras, tell)
        try:
            yield painter
        finally:
            painter.withdraw()


def _name(lora: Path) -> str:
    """Return the start of a LoRA's name in the WebUI: none of those that anybody else paints with."""
    return f"probe-{lora.stem}"

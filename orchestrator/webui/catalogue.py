"""What a WebUI has to choose from, and requests checked against it.

A WebUI takes an unknown sampler for another one, ignores an unknown checkpoint and rounds sizes, all with
200. So a request is looked at before it is sent, and refused with what comes nearest.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.errors import WebUIRefused
from orchestrator.webui.flavour import listed
from orchestrator.webui.proof import CHECKPOINT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from orchestrator.webui.client import Client
    from orchestrator.webui.flavour import Flavour
    from orchestrator.webui.wire import Checkpoint, Img2ImgRequest

VAE = "sd_vae"  # the option that chooses one
_ALWAYS = frozenset({"Automatic", "None"})  # VAEs that are listed nowhere
_NO_MODULE = frozenset({"none", "None"})
_MULTIPLE = 8  # pixels to one of the autoencoder's latents
_NEAR = 0.5  # likeness from which on a name may have been meant
_SHOWN = 8  # names that fit into one message


@dataclass(frozen=True)
class Catalogue:
    """A WebUI's own lists, each as a request must name its entries; None where it has no such list.

    Attributes:
        flavour: which program it is.
        options: names of all options.
        checkpoints: all checkpoints; their titles change once they are hashed.
        samplers, schedulers, vaes, upscalers: names.
        scripts: titles of scripts and extensions, in lower case.
        control_models, control_modules: ControlNet's; None without it.
    """

    flavour: Flavour
    options: frozenset[str]
    checkpoints: tuple[Checkpoint, ...]
    samplers: tuple[str, ...]
    schedulers: tuple[str, ...] | None
    vaes: tuple[str, ...] | None
    upscalers: tuple[str, ...] | None
    scripts: tuple[str, ...] | None
    control_models: tuple[str, ...] | None
    control_modules: tuple[str, ...] | None


def load(client: Client, flavour: Flavour) -> Catalogue:
    """Ask a WebUI for all its lists. Raises WebUIError: it fails at one that every WebUI has."""
    schedulers = listed(client.schedulers)
    vaes = listed(lambda: client.vaes(flavour.vae_list))
    upscalers = listed(client.upscalers)
    scripts = listed(client.scripts)
    return Catalogue(
        flavour=flavour,
        options=frozenset(client.options()),
        checkpoints=tuple(client.models()),
        samplers=tuple(each.name for each in client.samplers()),
        schedulers=None if schedulers is None else tuple(each.label for each in schedulers),
        vaes=None if vaes is None else tuple(each.model_name for each in vaes),
        upscalers=None if upscalers is None else tuple(each.name for each in upscalers),
        scripts=None if scripts is None else scripts.img2img,
        control_models=listed(client.control_models),
        control_modules=listed(client.control_modules),
    )


def check(request: Img2ImgRequest, catalogue: Catalogue, *, where: str = "") -> None:
    """Make sure that a WebUI has all that a request names.

    Args:
        request: what is about to be sent.
        catalogue: what there is.
        where: the WebUI's address.

    Raises:
        WebUIRefused: it lacks something; all of it is told, each with what comes nearest.
    """
    if mistakes := list(missing(request, catalogue)):
        raise WebUIRefused(
            f"{catalogue.flavour.name} cannot do what is asked: " + "; ".join(mistakes),
            where=where,
            remedy="Choose from what it has (`orchestrate webui probe` lists it), or install what it lacks.",
        )


def missing(request: Img2ImgRequest, catalogue: Catalogue) -> Iterator[str]:
    """Yield what a WebUI lacks for a request, each in one phrase with the nearest match."""
    yield from _size(request)
    yield from _unknown("sampler", request.sampler_name, catalogue.samplers)
    if request.scheduler is not None:
        if catalogue.schedulers is None:
            yield f"it takes no noise schedule from a request: leave {request.scheduler!r} out"
        else:
            yield from _unknown("scheduler", request.scheduler, catalogue.schedulers)
    if request.distilled_cfg_scale is not None and not catalogue.flavour.has_distilled_cfg:
        yield "it knows no distilled_cfg_scale: leave it out"
    yield from _options(request.override_settings, catalogue)
    yield from _scripts(request.alwayson_scripts or {}, catalogue)


def check_upscaler(name: str, catalogue: Catalogue) -> None:
    """Raise WebUIRefused unless a WebUI lists an upscaler."""
    for mistake in _unknown("upscaler", name, catalogue.upscalers or ()):
        raise WebUIRefused(f"{catalogue.flavour.name} cannot enlarge: {mistake}")


def painted_size(width: int, height: int) -> tuple[int, int]:
    """Return the size that a WebUI paints when asked for another one."""
    return width // _MULTIPLE * _MULTIPLE, height // _MULTIPLE * _MULTIPLE


def _size(request: Img2ImgRequest) -> Iterator[str]:
    width, height = painted_size(request.width, request.height)
    if (width, height) != (request.width, request.height):
        yield f"it would paint {width}x{height} instead of {request.width}x{request.height}"


def _options(wanted: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    for name in wanted:
        yield from _unknown("option", name, catalogue.options)
    if title := wanted.get(CHECKPOINT):
        yield from _unknown(
            "checkpoint", title, {name for each in catalogue.checkpoints for name in _names(each)}
        )
    if (vae := wanted.get(VAE)) and catalogue.vaes is not None:
        yield from _unknown("VAE", vae, {*catalogue.vaes, *_ALWAYS})


def _names(checkpoint: Checkpoint) -> set[str]:
    """Return all that a WebUI takes for a checkpoint: its title, file, name and hashes."""
    file = checkpoint.title.partition(" [")[0]
    short = file.replace("\\", "/").rpartition("/")[2]
    hashes = {digits for digits in (checkpoint.hash, checkpoint.sha256) if digits}
    return {checkpoint.title, file, short, checkpoint.model_name, *hashes}


def _scripts(wanted: Mapping[str, Any], catalogue: Catalogue) -> Iterator[str]:
    for name, script in wanted.items():
        if name.lower() == "controlnet":
            yield from _controlnet(script.get("args", []), catalogue)
        elif catalogue.scripts:
            yield from _unknown("extension", name.lower(), catalogue.scripts)


def _controlnet(units: Iterable[Mapping[str, Any]], catalogue: Catalogue) -> Iterator[str]:
    if catalogue.control_models is None:
        yield "it has no ControlNet: install the extension sd-webui-controlnet"
        return
    models = {*catalogue.control_models, *(each.partition(" [")[0] for each in catalogue.control_models)}
    for unit in units:
        yield from _unknown("ControlNet model", unit.get("model") or "None", models)
        modules = {*(catalogue.control_modules or ()), *_NO_MODULE}
        yield from _unknown("ControlNet module", unit.get("module") or "none", modules)


def _unknown(kind: str, name: str, known: Collection[str]) -> Iterator[str]:
    if name in known:
        return
    if nearest := _nearest(name, known):
        yield f"there is no {kind} {name!r}; did you mean {nearest!r}?"
    else:
        some = ", ".join(sorted(known)[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
        yield f"there is no {kind} {name!r}; there are {some or 'none at all'}"


def _nearest(name: str, known: Collection[str]) -> str | None:
    """Return the name that was probably meant; one in another case, or one that goes on, is near too."""
    by_fold = {each.lower(): each for each in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_fold, n=1, cutoff=_NEAR)
    near += [each for each in by_fold if each.startswith(name.lower())]
    return by_fold[near[0]] if near else None

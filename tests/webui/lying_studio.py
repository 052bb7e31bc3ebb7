"""The inside of a WebUI: what it knows, its queue, and how a request becomes pictures, rightly or not."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lying_enlarge import Enlarging
from lying_faults import Plan
from lying_loras import LoraMemory
from lying_paint import Lora, Model, Recipe, decode, encode, infotext, paint
from PIL import Image

SAMPLERS = ("Euler", "Euler a", "DPM++ 2M", "DDIM", "LCM")
AUTOMATIC = "Automatic"
SCHEDULERS = {"automatic": AUTOMATIC, "karras": "Karras", "sgm_uniform": "SGM Uniform"}
OWN_SCHEDULES = {"DPM++ 2M": "Karras"}  # what `Automatic` means for a sampler, and is told as
MODELS = (Model("v1-5-pruned", "6ce0161689" + "0" * 54), Model("anime", "a1b2c3d4e5" + "1" * 54))
OTHER = Model("dreamy", "dddddddddd" + "2" * 54)
CONTROL_MODELS = ("control_v11f1e_sd15_tile [a371b31b]", "control_v11p_sd15_lineart [43d4be0d]")
CONTROL_MODULES = ("none", "tile_resample", "lineart_standard")
VERSIONS = {
    "a1111": "v1.10.1",
    "forge": "f2.0.1v1.10.1",
    "reforge": "f2.0.0dev-v1.10.1RC",
    "sdnext": "4f1c9cf5",
}
OPTIONS: dict[str, Any] = {
    "sd_model_checkpoint": MODELS[0].title,
    "sd_vae": "Automatic",
    "CLIP_stop_at_last_layers": 1,
    "samples_format": "png",
    "img2img_color_correction": False,
}
_OVERTAKEN = 0.3  # seconds that an overtaken request waits for another


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, detail: object, kind: str = "HTTPException") -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind = status, detail, kind


@dataclass
class Account:
    """What really happened, as no WebUI would tell."""

    asked: int = 0
    jobs: int = 0
    painted: int = 0
    busy_seconds: float = 0.0
    first_job: float = 0.0
    last_job: float = 0.0
    most_at_once: int = 0
    interrupts: int = 0
    painted_again: int = 0
    delivered: dict[str, int] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        return {**asdict(self), "delivered": sum(self.delivered.values()), "identities": self.delivered}


@dataclass
class Studio:
    """One WebUI; `seconds` is the whole of a picture's time, decoding and encoding included.

    With `prepared` it paints the first request of a kind and answers all others with the same pictures, so
    that its own work takes no time from a client that is measured on the same processors.
    """

    lora_dir: Path
    plan: Plan = field(default=lambda _: None)
    flavour: str = "a1111"
    seconds: float = 0.0
    controlnet: bool = True
    inert_loras: bool = False
    ignores_interrupt: bool = False
    spares_probes: bool = False
    prepared: bool = False
    enlarging: Enlarging = "network"
    account: Account = field(default_factory=Account)

    def __post_init__(self) -> None:
        self.stored = {"sd_model_checkpoint": MODELS[0].title}  # the server's config.json
        self.hashed = {MODELS[0].name}
        self.interrupted = False
        self._options = dict(OPTIONS)
        self._queue, self._door = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._job: tuple[float, float, int, int] | None = None  # started, lasting, steps, pictures
        self._last_steps = 0
        self._answers: dict[str, bytes] = {}
        self.loras = LoraMemory(self.lora_dir, self.flavour == "forge", self.inert_loras)
        self._waiting = 0
        self.loras.refresh()

    # -- lists and options -------------------------------------------------------------------------------

    @property
    def version(self) -> str:
        return VERSIONS[self.flavour]

    def models(self) -> list[dict[str, Any]]:
        return [
            {
                "title": model.title if model.name in self.hashed else f"{model.name}.safetensors",
                "model_name": model.name,
                "hash": model.short if model.name in self.hashed else None,
                "sha256": model.sha256 if model.name in self.hashed else None,
                "filename": f"/models/{model.name}.safetensors",
                "config": None,
            }
            for model in MODELS
        ]

    def options(self) -> dict[str, Any]:
        """Answer as real ones do: one value of a wrong type, and the whole list cannot be told."""
        for key, value in self._options.items():
            if type(value) is not type(OPTIONS[key]):
                raise Refusal(500, "Internal Server Error", "ResponseValidationError")
        return self._options

    def set_options(self, changes: Mapping[str, Any]) -> None:
        for key, value in changes.items():
            if key not in OPTIONS:
                raise Refusal(500, f"'{key}'", "KeyError")
            if key == "sd_model_checkpoint" and self._model(value) is None:
                raise Refusal(500, f"Unknown checkpoint: {value}", "RuntimeError")
        self._options.update(changes)
        self.stored.update(changes)

    def progress(self) -> dict[str, Any]:
        job = self._job
        if job is None:
            done, steps, count = 0.0, self._last_steps, 0
        else:
            started, lasting, steps, count = job
            done = min(1.0, (time.perf_counter() - started) / lasting) if lasting else 0.5
        return {
            "progress": 0.01 + 0.99 * done if job else 0.0,
            "eta_relative": 0.0,
            "state": {
                "skipped": False,
                "interrupted": self.interrupted,
                "job": "scripts_img2img" if job else "",
                "job_count": count,
                "job_no": 0,
                "sampling_step": int(done * steps) if job else steps,
                "sampling_steps": steps,
            },
            "current_image": None,
            "textinfo": None,
        }

    def interrupt(self) -> None:
        self.account.interrupts += 1
        self.interrupted = True
        if not self.ignores_interrupt:
            self._stop.set()

    def close(self) -> None:
        self.ignores_interrupt = False
        self.interrupt()

    # -- painting ----------------------------------------------------------------------------------------

    def img2img(self, body: dict[str, Any]) -> tuple[str | None, bytes]:
        """Return what goes wrong with this request, if anything, and the answer's JSON."""
        with self._counted() as number:
            is_probe = not body.get("prompt")
            lie = None if is_probe and self.spares_probes else self.plan(number)
            if lie in {"loading", "error-a", "nan"}:
                kinds = {"nan": "NansException", "error-a": "OutOfMemoryError"}
                raise Refusal(500, "", kinds.get(lie, "AttributeError"))
            if lie in {"html", "html-502", "html-503", "error-f", "flood"}:
                return lie, b""
            self._overtaken(lie)
            with self._queue:
                return lie, self._job_of(body, lie)

    @contextmanager
    def _counted(self) -> Iterator[int]:
        with self._door:
            self.account.asked += 1
            number = self.account.asked
            self._waiting += 1
            self.account.most_at_once = max(self.account.most_at_once, self._waiting)
        try:
            yield number
        finally:
            with self._door:
                self._waiting -= 1

    def _overtaken(self, lie: str | None) -> None:
        before, end = self.account.jobs, time.perf_counter() + _OVERTAKEN
        while lie == "reverse" and self.account.jobs == before and time.perf_counter() < end:
            time.sleep(0.002)

    def _job_of(self, body: dict[str, Any], lie: str | None) -> bytes:
        inits = self._inits(body)
        started = time.perf_counter()
        # a probe has no prompt: it is asked for whenever somebody wants to know whether all is well
        wish = identity(body) if body.get("prompt") else ""
        lasting = 0.0 if lie == "hang" else self.seconds * len(inits)
        self.interrupted = False
        self._stop.clear()
        self._job = started, lasting, int(body.get("steps", 50)), len(inits)
        try:
            answer = self._answer(body, inits, lie)
            if lie == "partial":
                self._stop.wait(lasting / 2)
                self.interrupted = True  # somebody pressed the button; the picture is still to be decoded
            if self._stop.wait(3600 if lie == "hang" else max(0.0, started + lasting - time.perf_counter())):
                answer = self._answer(body, inits, "partial")
            return answer
        finally:
            self._last_steps = int(body.get("steps", 50)) // (2 if self.interrupted else 1)
            self._job = None
            self._book(wish, started, len(inits))

    def _book(self, wish: str, started: float, count: int) -> None:
        account, now = self.account, time.perf_counter()
        account.jobs += 1
        account.painted += count
        account.busy_seconds += now - started
        account.first_job = account.first_job or started
        account.last_job = now
        account.painted_again += wish in account.delivered

    def _inits(self, body: dict[str, Any]) -> list[str]:
        inits = body.get("init_images")
        if inits is None:
            raise Refusal(400 if self.flavour == "sdnext" else 404, "Init image not found")
        if not inits or body.get("batch_size", 1) < len(inits):
            raise Refusal(500, "", "RuntimeError")
        return list(inits)

    def _answer(self, body: dict[str, Any], inits: list[str], lie: str | None) -> bytes:
        if lie or not self.prepared:
            return self._painted(body, inits, lie)
        kind = json.dumps({**body, "init_images": len(inits)}, sort_keys=True)
        if kind not in self._answers:
            self._answers[kind] = self._painted(body, inits, lie)
        return self._answers[kind]

    def _painted(self, body: dict[str, Any], sent: list[str], lie: str | None) -> bytes:
        inits = [decode(each) for each in sent]
        with self._overridden(body.get("override_settings") or {}):
            right = self._recipe(body)
        done = _twisted(right, lie)
        seed = int(body.get("seed", -1)) + (lie == "seed")
        same = body.get("subseed_strength", 0) > 0
        seeds = [seed if same else seed + number for number in range(len(inits))]
        mask = decode(body["mask"]) if body.get("mask") else None
        pictures = [
            _spoilt(paint(init, done, own, mask), init, lie) for init, own in zip(inits, seeds, strict=True)
        ]
        if lie == "more-pictures" or done.control:
            pictures.append(Image.new("RGB", (64, 64), "white"))  # what a preprocessor saw
        texts = ["" if lie == "no-infotext" else infotext(done, own, self.version) for own in seeds]
        return json.dumps(self._told(body, done, pictures, texts, seeds, lie)).encode()

    def _told(
        self,
        body: dict[str, Any],
        done: Recipe,
        pictures: list[Image.Image],
        texts: list[str],
        seeds: list[int],
        lie: str | None,
    ) -> dict[str, Any]:
        kind = {"jpeg": "JPEG", "webp": "WEBP"}.get(lie or "", "PNG")
        told = [*texts, *[""] * len(pictures)]
        sent = [encode(picture, text, kind) for picture, text in zip(pictures, told, strict=False)]
        if lie == "prefix":
            sent = [f"data:image/png;base64,{each}" for each in sent]
        if lie in {"bad-picture", "no-picture"}:
            sent = ["<error>"] if lie == "bad-picture" else []
        info = {
            "all_seeds": seeds,
            "seed": seeds[0],
            "infotexts": texts,
            "sd_model_name": done.model.name,
            "sd_model_hash": done.model.short,
            "clip_skip": done.clip_skip,
            "index_of_first_image": 0,
            "version": self.version,
        }
        echo = {key: value for key, value in body.items() if key not in {"init_images", "mask"}}
        return {"images": sent, "parameters": echo, "info": json.dumps(info)}

    @contextmanager
    def _overridden(self, wanted: Mapping[str, Any]) -> Iterator[None]:
        """Change options for a moment; those that config.json lacks are not put back."""
        if unknown := wanted.keys() - OPTIONS.keys():
            raise Refusal(500, f"'{unknown.pop()}'", "KeyError")
        before = {key: self._options[key] for key in wanted if key in self.stored}
        known = {key: value for key, value in wanted.items() if key != "sd_model_checkpoint"}
        if model := self._model(wanted.get("sd_model_checkpoint")):
            known["sd_model_checkpoint"] = model.title
        self._options.update(known)
        try:
            yield
        finally:
            self._options.update(before)

    def _recipe(self, body: dict[str, Any]) -> Recipe:
        steps, (width, height) = body.get("steps", 50), (body.get("width", 512), body.get("height", 512))
        if steps < 1 or width < 8 or height < 8:
            raise Refusal(500, "", "ValueError")
        sampler, scheduler = body.get("sampler_name"), body.get("scheduler")
        if sampler not in SAMPLERS and self.flavour == "sdnext":
            raise Refusal(404, "Sampler not found")
        model = self._model(self._options["sd_model_checkpoint"]) or MODELS[0]
        self.hashed.add(model.name)
        return Recipe(
            prompt=body.get("prompt", ""),
            negative_prompt=body.get("negative_prompt", ""),
            sampler=sampler if sampler in SAMPLERS else "Euler",
            scheduler=_schedule(sampler, scheduler),
            steps=steps,
            cfg_scale=float(body.get("cfg_scale", 7)),
            strength=float(body.get("denoising_strength", 0.75)),
            size=(width // 8 * 8, height // 8 * 8),
            model=model,
            clip_skip=self._options["CLIP_stop_at_last_layers"],
            loras=tuple(self.loras.acting(body.get("prompt", ""))),
            control=tuple(self._control(body.get("alwayson_scripts") or {})),
        )

    def _model(self, title: object) -> Model | None:
        named = str(title or "").partition(" [")[0].removesuffix(".safetensors")
        return next((model for model in MODELS if named in {model.name, model.short}), None)

    def _control(self, scripts: Mapping[str, Any]) -> Iterator[str]:
        known = {"controlnet", "adetailer"} if self.has_controlnet else {"adetailer"}
        if unknown := {name.lower() for name in scripts} - known:
            raise Refusal(422, f"always on script {unknown.pop()} not found")
        units = next((each["args"] for name, each in scripts.items() if name.lower() == "controlnet"), [])
        for unit in units:
            if not unit.get("enabled", self.flavour == "forge"):
                continue
            if unit.get("model") not in CONTROL_MODELS or unit.get("module", "none") not in CONTROL_MODULES:
                raise Refusal(500, "", "RuntimeError")
            module, weight = unit.get("module", "none"), float(unit.get("weight", 1))
            yield f"Module: {module}, Model: {unit['model']}, Weight: {weight}"

    @property
    def has_controlnet(self) -> bool:
        return self.controlnet or self.flavour == "forge"


def identity(body: Mapping[str, Any]) -> str:
    """Tell one wish from another, however often it is sent."""
    wish = [body.get("prompt"), body.get("seed"), body.get("alwayson_scripts")]
    told = hashlib.sha256(json.dumps(wish).encode())
    for init in body.get("init_images") or ():
        told.update(init.encode())
    return told.hexdigest()


def _schedule(sampler: object, asked: object) -> str:
    known = str(asked) if asked in SCHEDULERS.values() else AUTOMATIC
    return OWN_SCHEDULES.get(str(sampler), AUTOMATIC) if known == AUTOMATIC else known


def _twisted(right: Recipe, lie: str | None) -> Recipe:
    loras = right.loras
    twists: dict[str, dict[str, Any]] = {
        "size": {"size": (right.size[0] + 8, right.size[1])},
        "sampler": {"sampler": "DDIM"},
        "scheduler": {"scheduler": AUTOMATIC},
        "steps": {"steps": right.steps + 30},
        "cfg": {"cfg_scale": right.cfg_scale + 1},
        "strength": {"strength": 0.75},
        "checkpoint": {"model": OTHER},
        "checkpoint-hash": {"model": Model(right.model.name, OTHER.sha256)},
        "no-lora": {"loras": ()},
        "old-lora": {"loras": tuple(Lora(each.name, 1, "f" * 64, "f" * 64) for each in loras)},
        "no-control": {"control": ()},
        "clip-skip": {"clip_skip": right.clip_skip + 1},
    }
    return right.but(**twists.get(lie or "", {}))


def _spoilt(picture: Image.Image, init: Image.Image, lie: str | None) -> Image.Image:
    if lie == "partial":
        return Image.blend(init.convert("RGB").resize(picture.size), picture, 0.5)
    if lie in {"black", "grey"}:
        return Image.new("RGB", picture.size, lie)
    return init.convert("RGB") if lie == "input-back" else picture

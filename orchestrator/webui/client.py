"""The calls of a WebUI that are used here, typed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from orchestrator.errors import WebUIFailed, WebUINonsense
from orchestrator.webui.line import Line
from orchestrator.webui.transport import Transport
from orchestrator.webui.wire import (
    Checkpoint,
    ControlModels,
    ControlModules,
    Enlarged,
    Img2ImgAnswer,
    Img2ImgRequest,
    LoraEntry,
    Memory,
    Named,
    ProgressAnswer,
    Sampler,
    Scheduler,
    Scripts,
    Vae,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from typing_extensions import Self

    from orchestrator.webui.settings import WebUISettings

T = TypeVar("T")
_API = "/sdapi/v1"


class Client:
    """A WebUI at one address; several threads may use it. Every method raises the errors of `Transport.call`.

    An answer of another shape than the API's is `WebUINonsense`. What a flavour does not have is refused
    with 404, as `WebUIRefused`.

    Attributes:
        line: where its requests wait for each other, if need be.
    """

    def __init__(self, url: str, settings: WebUISettings) -> None:
        self._transport = Transport(url, settings)
        self._read_timeout = settings.read_timeout
        self.line = Line()

    @property
    def url(self) -> str:
        """The WebUI's address."""
        return self._transport.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def img2img(self, request: Img2ImgRequest, *, read_timeout: float | None = None) -> Img2ImgAnswer:
        """Paint. Never sent twice: a request that got no answer may still be under way.

        Args:
            request: what to paint.
            read_timeout: seconds of silence to bear this time; the settings' when None.
        """
        said = {
            name: value
            for name in Img2ImgRequest.model_fields
            if (value := getattr(request, name)) is not None
        }
        patience = read_timeout or self._read_timeout
        answer = self._transport.call("POST", f"{_API}/img2img", said, read_timeout=patience)
        return self._read(Img2ImgAnswer, answer)

    def extra_single_image(self, image: str, upscaler: str, scale: float) -> str:
        """Enlarge a picture, base64 both ways. A listed upscaler without its weights resizes plainly."""
        body = {"image": image, "upscaler_1": upscaler, "upscaling_resize": scale, "resize_mode": 0}
        answer = self._transport.call(
            "POST", f"{_API}/extra-single-image", body, read_timeout=self._read_timeout
        )
        return self._read(Enlarged, answer).image

    def progress(self) -> ProgressAnswer:
        """Return the state of the current or last job."""
        return self._get(ProgressAnswer, f"{_API}/progress?skip_current_image=true")

    def interrupt(self) -> None:
        """End the current job, whosever it is: it answers 200 with what it has painted so far."""
        self._transport.call("POST", f"{_API}/interrupt")

    def options(self) -> dict[str, Any]:
        """Return the options. A WebUI takes a value of any type, and then cannot tell them any more."""
        try:
            return self._get(dict[str, object], f"{_API}/options")
        except WebUIFailed as error:
            raise WebUIFailed(
                f"the WebUI cannot tell its options: {error.what}",
                where=self.url,
                remedy="One of them has a value of a wrong type: set it anew there, or mend its config.json.",
            ) from error

    def set_options(self, changes: Mapping[str, Any]) -> None:
        """Change options for good; each value must have the type that `options` shows."""
        self._transport.call("POST", f"{_API}/options", dict(changes), read_timeout=self._read_timeout)

    def loras(self) -> list[LoraEntry]:
        """Return the LoRAs that stand in the WebUI's list."""
        return self._get(list[LoraEntry], f"{_API}/loras")

    def refresh_loras(self) -> None:
        """Make the WebUI look into its LoRA folder again."""
        self._transport.call("POST", f"{_API}/refresh-loras")

    def models(self) -> list[Checkpoint]:
        """Return the checkpoints."""
        return self._get(list[Checkpoint], f"{_API}/sd-models")

    def samplers(self) -> list[Sampler]:
        """Return the samplers."""
        return self._get(list[Sampler], f"{_API}/samplers")

    def schedulers(self) -> list[Scheduler]:
        """Return the noise schedules; SD.Next has no such list."""
        return self._get(list[Scheduler], f"{_API}/schedulers")

    def upscalers(self) -> list[Named]:
        """Return the upscalers; one may be listed whose weights are missing."""
        return self._get(list[Named], f"{_API}/upscalers")

    def vaes(self, path: str) -> list[Vae]:
        """Return the VAEs, at `sd-vae` or `sd-modules` as the flavour has it."""
        return self._get(list[Vae], f"{_API}/{path}")

    def scripts(self) -> Scripts:
        """Return the titles of scripts and extensions."""
        return self._get(Scripts, f"{_API}/scripts")

    def control_models(self) -> tuple[str, ...]:
        """Return ControlNet's models."""
        return self._get(ControlModels, "/controlnet/model_list").model_list

    def control_modules(self) -> tuple[str, ...]:
        """Return ControlNet's preprocessors."""
        return self._get(ControlModules, "/controlnet/module_list").module_list

    def memory(self) -> Memory:
        """Return how much memory there is."""
        return self._get(Memory, f"{_API}/memory")

    def flags(self) -> dict[str, Any]:
        """Return the command line's options; Forge fails at this when it was given a port."""
        return self._get(dict[str, object], f"{_API}/cmd-flags")

    def _get(self, shape: type[T], path: str) -> T:
        return self._read(shape, self._transport.call("GET", path))

    def _read(self, shape: type[T], value: Any) -> T:
        try:
            return cast("T", _adapter(cast("Any", shape)).validate_python(value))
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in fault["loc"]) or "the answer"
            raise WebUINonsense(
                f"the WebUI's answer has another shape than expected: {place}: {fault['msg']}",
                where=self.url,
            ) from error


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)

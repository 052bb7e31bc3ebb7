"""The calls of `/sdapi/v1` that are used here, typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from orchestrator.errors import WebUINonsense
from orchestrator.webui.transport import Transport
from orchestrator.webui.wire import Checkpoint, Img2ImgAnswer, Img2ImgRequest, LoraEntry, ProgressAnswer

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

    from orchestrator.webui.settings import WebUISettings

T = TypeVar("T")
_PAINTED = TypeAdapter(Img2ImgAnswer)
_LORAS = TypeAdapter(list[LoraEntry])
_OPTIONS = TypeAdapter(dict[str, object])
_MODELS = TypeAdapter(list[Checkpoint])
_PROGRESS = TypeAdapter(ProgressAnswer)


class Client:
    """A WebUI at one address. Every method raises the errors of `Transport.call`.

    An answer of another shape than the API's is `WebUINonsense`.
    """

    def __init__(self, url: str, settings: WebUISettings) -> None:
        self._transport = Transport(url, settings)
        self._read_timeout = settings.read_timeout

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
        body = request.model_dump(mode="json", exclude_none=True)
        patience = read_timeout or self._read_timeout
        return self._read(_PAINTED, self._transport.call("POST", "img2img", body, read_timeout=patience))

    def loras(self) -> list[LoraEntry]:
        """Return the LoRAs that stand in the WebUI's list."""
        return self._read(_LORAS, self._transport.call("GET", "loras"))

    def refresh_loras(self) -> None:
        """Make the WebUI look into its LoRA folder again."""
        self._transport.call("POST", "refresh-loras")

    def options(self) -> dict[str, Any]:
        """Return the options; WebUIRefused while one of them has a value of a wrong type."""
        return self._read(_OPTIONS, self._transport.call("GET", "options"))

    def models(self) -> list[Checkpoint]:
        """Return the checkpoints."""
        return self._read(_MODELS, self._transport.call("GET", "sd-models"))

    def progress(self) -> ProgressAnswer:
        """Return the state of the current or last job."""
        answer = self._transport.call("GET", "progress?skip_current_image=true")
        return self._read(_PROGRESS, answer)

    def _read(self, shape: TypeAdapter[T], value: Any) -> T:
        try:
            return shape.validate_python(value)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in fault["loc"]) or "the answer"
            raise WebUINonsense(
                f"the WebUI's answer has another shape than expected: {place}: {fault['msg']}",
                where=self.url,
            ) from error

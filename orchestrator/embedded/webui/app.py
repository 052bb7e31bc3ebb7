"""The HTTP API: which address does what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from orchestrator.embedded.webui import enlarge, listings, pictures
from orchestrator.embedded.webui.gate import Gate, error_body
from orchestrator.embedded.webui.network import NotFinite
from orchestrator.embedded.webui.refusal import Refusal
from orchestrator.embedded.webui.state import Stop
from orchestrator.embedded.webui.wire import (  # noqa: TC001 - FastAPI reads the annotations
    ExtraSingleImage,
    Img2Img,
    PngInfo,
    Txt2Img,
)

if TYPE_CHECKING:
    from fastapi import Request

    from orchestrator.embedded.webui.desk import Desk

_API = "/sdapi/v1"


def create(desk: Desk, flags: dict[str, Any], credentials: str | None, hosts: list[str]) -> FastAPI:
    """Build the application.

    Args:
        desk: what answers.
        flags: what `cmd-flags` shows; no secrets.
        credentials: `user:password` that every request must bring; None for none.
        hosts: names by which a client may call this server, so that no web page can by another.
    """
    app = FastAPI(title="orchestrate embedded WebUI", docs_url=None, redoc_url=None)
    app.add_middleware(Gate, credentials=credentials)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    _tell_errors(app)
    _paint(app, desk)
    _control(app, desk)
    _list(app, desk, flags)
    return app


def _paint(app: FastAPI, desk: Desk) -> None:
    @app.post(f"{_API}/txt2img")
    async def txt2img(request: Txt2Img) -> Response:
        return Response(await desk.paint(request), media_type="application/json")

    @app.post(f"{_API}/img2img")
    async def img2img(request: Img2Img) -> Response:
        return Response(await desk.paint(request), media_type="application/json")

    @app.post(f"{_API}/extra-single-image")
    def extra_single_image(request: ExtraSingleImage) -> dict[str, str]:
        return {"html_info": "", "image": pictures.encode(enlarge.enlarge(request))}

    @app.post(f"{_API}/png-info")
    def png_info(request: PngInfo) -> dict[str, Any]:
        text = pictures.parameters(pictures.decode(request.image))
        return {"info": text, "items": {"parameters": text} if text else {}, "parameters": {}}


def _control(app: FastAPI, desk: Desk) -> None:
    @app.get(f"{_API}/options")
    async def get_options() -> dict[str, Any]:
        return desk.options.model_dump()

    @app.post(f"{_API}/options")
    async def set_options(changes: dict[str, Any]) -> None:
        desk.set_options(changes)

    @app.get(f"{_API}/progress")
    async def progress() -> dict[str, Any]:
        return desk.state.snapshot()

    @app.post(f"{_API}/interrupt")
    async def interrupt() -> dict[str, Any]:
        desk.state.ask_to_stop(Stop.JOB)
        return {}

    @app.post(f"{_API}/skip")
    async def skip() -> None:
        desk.state.ask_to_stop(Stop.BATCH)

    @app.post(f"{_API}/refresh-loras")
    def refresh_loras() -> None:
        desk.folder.refresh()

    @app.post(f"{_API}/refresh-checkpoints")
    async def refresh_checkpoints() -> None:
        """Do nothing: the one checkpoint stays."""


def _list(app: FastAPI, desk: Desk, flags: dict[str, Any]) -> None:
    @app.get(f"{_API}/loras")
    async def loras() -> list[dict[str, Any]]:
        return desk.folder.listed()

    @app.get(f"{_API}/sd-models")
    async def sd_models() -> list[dict[str, Any]]:
        return listings.models(desk.components)

    @app.get(f"{_API}/memory")
    def memory() -> dict[str, Any]:
        return listings.memory()

    @app.get(f"{_API}/cmd-flags")
    async def cmd_flags() -> dict[str, Any]:
        return flags

    for path, content in {**listings.FIXED, "upscalers": enlarge.upscalers()}.items():
        app.add_api_route(f"{_API}/{path}", _always(content), methods=["GET"], name=path)
    app.add_api_route("/internal/ping", _always({}), methods=["GET"], name="ping")


def _always(content: Any) -> Any:
    async def answer() -> Any:
        return content

    return answer


def _tell_errors(app: FastAPI) -> None:
    """Answer every fault in AUTOMATIC1111's form, without a traceback and without echoing the request."""

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> JSONResponse:
        return JSONResponse(error_body("HTTPException", error.reason), error.status)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse(error_body("HTTPException", error.detail), error.status_code)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [{key: fault[key] for key in ("type", "loc", "msg")} for fault in error.errors()]
        return JSONResponse(error_body("RequestValidationError", faults, json.dumps(faults)), 422)

    @app.exception_handler(NotFinite)
    async def not_finite(_: Request, error: NotFinite) -> JSONResponse:
        return JSONResponse(error_body("NansException", "", str(error)), 500)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse(error_body(type(error).__name__, "", "the server's own log says more"), 500)

"""What a user says about the WebUI."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from orchestrator.settings import InputPath, Settings

EMBEDDED = "embedded"


class WebUISettings(Settings):
    """Where the WebUI is and how to reach it.

    Attributes:
        url: the address of a running WebUI, `http://host:7860`, or `embedded` for the one that comes along.
        auth: `user:password` as given to the WebUI's `--api-auth`.
        lora_dir: the WebUI's own LoRA folder as seen from here; the embedded one needs none.
        checkpoint: the checkpoint to paint with, as listed by the WebUI; its current one when left out.
        port: where the embedded WebUI listens; any free port when left out.
        connect_timeout: seconds until a connection must stand.
        read_timeout: seconds that the WebUI may stay silent while it paints.
        ready_timeout: seconds until the WebUI must have painted its first, tiny picture.
    """

    url: str = EMBEDDED
    auth: SecretStr | None = None
    lora_dir: InputPath | None = None
    checkpoint: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    connect_timeout: float = Field(default=5.0, gt=0)
    read_timeout: float = Field(default=600.0, gt=0)
    ready_timeout: float = Field(default=300.0, gt=0)

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: str) -> str:
        if url == EMBEDDED:
            return url
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError(f"must be '{EMBEDDED}' or an address such as http://127.0.0.1:7860")
        if parts.username or parts.password:
            raise ValueError("must hold no password: say `auth: ${WEBUI_AUTH}` instead")
        return url.rstrip("/")

    @field_validator("auth")
    @classmethod
    def _is_pair(cls, auth: SecretStr | None) -> SecretStr | None:
        if auth is not None and not all(auth.get_secret_value().partition(":")):
            raise ValueError("must be user:password")
        if auth is not None and "," in auth.get_secret_value():
            raise ValueError("must hold no comma, by which a WebUI parts several of them")
        return auth

"""What a user says about the WebUIs."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    SerializerFunctionWrapHandler,
    WrapSerializer,
    field_validator,
    model_validator,
)

from orchestrator.settings import InputPath, Settings
from orchestrator.webui import ssh

EMBEDDED = "embedded"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2


SshAddress = Annotated[str, Field(pattern="^ssh://")]
"""A folder on another machine, `ssh://user@host/path`."""


class WebUISettings(Settings):
    """Where one WebUI is and how to reach it.

    Attributes:
        url: the address of a running WebUI, `http://host:7860`, or `embedded` for the one that comes along.
        auth: `user:password` as given to the WebUI's `--api-auth`.
        ca_file: certificates to trust instead of the system's, PEM, for `https://`.
        headers: sent along with each request, for gateways; their values are never shown.
        lora_dir: the WebUI's own LoRA folder, as seen from here or as `ssh://user@host/path`; the embedded
            one needs none.
        lora_versions: how many versions of a LoRA `orchestrate lora prune` leaves there, the newest ones.
        checkpoint: the checkpoint to paint with, as listed by the WebUI; its current one when left out.
        port: where the embedded WebUI listens; any free port when left out.
        batch: frames painted by one request; `auto` measures once what is fastest.
        in_flight: requests under way at a time; with 2 the WebUI finds the next one waiting when it has
            finished one. With 1 it is certain that a picture is noticed which somebody else interrupted; with
            more its mark is gone when the next begins, and is looked for ten times a second.
        command: the program that is this WebUI, if it is to be started and watched here.
        restarts: how often a WebUI that was started here is started anew without a finished frame between.
        hang_timeout: seconds without any progress after which a WebUI that was started here is started anew.
        memory_limit: GiB that a WebUI that was started here may hold before it is started anew.
        connect_timeout: seconds until a connection must stand.
        read_timeout: seconds that the WebUI may stay silent while it paints.
        ready_timeout: seconds until the WebUI must have painted its first, tiny picture, at the start or
            after it was lost.
    """

    url: str = EMBEDDED
    auth: SecretStr | None = None
    ca_file: InputPath | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    lora_dir: SshAddress | InputPath | None = Field(default=None, union_mode="left_to_right")
    lora_versions: int = Field(default=3, ge=1, le=1000)
    checkpoint: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    batch: Literal["auto"] | Annotated[int, Field(ge=1, le=64)] = "auto"
    in_flight: int = Field(default=2, ge=1, le=8)
    command: tuple[str, ...] | None = Field(default=None, min_length=1)
    restarts: int = Field(default=3, ge=0, le=100)
    hang_timeout: float = Field(default=120.0, gt=0)
    memory_limit: float | None = Field(default=None, gt=0)
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

    @field_validator("lora_dir", mode="before")
    @classmethod
    def _can_be_reached(cls, folder: Any) -> Any:
        if str(folder).startswith("ssh:"):
            ssh.parse(str(folder))
        return folder

    @field_validator("auth")
    @classmethod
    def _is_pair(cls, auth: SecretStr | None) -> SecretStr | None:
        if auth is not None and not all(auth.get_secret_value().partition(":")):
            raise ValueError("must be user:password")
        if auth is not None and "," in auth.get_secret_value():
            raise ValueError("must hold no comma, by which a WebUI parts several of them")
        return auth

    @field_validator("headers")
    @classmethod
    def _can_be_sent(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header")
            if not value.get_secret_value().isprintable():
                raise ValueError(f"the value of {name} holds a line break or control character")
        return headers

    @model_validator(mode="after")
    def _is_started_where_it_listens(self) -> WebUISettings:
        if self.command and self.url == EMBEDDED:
            raise ValueError("a command needs the url at which its WebUI will listen")
        return self

    @property
    def is_ours(self) -> bool:
        """Whether this WebUI is started here, and so watched and ended here."""
        return self.url == EMBEDDED or self.command is not None


def _one_by_one(value: Any) -> Any:
    """Take an address for the mapping it stands for, and one WebUI for a list of it."""
    several = value if isinstance(value, (list, tuple)) else [value]
    return [{"url": each} if isinstance(each, str) else each for each in several]


def _agree(webuis: tuple[WebUISettings, ...]) -> tuple[WebUISettings, ...]:
    if not webuis:
        raise ValueError(f"must name a WebUI; '{EMBEDDED}' is the one that comes along")
    addresses = Counter(webui.url for webui in webuis if webui.url != EMBEDDED)
    if twice := [url for url, count in addresses.items() if count > 1]:
        raise ValueError(
            f"{twice[0]} stands here twice; `in_flight` says how many requests it gets at a time"
        )
    for name in ("checkpoint", "batch"):
        if len({getattr(webui, name) for webui in webuis}) > 1:
            raise ValueError(f"frames go to whoever is free: say the same {name} for each WebUI, or for none")
    return webuis


def _as_written(webuis: tuple[WebUISettings, ...], handler: SerializerFunctionWrapHandler) -> Any:
    """Write a single WebUI as its mapping."""
    written = handler(webuis)
    return written[0] if len(webuis) == 1 else written


WebUIs = Annotated[
    tuple[WebUISettings, ...],
    BeforeValidator(
        _one_by_one, json_schema_input_type=str | WebUISettings | tuple[str | WebUISettings, ...]
    ),
    AfterValidator(_agree),
    WrapSerializer(_as_written, when_used="json"),
]
"""One or more WebUIs: an address, a mapping, or a list of these."""

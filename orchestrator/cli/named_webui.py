"""A WebUI that is named on the command line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    import argparse

    from orchestrator.webui.settings import WebUISettings

AUTH = "WEBUI_AUTH"  # every user of a machine can read its command lines, so a password stands in none


def named_webui(args: argparse.Namespace) -> WebUISettings:
    """Return what the arguments and $WEBUI_AUTH say of a WebUI. Raises ProjectError: it cannot be."""
    from pydantic import ValidationError

    from orchestrator.webui.settings import EMBEDDED, WebUISettings

    if args.url == EMBEDDED:
        raise ProjectError(
            "that one runs only as part of a job; name the address of one that runs", where="url"
        )
    said = {"url": args.url, "ca_file": args.ca_file, "checkpoint": args.checkpoint}
    try:
        return WebUISettings.model_validate({**said, "auth": os.environ.get(AUTH) or None})
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = f"${AUTH}" if fault["loc"] == ("auth",) else ".".join(map(str, fault["loc"]))
        raise ProjectError(fault["msg"].removeprefix("Value error, "), where=place) from None

"""Pages as single HTML files that need no network."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def templates(folder: Path, **filters: Callable[..., object]) -> Environment:
    """Return the templates of a folder. What goes into them is escaped, and a missing name is an error.

    Args:
        folder: where they lie.
        filters: by their names, beside Jinja's own and `webp`: the address of a WebP file's bytes.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters, webp=partial(data_uri, media_type="image/webp"))
    return environment


def data_uri(data: bytes, media_type: str) -> str:
    """Return an address that holds the data itself."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"

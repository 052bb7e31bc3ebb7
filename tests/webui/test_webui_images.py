"""Pictures in JSON: lossless out, and nothing that comes in is trusted."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from orchestrator.errors import WebUINonsense
from orchestrator.webui import images

PICTURE = np.random.default_rng(1).integers(0, 256, (24, 40, 3), np.uint8)


def test_pictures_go_out_and_come_back_unchanged() -> None:
    """What is sent is lossless, and a data: prefix does not matter."""
    text = images.encode(PICTURE)
    assert np.array_equal(images.decode(text), PICTURE)
    assert np.array_equal(images.decode(f"data:image/png;base64,{text}"), PICTURE)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_other_formats_are_told_by_their_bytes(kind: str) -> None:
    """A server that is set to JPEG or WebP says PNG nowhere and everywhere."""
    file = io.BytesIO()
    Image.new("RGBA" if kind == "WEBP" else "RGB", (40, 24), "red").save(file, kind)
    decoded = images.decode(base64.b64encode(file.getvalue()).decode())
    assert decoded.shape == (24, 40, 3)
    assert abs(int(decoded[0, 0, 0]) - 255) < 4


def huge_png() -> bytes:
    header = struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(header))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + b"IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


@pytest.mark.parametrize(
    "data",
    [
        "<error>",
        "",
        base64.b64encode(b"GIF89a").decode(),
        images.encode(PICTURE)[:400],
        base64.b64encode(huge_png()).decode(),
    ],
    ids=["no base64", "nothing", "no picture", "cut short", "81 megapixels"],
)
def test_what_is_no_picture_is_refused(data: str) -> None:
    """Junk, cut pictures and decompression bombs end in one clear error, before they are decoded."""
    with pytest.raises(WebUINonsense, match="picture"):
        images.decode(data)

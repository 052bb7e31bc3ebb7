"""What of a video will not be in its restyled version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.media.footage import Colour, Footage

_HDR = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
_PAINTED_BITS = 8


def remarks(footage: Footage) -> tuple[str, ...]:
    """Return a sentence on each thing that is lost, none where nothing is."""
    return tuple(_remarks(footage.colour))


def _remarks(colour: Colour) -> Iterator[str]:
    if colour.hdr:
        kind = _HDR[colour.transfer]
        yield f"the source is HDR ({kind}): it is mapped to standard range, and the result is BT.709"
    elif colour.wide:
        yield f"the source has wide colours ({colour.primaries}): they are mapped to BT.709"
    if colour.bits > _PAINTED_BITS:
        yield f"the source has {colour.bits} bits a channel: it is painted with {_PAINTED_BITS}"

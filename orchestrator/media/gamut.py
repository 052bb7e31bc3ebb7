"""Light and colours that the painter does not know, brought to those that it does: BT.709."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.media.h273 import UNKNOWN

if TYPE_CHECKING:
    from orchestrator.media.footage import Colour

_WHITE = 203  # nits: what a white page has in HDR (ITU-R BT.2408), and what becomes white here
_PEAK = 1000 / _WHITE  # brightest light that still has shades; fixed, so that no frame depends on others


def narrowed(picture: Any, colour: Colour) -> Any:
    """Return an ffmpeg-python stream in BT.709's primaries and range of light, as RGB.

    Standard pictures pass unchanged. PQ and HLG are mapped by Mobius's curve, which leaves dark and middle
    tones as they are and bends only the bright ones; wide primaries are converted, and what lies outside the
    narrow ones is clipped.

    Args:
        picture: decoded frames.
        colour: what their numbers mean; what is not told is taken to be BT.2020, limited range.
    """
    if not (colour.hdr or colour.wide):
        return picture
    told = picture.filter("setparams", **_told(colour))
    linear = told.filter("zscale", transfer="linear", npl=_WHITE)
    linear = linear.filter("format", "gbrpf32le").filter("zscale", primaries="bt709")
    if colour.hdr:
        linear = linear.filter("tonemap", "mobius", desat=0, peak=f"{_PEAK:.4f}")
    display = linear.filter("zscale", transfer="bt709", matrix="gbr", range="pc", npl=_WHITE)
    return display.filter("format", "gbrp")


def _told(colour: Colour) -> dict[str, str]:
    known = {
        "color_trc": (colour.transfer, "bt709"),
        "color_primaries": (colour.primaries, "bt2020"),
        "colorspace": (colour.space, "bt2020nc"),
        "range": (colour.range, "tv"),
    }
    return {name: default if value == UNKNOWN else value for name, (value, default) in known.items()}

"""The ways to keep a video's frames alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.stylization.consistency.carried import motion, steadied
from orchestrator.stylization.consistency.keyframes import chosen
from orchestrator.stylization.consistency.mode import Mode
from orchestrator.stylization.consistency.travel import travelling

if TYPE_CHECKING:
    from collections.abc import Mapping

MODES: Mapping[str, Mode] = {
    "off": Mode(),
    "seed": Mode(noise=travelling),
    "flow": Mode(measure=motion, steady=steadied),
    "keyframes": Mode(keys=chosen),
    "controlnet": Mode(units="temporalnet"),
}

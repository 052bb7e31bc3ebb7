"""Colours that stay as a shot began: a painter's drift goes, the scene's own changes stay."""

from __future__ import annotations

import numpy as np

from orchestrator.media import colour
from orchestrator.stylization.consistency.colour import anchored, tone

SCENE = np.random.default_rng(1).integers(90, 160, (48, 64, 3)).astype(np.uint8)


def painted(frame: np.ndarray) -> np.ndarray:
    return (frame * [0.6, 0.7, 0.8] + [60, 20, 10]).astype(np.uint8)


def test_a_painters_drift_is_taken_away() -> None:
    """A frame that came out redder and paler than the first gets the first one's colours."""
    drifted = (painted(SCENE) * [0.8, 0.7, 0.7] + [40, 10, 10]).astype(np.uint8)
    mended = anchored(drifted, SCENE, tone(SCENE, painted(SCENE)))
    left, begun = (np.abs(each.astype(float) - painted(SCENE)).mean() for each in (mended, drifted))
    assert left < begun / 8


def test_the_scenes_own_change_stays() -> None:
    """When the light in the source goes down, so it does in the result."""
    dusk = SCENE // 4 * 3
    kept = anchored(painted(dusk), dusk, tone(SCENE, painted(SCENE)))
    evening, mended, day = (
        colour.statistics([each]).mean[0] for each in (painted(dusk), kept, painted(SCENE))
    )
    assert abs(mended - evening) < (day - evening) / 2


def test_the_anchor_itself_stays_as_it_is() -> None:
    """Its own colours are what it is matched to."""
    same = anchored(painted(SCENE), SCENE, tone(SCENE, painted(SCENE)))
    assert np.abs(same.astype(int) - painted(SCENE)).max() <= 2


def test_a_flat_frame_is_no_trouble() -> None:
    """Without any spread of colours nothing is divided by zero or blown up."""
    flat = np.full((16, 16, 3), 90, np.uint8)
    result = anchored(flat, flat, tone(SCENE, painted(SCENE)))
    assert np.ptp(result.reshape(-1, 3), axis=0).max() == 0

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from orchestrator.media.flow import both_ways, dense, trust, warp

SHIFTS = st.tuples(st.integers(-6, 6), st.integers(-6, 6))


def _texture(height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    noise = np.random.default_rng(3).integers(0, 256, (height, width, 3)).astype(np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)


@settings(max_examples=15, deadline=None)
@given(SHIFTS)
def test_a_known_motion_is_measured(shift: tuple[int, int]) -> None:
    """What lies (dx, dy) further in b is found there from a, to a tenth of a pixel on average."""
    dx, dy = shift
    a = _texture()
    b = np.roll(a, (dy, dx), (0, 1))
    flow = dense(a, b)
    assert flow.shape == (96, 128, 2)
    assert np.abs(flow[16:-16, 16:-16] - (dx, dy)).mean() < 0.1
    assert np.abs(warp(b, flow)[16:-16, 16:-16].astype(int) - a[16:-16, 16:-16]).mean() < 4


@given(SHIFTS)
def test_warping_by_whole_pixels_is_exact(shift: tuple[int, int]) -> None:
    """Each pixel is fetched from where the flow points to; the border goes on outside."""
    dx, dy = shift
    image = _texture(20, 30)
    rows = np.clip(np.arange(20) + dy, 0, 19)
    columns = np.clip(np.arange(30) + dx, 0, 29)
    flow = np.broadcast_to(np.float32((dx, dy)), (20, 30, 2))
    assert np.array_equal(warp(image, flow), image[rows][:, columns])


def test_flow_is_the_same_on_any_number_of_threads(bunny: object) -> None:
    """Two frames of a film give one flow, bit for bit."""
    from orchestrator.media.clip import cut
    from orchestrator.media.decode import one
    from orchestrator.media.probe import probe

    clip = cut(probe(bunny), None, None)
    a, b = (one(clip, index, size=(640, 360)) for index in (10, 14))
    threads = cv2.getNumThreads()
    flows = []
    for number in (1, 3, 8):
        cv2.setNumThreads(number)
        flows.append(dense(a, b).tobytes())
    cv2.setNumThreads(threads)
    assert flows[0] == flows[1] == flows[2]


def test_both_ways_are_the_two_flows() -> None:
    """Measured together they are what each is alone, bit for bit."""
    a = _texture()
    b = np.roll(a, (2, 3), (0, 1))
    there, back = both_ways(a, b)
    assert np.array_equal(there, dense(a, b))
    assert np.array_equal(back, dense(b, a))


def test_what_was_hidden_is_not_trusted() -> None:
    """Where a square has moved away, the ground it uncovers has no counterpart before."""
    before = _texture(240, 320)
    now = before.copy()
    square = _texture(96, 96)[::-1, ::-1]
    before[72:168, 72:168] = square
    now[72:168, 92:188] = square
    trusted = trust(dense(now, before), dense(before, now))
    assert trusted.dtype == bool
    assert trusted[80:160, 100:180].mean() > 0.9
    assert trusted[:56].mean() > 0.9
    assert trusted[80:160, 74:90].mean() < 0.3


@pytest.mark.parametrize("gap", [0.5, 1.5])
def test_trust_follows_the_published_bound(gap: float) -> None:
    """For motion of 10 pixels, going there and back may miss by √(0.01 · 2 · 100 + 0.5) ≈ 1.58 pixels."""
    forward = np.full((8, 40, 2), (10, 0), np.float32)
    back = np.full((8, 40, 2), (-10, gap), np.float32)
    assert trust(forward, back)[:, :30].all()
    assert not trust(forward, back - np.float32((0, 1.7 + gap))).any()
    assert not trust(forward, back)[:, 30:].any()

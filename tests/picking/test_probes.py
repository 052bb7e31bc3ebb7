"""Which frames candidates are tried on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.picking.probes import held_out, probes

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=6)


def shots_of(lengths: list[int]) -> list[range]:
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return [range(start, start + length) for start, length in zip(starts, lengths, strict=True)]


@given(LENGTHS, st.integers(1, 60), st.integers(1, 60))
def test_asking_for_more_keeps_what_was_asked_for(lengths: list[int], few: int, more: int) -> None:
    """Fewer probes are the first of more probes, so that nothing painted is lost."""
    shots, frames = shots_of(lengths), range(sum(lengths))
    few, more = sorted((few, more))

    assert probes(shots, frames, few) == probes(shots, frames, more)[:few]


@given(LENGTHS, st.integers(1, 300))
def test_each_frame_is_taken_once_at_most(lengths: list[int], wanted: int) -> None:
    """Probes are different frames, as many as are wanted and there are."""
    found = probes(shots_of(lengths), range(sum(lengths)), wanted)

    assert len(set(found)) == len(found) == min(wanted, sum(lengths))


def test_every_shot_has_its_turn() -> None:
    """The longest shot comes first, and none twice before all had one."""
    assert probes([range(10), range(10, 40), range(40, 44)], range(44), 5) == (25, 5, 42, 17, 2)


def test_fades_and_repeats_are_passed_over() -> None:
    """Only usable frames are taken; a shot without any is left out."""
    assert probes([range(4), range(4, 8)], {2, 3}, 9) == (3, 2)


def test_a_shot_with_a_frame_that_was_trained_on_is_not_held_out() -> None:
    """Neighbours of a training picture are no test."""
    assert held_out([range(5), range(5, 9), range(9, 12)], {6}) == (range(5), range(9, 12))

from __future__ import annotations

import bisect
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.dataset.select.candidate import Candidate

REACH = 12  # frames to either side: about half a second, in which a scene hardly changes
SHARE = 0.75  # of the neighbours' median; motion blur takes more than a quarter, a turning head less


def sharp(candidates: Sequence[Candidate], count: int, /) -> list[Candidate]:
    """Drop frames that are blurred, measured against their neighbours in the same shot.

    A shot that is soft as a whole keeps its frames: that may be its style. Where blur is the rule and
    not the exception, the better half of each neighbourhood is kept.
    """
    del count
    places = [(each.shot, each.index) for each in candidates]
    return [each for each in candidates if each.sharpness >= SHARE * _usual(each, candidates, places)]


def _usual(candidate: Candidate, candidates: Sequence[Candidate], places: Sequence[tuple[int, int]]) -> float:
    first = bisect.bisect_left(places, (candidate.shot, candidate.index - REACH))
    last = bisect.bisect_right(places, (candidate.shot, candidate.index + REACH))
    return median(each.sharpness for each in candidates[first:last])

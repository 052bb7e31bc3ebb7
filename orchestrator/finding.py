"""What was found when something was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "missing", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what.
        state: good, missing but not needed by everyone, or bad: it stands in the way.
        found: what is there.
        remedy: what to do about it; empty when it is good.
    """

    subject: str
    state: State
    found: str
    remedy: str = ""

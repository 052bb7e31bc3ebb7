"""A request that cannot be done as asked, and why."""

from __future__ import annotations


class Refusal(Exception):
    """What a client is told instead of a picture it did not ask for.

    Attributes:
        status: the HTTP status code; 422 unless the WebUI's API has another for this fault.
        reason: one sentence.
    """

    def __init__(self, reason: str, *, status: int = 422) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

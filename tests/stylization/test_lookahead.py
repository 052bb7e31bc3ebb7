"""Work beside the painting: in order, bounded, and never lost."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from orchestrator.stylization.lookahead import ahead, behind

if TYPE_CHECKING:
    from collections.abc import Generator


def test_items_are_made_ahead_but_not_without_bound() -> None:
    """While the first item is in use, exactly `depth` more are made; leaving early closes the source."""
    made, closed = [], threading.Event()
    enough = threading.Event()

    def items() -> Generator[int, None, None]:
        try:
            for item in range(100):
                made.append(item)
                if item == 3:
                    enough.set()
                yield item
        finally:
            closed.set()

    with closing(ahead(items(), depth=3)) as ready:
        assert next(ready) == 0
        assert enough.wait(5)
    assert made == [0, 1, 2, 3]
    assert closed.is_set()


def test_items_keep_their_order_and_an_error_its_place() -> None:
    """What was made before an error is still handed on."""

    def items() -> Generator[int, None, None]:
        yield from range(5)
        raise ValueError("broken")

    ready = ahead(items(), depth=2)
    seen = [next(ready) for _ in range(5)]
    with pytest.raises(ValueError, match="broken"):
        next(ready)
    assert seen == [0, 1, 2, 3, 4]


def test_work_is_done_in_order_even_when_the_painting_fails() -> None:
    """Whatever was handed over before an error is finished before the error goes on."""
    done: list[int] = []
    with pytest.raises(KeyError), behind(depth=2) as submit:
        for item in range(20):
            submit(lambda item=item: done.append(item))
        raise KeyError
    assert done == list(range(20))


def test_failing_work_is_told() -> None:
    """An error in the thread, the last piece's included, reaches the one who handed it over."""

    def full() -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"), behind(depth=2) as submit:
        submit(full)

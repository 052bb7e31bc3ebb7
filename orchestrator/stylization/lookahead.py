"""Work beside the painting: frames are decoded ahead of it, and written behind it, each in one thread."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

T = TypeVar("T")


def ahead(items: Generator[T, None, None], *, depth: int) -> Generator[T, None, None]:
    """Yield the items, none of which is None, in their order; up to `depth` of them are made ahead."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="decode")
    try:
        waiting = deque(pool.submit(next, items, None) for _ in range(depth))
        while (item := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, items, None))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
        items.close()


@contextmanager
def behind(*, depth: int) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Yield a function that has work done in a thread, one piece after the other, at most `depth` waiting.

    All of it is done when the context is left, also by an error; an error of the work itself is raised by
    a later call, or at the end.
    """
    waiting: deque[Future[None]] = deque()

    def submit(work: Callable[[], None]) -> None:
        if len(waiting) >= depth:
            waiting.popleft().result()
        waiting.append(pool.submit(work))

    with ThreadPoolExecutor(1, thread_name_prefix="write") as pool:
        yield submit
        while waiting:
            waiting.popleft().result()

"""Work handed to whoever is free: in order, bounded, and never lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from orchestrator.errors import (
    EffectMissing,
    MediaError,
    OrchestrateError,
    WebUICrashed,
    WebUIFailed,
    WebUIUnreachable,
)
from orchestrator.webui import pool


@dataclass
class Hand:
    """A server that does as told: its work is to double a number."""

    name: str
    before: Callable[[int], None] = lambda _: None
    healing: Callable[[], None] = lambda: None
    in_flight: int = 2
    patience: float = 5.0
    done: list[int] = field(default_factory=list)
    looks: int = 0

    @property
    def server(self) -> Hand:
        return self

    def work(self, work: int) -> int:
        self.before(work)
        self.done.append(work)
        return 2 * work

    def recover(self) -> None:
        self.looks += 1
        self.healing()


@pytest.fixture
def said() -> list[str]:
    """What was told about servers."""
    return []


def all_done(jobs: int, *hands: Hand, said: list[str]) -> list[int]:
    return list(pool.done(range(jobs), hands, said.append))


def failing(*faults: OrchestrateError) -> Callable[..., None]:
    """Return what raises one error after the other, and then nothing more."""
    left = list(faults)

    def fail(*_: object) -> None:
        if left:
            raise left.pop(0)

    return fail


def test_answers_come_in_order_and_all_servers_work(said: list[str]) -> None:
    """However unlike their pace, each job is done once, and the fast one does more of them."""
    fast = Hand("fast", lambda _: time.sleep(0.002))
    slow = Hand("slow", lambda _: time.sleep(0.006))
    assert all_done(100, fast, slow, said=said) == list(range(0, 200, 2))
    assert sorted(fast.done + slow.done) == list(range(100))
    assert len(fast.done) > 1.5 * len(slow.done) > 0
    assert said == []


def test_as_many_requests_are_under_way_as_were_asked_for(said: list[str]) -> None:
    """The next one waits at the server while one is done, and never a third."""
    now, most, lock = [0], [0], threading.Lock()

    def count(_: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1

    all_done(20, Hand("one", count), said=said)
    assert most == [2]


def test_only_so_many_jobs_are_taken_ahead(said: list[str]) -> None:
    """While the first is not done, no more are taken than can be used soon: memory is bounded."""
    taken: list[int] = []
    gate = threading.Event()

    def jobs() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    def wait(work: int) -> None:
        if work == 0:
            gate.wait(5)

    timer = threading.Timer(0.3, gate.set)
    timer.start()
    with closing(pool.done(jobs(), [Hand("one", wait)], said.append)) as answers:
        assert next(answers) == 0
        assert len(taken) == 4  # two under way, one that waits, one behind


def test_dependent_work_is_taken_in_turn(said: list[str]) -> None:
    """A job is taken only when the answer to the one before has been used."""
    order: list[str] = []

    def jobs() -> Iterator[int]:
        for number in range(3):
            order.append(f"take {number}")
            yield number

    for answer in pool.done(jobs(), [Hand("one"), Hand("two")], said.append, in_turn=True):
        order.append(f"use {answer // 2}")  # noqa: PERF401 - the order of taking and using is what is looked at
    assert order == ["take 0", "use 0", "take 1", "use 1", "take 2", "use 2"]


def test_a_dead_server_loses_its_work_and_comes_back(said: list[str]) -> None:
    """What it had is done by the other; once it is well it works again."""
    ill = Hand("ill", failing(WebUIUnreachable("gone")), in_flight=1)
    ill.healing = failing(WebUIUnreachable("still gone"))
    well = Hand("well", lambda _: time.sleep(0.01))
    assert all_done(100, ill, well, said=said) == list(range(0, 200, 2))
    assert sorted(ill.done + well.done) == list(range(100))
    assert ill.done
    assert ill.looks == 2
    assert [line.partition(":")[0] for line in said] == ["ill", "ill"]
    assert "gone" in said[0]
    assert "well again" in said[1]


def test_a_slow_server_loses_the_job_that_all_wait_for(said: list[str]) -> None:
    """When nothing else is left to do, a free server does it once more, and the first answer counts."""
    gate = threading.Event()

    def stand_still(work: int) -> None:
        if work == 0:
            gate.wait(20)

    stuck = Hand("stuck", stand_still, in_flight=1)
    free = Hand("free", lambda _: time.sleep(0.005))
    with closing(pool.done(range(30), [stuck, free], said.append)) as answers:
        began = time.monotonic()
        assert list(answers) == list(range(0, 60, 2))
    assert time.monotonic() - began < 10
    gate.set()


def test_a_server_that_is_gone_for_good_is_told(said: list[str]) -> None:
    """When no server is left and patience ends, the last fault is raised; what was done before is kept."""

    def die(work: int) -> None:
        if work >= 5:
            raise WebUIUnreachable("nobody answers")

    hand = Hand("one", die, failing(*[WebUIUnreachable("nobody answers")] * 99), patience=0.5)
    answers = pool.done(range(20), [hand], said.append)
    assert [next(answers) for _ in range(5)] == [0, 2, 4, 6, 8]
    with pytest.raises(WebUIUnreachable, match="nobody answers"):
        next(answers)


def test_a_server_that_cannot_be_used_any_more_is_left_out(said: list[str]) -> None:
    """The others go on without it; when it was the only one, its own fault is raised."""

    def crash(_: int) -> None:
        raise WebUIUnreachable("gone")

    gone = failing(*[WebUICrashed("it ends again and again")] * 9)
    good = Hand("good", lambda _: time.sleep(0.03))
    assert all_done(200, Hand("bad", crash, gone), good, said=said) == list(range(0, 400, 2))
    assert any("no more work" in line for line in said)
    gone = failing(*[WebUICrashed("it ends again and again")] * 9)
    with pytest.raises(WebUICrashed):
        all_done(30, Hand("bad", crash, gone), said=said)


def test_a_fault_that_comes_back_each_time_ends_the_run(said: list[str]) -> None:
    """The same lie four times is no accident; nothing is tried without end."""
    tries = []

    def lie(work: int) -> None:
        if work == 3:
            tries.append(work)
            raise EffectMissing("expected Sampler Euler, got DDIM")

    with pytest.raises(EffectMissing, match="DDIM"):
        all_done(10, Hand("one", lie), said=said)
    assert len(tries) == 4


def test_passing_faults_of_many_kinds_are_survived(said: list[str]) -> None:
    """A job may fail for one reason after the other, and is done in the end."""
    faults = failing(WebUIFailed("a"), EffectMissing("b"), WebUIFailed("c"), EffectMissing("d"))
    assert all_done(5, Hand("one", faults, in_flight=1), said=said) == [0, 2, 4, 6, 8]


def test_what_was_begun_is_handed_on_when_the_source_breaks(said: list[str]) -> None:
    """A video that cannot be decoded any more does not cost what was painted already."""

    def jobs() -> Iterator[int]:
        yield from range(3)
        raise MediaError("broken")

    answers = pool.done(jobs(), [Hand("one", lambda _: time.sleep(0.01))], said.append)
    assert [next(answers) for _ in range(3)] == [0, 2, 4]
    with pytest.raises(MediaError):
        next(answers)


def test_a_mistake_of_our_own_is_not_hidden(said: list[str]) -> None:
    """What is no fault of a server is raised at once, as it is."""

    def err(_: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        all_done(5, Hand("one", err), said=said)


def test_leaving_early_ends_all_threads_without_a_word(said: list[str]) -> None:
    """As on Ctrl-C: nothing more is begun, and a request that fails afterwards is nobody's concern."""
    left = threading.Event()

    def wait(work: int) -> None:
        if work:
            left.wait(5)
            raise WebUIUnreachable("closed under its hands")

    hand = Hand("left early", wait)
    with closing(pool.done(range(100), [hand], said.append)) as answers:
        assert next(answers) == 0
    left.set()
    for thread in threading.enumerate():
        if thread.name.startswith("left early"):
            thread.join(5)
            assert not thread.is_alive()
    assert hand.done == [0]
    assert said == []

"""A picture is asked for again only once its first request is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from lying_faults import at
from lying_studio import Studio
from lying_webui import running

from orchestrator.errors import WebUIFailed, WebUINonsense, WebUIRefused, WebUIUnreachable
from orchestrator.webui import asked_again, images
from orchestrator.webui.client import Client
from orchestrator.webui.settings import WebUISettings
from orchestrator.webui.wire import Img2ImgRequest

FRAME = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)
REQUEST = Img2ImgRequest(
    init_images=(images.encode(FRAME),),
    prompt="a street",
    seed=1,
    width=96,
    height=64,
    sampler_name="Euler",
    steps=4,
    cfg_scale=1,
    denoising_strength=0.5,
)


@contextmanager
def painting(studio: Studio, *, read_timeout: float = 5.0, late_seconds: float = 1.0) -> Iterator[Client]:
    with running(studio, late_seconds=late_seconds) as server:
        settings = WebUISettings(url=server.url, read_timeout=read_timeout)
        with Client(server.url, settings) as client:
            yield client


@pytest.mark.parametrize(
    "fault",
    ["html", "html-502", "html-503", "error-a", "error-f", "nan", "drop-early", "drop-body", "cut-json"],
)
def test_a_passing_fault_is_survived(tmp_path: Path, fault: str) -> None:
    """Whatever comes back the first time, the second time brings the picture of a server without faults."""
    with painting(Studio(tmp_path)) as client:
        right = client.img2img(REQUEST)
    studio = Studio(tmp_path, at(**{fault: 1}))
    with painting(studio) as client:
        assert asked_again.img2img(client, REQUEST) == right
    assert studio.account.asked == 2


def test_a_request_that_timed_out_is_waited_for(tmp_path: Path) -> None:
    """Giving up does not end a job: the next request is sent when the server has nothing to do."""
    studio = Studio(tmp_path, seconds=0.6)
    with painting(studio, read_timeout=0.3) as client:
        with pytest.raises(WebUIUnreachable, match="fell silent"):
            asked_again.img2img(client, REQUEST, attempts=2)
        asked_again.settle(client, hang_timeout=5)
    assert studio.account.jobs == studio.account.asked == 2
    assert studio.account.most_at_once == 1


def test_a_job_that_stands_still_is_interrupted(tmp_path: Path) -> None:
    """It is ended after the time set, and its picture asked for again."""
    studio = Studio(tmp_path, at(hang=1))
    with painting(studio, read_timeout=0.3) as client:
        answer = asked_again.img2img(client, REQUEST, hang_timeout=0.4)
    assert len(answer.images) == 1
    assert (studio.account.interrupts, studio.account.asked, studio.account.most_at_once) == (2, 2, 1)


def test_a_server_that_cannot_be_interrupted_is_told(tmp_path: Path) -> None:
    """No further request is sent behind a job that does not end."""
    studio = Studio(tmp_path, at(hang=1), ignores_interrupt=True)
    with painting(studio, read_timeout=0.3) as client:
        with pytest.raises(WebUIUnreachable, match=r"stands still: no progress for 0\.3 s"):
            asked_again.img2img(client, REQUEST, hang_timeout=0.3)
        assert studio.account.asked == 1


def test_others_wait_while_a_request_is_in_doubt(tmp_path: Path) -> None:
    """With two threads at one server, none sends while another finds out what became of its request."""
    studio = Studio(tmp_path, at(hang=1))
    with painting(studio, read_timeout=0.3) as client:
        ask = partial(asked_again.img2img, client, REQUEST, hang_timeout=0.3, attempts=4)
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert studio.account.most_at_once <= 2
    assert studio.account.jobs == studio.account.asked <= 4


@pytest.mark.parametrize(
    ("faults", "kind"), [({"error-a": (1, 2)}, WebUIFailed), ({"html": (1, 2)}, WebUINonsense)]
)
def test_a_fault_that_stays_is_told_in_the_end(
    tmp_path: Path, faults: dict[str, tuple[int, ...]], kind: type[Exception]
) -> None:
    """There is a bound to asking again."""
    studio = Studio(tmp_path, at(**faults))
    with painting(studio) as client, pytest.raises(kind):
        asked_again.img2img(client, REQUEST, attempts=2)
    assert studio.account.asked == 2


def test_what_is_refused_is_not_asked_again(tmp_path: Path) -> None:
    """A request that is wrong is wrong each time."""
    studio = Studio(tmp_path)
    wrong = REQUEST.model_copy(update={"alwayson_scripts": {"nowhere": {"args": []}}})
    with painting(studio) as client, pytest.raises(WebUIRefused, match="nowhere"):
        asked_again.img2img(client, wrong)
    assert studio.account.asked == 1

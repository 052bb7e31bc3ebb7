"""One run with several WebUIs: shared, lost, regained, and refused where they are not alike."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from lying_faults import at
from lying_program import program
from lying_studio import MODELS, Refusal, Studio
from lying_webui import running
from PIL import Image

from orchestrator.errors import ProjectError, WebUIUnreachable
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.webui_engine import Painter, WebUIEngine, check_alike, fastest_batch
from orchestrator.webui.opening import opened
from orchestrator.webui.payloads import Payload
from orchestrator.webui.settings import WebUISettings

LOOK = Look("a street", "", seed=42, strength=0.45, lora_weight=0)
PAYLOAD = Payload(sampler_name="Euler", steps=4, cfg_scale=1, denoising_strength=0.45)
COLOURS = [np.random.default_rng(number).integers(0, 256, (4, 6, 3), np.uint8) for number in range(40)]
FRAMES = [np.asarray(Image.fromarray(colours).resize((96, 64))) for colours in COLOURS]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is open until the test is over."""
    with ExitStack() as stack:
        yield stack


def painter(stack: ExitStack, folder: Path, url: str, **settings: object) -> Painter:
    webui = WebUISettings(url=url, **{"ready_timeout": 10.0, "read_timeout": 10.0, **settings})
    server = stack.enter_context(opened(webui, model="", lora_dir=folder, log=folder / "log"))
    return Painter(server, None, PAYLOAD)


def at_studio(stack: ExitStack, folder: Path, studio: Studio, **settings: object) -> Painter:
    return painter(stack, folder, stack.enter_context(running(studio)).url, **settings)


def engine(*painters: Painter, batch: int = 1, said: list[str] | None = None) -> WebUIEngine:
    return WebUIEngine(painters, batch=batch, tell=(said if said is not None else []).append)


def frames(one: WebUIEngine) -> Iterator[np.ndarray]:
    return (each.picture for each in one.paint(Paint(frame, LOOK) for frame in FRAMES))


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """The pictures of one server, painted one by one."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("right")
        return list(frames(engine(at_studio(stack, folder, Studio(folder), in_flight=1))))


def test_several_servers_share_a_run(stack: ExitStack, tmp_path: Path, right: list[np.ndarray]) -> None:
    """Each has the next frame waiting while it paints; a slow one paints fewer, and none is painted twice."""
    fast, slow = Studio(tmp_path, seconds=0.02), Studio(tmp_path, seconds=0.1)
    shared = engine(at_studio(stack, tmp_path, fast), at_studio(stack, tmp_path, slow))
    assert np.array_equal(list(frames(shared)), right)
    assert fast.account.painted + slow.account.painted == len(FRAMES) + 2  # each has shown that it is ready
    assert fast.account.painted > 2 * slow.account.painted > 2
    assert fast.account.most_at_once == slow.account.most_at_once == 2


def test_a_batch_is_one_request(stack: ExitStack, tmp_path: Path, right: list[np.ndarray]) -> None:
    """Frames of one request have one seed, and come out as if alone; the last batch may be smaller."""
    studio = Studio(tmp_path)
    assert np.array_equal(list(frames(engine(at_studio(stack, tmp_path, studio), batch=7))), right)
    assert studio.account.jobs == 6 + 1
    assert studio.account.painted == len(FRAMES) + 1


def test_a_killed_server_comes_back_into_the_run(
    stack: ExitStack, tmp_path: Path, right: list[np.ndarray]
) -> None:
    """What it had goes to the other; started again at its address, it is given frames again."""
    said: list[str] = []
    studio = Studio(tmp_path, seconds=0.15)
    mortal, url = stack.enter_context(program(tmp_path, seconds=0.05))
    shared = engine(at_studio(stack, tmp_path, studio), painter(stack, tmp_path, url), said=said)
    pictures = frames(shared)
    first = [next(pictures) for _ in range(5)]
    mortal.kill()
    mortal.wait()
    first += [next(pictures) for _ in range(5)]
    again, _ = stack.enter_context(program(tmp_path, seconds=0.05, port=url.rpartition(":")[2]))
    assert np.array_equal([*first, *pictures], right)
    assert again.poll() is None
    assert [line for line in said if line.startswith(url)][-1].endswith("it is well again")
    assert studio.account.painted < len(FRAMES)


def test_one_that_stays_away_is_waited_for_no_longer_than_said(stack: ExitStack, tmp_path: Path) -> None:
    """With no other server the run ends by itself, and what was painted before has been handed on."""
    mortal, url = stack.enter_context(program(tmp_path))
    pictures = frames(engine(painter(stack, tmp_path, url, ready_timeout=0.5)))
    next(pictures)
    mortal.kill()
    with pytest.raises(WebUIUnreachable):
        list(pictures)


def test_servers_with_different_checkpoints_are_refused(stack: ExitStack, tmp_path: Path) -> None:
    """Both are named, with what they paint with: frames of two styles would alternate."""
    other = Studio(tmp_path)
    other.set_options({"sd_model_checkpoint": MODELS[1].title})
    one, two = at_studio(stack, tmp_path, Studio(tmp_path)), at_studio(stack, tmp_path, other)
    with pytest.raises(ProjectError) as caught:
        check_alike([one, two])
    named = (one.server.name, two.server.name)
    for part in (*named, *(each for model in MODELS[:2] for each in (model.name, model.short))):
        assert part in str(caught.value)
    check_alike([one, one])


def test_a_checkpoint_that_is_changed_in_the_middle_is_noticed(
    stack: ExitStack, tmp_path: Path, right: list[np.ndarray]
) -> None:
    """Somebody who chooses another one at a WebUI loses that one for the run, and spoils no frame."""
    said: list[str] = []
    spoilt, good = Studio(tmp_path, seconds=0.01), Studio(tmp_path, seconds=0.06)
    shared = engine(at_studio(stack, tmp_path, spoilt), at_studio(stack, tmp_path, good), said=said)
    pictures = frames(shared)
    first = [next(pictures) for _ in range(3)]
    spoilt.set_options({"sd_model_checkpoint": MODELS[1].title})
    assert np.array_equal([*first, *pictures], right)
    assert any("expected the checkpoint v1-5-pruned" in line and "got anime" in line for line in said)


def test_the_batch_is_what_every_server_can_do(stack: ExitStack, tmp_path: Path) -> None:
    """It is doubled while that saves time; one without the memory for it sets the limit for all."""

    class Card(Studio):
        """Takes the same time for up to `room` pictures, and fails with more."""

        room = 8

        def _answer(self, body, inits, lie):  # noqa: ANN001, ANN202 - as the one it replaces
            if len(inits) > self.room:
                raise Refusal(500, "CUDA out of memory")
            self._stop.wait(0.05)
            return super()._answer(body, inits, lie)

    large, small = Card(tmp_path), Card(tmp_path)
    small.room = 2
    slow = Studio(tmp_path, seconds=0.1)
    wide = at_studio(stack, tmp_path, large)
    assert fastest_batch([wide], (64, 64), LOOK) == 8
    assert fastest_batch([wide, at_studio(stack, tmp_path, small)], (64, 64), LOOK) == 2
    assert fastest_batch([wide, at_studio(stack, tmp_path, slow)], (64, 64), LOOK) == 1


def test_leaving_a_run_leaves_no_request_waiting(stack: ExitStack, tmp_path: Path) -> None:
    """After Ctrl-C nothing more is sent, however many frames there are."""
    studio = Studio(tmp_path, seconds=0.05)
    pictures = frames(engine(at_studio(stack, tmp_path, studio)))
    next(pictures)
    pictures.close()
    asked = studio.account.asked
    threading.Event().wait(0.4)
    assert studio.account.asked <= asked + 1
    assert studio.account.jobs == studio.account.asked


PAINTING = """
import sys
from pathlib import Path
import numpy as np
from orchestrator.stylization.engine import Look, Paint
from orchestrator.stylization.webui_engine import Painter, WebUIEngine
from orchestrator.webui.opening import opened
from orchestrator.webui.payloads import Payload
from orchestrator.webui.settings import WebUISettings

folder = Path(sys.argv[2])
with opened(WebUISettings(url=sys.argv[1]), model="", lora_dir=folder, log=folder / "log") as server:
    payload = Payload(sampler_name="Euler", steps=4, cfg_scale=1, denoising_strength=0.45)
    engine = WebUIEngine([Painter(server, None, payload)], batch=1, tell=print)
    frame = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    print("painting", flush=True)
    list(engine.paint([Paint(frame, Look("a street", "", 1, 0.45, 0))] * 50))
"""


def test_ctrl_c_does_not_wait_for_what_is_under_way(tmp_path: Path) -> None:
    """A picture may take minutes; the program ends at once, and the server is left to finish its own."""
    with program(tmp_path, seconds=3) as (_, url):
        said = (sys.executable, "-c", PAINTING, url, str(tmp_path))
        with subprocess.Popen(said, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == "painting\n"
            threading.Event().wait(0.5)
            began = time.monotonic()
            run.send_signal(signal.SIGINT)
            _, errors = run.communicate(timeout=30)
        assert time.monotonic() - began < 2
        assert errors.rstrip().endswith("KeyboardInterrupt")
        assert errors.count("Traceback") == 1


def test_an_interrupted_picture_is_painted_again_with_another_waiting(
    stack: ExitStack, tmp_path: Path, right: list[np.ndarray]
) -> None:
    """Its mark is gone once the next request begins, so it is looked for all the while."""
    studio = Studio(tmp_path, at(partial=4), seconds=0.8)
    one = at_studio(stack, tmp_path, studio)
    made = engine(one).paint(Paint(frame, LOOK) for frame in FRAMES[:5])
    assert np.array_equal([each.picture for each in made], right[:5])
    assert studio.account.jobs > 6
    assert studio.account.most_at_once == 2

"""The report page in a real browser, opened from a file."""

from __future__ import annotations

import importlib.util
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from orchestrator.report import embedding
from orchestrator.report.data import Figure, Film, Picture, Repeat, ReportData, Still
from orchestrator.report.embedding import films, thumbnail
from orchestrator.report.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = Path("/usr/bin/chromium")
FRAMES, FPS = 75, 25

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]


def clip(path: Path, colour_turn: int, slower: str = "N") -> Path:
    """Write 75 frames of ffmpeg's test picture, its colours turned; `slower` says when frame N is shown."""
    picture = f"testsrc=size=320x136:rate={FPS}:duration={FRAMES / FPS},hue=h={colour_turn}"
    picture = f"{picture},setpts='({slower})/{FPS}/TB'"
    encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough"]
    subprocess.run(
        [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", picture, *encoding, path], check=True
    )
    return path


def written(folder: Path, name: str, times: tuple[float, ...] = ()) -> Path:
    """Write a report about two clips, with one metric that rises from 0 to 1."""
    page = folder / name
    source, result = films(folder / "source.mp4", folder / "result.mp4", page)
    picture = thumbnail(np.full((136, 320, 3), 90, np.uint8))
    values = tuple(index / (FRAMES - 1) for index in range(FRAMES))
    still = Still(40, picture, picture, values[40])
    figure = Figure("rise", "Rise", "", "higher", "Nobody 2020", values, 0.5, (still,), (still,))
    data = ReportData(
        title="Two test pictures",
        film=Film(source, result, (320, 136), Fraction(FPS), FRAMES, cuts=(30,), times=times),
        figures=(figure,),
        losses=((1, 0.2), (2, 0.1)),
        repeat=Repeat("orchestrate run project.yaml", "name: test\n" * 40, {"Seeds": {"stylization": "1"}}),
        sheet=tuple(Still(frame, picture, picture) for frame in range(6, FRAMES, 12)),
        samples=(Picture("step 100, prompt 1", picture),),
        regions=(Picture("region 1, frame 30", picture),),
    )
    page.write_text(render(data), "utf-8")
    return page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    clip(folder / "source.mp4", 0)
    clip(folder / "result.mp4", 120)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, folder: Path) -> Iterator[Any]:
    """The page with its films inside, loaded; any console error fails the test that used it."""
    yield from opened(browser, written(folder, "embedded.html"))


def opened(browser: Any, file: Path, **looks: Any) -> Iterator[Any]:
    complaints: list[str] = []
    asked: list[str] = []
    tab = browser.new_page(**{"viewport": {"width": 1200, "height": 900}, **looks})
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(file.as_uri())
    until(tab, "source.readyState >= 2 && result.readyState >= 2")
    yield tab
    tab.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def until(tab: Any, condition: str) -> None:
    """Wait until a JavaScript condition holds; ten seconds are too long.

    Looked at from inside one evaluation: the page's policy forbids the `eval` of playwright's own waiting.
    """
    tab.evaluate(
        f"""new Promise((done, fail) => {{
          const start = performance.now();
          const late = () => performance.now() - start > 10000;
          const look = () => ({condition}) ? done() : late() ? fail("too late") : requestAnimationFrame(look);
          look();
        }})"""
    )


def settled(tab: Any) -> tuple[float, float]:
    """Return the time at which each player stands, once both have stopped seeking."""
    until(tab, "!source.seeking && !result.seeking")
    source, result = tab.evaluate("[source.currentTime, result.currentTime]")
    return source, result


def frame_of(tab: Any) -> int:
    return int(tab.evaluate("scrubber.valueAsNumber"))


def test_a_click_on_a_curve_seeks_both_players(page: Any) -> None:
    """A click three quarters along a curve brings both players, scrubber and live figure to that frame."""
    box = page.locator("[data-seeks]").bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 10)
    source, result = settled(page)
    assert source == result
    assert abs(frame_of(page) - 0.75 * (FRAMES - 1)) <= 1
    assert int(source * FPS) == frame_of(page)
    assert float(page.locator("[data-now=rise]").text_content()) == pytest.approx(0.75, abs=0.02)


def test_players_stay_within_a_frame_of_each_other_while_playing(page: Any) -> None:
    """Over two seconds of playing, measured at every redraw, the films are never a frame apart."""
    page.get_by_role("button", name="Play").click()
    until(page, "result.currentTime > 0.1")
    worst, samples = page.evaluate(
        """() => new Promise((done) => {
          let worst = 0, samples = 0;
          const look = () => {
            worst = Math.max(worst, Math.abs(source.currentTime - result.currentTime));
            samples += 1;
            if (result.currentTime > 2.1) done([worst, samples]); else requestAnimationFrame(look);
          };
          look();
        })"""
    )
    assert samples > 20
    assert worst <= 1 / FPS
    page.get_by_role("button", name="Pause").click()
    source, result = settled(page)
    assert source == result
    assert page.evaluate("source.paused && result.paused")


@pytest.mark.parametrize("seconds", [-0.3, 0.3])
def test_a_player_that_was_held_up_is_caught_up_with(page: Any, seconds: float) -> None:
    """If one film falls behind the other while they play, they are in step again in a moment."""
    page.keyboard.press(" ")
    until(page, "result.currentTime > 0.4")
    page.evaluate(f"source.currentTime = result.currentTime + {seconds}")
    settled(page)
    until(page, f"Math.abs(source.currentTime - result.currentTime) <= {0.5 / FPS}")
    assert page.evaluate("result.currentTime < 2.5 && !result.paused")


def test_a_clip_played_to_its_end_stops_at_its_last_frame_and_starts_anew(page: Any) -> None:
    """At the end both players stop together on the last frame; playing again starts at the first."""
    page.keyboard.press("End")
    page.keyboard.press("Shift+ArrowLeft")
    settled(page)
    page.keyboard.press(" ")
    until(page, f"scrubber.valueAsNumber === {FRAMES - 1} && source.paused && result.paused")
    source, result = settled(page)
    assert source == result
    page.keyboard.press(" ")
    until(page, "result.currentTime > 0.1 && result.currentTime < 2 && !source.paused")


def test_the_keyboard_alone_is_enough(page: Any) -> None:
    """Arrow keys step frames, on the page and on the focused scrubber; Home and End go to the ends."""
    for key, frame in [("End", FRAMES - 1), ("ArrowLeft", FRAMES - 2), ("Home", 0), ("Shift+ArrowRight", 10)]:
        page.keyboard.press(key)
        assert frame_of(page) == frame
    page.locator("#scrubber").focus()
    page.keyboard.press("ArrowRight")
    source, result = settled(page)
    assert source == result == pytest.approx(11.5 / FPS, abs=1e-3)
    page.get_by_role("button", name="frame 40").first.press("Enter")
    assert frame_of(page) == 40


def test_a_curve_can_be_walked_along_by_the_keyboard(page: Any) -> None:
    """It is a slider over the frames, and says which frame it is at and what the figure is there."""
    curve = page.get_by_role("slider", name="Rise over 75 frames")
    curve.focus()
    page.keyboard.press("ArrowRight")
    assert frame_of(page) == 1
    assert curve.get_attribute("aria-valuetext") == "frame 1: 0.0135"
    assert (curve.get_attribute("aria-valuenow"), curve.get_attribute("aria-valuemax")) == ("1", "74")


def test_the_mouse_over_a_curve_tells_the_figure_there(page: Any) -> None:
    """Without a click nothing is sought; when the mouse has left, the words are gone."""
    box = page.locator("[data-seeks]").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    assert page.locator(".pointed").inner_text() == "frame 37: 0.500"
    assert frame_of(page) == 0
    page.mouse.move(0, 0)
    assert not page.locator(".pointed").is_visible()


def share_of_source(tab: Any) -> float:
    """Return how much of the width shows the source in the wipe view, 0 to 1."""
    clip = tab.evaluate("getComputedStyle(result).clipPath")
    return float(clip.rstrip("%)").split()[-1]) / 100


def test_the_wipe_shows_both_films_in_one_place(page: Any) -> None:
    """The films lie over each other, and the keys move the border between them by a percent."""
    page.get_by_label("Wipe", exact=True).check()
    boxes = [page.locator(f"#{name}").bounding_box() for name in ("source", "result")]
    assert boxes[0] == boxes[1]
    assert share_of_source(page) == 0.5
    page.locator("#wipe").focus()
    page.keyboard.press("ArrowRight")
    assert share_of_source(page) == 0.51
    assert page.locator("#wipe").get_attribute("aria-valuetext") == "51 percent of the width show the source"
    page.keyboard.press("Home")
    assert share_of_source(page) == 0
    assert frame_of(page) == 0


def test_the_wipe_is_drawn_by_the_mouse(page: Any) -> None:
    """Pressed anywhere on the picture, the border jumps there and stays under the mouse."""
    page.keyboard.press("w")
    box = page.locator("#result").bounding_box()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    assert share_of_source(page) == pytest.approx(0.25, abs=0.01)
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.4 * box["height"], steps=5)
    page.mouse.up()
    assert share_of_source(page) == pytest.approx(0.8, abs=0.01)


def test_the_wipe_is_drawn_by_a_finger(browser: Any, folder: Path) -> None:
    """On a phone the border follows the finger across the picture."""
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    for tab in opened(browser, written(folder, "phone.html"), **phone):
        tab.get_by_label("Wipe", exact=True).tap()
        box = tab.locator("#result").bounding_box()
        finger = tab.context.new_cdp_session(tab)
        for share, kind in ((0.3, "touchStart"), (0.5, "touchMove"), (0.7, "touchMove")):
            point = {"x": box["x"] + share * box["width"], "y": box["y"] + 0.5 * box["height"]}
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        until(tab, "stage.style.getPropertyValue('--wipe') === '70%'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["beside", "wipe"])
def test_axe_finds_nothing_to_complain_of(page: Any, scheme: str, view: str) -> None:
    """Contrast, names, roles and landmarks hold in both themes and both views."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.emulate_media(color_scheme=scheme)
    page.get_by_label("Wipe", exact=True).set_checked(view == "wipe")
    found = axe.run(page).response["violations"]
    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []


def test_nothing_sticks_out_on_a_phone_and_the_dark_theme_is_dark(page: Any) -> None:
    """From 320 pixels on nothing scrolls sideways; the page follows the system's wish for a dark theme."""
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    background = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    assert min(page.evaluate(background)) > 200
    page.emulate_media(color_scheme="dark")
    assert max(page.evaluate(background)) < 60


def test_print_leaves_out_what_paper_cannot_do(page: Any) -> None:
    """On paper there are curves, figures and settings, but no players and no buttons to press."""
    page.keyboard.press("w")
    page.emulate_media(media="print")
    for hidden in ("#source", "#stage", "#play", "#scrubber", "nav"):
        assert not page.locator(hidden).is_visible()
    for shown in ("[data-seeks] svg", "table", ".sheet img", "#settings"):
        assert page.locator(shown).first.is_visible()
    assert page.evaluate("settings.scrollHeight <= settings.clientHeight"), "the settings are cut off"


def test_large_films_stay_outside_and_still_play(
    browser: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films above the limit are referred to by relative path, and the page plays them from there."""
    monkeypatch.setattr(embedding, "FILM_BYTES", 0)
    page = written(folder, "beside.html")
    assert page.stat().st_size < 100_000
    for tab in opened(browser, page):
        tab.keyboard.press("End")
        source, result = settled(tab)
        assert source == result == pytest.approx((FRAMES - 0.5) / FPS, abs=1e-3)


def test_a_film_that_cannot_be_played_is_said(browser: Any, folder: Path) -> None:
    """When a film is gone, the page says so instead of staying black."""
    page = written(folder, "gone.html")
    page.write_text(page.read_text("utf-8").replace("data:video/mp4;base64,", "gone.mp4?"), "utf-8")
    tab = browser.new_page()
    tab.goto(page.as_uri())
    tab.get_by_text("cannot be played here").wait_for()
    tab.close()


def test_frames_are_found_where_they_are_not_shown_equally_long(browser: Any, tmp_path: Path) -> None:
    """From frame 30 on, each is shown twice as long: the players go to the very frame that is asked for."""
    for name in ("source.mp4", "result.mp4"):
        clip(tmp_path / name, 0, slower="max(N,2*N-30)")
    times = tuple(max(frame, 2 * frame - 30) / FPS for frame in range(FRAMES + 1))
    for tab in opened(browser, written(tmp_path, "variable.html", times)):
        for frame in (10, 29, 30, 60, FRAMES - 2):
            tab.evaluate(f"seek({frame})")
            shown = tab.evaluate("result.currentTime")
            assert times[frame] < shown < times[frame + 1]
            assert tab.evaluate("frameAt(result.currentTime)") == frame

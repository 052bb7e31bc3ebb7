"""Contact sheet, page and advice."""

from __future__ import annotations

import importlib.util
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from orchestrator.cli.pick import _table
from orchestrator.media.pictures import write_png
from orchestrator.picking.advice import settings
from orchestrator.picking.candidate import Candidate, Entrant
from orchestrator.picking.chart import HEIGHT, WIDTH, chart
from orchestrator.picking.objective import Gain
from orchestrator.picking.page import page
from orchestrator.picking.search import Ranked, Trial
from orchestrator.picking.sheet import Row, contact_sheet, rows

CHROMIUM = Path("/usr/bin/chromium")
PROBES = (7, 3)
GOOD = Candidate(Entrant("step <50>", "a" * 64, 50), 1.0, 0.4)
POOR = Candidate(Entrant("other", "b" * 64), 0.5, 0.4)
RANKED = (
    Ranked(GOOD, (Gain(0.3, 0.05), Gain(0.2, 0.05)), 0.2, 0.05, on_front=True),
    Ranked(POOR, (Gain(0.1, 0.1),), 0.0, None, on_front=False),
)


def picture(shade: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((24, 40, 3), shade, np.uint8)


@pytest.fixture
def painted(tmp_path: Path) -> list[Row]:
    """The rows of two candidates, one of which was dropped after the first frame."""
    trials = [Trial(None, 7), Trial(None, 3), Trial(GOOD, 7), Trial(GOOD, 3), Trial(POOR, 7)]
    files = {each: tmp_path / f"{place}.png" for place, each in enumerate(trials)}
    for place, file in enumerate(files.values()):
        write_png(file, picture(40 * place))
    return rows(RANKED, PROBES, (picture(255), picture(254)), files)


def test_rows_are_source_no_lora_and_candidates(painted: list[Row]) -> None:
    """What was not painted has no picture."""
    assert [row.label.splitlines()[0] for row in painted] == ["source", "no LoRA", "step <50>", "other"]
    shades = [[None if each is None else int(each[0, 0, 0]) for each in row.pictures] for row in painted]
    assert shades == [[255, 254], [0, 40], [80, 120], [160, None]]


def test_hundreds_of_pictures_are_held_small(tmp_path: Path) -> None:
    """As wide as a page shows them, whatever they were painted at."""
    large, files = np.zeros((900, 1600, 3), np.uint8), {Trial(None, 7): tmp_path / "plain.png"}
    write_png(files[Trial(None, 7)], large)
    for row in rows((), (7,), (large,), files):
        assert [each.shape for each in row.pictures if each is not None] == [(180, 320, 3)]


def test_a_name_with_brackets_is_told_whole() -> None:
    """Names of LoRA files are no markup."""
    named = replace(RANKED[0], candidate=Candidate(Entrant("style[v2] :bug:", "a" * 64), 1.0, 0.4))
    assert "style[v2] :bug:" in _table([named])


def test_the_sheet_has_a_row_for_each_and_a_column_for_each_probe(painted: list[Row]) -> None:
    """Pictures stand in a grid, each 200 pixels wide."""
    with Image.open(io.BytesIO(contact_sheet(painted, PROBES))) as sheet:
        assert sheet.size == (210 + 2 * 206, 24 + 4 * 126)
        columns, lines = (310, 516), (84, 210, 336, 462)
        seen = [[sheet.getpixel((x, y)) for x in columns] for y in lines]
    assert seen[0] == [(255,) * 3, (254,) * 3]
    assert seen[2] == [(80,) * 3, (120,) * 3]
    assert seen[3][0] == (160,) * 3


def test_the_page_tells_all_and_loads_nothing(painted: list[Row]) -> None:
    """Every candidate, every picture that there is, the settings to use; names are escaped."""
    text = page("film", RANKED, PROBES, painted, strength=0.4, price=1, settings="stylize: {}")

    assert text.count("data:image/webp;base64,") == 7
    assert "step &lt;50&gt;" in text
    assert "step <50>" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "stylize: {}" in text


def test_the_chart_places_style_upwards_and_loss_to_the_right() -> None:
    """Everything is within the drawing, and no LoRA is where nothing is gained or lost."""
    drawn = chart(RANKED, 2)
    good, poor = drawn.dots

    assert good.y < poor.y < drawn.origin[1]
    assert drawn.origin[0] < good.x < poor.x
    assert all(0 <= dot.x <= WIDTH and 0 <= dot.y <= HEIGHT for dot in drawn.dots)
    assert (good.complete, poor.complete) == (True, False)
    assert drawn.front == f"{good.x},{good.y}"


def test_the_advice_names_what_differs_from_the_project() -> None:
    """The LoRA in use needs no step, another of the training does, and a foreign one a remark."""
    same = settings(GOOD, current="a" * 64, installed="film-aaaa")
    earlier = settings(GOOD, current="c" * 64, installed="film-aaaa")
    foreign = settings(POOR, current="c" * 64, installed="other-bbbb")

    stylize = {"lora_weight": 1.0, "strength": 0.4}
    assert yaml.safe_load(same) == {"stylize": stylize}
    assert yaml.safe_load(earlier) == {"training": {"step": 50}, "stylize": stylize}
    assert yaml.safe_load(foreign) == {"stylize": {"lora_weight": 0.5, "strength": 0.4}}
    assert "<lora:other-bbbb:0.5>" in foreign


@pytest.mark.skipif(
    not CHROMIUM.exists() or importlib.util.find_spec("playwright") is None,
    reason="needs Debian's chromium and playwright",
)
def test_a_browser_shows_it_without_complaint(painted: list[Row], tmp_path: Path) -> None:
    """All pictures are shown, nothing is told in the console, and a phone needs no scrolling sideways."""
    from playwright.sync_api import sync_playwright

    file = tmp_path / "pick.html"
    file.write_text(page("film", RANKED, PROBES, painted, strength=0.4, price=1, settings="stylize: {}"))
    complaints: list[str] = []
    with sync_playwright() as program:
        browser = program.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 390, "height": 800})
        shown.on("console", lambda message: complaints.append(message.text))
        shown.goto(file.as_uri())
        pictures = shown.evaluate("document.images.length")
        wide = shown.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert complaints == []
    assert pictures == 7
    assert wide == 390

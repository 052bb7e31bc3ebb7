"""The page of scores without a project."""

from __future__ import annotations

import importlib.util
import re
from html.parser import HTMLParser
from math import inf
from pathlib import Path

import numpy as np
import pytest

from orchestrator.report.compared import Compared, render_compared
from orchestrator.report.curves import HEIGHT
from orchestrator.report.data import Figure
from orchestrator.report.distribution import distribution

CHROMIUM = Path("/usr/bin/chromium")
VALUES = (0.5, None, 0.25, inf, 0.75)


def figure(name: str = "ssim", values: tuple[float | None, ...] = VALUES, mean: float | None = inf) -> Figure:
    return Figure(name, f"{name} <label>", "", "higher", "a paper", values, mean)


def page(*figures: Figure, names: tuple[str, ...] = ("a", "b<c>", "d", "e", "f")) -> str:
    return render_compared(
        Compared("A & co", "B", names, figures, (("region", "inside m.png"),), ("Scaled",))
    )


class Tags(HTMLParser):
    """Notes what is opened and checks that it is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen.append(tag)
        if tag not in {"meta", "link", "line", "path", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"line", "path"}:
            assert self.open.pop() == tag


def test_it_is_one_file_that_needs_nothing_else() -> None:
    """Well-formed HTML without a script, an address or anything unescaped."""
    text = page(figure(), figure("kid", (None,) * 5, 0.1))
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "script" not in tags.seen
    assert not re.search(r"https?://|src=|@import|url\(", text)
    assert "b&lt;c&gt;" in text
    assert "A &amp; co" in text


def test_each_pair_has_its_row_and_each_metric_its_curve() -> None:
    """Figures that are missing or infinite are in the table, and leave a gap in the curve."""
    text = page(figure())
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th><td class="figure">([^<]*)</td></tr>', text)
    assert [name for name, _ in rows] == ["a", "b&lt;c&gt;", "d", "e", "f"]
    assert [value for _, value in rows] == ["0.500", "–", "0.250", "inf", "0.750"]  # noqa: RUF001 - a dash
    (path,) = re.findall(r'class="line" d="([^"]*)"', text)
    assert path.count("M") == 3
    assert "Scaled." in text
    assert "inside m.png" in text


def test_a_metric_of_all_pairs_has_its_figure_and_no_curve() -> None:
    """A figure for the whole set stands in the table alone."""
    text = page(figure("kid", (None,) * 5, 0.125))
    assert "0.125" in text
    assert "one figure for all pairs" in text
    assert 'class="line"' not in text


def test_the_distribution_counts_every_figure() -> None:
    """Quarters are numpy's, and the bars' heights count all figures between the least and the greatest."""
    values = np.random.default_rng(0).normal(size=50).tolist()
    found = distribution(values)
    assert found is not None
    assert (found.low, found.high) == (min(values), max(values))
    assert found.median == pytest.approx(np.median(values))
    tops = [float(top) for top in re.findall(r"V([0-9.]+)h", found.bars)]
    counts = [(HEIGHT - top) / HEIGHT * found.most for top in tops]
    assert sum(counts) == pytest.approx(len(values), abs=0.2)
    assert len(tops) == 8


def test_one_figure_and_equal_figures_have_a_distribution() -> None:
    """There is one bar; of no figures there is no distribution."""
    for values in ([0.5], [0.5] * 4):
        found = distribution(values)
        assert found is not None
        assert (found.low, found.median, found.high, found.most) == (0.5, 0.5, 0.5, len(values))
    assert distribution([]) is None


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed (apt-get install chromium)")
@pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed")
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_it_without_complaint(width: int, tmp_path: Path) -> None:
    """Curves and bars can be seen, nothing is wider than the window, and the console stays empty."""
    from playwright.sync_api import sync_playwright

    (tmp_path / "page.html").write_text(page(figure(), figure("kid", (None,) * 5, 0.1)))
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto((tmp_path / "page.html").as_uri())
        fill = tab.evaluate("getComputedStyle(document.querySelector('.bars')).fill")
        stroke = tab.evaluate("getComputedStyle(document.querySelector('.line')).stroke")
        scrolls = tab.evaluate("document.documentElement.scrollWidth > innerWidth")
        browser.close()
    assert complaints == []
    assert "none" not in {fill, stroke}
    assert not scrolls

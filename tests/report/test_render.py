"""The report's data, and the page as text."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from orchestrator.report.curves import curve
from orchestrator.report.data import Figure, Film, Picture, Repeat, ReportData, Still
from orchestrator.report.embedding import film_size, films, thumbnail
from orchestrator.report.render import duration, number, render
from orchestrator.report.standouts import standouts

GOLD = Path(__file__).parent / "gold" / "page.html"
EVIL = "</script><img src=x onerror=alert(1)>\"'&"
STILL = Still(1, b"one", b"two", 0.25)
DATA = ReportData(
    title="street",
    film=Film("source.mp4", "result.mp4", (640, 272), Fraction(30000, 1001), 3, cuts=(2,)),
    figures=(
        Figure("ssim", "SSIM", "", "higher", "Wang 2004", (0.5, 0.25, 0.75), 0.5, (STILL,), ()),
        Figure("warp_error", "Warp error", "squared", "lower", "Lai 2018", (None, 0.1, None), 0.1),
    ),
    losses=((1, 0.5), (2, 0.4)),
    repeat=Repeat("orchestrate run project.yaml", "name: street\n", {"Seeds": {"painting": "7"}}),
    sheet=(Still(0, b"three", b"four"),),
    samples=(Picture("step 100, prompt 1", b"five"),),
    regions=(Picture("region 1, frame 2", b"six"),),
)


class Page(HTMLParser):
    """Tags with their attributes, and the text outside of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags[-1][0] not in {"script", "style"} if self.tags else False:
            self.text += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_the_page_says_all_that_the_data_says() -> None:
    """Title, figures with direction, settings, command and facts stand on the page; nothing is random."""
    page = Page(render(DATA))
    told = ("street", "0.500", "higher", "0.100", "lower", "name: street", "orchestrate run project.yaml")
    for text in (*told, "painting", "Wang 2004", "29.97 fps", "frame 1"):
        assert text in page.text
    assert [video["src"] for video in page.all("video")] == ["source.mp4", "result.mp4"]
    assert render(DATA) == render(DATA)


def test_the_page_is_as_it_was_looked_at() -> None:
    """Its markup equals the one on file; after a change that is meant, RENEW=1 writes the new one.

    Style and script are left out: what they do is tested in a browser.
    """
    html = re.sub(r"(?s)(<style>|<script>).*?(</style>|</script>)", r"\1\2", render(DATA))
    html = re.sub(r"sha256-[\w+/=]+", "sha256-…", html)
    if os.environ.get("RENEW"):
        GOLD.write_text(html, "utf-8")
    assert html == GOLD.read_text("utf-8")


def test_names_and_settings_cannot_break_out_of_the_page() -> None:
    """Markup in any text of the data stays text: it adds no tag and no script."""
    evil = replace(
        DATA,
        title=EVIL,
        film=replace(DATA.film, source=EVIL),
        figures=(replace(DATA.figures[0], name=EVIL, label=EVIL, unit=EVIL, paper=EVIL),),
        repeat=Repeat(EVIL, EVIL, {EVIL: {EVIL: EVIL}}),
    )
    harmless = replace(DATA, figures=DATA.figures[:1])
    page = Page(render(evil))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(render(harmless)).tags]
    assert not [1 for _, attributes in page.tags if "onerror" in attributes]
    assert page.all("video")[0]["src"] == EVIL


def test_the_page_asks_the_network_for_nothing() -> None:
    """No address on the page leads to a host, and its own policy forbids loading anything from one."""
    html = render(DATA)
    assert not re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", html)
    policy = next(m["content"] for m in Page(html).all("meta") if "Content-Security-Policy" in m.values())
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "script-src 'sha256-" in policy


def test_every_picture_and_curve_has_words_for_those_who_cannot_see_it() -> None:
    """Each img has an alternative text, each chart a label with its range, each heading its rank."""
    page = Page(render(DATA))
    assert [img["alt"] for img in page.all("img")] == [
        "Source, frame 1",
        "Result, frame 1",
        "Source, frame 0",
        "Result, frame 0",
        "The source, dark but for the region",
        "A sample picture",
    ]
    charts = [svg["aria-label"] for svg in page.all("svg") if svg.get("role") == "img"]
    assert charts[0] == "SSIM over 3 frames, from 0.250 to 0.750, mean 0.500"
    ranks = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert ranks[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(ranks))


def test_the_script_gets_figures_by_frame() -> None:
    """The embedded data holds frame rate, length and each figure; null where a frame has none."""
    found = re.search(r'<script type="application/json" id="live">(.*?)</script>', render(DATA), re.DOTALL)
    assert found is not None
    assert json.loads(found[1]) == {
        "fps": pytest.approx(29.97002997),
        "frames": 3,
        "values": {"ssim": ["0.500", "0.250", "0.750"], "warp_error": [None, "0.100", None]},
    }


def test_a_run_without_training_or_figures_has_a_page_too() -> None:
    """Without losses and metrics their sections are left out."""
    bare = Page(render(replace(DATA, losses=(), figures=(), sheet=(), samples=(), regions=())))
    assert "Training" not in bare.text
    assert "Worst and best" not in bare.text
    assert "Contact sheet" not in bare.text
    assert "Regions" not in bare.text
    one_frame = replace(DATA, film=replace(DATA.film, frames=1, cuts=(0,)), figures=())
    assert "1 frame" in Page(render(one_frame)).text


def test_standouts_are_spread_over_the_clip() -> None:
    """Picks are ordered by how far they stand out, and never near neighbours of each other."""
    values = [None, *(float(index) for index in range(1, 64))]
    worst, best = standouts(values, "lower", count=3)
    assert worst == (63, 59, 55)
    assert best == (1, 5, 9)
    assert standouts(values, "higher", count=3) == (best, worst)
    assert standouts([None, None], "lower") == ((), ())


def test_curves_fill_their_box_and_break_where_values_are_missing() -> None:
    """The least value lies at the bottom, the greatest on top; a gap starts a new piece."""
    drawn = curve([0, 1, 2, 4], [1.0, 3.0, None, 2.0], mean=2.0)
    assert drawn is not None
    assert drawn.path == "M0.0 94.0L250.0 6.0M1000.0 50.0"
    assert (drawn.low, drawn.high, drawn.mean_y) == (1.0, 3.0, 50.0)
    assert curve([0, 1], [None, None]) is None


def test_small_films_travel_inside_the_page_and_large_ones_beside_it(tmp_path: Path) -> None:
    """Up to 16 MiB together the films are data addresses; above, paths relative to the page."""
    source, result = tmp_path / "a b.mp4", tmp_path / "result.mp4"
    source.write_bytes(b"12")
    result.write_bytes(b"3")
    assert films(source, result, tmp_path / "report.html")[1] == "data:video/mp4;base64,Mw=="
    with source.open("wb") as file:
        file.truncate(16 << 20)
    assert films(source, result, tmp_path / "out" / "report.html") == ("../a%20b.mp4", "../result.mp4")


@pytest.mark.parametrize(
    ("size", "frames", "shown"),
    [
        ((640, 272), 210, (640, 272)),
        ((3840, 2160), 210, (1280, 720)),
        ((1080, 1920), 210, (720, 1280)),
        ((1280, 720), 10_000, (337, 190)),
    ],
)
def test_films_on_a_page_are_bounded(size: tuple[int, int], frames: int, shown: tuple[int, int]) -> None:
    """They are no larger than a page shows them, and the longer a clip is, the smaller they are."""
    assert film_size(size, frames) == shown


def test_thumbnails_keep_their_shape(tmp_path: Path) -> None:
    """A thumbnail is a WebP file no larger than needed, in the frame's own proportions and colours."""
    frame = np.zeros((272, 640, 3), np.uint8)
    frame[:, :320] = (200, 30, 60)
    (tmp_path / "t.webp").write_bytes(thumbnail(frame))
    with Image.open(tmp_path / "t.webp") as picture:
        assert (picture.format, picture.size) == ("WEBP", (480, 204))
        assert np.abs(np.asarray(picture.convert("RGB"))[100, 100] - np.array([200, 30, 60])).max() < 12


def test_figures_are_written_with_three_digits() -> None:
    """Small and large figures keep three significant digits; a missing one is a dash."""
    written = [number(value) for value in (0.5, 0.0012345, 12.0, 12345.6, 0.0, None)]
    assert written == ["0.500", "0.00123", "12.0", "12,346", "0.00", "–"]  # noqa: RUF001 - a dash is meant
    assert [duration(seconds) for seconds in (10, 59.999, 3725.5)] == ["0:10.00", "1:00.00", "62:05.50"]

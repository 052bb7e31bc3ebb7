"""What is written of a comparison: gold files, what their readers need, and that nothing breaks out."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from gate_fakes import Studio
from gate_outcomes import OUTCOME, VERSION_2, VERSION_3

from orchestrator.files import write_bytes
from orchestrator.gate.as_json import as_json
from orchestrator.gate.data import Outcome, Point, Still
from orchestrator.gate.junit import junit
from orchestrator.gate.markdown import markdown
from orchestrator.gate.outputs import write_html, write_junit, write_markdown
from orchestrator.gate.page import page, trend
from orchestrator.gate.trend import chart
from orchestrator.gate.wording import headline, number

GOLD = Path(__file__).parent / "gold"
EVIL = "</script><img src=x onerror=alert(1)> | `x` [a](b) @you ]]>\"'&"
STILLS = [Still(worst, b"source", b"baseline", b"candidate") for worst in OUTCOME.worst]
POINTS = {
    "lpips": (
        Point("2026-05-01T10:00:00+00:00", VERSION_2, 0.25, 0.0, 0.02, "pass", True),
        Point("2026-05-02T10:00:00+00:00", VERSION_3, 0.5, 0.25, 0.02, "regression", False),
    )
}
MEANINGS = {row.metric: row.meaning for row in OUTCOME.rows}
WRITTEN = {
    "gate.json": lambda: json.dumps(as_json(OUTCOME), indent=1).encode(),
    "junit.xml": lambda: junit(OUTCOME),
    "comment.md": lambda: markdown(OUTCOME).encode(),
    "page.html": lambda: page(OUTCOME, STILLS, "page-trend.html").encode(),
    "page-trend.html": lambda: trend("street", MEANINGS, POINTS).encode(),
}


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def evil(outcome: Outcome) -> Outcome:
    """Return an outcome whose every text is hostile."""
    rows = tuple(replace(row, meaning=replace(row.meaning, label=EVIL, unit=EVIL)) for row in outcome.rows)
    return replace(
        outcome, rows=rows, candidate=replace(outcome.candidate, name=EVIL), conditions={EVIL: EVIL}
    )


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_as_it_was(name: str) -> None:
    """Byte for byte as in the gold file; `GOLD=1 pytest` writes them anew."""
    written = WRITTEN[name]()
    if os.environ.get("GOLD"):
        write_bytes(GOLD / name, written)
    assert written == (GOLD / name).read_bytes()


def test_junit_is_what_its_readers_take() -> None:
    """One case a metric, with class and name; a regression is a failure, and what is open an error."""
    suites = ET.fromstring(junit(OUTCOME))  # noqa: S314 - our own file
    (suite,) = suites
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    assert [child.tag for child in suite] == ["properties", "testcase", "testcase", "testcase"]
    for element in (suites, suite):
        assert [element.get(name) for name in ("tests", "failures", "errors")] == ["3", "1", "1"]
    cases = suite.findall("testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        ("gate.street", "lpips"),
        ("gate.street", "ssim"),
        ("gate.street", "warp_error"),
    ]
    assert [[child.tag for child in case] for case in cases] == [["failure"], [], ["error"]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp") or "")
    failure = cases[0][0]
    assert failure.get("message") == failure.text
    assert "worse by +0.1, +0.08 to +0.12, where 0.02 matters (unit: perceptual distance)" in (
        failure.text or ""
    )


def test_hostile_names_stay_text() -> None:
    """In XML they come back as they were; in HTML and Markdown they add no tag, cell, link or mention."""
    bad = evil(OUTCOME)
    suites = ET.fromstring(junit(bad))  # noqa: S314 - our own file
    assert EVIL in [each.get("name") for each in suites.iter("property")]
    assert [tag for tag, _ in Page(page(bad, STILLS, "x.html")).tags] == [
        tag for tag, _ in Page(page(replace(OUTCOME, conditions={"a": "b"}), STILLS, "x.html")).tags
    ]
    told = markdown(bad)
    assert not re.search(r"onerror=alert\(1\)>|@you|\[a\]|`", told)
    tables = [line for line in told.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} <= {7, 6, 3}
    json.dumps(as_json(bad), allow_nan=False)


def test_control_characters_make_no_xml_unreadable() -> None:
    """A prompt may hold what XML cannot; it is replaced."""
    suites = ET.fromstring(junit(replace(OUTCOME, conditions={"prompt": "a\x00\x1b\ud800 b\n"})))  # noqa: S314 - ours
    assert suites.findall(".//property")[-1].get("value") == "a\ufffd\ufffd\ufffd b\n"


def test_the_pages_need_no_network() -> None:
    """Everything they show is in them, and their own policy forbids anything else."""
    for html in (page(OUTCOME, STILLS, "t.html"), trend("street", MEANINGS, POINTS)):
        tags = Page(html).tags
        assert all(
            (value or "").startswith("data:")
            for _, found in tags
            for key, value in found.items()
            if key == "src"
        )
        assert not [tag for tag, _ in tags if tag in {"script", "iframe", "object"}]
        assert "default-src 'none'" in html


def test_the_page_says_all() -> None:
    """The verdict, every metric with its interval, what would decide, and the pictures side by side."""
    shown = Page(page(OUTCOME, STILLS, "t.html"))
    for told in (
        "Regression",
        "street-v2 against street-v1: worse in LPIPS 0.1 to source (AlexNet).",
        "+0.08 to +0.12",
        "pass, improved",
        "about 40 more frames (5 more clips) would decide",
        "corner, frame 3, seed 1",
    ):
        assert told in shown.text
    pictures = [found for tag, found in shown.tags if tag == "img"]
    assert len(pictures) == 3 * len(STILLS)
    assert all(found["alt"] for found in pictures)


def test_headlines() -> None:
    """A pass is told apart from an improvement, and both from what is open."""
    lpips, ssim, warp = OUTCOME.rows
    plain = replace(ssim, judgement=replace(ssim.judgement, improved=False))
    names = "street-v2 against street-v1: "
    assert headline(replace(OUTCOME, verdict="pass", rows=(plain,))) == f"{names}not worse."
    assert (
        headline(replace(OUTCOME, verdict="pass", rows=(ssim,)))
        == f"{names}better in SSIM to source, worse in nothing."
    )
    assert "cannot tell yet" in headline(replace(OUTCOME, verdict="inconclusive", rows=(ssim, warp)))
    assert "worse in LPIPS" in headline(replace(OUTCOME, rows=(lpips, warp)))


def test_numbers() -> None:
    """Three significant digits, and none that say nothing."""
    assert [number(value) for value in (0.123456, 12345.6, 0.0, -0.00012345)] == [
        "0.123",
        "12,346",
        "0",
        "-0.000123",
    ]


def test_a_chart_stands_upright() -> None:
    """The highest mean is at the top, the oldest at the left; one version alone is a point in the middle."""
    drawn = chart(POINTS["lpips"])
    assert drawn.marks == ((14.0, 146.0), (986.0, 14.0))
    assert (drawn.low, drawn.high) == (0.25, 0.5)
    assert chart(POINTS["lpips"][:1]).marks == ((14.0, 80.0),)


def test_a_gate_is_written_to_files(studio: Studio) -> None:
    """JUnit, Markdown and two pages, with real pictures of the worst regressions, and a trend that grows."""
    suite, good = studio.suite(), studio.lora("good")
    studio.gate(suite, good, studio.lora("again"))
    gated = studio.gate(suite, good, studio.lora("bad", strength=0.3))
    out = studio.folder / "out"
    write_junit(gated, out / "gate.xml")
    write_markdown(gated, out / "gate.md")
    written = write_html(gated, suite, out / "gate.html")
    assert written == (out / "gate.html", out / "gate-trend.html")
    assert 'failures="1"' in (out / "gate.xml").read_text()
    assert "❌ regression" in (out / "gate.md").read_text()
    pictures = [found["src"] or "" for tag, found in Page(written[0].read_text()).tags if tag == "img"]
    assert len(pictures) == 3 * len(gated.outcome.worst) > 0
    assert all(each.startswith("data:image/webp;base64,UklGR") for each in pictures)
    assert written[1].read_text().count("<circle") == 2 * 2

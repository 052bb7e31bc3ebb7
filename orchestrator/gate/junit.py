"""A comparison as JUnit XML, as Jenkins, GitLab and the actions of GitHub read it.

One test case a metric. A regression is a failure. What is inconclusive is an error, a test that could not be
carried out: as `skipped` it would look like nothing to care about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from orchestrator.gate.wording import explanation

if TYPE_CHECKING:
    from orchestrator.gate.data import Outcome, Row
    from orchestrator.gate.verdict import Verdict

_ELEMENTS: dict[Verdict, str] = {"regression": "failure", "inconclusive": "error"}


def junit(outcome: Outcome) -> bytes:
    """Return a comparison as a JUnit file: UTF-8 with its declaration.

    After the schema of Jenkins's xUnit plugin (junit-10.xsd), which follows Maven Surefire's.
    """
    counts = _counts(outcome)
    suites = ET.Element("testsuites", {"name": "orchestrate gate", **counts})
    timestamp = outcome.time.removesuffix("+00:00")
    suite = ET.SubElement(
        suites, "testsuite", {"name": outcome.suite, "timestamp": timestamp, "skipped": "0", **counts}
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(outcome).items():
        ET.SubElement(properties, "property", name=_legal(name), value=_legal(value))
    for row in outcome.rows:
        _case(suite, outcome.suite, row)
    ET.indent(suites, " ")
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(outcome: Outcome) -> dict[str, str]:
    verdicts = [row.judgement.verdict for row in outcome.rows]
    failures, errors = verdicts.count("regression"), verdicts.count("inconclusive")
    counts = {"tests": len(verdicts), "failures": failures, "errors": errors, "time": 0}
    return {name: str(count) for name, count in counts.items()}


def _facts(outcome: Outcome) -> dict[str, str]:
    return {
        "baseline": f"{outcome.baseline.name} {outcome.baseline.hash}",
        "candidate": f"{outcome.candidate.name} {outcome.candidate.hash}",
        "suite": outcome.suite_hash,
        "verdict": outcome.verdict,
        **outcome.conditions,
    }


def _legal(text: str) -> str:
    """Return text without the control characters that XML 1.0 cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


def _case(suite: ET.Element, suite_name: str, row: Row) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"gate.{suite_name}", name=row.metric, time="0")
    if element := _ELEMENTS.get(row.judgement.verdict):
        told = f"{row.meaning.label}: {explanation(row)}"
        ET.SubElement(case, element, type=row.judgement.verdict, message=told).text = told

"""What must be equal for two results to be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator import digest
from orchestrator.errors import MediaError, NotComparable, ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from orchestrator.gate.painter import Setup
    from orchestrator.gate.suite import Suite

    Digest = Callable[[Path], str]

Conditions = dict[str, str]
_SHOWN = 12  # digits of a digest; more tell nobody anything


def painted_content(suite: Suite[Any], digest_of: Digest = digest.of_file) -> Conditions:
    """Return what of a suite decides the pictures, by content: a moved suite keeps it.

    What the painter tells of itself is no part of it.

    Args:
        suite: the suite.
        digest_of: returns the digest of a file.

    Raises:
        MediaError: a video or picture is missing.
    """
    clips = {
        f"clip {name}": digest.of_value(
            {
                "video": _content(clip.video, digest_of),
                "start": clip.start,
                "frames": clip.frames,
                "every": clip.every,
            }
        )
        for name, clip in suite.clips.items()
    }
    pictures = {f"picture {name}": _content(path, digest_of) for name, path in suite.pictures.items()}
    paint = suite.paint.model_dump(mode="json", exclude={"payload"}, exclude_none=True)
    seeds = {"seeds": ", ".join(map(str, suite.seeds))}
    return {**clips, **pictures, **seeds, **{key: str(said) for key, said in paint.items()}}


def measured_content(suite: Suite[Any], digest_of: Digest = digest.of_file) -> Conditions:
    """Return what the figures are measured against, by content. Raises MediaError: it is missing."""
    weights = {f"weights of {name}": _whole(path, digest_of) for name, path in suite.weights.items()}
    style = {"style": _whole(suite.style, digest_of)} if suite.style else {}
    return {**weights, **style}


def suite_hash(suite: Suite[Any], digest_of: Digest = digest.of_file) -> str:
    """Return the digest of all that is painted and measured, 64 hex digits.

    How it is judged (which metrics, tolerances, confidence) is no part of it.

    Raises:
        MediaError: a file is missing.
        ProjectError: the suite was pinned, and is another one now.
    """
    found = digest.of_value({**painted_content(suite, digest_of), **measured_content(suite, digest_of)})
    _check_pin(suite, found)
    return found


def painting_conditions(content: Mapping[str, str], setup: Setup) -> Conditions:
    """Return all that decides a painted picture, apart from the LoRA."""
    named = {name: str(value) for name, value in vars(setup).items() if name != "others"}
    return {**content, **named, **setup.others}


def differing(baseline: Mapping[str, str], candidate: Mapping[str, str]) -> list[str]:
    """Return what differs between two sides' conditions, each with both values."""
    names = list(dict.fromkeys([*baseline, *candidate]))
    return [
        f"{name}: baseline {_shown(baseline.get(name))}, candidate {_shown(candidate.get(name))}"
        for name in names
        if baseline.get(name) != candidate.get(name)
    ]


def check_comparable(baseline: Mapping[str, str], candidate: Mapping[str, str]) -> None:
    """Make sure that only the LoRA differs. Raises NotComparable, which names all that does besides."""
    if differences := differing(baseline, candidate):
        raise NotComparable(
            f"the two sides were not made alike; {'; '.join(differences)}",
            remedy="Name the baseline's file by --baseline, so that it is painted anew as the candidate is.",
        )


def _shown(value: str | None) -> str:
    if value is None:
        return "has none"
    hexadecimal = len(value) == 64 and set(value) <= set("0123456789abcdef")  # noqa: PLR2004 - SHA-256
    return value[:_SHOWN] if hexadecimal else f"'{value}'"


def _whole(path: Path, digest_of: Digest) -> str:
    return digest.of_folder(path) if path.is_dir() else _content(path, digest_of)


def _content(path: Path, digest_of: Digest) -> str:
    if not path.is_file():
        raise MediaError("the suite needs this file, and it is not there", where=str(path))
    return digest_of(path)


def _check_pin(suite: Suite[Any], found: str) -> None:
    if suite.pin not in (None, found):
        raise ProjectError(
            f"this suite was pinned as {suite.pin}, and now is {found}",
            where="pin",
            remedy="Restore its media and settings, or pin it anew if the change is meant.",
        )

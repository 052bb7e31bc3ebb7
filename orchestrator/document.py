"""Settings files: YAML in, frozen settings out, and every complaint with its line and column, all at once.

YAML is read by the core schema of YAML 1.2: `off`, `yes` and `1:30` are words, and `1e-4` is a number.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from orchestrator import schema
from orchestrator.errors import ProjectError
from orchestrator.settings import FOLDER, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from orchestrator.schema import Place

MAX_BYTES = 1 << 20
MAX_NODES = 20_000  # after aliases are followed: a settings file has a few hundred

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong, with where it stands; lines and columns start at 1."""

    file: str
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"


class DocumentError(ProjectError):
    """A settings file with its complaints, in the order of the file."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = tuple(sorted(complaints, key=lambda each: (each.line, each.column)))
        super().__init__("\n".join(map(str, self.complaints)))


def read(path: Path, model: type[S]) -> S:
    """Read a settings file.

    Relative paths in it are taken from its folder; `${NAME}` in a value is taken from the environment.

    Raises:
        DocumentError: all that is wrong with it.
        ProjectError: there is no such file.
    """
    return parse(_text(path), model, name=path.name, folder=path.absolute().parent)


def parse(text: str, model: type[S], *, name: str, folder: Path) -> S:
    """Turn a settings file's text into settings. Raises DocumentError."""
    reading = _Reading(name)
    data = reading.data(text)
    if data is None:
        raise DocumentError(reading.complaints)
    try:
        settings = model.model_validate(data, context={FOLDER: folder})
    except ValidationError as error:
        details = [each for each in error.errors(include_url=False) if not reading.knows(each)]
        mistakes = [reading.translated(each, model) for each in details]
        raise DocumentError(reading.complaints + mistakes) from None
    if reading.complaints:
        raise DocumentError(reading.complaints)
    return settings


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except FileNotFoundError:
        raise ProjectError(
            "there is no such file", where=str(path), remedy="`orchestrate init` writes a commented one."
        ) from None
    except OSError as error:
        raise ProjectError(f"it cannot be read: {error.strerror}", where=str(path)) from error
    if size > MAX_BYTES:
        raise DocumentError([Complaint(path.name, 1, 1, f"{size} bytes are too many for a settings file")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DocumentError(
            [Complaint(path.name, line, 1, "this is not UTF-8 text; save it as UTF-8")]
        ) from None


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML's own way to give a loader its resolvers


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))


class _Reading:
    """One pass over a document: its data, where each value stands, and what is wrong with its form."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.complaints: list[Complaint] = []
        self._marks: dict[Place, yaml.Mark] = {}
        self._unset: set[Place] = set()
        self._filled_in: dict[Place, tuple[str, str]] = {}  # what came of a text, and the text
        self._nodes = 0
        self._loader = _Loader("")

    def data(self, text: str) -> Any:
        """Return the document's value; what is wrong is added to `complaints`."""
        try:
            node = yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            self._complain(error.problem_mark, _form(error))
            return None
        except yaml.reader.ReaderError as error:
            self.complaints.append(
                Complaint(
                    self.name,
                    text[: error.position].count("\n") + 1,
                    1,
                    "a control character stands here; remove it",
                )
            )
            return None
        if node is None:
            self._complain(None, "the file is empty; `orchestrate init` writes a commented one")
            return None
        if not isinstance(node, yaml.MappingNode):
            self._complain(node.start_mark, "expected `key: value` lines here")
            return None
        try:
            return self._value(node, (), ())
        except _TooLargeError:
            self._complain(
                node.start_mark, f"aliases blow this file up to more than {MAX_NODES} values; write them out"
            )
            return None

    def translated(self, detail: ErrorDetails, model: type[BaseModel]) -> Complaint:
        """Turn one of pydantic's errors into a complaint in the file's own words."""
        place = tuple(part for i, part in enumerate(detail["loc"]) if self._is_written(detail["loc"], i))
        nearest = self._nearest(detail["loc"])
        mark = self._marks[nearest]
        if nearest in self._filled_in:
            detail = _as_written(detail, *self._filled_in[nearest])
        dotted = ".".join(map(str, place)) or "the file"
        return Complaint(self.name, mark.line + 1, mark.column + 1, _said(detail, dotted, model))

    def knows(self, detail: ErrorDetails) -> bool:
        """Tell whether one of pydantic's errors only follows from a variable that is not set."""
        return self._nearest(detail["loc"]) in self._unset

    def _is_written(self, loc: Place, index: int) -> bool:
        """Tell a key of the file, or one that it lacks, from the names that pydantic gives to types."""
        part = loc[index]
        is_key = isinstance(part, str) and part.isidentifier() and not part[0].isupper()
        return is_key or (*self._nearest(loc[:index]), part) in self._marks

    def _nearest(self, loc: Place) -> Place:
        place: Place = ()
        for part in loc:
            if (*place, part) in self._marks:
                place = (*place, part)
        return place

    def _value(self, node: yaml.Node, place: Place, above: tuple[yaml.Node, ...]) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or any(node is each for each in above):
            raise _TooLargeError
        self._marks.setdefault(place, node.start_mark)
        if not node.tag.startswith("tag:yaml.org,2002:") or ":python/" in node.tag:
            self._complain(node.start_mark, f"the tag {node.tag} is not read here; write a plain value")
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place, (*above, node)))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*place, i), (*above, node)) for i, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _pairs(
        self, node: yaml.MappingNode, place: Place, above: tuple[yaml.Node, ...]
    ) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in seen:
                self._complain(key_node.start_mark, f"the key '{key}' stands here twice; keep one")
            seen.add(key)
            inner = (*place, key)
            self._marks[inner] = key_node.start_mark
            yield key, self._value(value_node, inner, above)

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        try:
            value = self._loader.construct_object(node)
        except yaml.constructor.ConstructorError as error:
            self._complain(error.problem_mark, f"{error.problem}: only plain values may stand here")
            return None
        return self._with_environment(value, node, place) if isinstance(value, str) else value

    def _with_environment(self, value: str, node: yaml.Node, place: Place) -> str:
        def replaced(found: re.Match[str]) -> str:
            name = found.group(1)
            if name not in os.environ:
                self._unset.add(place)
                self._complain(
                    node.start_mark,
                    f"the environment variable {name} is not set; `export {name}=…` before the run",
                )
            return os.environ.get(name, found.group(0))

        filled = re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", replaced, value)
        if filled != value:
            self._filled_in[place] = filled, value
        return filled

    def _complain(self, mark: yaml.Mark | None, what: str) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self.complaints.append(Complaint(self.name, line, column, what))


class _TooLargeError(Exception):
    pass


def _form(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "this is not YAML"
    if "'\\t'" in problem:
        return "a tab stands here; YAML is indented with spaces"
    return f"this is not YAML: {problem}{f' ({error.context})' if error.context else ''}"


def _as_written(detail: ErrorDetails, filled: str, written: str) -> ErrorDetails:
    """Return an error that shows the file's text: what the environment makes of it may be a secret."""
    told: ErrorDetails = {**detail, "input": written, "msg": detail["msg"].replace(filled, written)}
    return told


def _said(detail: ErrorDetails, dotted: str, model: type[BaseModel]) -> str:
    kind, place = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        known = schema.keys(model, place[:-1])
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}"
        return f"unknown key '{dotted}'; {hint}"
    if kind == "missing":
        return f"the key '{dotted}' is missing"
    message = detail["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return f"{dotted}: {message}"
    received = "" if schema.is_secret(model, place) else f", not {_shown(detail['input'])}"
    return f"{dotted}: {message[:1].lower()}{message[1:]}{received}"


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - about half a line

"""Settings files: what is read, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from orchestrator import document
from orchestrator.errors import OrchestrateError, ProjectError
from orchestrator.settings import InputPath, OutputPath, Settings


class Inner(Settings):
    count: int = Field(24, ge=1)
    mode: Literal["off", "flow"] = "off"


class Example(Settings):
    name: str
    inner: Inner = Inner()
    rate: float = 1.0
    video: InputPath = Path("in.mp4")
    out: OutputPath = Path("out/x.mp4")
    auth: SecretStr | None = None


def parse(text: str, folder: Path = Path("/p")) -> Example:
    return document.parse(text, Example, name="p.yaml", folder=folder)


def complaints(text: str, folder: Path = Path("/p")) -> list[str]:
    with pytest.raises(document.DocumentError) as caught:
        parse(text, folder)
    return [str(each) for each in caught.value.complaints]


def test_words_stay_words_and_numbers_numbers() -> None:
    """`off` is no boolean, `1e-4` no string, and `1:30` no count of seconds."""
    read = parse("name: 1:30\nrate: 1e-4\ninner: {mode: off}\n")
    assert (read.name, read.rate, read.inner.mode) == ("1:30", 1e-4, "off")


def test_all_mistakes_are_told_at_once_each_with_its_place() -> None:
    """Line and column are those of the key or value that is wrong, in the order of the file."""
    text = "nam: x\ninner:\n  count: 0\n  mod: flow\nrate: 2\n"
    assert complaints(text) == [
        "p.yaml:1:1: the key 'name' is missing",
        "p.yaml:1:1: unknown key 'nam'; did you mean 'name'?",
        "p.yaml:3:3: inner.count: input should be greater than or equal to 1, not 0",
        "p.yaml:4:3: unknown key 'inner.mod'; did you mean 'mode'?",
    ]


def test_form_and_content_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unset variable, a doubled key and a wrong value appear in one answer."""
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    told = complaints("name: a\nname: b\nauth: ${NOT_SET_HERE}\nrate: fast\n")
    assert [line.split(": ")[0] for line in told] == ["p.yaml:2:1", "p.yaml:3:7", "p.yaml:4:1"]
    assert "NOT_SET_HERE is not set" in told[1]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("name: x\n\trate: 3\n", "a tab stands here"),
        ("- a\n- b\n", "expected `key: value` lines"),
        ("name: [1, 2\n", "this is not YAML"),
        ("name: !!python/object/apply:os.system [ls]\n", "the tag"),
        ("name: a\x00b\n", "control character"),
        ("name: &a [*a]\n", "aliases"),
        ("rate: .inf\nname: x\n", "rate: "),
    ],
)
def test_broken_documents_are_told_in_plain_words(text: str, told: str) -> None:
    """Whatever the form of the mistake, one line says what stands there."""
    assert any(told in line for line in complaints(text))


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    """Nine levels of ten aliases would be a thousand million values."""
    lines = ["a0: &a0 x"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
    assert "aliases blow this file up" in complaints("\n".join(lines))[0]


def test_secrets_come_from_the_environment_and_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The value is there for who asks for it, and in no representation."""
    monkeypatch.setenv("WEBUI_AUTH", "me:hunter2")
    read = parse("name: x\nauth: ${WEBUI_AUTH}\n")
    assert read.auth is not None
    assert read.auth.get_secret_value() == "me:hunter2"
    assert "hunter2" not in repr(read) + read.model_dump_json()


def test_a_secret_of_the_wrong_kind_is_not_shown_either() -> None:
    """A password that YAML reads as a number is refused without being repeated."""
    (told,) = complaints("name: x\nauth: 271828\n")
    assert told.startswith("p.yaml:2:1: auth: ")
    assert "271828" not in told


def test_what_came_from_the_environment_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a secret stands at a wrong place, the complaint shows the text of the file."""
    monkeypatch.setenv("WEBUI_AUTH", "me:hunter2")
    for text in ("inner: ${WEBUI_AUTH}", "inner: {mode: 'x${WEBUI_AUTH}'}"):
        (told,) = complaints(f"name: x\n{text}\n")
        assert "hunter2" not in told
        assert "${WEBUI_AUTH}" in told


def test_an_unset_variable_is_one_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its value would have to be is not complained about as well."""
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    (told,) = complaints("name: x\ninner: {count: '${NOT_SET_HERE}'}\n")
    assert "NOT_SET_HERE is not set" in told


def test_inputs_are_found_beside_the_file_and_outputs_stay_inside(tmp_path: Path) -> None:
    """Relative, absolute, dotted and linked ways out are all refused."""
    read = parse("name: x\nvideo: media/a.mp4\nout: sub/../y.mp4\n", tmp_path)
    assert read.video == tmp_path / "media/a.mp4"
    assert read.out == tmp_path.resolve() / "y.mp4"
    (tmp_path / "link").symlink_to("/")
    for way in ("../y.mp4", "/etc/y.mp4", "link/tmp/y.mp4", "."):
        assert "leaves the project folder" in complaints(f"name: x\nout: {way}\n", tmp_path)[0]


def test_files_that_are_missing_or_not_text_are_told(tmp_path: Path) -> None:
    """No traceback for what no YAML parser would read."""
    with pytest.raises(ProjectError, match="no such file"):
        document.read(tmp_path / "none.yaml", Example)
    binary = tmp_path / "p.yaml"
    binary.write_bytes(b"name: x\nrate: \xff\xfe\n")
    with pytest.raises(document.DocumentError, match=r"p\.yaml:2:1: this is not UTF-8"):
        document.read(binary, Example)
    binary.write_bytes(b"#" * (document.MAX_BYTES + 1))
    with pytest.raises(document.DocumentError, match="too many"):
        document.read(binary, Example)


@given(st.text(max_size=200))
def test_no_text_brings_anything_but_settings_or_complaints(text: str) -> None:
    """Any text at all ends in one of the two."""
    try:
        parse(text)
    except OrchestrateError as error:
        assert str(error)  # noqa: PT017 - either outcome is right

"""What may be said of WebUIs in project.yaml, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator import document
from orchestrator.project import Project
from orchestrator.webui.settings import WebUISettings

PROJECT = """\
name: a
source: {video: v.mp4}
style: {from: {images: s}, captions: {trigger: t}}
stylize: {}
"""


def read(webui: str) -> tuple[WebUISettings, ...]:
    return document.parse(f"{PROJECT}webui: {webui}", Project, name="p.yaml", folder=Path("/p")).webui


def complaints(webui: str) -> list[str]:
    with pytest.raises(document.DocumentError) as caught:
        read(webui)
    return [str(each).removeprefix("p.yaml:") for each in caught.value.complaints]


def test_one_webui_is_an_address_a_mapping_or_a_list() -> None:
    """All spellings of the same are the same."""
    assert (
        read("http://a:1") == read("{url: http://a:1}") == read("[http://a:1]") == read("[{url: http://a:1}]")
    )
    assert read("embedded") == (WebUISettings(),)


def test_several_are_a_list_of_either() -> None:
    """Paths are taken from the project's folder, also within the list; another machine's folder is none."""
    one, two, three = read(
        "[http://a:1, {url: http://b:2, lora_dir: loras, ca_file: ca.pem},"
        " {url: http://c:3, lora_dir: 'ssh://u@c/m/L'}]"
    )
    assert (one.lora_dir, two.lora_dir, three.lora_dir) == (None, Path("/p/loras"), "ssh://u@c/m/L")
    assert two.ca_file == Path("/p/ca.pem")


@pytest.mark.parametrize(
    ("webui", "complaint"),
    [
        ("{prt: 1}", "5:9: unknown key 'webui.prt'; did you mean 'port'?"),
        ("[http://a:1, {prt: 1}]", "5:22: unknown key 'webui.1.prt'; did you mean 'port'?"),
        ("{port: 0}", "5:9: webui.port: input should be greater than or equal to 1, not 0"),
        ("[]", "5:1: webui: must name a WebUI; 'embedded' is the one that comes along"),
        ("[http://a:1, http://a:1/]", "5:1: webui: http://a:1 stands here twice; `in_flight` says how many"),
        (
            "[{checkpoint: x}, http://a:1]",
            "5:1: webui: frames go to whoever is free: say the same checkpoint",
        ),
        ("[{batch: 2}, http://a:1]", "5:1: webui: frames go to whoever is free: say the same batch"),
        ("{command: [webui.sh]}", "5:1: webui: a command needs the url at which its WebUI will listen"),
        ("{lora_dir: 'ssh://host'}", "5:9: webui.lora_dir: must look like ssh://"),
        ("{headers: {'X Key': a}}", "5:9: webui.headers: 'X Key' is no name of a header"),
        ("{headers: {X-Key: 12345}}", "5:19: webui.headers.X-Key: input should be a valid string"),
    ],
)
def test_mistakes_are_told_where_they_stand(webui: str, complaint: str) -> None:
    """In the file's own words, whichever spelling it has; a header's value is never shown."""
    told = complaints(webui)
    assert len(told) == 1
    assert told[0].startswith(complaint)
    assert "12345" not in told[0]

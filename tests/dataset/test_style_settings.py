from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.dataset.settings import CaptionSettings, StyleSettings, VideoStyle


def style(**changes: Any) -> dict[str, Any]:
    return {"from": {"video": "film.mp4"}, "captions": {"trigger": "bnnyfilm"}, **changes}


def test_a_video_and_a_word_are_enough() -> None:
    """All else has defaults."""
    settings = StyleSettings.model_validate(style())
    assert isinstance(settings.from_, VideoStyle)
    assert settings.select is None
    assert settings.resolution == (512, 512)
    assert settings.captions.template == "{trigger} style"


@pytest.mark.parametrize("source", [{}, {"video": "a", "images": "b"}, {"film": "a"}, "film.mp4", None, 3])
def test_a_source_is_exactly_one_thing(source: Any) -> None:
    """Neither none nor two nor another: the message names the two forms."""
    with pytest.raises(ValidationError, match="either `video: FILE` or `images: FOLDER`"):
        StyleSettings.model_validate(style(**{"from": source}))


@pytest.mark.parametrize(
    "template", ["style", "{trigger} and {other}", "{} style", "{trigger", "{trigger}\nsecond", ""]
)
def test_a_template_names_the_trigger_and_nothing_else(template: str) -> None:
    """A caption that lacks the trigger word, or would fail to be filled in, is refused at once."""
    with pytest.raises(ValidationError):
        CaptionSettings(trigger="word", template=template)


@pytest.mark.parametrize("trigger", ["", "two words", "a,b", "../up", "a/b", "<lora>", "-dash", "x" * 65])
def test_a_trigger_is_one_plain_word(trigger: str) -> None:
    """It goes into prompts, folder and file names, and must be harmless in each."""
    with pytest.raises(ValidationError, match=r"one word|at most 64"):
        CaptionSettings(trigger=trigger)


@pytest.mark.parametrize("resolution", [500, 8, True, "512", [512], [512, 100], [64, 64, 64]])
def test_a_resolution_is_what_latents_can_have(resolution: Any) -> None:
    """Sides are multiples of 8 pixels, and the message says so."""
    with pytest.raises(ValidationError, match="multiples of 8"):
        StyleSettings.model_validate(style(resolution=resolution))


def test_a_resolution_may_be_a_width_and_a_height() -> None:
    """A pair as YAML gives it is width, height."""
    assert StyleSettings.model_validate(style(resolution=[512, 768])).resolution == (512, 768)

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.project import OutputSettings


@pytest.mark.parametrize(
    ("video", "codec"),
    [("a.mp4", "h264"), ("a.mkv", "h264"), ("a.gif", "gif"), ("a.webp", "webp"), ("a.apng", "apng")],
)
def test_the_suffix_tells_the_codec(video: str, codec: str) -> None:
    """A project that names a GIF need not say that it is one."""
    assert OutputSettings.model_validate({"video": video}).codec == codec


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"video": "a.gif", "codec": "h264"}, "h264 goes into"),
        ({"video": "a.mp4", "codec": "gif"}, "gif goes into"),
        ({"video": "a.gif", "crf": 20}, "no crf"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: dict[str, object], words: str) -> None:
    """Codec, file and quality must suit each other."""
    with pytest.raises(ValidationError, match=words):
        OutputSettings.model_validate(settings)

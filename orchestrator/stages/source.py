"""The video that is restyled, known by its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.media.clip import Clip


@dataclass(frozen=True)
class Source:
    """A clip and what identifies it.

    Attributes:
        clip: the stretch of the video.
        digest: SHA-256 of the whole video file.
    """

    clip: Clip
    digest: str

    @property
    def content(self) -> Mapping[str, Any]:
        """What identifies the clip, wherever its file lies."""
        return {"video": self.digest, "start": self.clip.start, "stop": self.clip.stop}

"""What was painted and measured, kept by content: nothing of it is done twice, whatever is picked next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator import digest, files
from orchestrator.picking.objective import Figures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


@dataclass(frozen=True)
class Kept:
    """A folder of painted frames, `<digest>.png`, and their figures, `<digest>-<digest of the style>.json`.

    Attributes:
        folder: where they lie.
        style: digest of what the figures are measured against and by.
    """

    folder: Path
    style: str

    def picture(self, content: Mapping[str, Any]) -> Path:
        """Return where a frame lies, or will, that is painted from all this."""
        return self.folder / f"{digest.of_value(dict(content))[:32]}.png"

    def figures(self, picture: Path) -> Figures | None:
        """Return what was measured of a picture, if it was."""
        try:
            told = json.loads(self._beside(picture).read_text(encoding="utf-8"))
            return Figures(**told)
        except FileNotFoundError:
            return None

    def keep(self, picture: Path, figures: Figures) -> None:
        """Keep what was measured of a picture."""
        files.write_json(self._beside(picture), figures._asdict())

    def _beside(self, picture: Path) -> Path:
        return picture.with_name(f"{picture.stem}-{self.style[:12]}.json")

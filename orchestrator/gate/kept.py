"""What one LoRA painted of a suite, and its figures, kept on disk picture by picture.

A folder holds `conditions.json`, `pictures/<clip>/<seed>/<frame>.png`, `painted.jsonl` with a line for each
picture and `figures-<version>.jsonl` with one for each clip and seed. A line is written when what it tells of
is on disk, so what has its line is finished, whatever instant the run was killed at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator import digest, files, json_lines
from orchestrator.artifacts import frame_name
from orchestrator.errors import DamagedArtifact
from orchestrator.gate.differences import Picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from orchestrator.gate.painter import Answer

    Frame = NDArray[np.uint8]

_CONDITIONS = "conditions.json"


@dataclass(frozen=True)
class Kept:
    """A folder with the results of one side."""

    folder: Path

    def begin(self, conditions: Mapping[str, str]) -> None:
        """Write down what the pictures are made with."""
        files.write_json(self.folder / _CONDITIONS, dict(conditions))

    def conditions(self) -> dict[str, str] | None:
        """Return what the pictures were made with; None where nothing was begun."""
        try:
            found: dict[str, str] = json.loads((self.folder / _CONDITIONS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def path(self, picture: Picture) -> Path:
        """Return where a picture lies."""
        return self.folder / "pictures" / picture.clip / str(picture.seed) / frame_name(picture.frame)

    def painted(self) -> set[Picture]:
        """Return the pictures that are finished."""
        return {each for each in self._digests() if self.path(each).exists()}

    def keep(self, picture: Picture, answer: Answer, seed: int) -> None:
        """Keep a picture, with the seed of its noise and the painter's account of it."""
        from orchestrator.media.pictures import write_png

        write_png(self.path(picture), answer.picture)
        row = {
            "picture": _named(picture),
            "noise": seed,
            "pixels": _pixels(answer.picture),
            "told": answer.told,
        }
        json_lines.append(self._journal, row)

    def pictures(self, wanted: Iterable[Picture]) -> tuple[Frame, ...]:
        """Return pictures. Raises DamagedArtifact: one is not what was painted."""
        from orchestrator.media.pictures import read

        known = self._digests()
        found = []
        for each in wanted:
            picture = read(self.path(each))
            if _pixels(picture) != known[each]:
                raise DamagedArtifact(
                    "this picture is not the one that was painted",
                    where=str(self.path(each)),
                    remedy=f"Remove {self.folder}: it is painted anew then.",
                )
            found.append(picture)
        return tuple(found)

    def keep_figures(
        self, version: str, pictures: Sequence[Picture], figures: Mapping[str, Sequence[float | None]]
    ) -> None:
        """Keep the figures of some pictures.

        Args:
            version: digest of what measured them.
            pictures: which ones.
            figures: of each metric, in the pictures' order.
        """
        rows = [{name: values[index] for name, values in figures.items()} for index in range(len(pictures))]
        named = [{"picture": _named(each), "figures": row} for each, row in zip(pictures, rows, strict=True)]
        json_lines.append(self._figures(version), {"pictures": named})

    def figures(self, version: str) -> dict[Picture, dict[str, float | None]]:
        """Return the figures that are known, measured by what has that digest."""
        return {
            Picture(**each["picture"]): each["figures"]
            for row in json_lines.rows(self._figures(version))
            for each in row["pictures"]
        }

    @property
    def _journal(self) -> Path:
        return self.folder / "painted.jsonl"

    def _figures(self, version: str) -> Path:
        return self.folder / f"figures-{version[:16]}.jsonl"

    def _digests(self) -> dict[Picture, str]:
        return {Picture(**row["picture"]): row["pixels"] for row in json_lines.rows(self._journal)}


def _named(picture: Picture) -> dict[str, Any]:
    return {"clip": picture.clip, "seed": picture.seed, "frame": picture.frame}


def _pixels(picture: Frame) -> str:
    return digest.of_bytes(picture.tobytes())

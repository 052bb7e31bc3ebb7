"""Some of the painted frames painted once more, otherwise; the rest stay as they are.

Which frames, and how, is no setting of the project: it mends one certain painting, and is written down beside
that one's frames. A painting with other settings has other frames, and nothing to mend yet.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from orchestrator import files
from orchestrator.errors import DamagedArtifact
from orchestrator.pipeline.stage import Made, Stage
from orchestrator.stylization import journal
from orchestrator.stylization.changes import changed
from orchestrator.stylization.stylize import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence
    from orchestrator.layers import Layer
    from orchestrator.progress import Progress

_FILE = "repaints.json"
_KEPT = ("keyframes.json", "batch.json")  # what was decided for the painting as a whole


@dataclass(frozen=True)
class Repaint:
    """What is painted once more.

    Attributes:
        first: index of the first frame, within the layer.
        last: index of the last one.
        said: what is set otherwise, by its name in `stylize`.
        order: the number of the wish that it belongs to, which may concern several layers.
    """

    first: int
    last: int
    said: Mapping[str, Any] = field(default_factory=dict)
    order: int = field(default=0, compare=False)

    def __contains__(self, index: object) -> bool:
        """Whether a frame is painted once more."""
        return isinstance(index, int) and self.first <= index <= self.last


def recorded(painting: Path) -> tuple[Repaint, ...]:
    """Return what was to be painted once more, of the painting in a folder. Raises DamagedArtifact."""
    file = painting / _FILE
    if not file.exists():
        return ()
    try:
        return tuple(Repaint(**each) for each in json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DamagedArtifact(
            "the list of frames to be painted once more cannot be read",
            where=str(file),
            remedy="Delete it to have the frames as they were painted first.",
        ) from error


def record(painting: Path, repaints: Sequence[Repaint]) -> None:
    """Write down what is to be painted once more, in this order. Raises StorageError."""
    files.write_json(painting / _FILE, [asdict(each) for each in repaints])


def repainted(
    layer: Layer, whole: Callable[[Layer], Stage[FrameSequence]], repaints: Sequence[Repaint]
) -> tuple[Stage[FrameSequence], ...]:
    """Return the stage that paints a layer, and one for each time that some frames are painted once more.

    Args:
        layer: the layer.
        whole: returns the stage that paints all of a layer.
        repaints: which frames, and how; each of the frames that the ones before it leave.

    Raises:
        ProjectError: a setting cannot be.
    """

    def once_more(before: Stage[FrameSequence], numbered: tuple[int, Repaint]) -> Stage[FrameSequence]:
        number, repaint = numbered
        otherwise = replace(layer, settings=changed(layer.settings, repaint.said))
        return _stage(f"repaint-{number}-{layer.name}", repaint, before, whole(otherwise))

    return tuple(accumulate(enumerate(repaints, 1), once_more, initial=whole(layer)))


def sources(painting: Path, repaint: Repaint) -> list[int] | None:
    """Return the frames that all of some frames follow from; None if some of them are painted themselves."""
    entries = journal.read(painting / JOURNAL)
    wanted = [entry for index, entry in entries.items() if index in repaint]
    if any(entry.told or not entry.keys for entry in wanted):
        return None
    keys = {key for entry in wanted for key in entry.keys}
    # what others are carried from may itself show a painted frame again
    return sorted({painted for key in keys for painted in entries[key].keys or (key,)})


def next_seed(painting: Path, index: int) -> int:
    """Return the seed after the one that a frame was painted with."""
    entry = journal.read(painting / JOURNAL).get(index)
    return (entry.seed + 1) % 2**32 if entry else 1


def _stage(
    name: str, repaint: Repaint, before: Stage[FrameSequence], whole: Stage[FrameSequence]
) -> Stage[FrameSequence]:
    def build(folder: Path, made: Made, progress: Progress) -> None:
        _take_over(made(before), folder, repaint)
        whole.build(folder, made, progress)

    content = {**whole.settings, "painted_again": [repaint.first, repaint.last]}
    inputs = (*whole.inputs, before)
    return Stage(
        name, whole.version, content, inputs, build, whole.load, resumes=True, under_way=whole.under_way
    )


def _take_over(frames: FrameSequence, folder: Path, repaint: Repaint) -> None:
    """Have a folder hold all frames but those that are painted once more, as if they were painted there."""
    painting, own = frames.folder.parent, folder / frames.folder.name
    with files.storage_errors(folder):
        own.mkdir(parents=True, exist_ok=True)
    for name in _KEPT:
        if (painting / name).exists():
            files.write_bytes(folder / name, (painting / name).read_bytes())
    for index in range(frames.count):
        if index not in repaint:
            _share(frames.path(index), own / frames.path(index).name)
    outside = (entry for index, entry in journal.read(painting / JOURNAL).items() if index not in repaint)
    inside = (entry for index, entry in journal.read(folder / JOURNAL).items() if index in repaint)
    journal.write(folder / JOURNAL, [*outside, *inside])


def _share(file: Path, target: Path) -> None:
    """Have a file at another place too; finished frames are replaced, and never written into."""
    if target.exists():
        return
    with files.storage_errors(target):
        try:
            os.link(file, target)
        except OSError:  # not every file system knows links
            with files.replacing(target) as partial:
                shutil.copyfile(file, partial)

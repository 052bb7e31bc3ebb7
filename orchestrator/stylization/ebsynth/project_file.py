"""EbSynth's own project file, `.ebs`.

The program documents it nowhere. This is how three others, which stand apart from one another, write or read
it: ebsynth_utility, ebsynth-project-editor and ebgen. All numbers are little-endian; a text is its length as
int32 and its bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.stylization.ebsynth.ranges import Reach

_HEAD, _TAIL = b"EBS05\0", b"V02\0"
# weights of keys, frames and masks; mapping, de-flicker, diversity: as the others write them
_SETTINGS = (1.0, 4.0, 1.0, 10.0, 1.0, 3500.0)
_DETAIL = 2  # medium, of 1 high to 4 garbage
_USE_GPU = True
_END = 704  # of unknown meaning; the others all end so


@dataclass(frozen=True)
class Paths:
    """Where pictures lie, from the project file's folder, with `[######]` for the number.

    Attributes:
        frames: the video's.
        keys: the painted ones.
        masks: of what is painted; empty where everything is.
    """

    frames: str
    keys: str
    masks: str = ""


def encode(paths: Paths, outputs: Sequence[tuple[Reach, str]], fps: float) -> bytes:
    """Return the content of a project file.

    Args:
        paths: what it works on.
        outputs: for each key how far it reaches, and where its frames are to lie, as in `paths`.
        fps: frames per second.
    """
    head = _HEAD + _text(paths.frames) + _text(paths.masks) + _text(paths.keys)
    settings = struct.pack("<?6f", bool(paths.masks), *_SETTINGS)
    count = struct.pack("<i", len(outputs))
    tail = _TAIL + struct.pack("<i?fi", _DETAIL, _USE_GPU, fps, _END)
    return head + settings + count + b"".join(_output(*each) for each in outputs) + tail


def _output(reach: Reach, path: str) -> bytes:
    # both directions are wanted always: one of no length makes the key alone
    return struct.pack("<i??ii", reach.key, True, True, reach.first, reach.last) + _text(path)


def _text(text: str) -> bytes:
    data = text.encode("ascii")
    return struct.pack("<i", len(data)) + data

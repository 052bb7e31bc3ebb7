"""Every mistake that a user can be told about, as one tree.

    OrchestrateError
    ├── ProjectError          10  project.yaml says something that cannot be
    ├── InputError
    │   ├── MediaError        20  a video is missing, is none, or holds no frames
    │   ├── ImageError        21  a picture cannot be opened or is too large
    │   ├── ModelFileError    22  a checkpoint or LoRA file is missing, unsafe or of another kind
    │   ├── PresetError       23  a preset is unknown or asks for something unknown
    │   ├── DatasetError      24  style pictures or their captions are missing or unusable
    │   └── NotComparable     25  two results were not made alike, so that comparing them says nothing
    ├── ToolError
    │   ├── FfmpegError       30  ffmpeg is missing or failed
    │   ├── TrainerError      31  the trainer stopped, or left no LoRA
    │   │   ├── OutOfMemory   34  the GPU's memory is not enough
    │   │   ├── Diverged      35  the loss is no number any more
    │   │   ├── NoPictures    36  the trainer found nothing to train on
    │   │   ├── Killed        37  something from outside ended the trainer
    │   │   └── NoGpu         38  the trainer wants a GPU that it cannot use
    │   ├── LoraError         32  what the trainer left is no usable LoRA
    │   └── MissingPackage    33  an optional package is not installed
    ├── WebUIError
    │   ├── WebUIUnreachable  40  nobody answers at that address
    │   ├── WebUIUnauthorized 41  401 or 403
    │   ├── WebUIRefused      42  it answered with an error
    │   │   └── WebUIFailed   47  it failed at a request that it took (status 500 and above)
    │   ├── WebUINonsense     43  what answers is no WebUI, or its answer cannot be read
    │   ├── EffectMissing     44  it answered 200, but did not do what was asked
    │   ├── PortTaken         45  the port of the embedded WebUI is in use
    │   └── WebUICrashed      46  a WebUI that was started here ends again and again
    ├── StorageError
    │   ├── NotWritable       50  a folder cannot be written
    │   ├── DiskFull          51  no space left
    │   ├── FolderBusy        53  another run holds the folder
    │   └── DamagedArtifact   54  something made earlier is no longer what it was
    └── Interrupted          130  the user pressed Ctrl-C

Exit code 0 is success, 1 an unexpected failure, 2 a wrong command line.
"""

from __future__ import annotations

from typing import ClassVar


class OrchestrateError(Exception):
    """What happened, where, and what to do about it.

    Attributes:
        what: one sentence naming the fault and the value received.
        where: file, line and column, address or path; empty when the sentence already names it.
        remedy: one sentence the user can act on.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class ProjectError(OrchestrateError):
    """project.yaml says something that cannot be."""

    exit_code = 10


class InputError(OrchestrateError):
    """A file that the user named cannot be used."""


class MediaError(InputError):
    """A video is missing, is none, or holds no frames."""

    exit_code = 20


class ImageError(InputError):
    """A picture cannot be opened or is too large."""

    exit_code = 21


class ModelFileError(InputError):
    """A checkpoint or LoRA file is missing, unsafe or of another kind."""

    exit_code = 22


class PresetError(InputError):
    """A preset is unknown or asks for something unknown."""

    exit_code = 23


class DatasetError(InputError):
    """Style pictures or their captions are missing or unusable."""

    exit_code = 24


class NotComparable(InputError):
    """Two results were not made alike, so that comparing them says nothing."""

    exit_code = 25


class ToolError(OrchestrateError):
    """A program that we rely on failed."""


class FfmpegError(ToolError):
    """ffmpeg is missing or failed."""

    exit_code = 30


class TrainerError(ToolError):
    """The trainer stopped, or left no LoRA."""

    exit_code = 31


class OutOfMemory(TrainerError):
    """The GPU's memory is not enough."""

    exit_code = 34


class Diverged(TrainerError):
    """The loss is no number any more."""

    exit_code = 35


class NoPictures(TrainerError):
    """The trainer found nothing to train on."""

    exit_code = 36


class Killed(TrainerError):
    """Something from outside ended the trainer."""

    exit_code = 37


class NoGpu(TrainerError):
    """The trainer wants a GPU that it cannot use."""

    exit_code = 38


class LoraError(ToolError):
    """What the trainer left is no usable LoRA."""

    exit_code = 32


class MissingPackage(ToolError):
    """An optional package is not installed."""

    exit_code = 33


class WebUIError(OrchestrateError):
    """Something is wrong between us and a WebUI."""


class WebUIUnreachable(WebUIError):
    """Nobody answers at that address."""

    exit_code = 40


class WebUIUnauthorized(WebUIError):
    """The WebUI wants other credentials."""

    exit_code = 41


class WebUIRefused(WebUIError):
    """The WebUI answered with an error."""

    exit_code = 42


class WebUIFailed(WebUIRefused):
    """The WebUI failed at a request that it took; it may do better next time."""

    exit_code = 47


class WebUINonsense(WebUIError):
    """What answers is no WebUI, or its answer cannot be read."""

    exit_code = 43


class EffectMissing(WebUIError):
    """The WebUI answered 200, but did not do what was asked."""

    exit_code = 44


class PortTaken(WebUIError):
    """The port that the embedded WebUI should listen on is in use."""

    exit_code = 45


class WebUICrashed(WebUIError):
    """A WebUI that was started here ends again and again."""

    exit_code = 46


class StorageError(OrchestrateError):
    """A folder or disk does not let us work."""


class NotWritable(StorageError):
    """A folder cannot be written."""

    exit_code = 50


class DiskFull(StorageError):
    """No space is left."""

    exit_code = 51


class FolderBusy(StorageError):
    """Another run holds the folder."""

    exit_code = 53


class DamagedArtifact(StorageError):
    """Something made earlier is no longer what it was."""

    exit_code = 54


class Interrupted(OrchestrateError):
    """The user pressed Ctrl-C; what was finished stays."""

    exit_code = 130

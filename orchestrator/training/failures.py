"""Why a trainer failed, read from the last lines that it printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.errors import (
    DiskFull,
    Killed,
    MissingPackage,
    ModelFileError,
    NoGpu,
    OrchestrateError,
    OutOfMemory,
    PresetError,
    TrainerError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_LINES = 15

# in this order: a full disk or a missing package also ends in errors of other kinds
_SIGNS: tuple[tuple[str, type[OrchestrateError], str, str], ...] = (
    (
        r"OutOfMemoryError|(?:CUDA|HIP|MPS) (?:error: )?(?:backend )?out of memory",
        OutOfMemory,
        "the GPU's memory is not enough for this training",
        "Set `training.on_oom: retry` to have cheaper settings tried, or lower batch or size.",
    ),
    (
        r"No space left on device|\[Errno 28\]|Disk quota exceeded",
        DiskFull,
        "no space is left on the disk for checkpoints and states",
        "Free some space and run the same command again: it goes on from the last state that is whole.",
    ),
    (
        r"(?:No module named ['\"]?|ImportError: No )(?P<package>\w+)",
        MissingPackage,
        "the trainer's Python lacks the package {package}",
        "Install {package} into that Python, or take away the setting that asks for it.",
    ),
    (
        r"not compiled with CUDA|No CUDA GPUs are|Found no NVIDIA driver|requires a GPU|CUDA is not",
        NoGpu,
        "the trainer's Python cannot use a GPU",
        "Install a torch that is built for your GPU into it; without a GPU set mixed_precision to 'no'.",
    ),
    (
        r"Can't load tokenizer|couldn't connect to 'https://huggingface.co'",
        ModelFileError,
        "the trainer lacks the files of a tokenizer, and downloads nothing",
        "`orchestrate doctor project.yaml` tells which one, and how to fetch it.",
    ),
    (
        r"nor a valid repo id|HFValidationError|FileNotFoundError.*\.(?:safetensors|sft|ckpt)",
        ModelFileError,
        "a model file that the trainer was told of is not there",
        "Look at the paths in the last lines of its log; models are never downloaded.",
    ),
    (
        r"the training cannot be understood",
        PresetError,
        "the trainer refuses its settings",
        "Mend the settings that it names.",
    ),
    (
        r"Signals\.SIG(?:KILL|TERM)",
        Killed,
        "the trainer was killed from outside",
        "Mostly main memory was used up. Run the same command again: it goes on from the last state.",
    ),
)
_SIGNALLED = {137: "Signals.SIGKILL", 143: "Signals.SIGTERM"}  # 128 + the signal


def understood(exit_code: int, tail: Sequence[str], log: str) -> OrchestrateError:
    """Return what to tell of a trainer that ended with an exit code other than 0.

    Args:
        exit_code: 128 and more mean that a signal ended it.
        tail: the last pieces of its output.
        log: where the whole of it is.
    """
    text = "\n".join([*tail, _SIGNALLED.get(exit_code, "")])
    for pattern, kind, what, remedy in _SIGNS:
        if found := re.search(pattern, text):
            words = {key: value for key, value in found.groupdict().items() if value}
            return kind(shown(what.format(**words), tail), where=log, remedy=remedy.format(**words))
    return failed(f"the trainer stopped with exit code {exit_code}", tail, log)


def failed(what: str, tail: Sequence[str], log: str) -> TrainerError:
    """Return the error for a failure that is not understood further."""
    return TrainerError(shown(what, tail), where=log, remedy="The whole log is there.")


def shown(what: str, tail: Sequence[str]) -> str:
    """Return a sentence with a trainer's last lines below it."""
    return "\n".join([f"{what}; its last lines:", *(f"  | {line}" for line in tail[-_SHOWN_LINES:])])

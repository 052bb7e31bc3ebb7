"""How a program of sd-scripts is started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from orchestrator.process import Program
from orchestrator.training.sd_scripts import checkout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.training.settings import SdScriptsSettings

ENVIRONMENT = {
    "PYTHONUNBUFFERED": "1",  # else what it prints to a pipe arrives only at its end
    "PYTHONUTF8": "1",  # it prints Japanese, on which other encodings fail
    "COLUMNS": "400",  # else its log is wrapped at 80 columns, within words
    "HF_HUB_OFFLINE": "1",  # models are never downloaded
    "TRANSFORMERS_OFFLINE": "1",
}


def program(
    settings: SdScriptsSettings,
    script: str,
    arguments: Mapping[str, Any],
    *,
    config: Path,
    dataset_config: Path,
) -> Program:
    """Return what to run.

    Args:
        settings: where sd-scripts is.
        script: which of its programs.
        arguments: what stands in `config`.
        config: the TOML of its arguments.
        dataset_config: the TOML of its training set.
    """
    python = str(checkout.interpreter(settings))
    files = ("--config_file", str(config), "--dataset_config", str(dataset_config))
    launcher = _accelerate(arguments) if settings.launcher == "accelerate" else ()
    return Program((python, *launcher, script, *files), cwd=settings.path, env=ENVIRONMENT)


def _accelerate(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    # everything it would otherwise warn about or take from a configuration of its own
    return (
        "-m",
        "accelerate.commands.launch",
        "--num_cpu_threads_per_process",
        str(min(os.cpu_count() or 1, 8)),
        "--num_processes",
        "1",
        "--num_machines",
        "1",
        "--mixed_precision",
        str(arguments.get("mixed_precision", "no")),
        "--dynamo_backend",
        "no",
    )

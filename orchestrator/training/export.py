"""A training as files with which it can be run by hand, without us."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import NotWritable
from orchestrator.files import write_bytes
from orchestrator.training import configs, dataset_toml, step_count
from orchestrator.training.family import read_family
from orchestrator.training.links import linked
from orchestrator.training.train import planned
from orchestrator.training.trainer import TRAINERS

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.artifacts import Dataset
    from orchestrator.process import Program
    from orchestrator.training.settings import TrainingSettings

CONFIG, DATASET_CONFIG, README = "config.toml", "dataset.toml", "README.md"
PICTURES, OUTPUT = "pictures", "lora"
_TEXT = """\
# {name}

The training of the LoRA `{name}`, as kohya's sd-scripts reads it. It is run by

```
{command}
```
{elsewhere}
{extent}

The LoRA comes into `{output}`. The paths in `{config}` and `{dataset_config}` are absolute: after moving this
folder, change them.
"""

_ELSEWHERE = """
or, in a checkout of sd-scripts and in its own Python, by

```
python {script} {files}
```
"""


@dataclass(frozen=True)
class Exported:
    """A training that can be run by hand.

    Attributes:
        config: the TOML of its arguments.
        dataset_config: the TOML of its training set.
        command: what a shell is told.
    """

    config: Path
    dataset_config: Path
    command: str


def export(settings: TrainingSettings, dataset: Dataset, folder: Path) -> Exported:
    """Write a training into a folder: two TOML files, the pictures with their captions, and how to run it.

    Args:
        settings: how the LoRA is trained.
        dataset: what it is trained on.
        folder: a new or empty one.

    Raises:
        NotWritable: something is in the folder already.
        PresetError, ModelFileError, ProjectError, DatasetError, ImageError: as
            `orchestrator.training.train.train`, before anything would be started.
    """
    folder = folder.absolute()
    _refuse_used(folder)
    arguments, content = planned(settings, dataset)
    extent = step_count.extent(dataset_toml.levels(content, arguments), arguments)
    whole = configs.config(arguments, settings, output_dir=folder / OUTPUT, output_name=dataset.trigger)
    config, dataset_config = folder / CONFIG, folder / DATASET_CONFIG
    write_bytes(dataset_config, configs.toml(linked(content, folder / PICTURES)).encode())
    write_bytes(config, configs.toml(whole).encode())
    program = TRAINERS[settings.trainer].program(
        settings, whole, config=config, dataset_config=dataset_config
    )
    exported = Exported(config, dataset_config, in_a_shell(program))
    text = _TEXT.format(
        name=dataset.trigger,
        command=exported.command,
        elsewhere=_elsewhere(settings, exported),
        extent="\n".join(f"- {line}" for line in extent.lines()),
        output=whole["output_dir"],
        config=CONFIG,
        dataset_config=DATASET_CONFIG,
    )
    write_bytes(folder / README, text.encode())
    return exported


def in_a_shell(program: Program) -> str:
    """Return what a shell must be told to run a program, in its folder and with its variables."""
    variables = [f"{name}={shlex.quote(value)}" for name, value in program.env.items()]
    return f"cd {shlex.quote(str(program.cwd))}\n" + " ".join([*variables, shlex.join(program.argv)])


def _elsewhere(settings: TrainingSettings, exported: Exported) -> str:
    """Return how sd-scripts runs a training of the embedded trainer; it knows no pocket and no folders."""
    model = settings.base_model
    if settings.trainer == "sd-scripts" or isinstance(model, str) or model.is_dir():
        return ""
    files = ("--config_file", str(exported.config), "--dataset_config", str(exported.dataset_config))
    return _ELSEWHERE.format(script=read_family(model).script, files=shlex.join(files))


def _refuse_used(folder: Path) -> None:
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise NotWritable(
            "something is there already, and nothing of it is overwritten",
            where=str(folder),
            remedy="Name a new folder with --to.",
        )

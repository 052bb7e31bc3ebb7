from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.errors import ModelFileError, PresetError
from orchestrator.training import base_model, configs
from orchestrator.training.family import missing_files, read_family
from orchestrator.training.sd_scripts import checkout, launch
from orchestrator.training.sd_scripts.argument_check import faults
from orchestrator.training.sd_scripts.argument_list import known_arguments
from orchestrator.training.sd_scripts.contradictions import contradictions, of_datasets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.process import Program
    from orchestrator.training.family import Family
    from orchestrator.training.settings import SdScriptsSettings, TrainingSettings

_SAVES = 10  # over a whole training, when it is not said how often
_STATES_KEPT = 2  # the newest may be half-written when the machine stops


class SdScripts:
    """One of the programs of kohya's sd-scripts, in the user's checkout and its own Python."""

    resumes = True

    def arguments(self, settings: TrainingSettings) -> configs.Config:
        """Return what it is told of the training; see `Trainer.arguments`."""
        sd_scripts, family = _checkout(settings), _family(settings)
        checkout.check(sd_scripts, family.script)
        arguments = {
            **configs.arguments(settings),
            **dict(family.arguments),
            **_model_files(settings, family),
        }
        arguments |= _saving(arguments, sd_scripts)
        _refuse_faults(arguments, sd_scripts, family)
        return arguments

    def check_datasets(
        self, settings: TrainingSettings, datasets: Sequence[Sequence[Mapping[str, Any]]]
    ) -> None:
        """Compare a dataset TOML with the arguments; see `Trainer.check_datasets`."""
        if found := of_datasets(datasets, _family(settings)):
            raise PresetError(
                "the dataset TOML and the arguments contradict each other\n  " + "\n  ".join(found),
                where="preset and training.overrides",
                remedy="Keep one of each two.",
            )

    def program(
        self, settings: TrainingSettings, arguments: configs.Config, *, config: Path, dataset_config: Path
    ) -> Program:
        """Return what to run; see `Trainer.program`."""
        script = _family(settings).script
        return launch.program(
            _checkout(settings), script, arguments, config=config, dataset_config=dataset_config
        )


def _checkout(settings: TrainingSettings) -> SdScriptsSettings:
    assert settings.sd_scripts is not None, "the settings are checked when they are read"
    return settings.sd_scripts


def _family(settings: TrainingSettings) -> Family:
    return read_family(Path(base_model.argument(settings.base_model)))


def _model_files(settings: TrainingSettings, family: Family) -> configs.Config:
    given, wanted = settings.model_files.given(), [part for part, _ in family.files]
    if strange := given.keys() - set(wanted):
        raise PresetError(
            f"{family.name} has no use for {min(strange)}",
            where="training.model_files",
            remedy="Take it out.",
        )
    if missing := missing_files(family, Path(settings.base_model), given):
        raise ModelFileError(
            f"{family.name} also needs {', '.join(missing)}",
            where="training.model_files",
            remedy="Name the .safetensors file of each there.",
        )
    return {part: base_model.argument(file) for part, file in given.items()}


def _saving(arguments: configs.Config, settings: SdScriptsSettings) -> configs.Config:
    """Return the arguments by which states are kept, at the places where the user saves or at ours."""
    chosen = arguments.keys() & {"save_every_n_epochs", "save_n_epoch_ratio"}
    saving: configs.Config = {"save_state": True, "save_last_n_epochs_state": _STATES_KEPT}
    if settings.state_every is not None:
        saving["save_every_n_epochs"] = settings.state_every
    elif not chosen:
        saving["save_n_epoch_ratio"] = _SAVES
    if every := arguments.get("save_every_n_steps"):
        saving["save_last_n_steps_state"] = every
    return saving


def _refuse_faults(arguments: configs.Config, settings: SdScriptsSettings, family: Family) -> None:
    known = known_arguments(settings, family.script)
    if found := faults(arguments, known) or contradictions(arguments, family):
        raise PresetError(
            f"{family.script} cannot train as it is told\n  " + "\n  ".join(found),
            where="preset and training.overrides",
            remedy=f"Its arguments are those of version {checkout.version(settings.path)[:12]}.",
        )

"""`python -m orchestrator.embedded.trainer --config_file T.toml --dataset_config D.toml`.

Exit codes are those of `orchestrator.errors`; 0 means that the LoRA has been written.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from orchestrator.embedded.trainer import complaints, config, console, dataset_config
from orchestrator.errors import OrchestrateError, PresetError, TrainerError

_QUIET = {
    "HF_HUB_OFFLINE": "1",  # models are never downloaded
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
}


def main() -> int:
    """Train as the two files say; return the exit code."""
    arguments = _arguments()
    os.environ.update(_QUIET)
    # threads that spin while they wait make steps twenty times slower on a machine with other work
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    console.use_utf8()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # at once, even within a long step
    try:
        _train(arguments.config_file, arguments.dataset_config)
    except OrchestrateError as error:
        console.note(str(error))
        return error.exit_code
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m orchestrator.embedded.trainer",
        description="Train a LoRA on diffusers, from the files that sd-scripts' train_network.py reads.",
    )
    parser.add_argument("--config_file", type=Path, required=True, help="TOML with the training's keys")
    parser.add_argument("--dataset_config", type=Path, required=True, help="TOML with the datasets")
    return parser.parse_args()


def _train(config_file: Path, dataset_file: Path) -> None:
    training, datasets = read(config_file, dataset_file)
    import torch

    from orchestrator.embedded.trainer.training import train

    try:
        train(training, datasets)
    except torch.OutOfMemoryError as error:
        raise TrainerError(
            f"CUDA out of memory: {error}",
            remedy="Lower batch_size or resolution, or set gradient_checkpointing and cache_latents to true.",
        ) from error


def read(
    config_file: Path, dataset_file: Path
) -> tuple[config.TrainingConfig, tuple[dataset_config.Dataset, ...]]:
    """Return what both files say.

    Raises:
        PresetError: with everything that is wrong in them, before anything has been loaded or written.
    """
    values, twice = config.flatten(complaints.read_toml(config_file))
    document = complaints.read_toml(dataset_file)
    in_config = twice + config.faults(values)
    training = None if in_config else config.TrainingConfig.model_validate(values)
    defaults = config.dataset_defaults(training) if training else {}
    in_dataset = dataset_config.faults(document, defaults)
    if training and not in_dataset:
        in_config, in_dataset = _deeper_faults(training, dataset_config.datasets(document, defaults))
    if training is None or in_config or in_dataset:
        faults = [f"{config_file}: {it}" for it in in_config] + [f"{dataset_file}: {it}" for it in in_dataset]
        raise PresetError("the training cannot be understood\n  " + "\n  ".join(faults))
    return training, dataset_config.datasets(document, defaults)


def _deeper_faults(
    training: config.TrainingConfig, datasets: tuple[dataset_config.Dataset, ...]
) -> tuple[list[str], list[str]]:
    """Return what is wrong between keys that are each right; PyTorch is asked about its optimisers."""
    from orchestrator.embedded.trainer import optimization

    cached = training.cache_latents or training.cache_latents_to_disk
    cropped = [subset for dataset in datasets for subset in dataset.subsets if subset.random_crop]
    crops = ["random_crop: it has no effect with cached latents; leave one of both away"]
    return optimization.faults(training), crops if cached and cropped else []


if __name__ == "__main__":
    sys.exit(main())

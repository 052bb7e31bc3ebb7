"""What a LoRA file says of its making: `ss_*` as sd-scripts writes them, and `modelspec.*` 1.0.1.

modelspec: https://github.com/Stability-AI/ModelSpec
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator import __version__, safetensors_file
from orchestrator.embedded.trainer import batches, captions, config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.embedded.checkpoint import Components
    from orchestrator.embedded.trainer.dataset_config import Dataset
    from orchestrator.embedded.trainer.machine import Machine
    from orchestrator.embedded.trainer.pictures import Picture
    from orchestrator.embedded.trainer.schedule import Length

_BASE = {"sd1": "sd_v1", "sdxl": "sdxl_base_v1-0"}
_ARCHITECTURE = {"sd1": "stable-diffusion-v1/lora", "sdxl": "stable-diffusion-xl-v1-base/lora"}


@dataclass(frozen=True)
class Making:
    """All that is known when a training begins.

    Attributes:
        training: its configuration.
        datasets, pictures: what it learns from.
        base: the model that it starts from.
        extent: how long it takes.
        seed: the seed in use.
        machine: the device and the arithmetic in use.
        started: seconds since 1970.
    """

    training: config.TrainingConfig
    datasets: Sequence[Dataset]
    pictures: Sequence[Picture]
    base: Components
    extent: Length
    seed: int
    machine: Machine
    started: float


def of_file(making: Making, *, steps: int, epoch: int, now: float) -> dict[str, str]:
    """Return the metadata of a file saved after `steps` steps in the epoch number `epoch`, at time `now`."""
    entries = {
        **_of_network(making),
        **_of_optimisation(making),
        **_of_pictures(making),
        **_of_base(making),
        "ss_steps": steps,
        "ss_epoch": epoch,
        "ss_training_started_at": making.started,
        "ss_training_finished_at": now,
    }
    return {**{key: _text(value) for key, value in entries.items()}, **_modelspec(making, now)}


def _of_network(making: Making) -> dict[str, Any]:
    training = making.training
    conv = config.convolution_rank(training)
    arguments = {"conv_dim": str(conv[0]), "conv_alpha": str(conv[1])} if conv else None
    return {
        "ss_output_name": training.output_name,
        "ss_training_comment": training.training_comment,
        "ss_network_module": training.network_module,
        "ss_network_dim": training.network_dim,
        "ss_network_alpha": training.network_alpha,
        "ss_network_dropout": training.network_dropout,
        "ss_network_args": arguments,
        "orchestrate_version": __version__,
        "orchestrate_objective": training.objective,
        "orchestrate_pairs": f"{training.pair_variants} variants, probability {training.pair_probability}"
        if training.objective == "img2img_pairs"
        else None,
        "orchestrate_latent_window": training.latent_window,
        "orchestrate_network_without": " ".join(training.network_without) or None,
    }


def _of_optimisation(making: Making) -> dict[str, Any]:
    training, extent = making.training, making.extent
    rates = training.text_encoder_lr or ()
    return {
        "ss_seed": making.seed,
        "ss_learning_rate": training.learning_rate,
        "ss_unet_lr": training.unet_lr,
        "ss_text_encoder_lr": rates[0] if len(rates) == 1 else list(rates) or None,
        "ss_optimizer": training.optimizer_type
        + (f"({','.join(training.optimizer_args)})" if training.optimizer_args else ""),
        "ss_lr_scheduler": training.lr_scheduler,
        "ss_lr_warmup_steps": training.lr_warmup_steps,
        "ss_max_grad_norm": training.max_grad_norm,
        "ss_max_train_steps": extent.steps,
        "ss_num_epochs": extent.epochs,
        "ss_num_batches_per_epoch": extent.batches,
        "ss_gradient_accumulation_steps": training.gradient_accumulation_steps,
        "ss_gradient_checkpointing": training.gradient_checkpointing,
        "ss_mixed_precision": making.machine.precision,
        "ss_cache_latents": training.cache_latents or training.cache_latents_to_disk,
        "ss_clip_skip": training.clip_skip,
        "ss_min_snr_gamma": training.min_snr_gamma,
        "ss_noise_offset": training.noise_offset,
        "ss_loss_type": training.loss_type,
        "ss_huber_schedule": training.huber_schedule,
        "ss_huber_c": training.huber_c,
        "ss_prior_loss_weight": training.prior_loss_weight,
    }


def _of_base(making: Making) -> dict[str, Any]:
    base, file = making.base, Path(making.training.pretrained_model_name_or_path)
    return {
        "ss_base_model_version": _BASE[base.family],
        "ss_v2": False,
        "ss_sd_model_name": base.name,
        "ss_sd_model_hash": safetensors_file.legacy_hash(file) if file.is_file() else None,
        "ss_new_sd_model_hash": base.sha256,
    }


def _of_pictures(making: Making) -> dict[str, Any]:
    training = [picture for picture in making.pictures if not picture.subset.is_reg]
    regularisation = [picture for picture in making.pictures if picture.subset.is_reg]
    datasets = [_dataset(making, number) for number in range(len(making.datasets))]
    folders = {
        Path(picture.subset.image_dir).name: {
            "n_repeats": picture.subset.num_repeats,
            "img_count": sum(other.subset is picture.subset for other in training),
        }
        for picture in training
    }
    return {
        "ss_num_train_images": sum(picture.repeats for picture in training),
        "ss_num_reg_images": sum(picture.repeats for picture in regularisation),
        "ss_resolution": _resolution(making.datasets[0]),
        "ss_batch_size_per_device": making.datasets[0].batch_size,
        "ss_datasets": json.dumps(datasets),
        "ss_dataset_dirs": json.dumps(folders),
        "ss_tag_frequency": json.dumps(_tags(training)),
    }


def _dataset(making: Making, number: int) -> dict[str, Any]:
    dataset = making.datasets[number]
    pictures = [picture for picture in making.pictures if picture.dataset == number]
    groups = batches.by_bucket(pictures)
    buckets = {
        str(index): {"resolution": list(size), "count": len(indices)}
        for index, ((_, size), indices) in enumerate(sorted(groups.items()))
    }
    return {
        "is_dreambooth": True,
        "batch_size_per_device": dataset.batch_size,
        "num_train_images": sum(picture.repeats for picture in pictures if not picture.subset.is_reg),
        "num_reg_images": sum(picture.repeats for picture in pictures if picture.subset.is_reg),
        **dataset.model_dump(exclude={"subsets", "batch_size"}, mode="json"),
        "bucket_info": {"buckets": buckets},
        "tag_frequency": _tags([picture for picture in pictures if not picture.subset.is_reg]),
        "subsets": [
            {
                **subset.model_dump(exclude={"image_dir"}),
                "image_dir": Path(subset.image_dir).name,
                "img_count": sum(picture.subset is subset for picture in pictures),
            }
            for subset in dataset.subsets
        ],
    }


def _tags(pictures: Sequence[Picture]) -> dict[str, dict[str, int]]:
    by_folder: dict[str, list[Picture]] = {}
    for picture in pictures:
        by_folder.setdefault(Path(picture.subset.image_dir).name, []).append(picture)
    return {
        folder: captions.frequency(
            [picture.caption for picture in inside], inside[0].subset.caption_separator
        )
        for folder, inside in by_folder.items()
    }


def _modelspec(making: Making, now: float) -> dict[str, str]:
    training, base = making.training, making.base
    given = {
        "author": training.metadata_author,
        "description": training.metadata_description,
        "license": training.metadata_license,
        "tags": training.metadata_tags,
        "timestep_range": _timestep_range(training),
        "encoder_layer": str(training.clip_skip) if training.clip_skip else None,
    }
    entries = {
        "sai_model_spec": "1.0.1",
        "architecture": _ARCHITECTURE[base.family],
        "implementation": "diffusers",
        "title": training.metadata_title or training.output_name,
        "date": datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S"),
        "resolution": "{}x{}".format(*making.datasets[0].resolution),
        "prediction_type": "v" if base.scheduler.config.prediction_type == "v_prediction" else "epsilon",
        **{key: value for key, value in given.items() if value is not None},
    }
    return {f"modelspec.{key}": value for key, value in entries.items()}


def _timestep_range(training: config.TrainingConfig) -> str | None:
    if training.min_timestep is None and training.max_timestep is None:
        return None
    return f"{training.min_timestep or 0},{training.max_timestep or 1000}"


def _resolution(dataset: Dataset) -> str:
    return "({}, {})".format(*dataset.resolution)


def _text(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else json.dumps(value)
        if isinstance(value, (dict, list))
        else str(value)
    )

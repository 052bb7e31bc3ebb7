"""The keys of the training TOML: those of sd-scripts' `train_network.py` under their own names.

Keys that sd-scripts does not have
----------------------------------
objective:
    "denoise" (default) is sd-scripts' loss. "img2img_pairs" trains a LoRA for img2img: the noisy input is
    made from a recoloured copy of the picture, the target is the picture itself, so that the LoRA learns to
    pull foreign colours and textures towards the pictures while the scene stays. Limit `max_timestep` to the
    strengths that will be used.
pair_variants:
    how many recoloured copies are kept of each picture when latents are cached.
pair_probability:
    how often the input is a recoloured copy; otherwise it is the picture itself.
latent_window:
    train on one random square of this many latent cells (8 pixels each) of each picture, so that a step costs
    less and sees more different things.
latent_window_rate:
    on what share of the steps; the others see whole pictures, as many of the batch as cost the same.
network_without:
    parts of names, as diffusers has them: a module of the U-Net with one of them in its name gets no LoRA.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

from orchestrator.embedded.trainer import complaints
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

Share = Annotated[float, Field(ge=0, le=1)]
FileStem = Annotated[str, Field(pattern=r"^[^/\\]+$")]
Rates = Annotated[
    tuple[NonNegativeFloat, ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else (value,)),
]
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value),
]


class TrainingConfig(Settings):
    """One training, as its TOML says."""

    model_config = ConfigDict(strict=True)

    pretrained_model_name_or_path: str
    v_parameterization: bool | None = None
    clip_skip: PositiveInt | None = None

    output_dir: str
    output_name: FileStem = "last"
    save_model_as: Literal["safetensors"] = "safetensors"
    save_precision: Literal["float", "fp16", "bf16"] | None = None
    save_every_n_epochs: PositiveInt | None = None
    save_every_n_steps: PositiveInt | None = None
    training_comment: str | None = None
    metadata_title: str | None = None
    metadata_author: str | None = None
    metadata_description: str | None = None
    metadata_license: str | None = None
    metadata_tags: str | None = None
    logging_dir: str | None = None
    log_with: Literal["tensorboard"] | None = None
    log_prefix: str | None = None

    max_train_steps: PositiveInt = 1600
    max_train_epochs: PositiveInt | None = None
    seed: NonNegativeInt | None = None
    mixed_precision: Literal["no", "fp16", "bf16"] = "no"
    gradient_checkpointing: bool = False
    gradient_accumulation_steps: PositiveInt = 1
    max_grad_norm: NonNegativeFloat = 1.0

    learning_rate: NonNegativeFloat = 2e-6
    unet_lr: NonNegativeFloat | None = None
    text_encoder_lr: Rates | None = None
    optimizer_type: str = "AdamW"
    optimizer_args: Texts = ()
    lr_scheduler: Literal[
        "constant", "constant_with_warmup", "linear", "cosine", "cosine_with_restarts", "polynomial"
    ] = "constant"
    lr_warmup_steps: NonNegativeFloat = 0
    lr_scheduler_num_cycles: PositiveInt = 1
    lr_scheduler_power: PositiveFloat = 1

    network_module: Literal["networks.lora"]
    network_dim: PositiveInt = 4
    network_alpha: PositiveFloat = 1
    network_dropout: Share | None = None
    network_args: Texts = ()
    network_weights: str | None = None
    network_train_unet_only: bool = False
    network_train_text_encoder_only: bool = False

    min_timestep: NonNegativeInt | None = None
    max_timestep: PositiveInt | None = None
    min_snr_gamma: PositiveFloat | None = None
    noise_offset: NonNegativeFloat | None = None
    loss_type: Literal["l1", "l2", "huber", "smooth_l1"] = "l2"
    huber_schedule: Literal["constant", "exponential", "snr"] = "snr"
    huber_c: PositiveFloat = 0.1
    huber_scale: PositiveFloat = 1.0
    prior_loss_weight: NonNegativeFloat = 1.0

    cache_latents: bool = False
    cache_latents_to_disk: bool = False

    # What a dataset TOML leaves open is looked up here.
    resolution: str | None = None
    train_batch_size: PositiveInt | None = None
    enable_bucket: bool | None = None
    min_bucket_reso: PositiveInt | None = None
    max_bucket_reso: PositiveInt | None = None
    bucket_reso_steps: PositiveInt | None = None
    bucket_no_upscale: bool | None = None
    caption_extension: str | None = None
    caption_separator: str | None = None
    caption_prefix: str | None = None
    caption_suffix: str | None = None
    caption_dropout_rate: Share | None = None
    shuffle_caption: bool | None = None
    keep_tokens: NonNegativeInt | None = None
    flip_aug: bool | None = None
    random_crop: bool | None = None

    # These steer speed and memory alone. They are type-checked and change nothing here: attention is always
    # PyTorch's fused kernel, and pictures are read by the training process itself.
    xformers: bool = False
    sdpa: bool = False
    mem_eff_attn: bool = False
    lowram: bool = False
    highvram: bool = False
    no_half_vae: bool = False
    vae_batch_size: PositiveInt = 1
    max_data_loader_n_workers: NonNegativeInt = 8
    persistent_data_loader_workers: bool = False

    objective: Literal["denoise", "img2img_pairs"] = "denoise"
    pair_variants: PositiveInt = 3
    pair_probability: Share = 0.7
    latent_window: PositiveInt | None = None
    latent_window_rate: Share = 1.0
    network_without: Texts = ()


def flatten(tables: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the keys of all sections as one table, and complaints about keys that stand there twice.

    The names of sections mean nothing; only one level of them is looked into.
    """
    flat: dict[str, Any] = {}
    twice: list[str] = []
    for name, value in tables.items():
        for key, inner in value.items() if isinstance(value, dict) else [(name, value)]:
            if key in flat:
                twice.append(f"{key}: this key stands there twice")
            flat[key] = inner
    return flat, twice


def faults(values: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with a flat table; empty when a training can be made of it."""
    try:
        config = TrainingConfig.model_validate(values)
    except ValidationError:
        return complaints.of_model(TrainingConfig, values)
    return _contradictions(config)


def _contradictions(config: TrainingConfig) -> list[str]:
    low, high = config.min_timestep or 0, config.max_timestep
    window_alone = config.latent_window is None and config.latent_window_rate != 1.0
    found = {
        "lr_warmup_steps: a constant lr_scheduler has no warm-up; use constant_with_warmup": (
            config.lr_scheduler == "constant" and config.lr_warmup_steps > 0
        ),
        "network_train_unet_only and network_train_text_encoder_only exclude each other": (
            config.network_train_unet_only and config.network_train_text_encoder_only
        ),
        f"min_timestep = {low}: it must be below max_timestep = {high}": high is not None and low >= high,
        "latent_window_rate: without latent_window there are no windows": window_alone,
    }
    return [sentence for sentence, true in found.items() if true] + _network_args_faults(config.network_args)


def _network_args_faults(arguments: tuple[str, ...]) -> list[str]:
    faults = []
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key not in {"conv_dim", "conv_alpha"}:
            faults.append(complaints.unknown(key, ("conv_dim", "conv_alpha"), place="network_args: "))
        elif not _is_positive(value, int if key == "conv_dim" else float):
            faults.append(f"network_args: {argument!r}: a number above 0 should follow the =")
    if any(a.startswith("conv_alpha") for a in arguments) > any(a.startswith("conv_dim") for a in arguments):
        faults.append("network_args: conv_alpha has no meaning without conv_dim")
    return faults


def _is_positive(text: str, kind: type[int | float]) -> bool:
    try:
        return kind(text) > 0
    except ValueError:
        return False


def convolution_rank(config: TrainingConfig) -> tuple[int, float] | None:
    """Return rank and alpha for 3x3 convolutions, or None when they are not trained."""
    given = dict(argument.split("=", 1) for argument in config.network_args)
    return (int(given["conv_dim"]), float(given.get("conv_alpha", 1))) if given else None


def dataset_defaults(config: TrainingConfig) -> dict[str, Any]:
    """Return what this TOML says about keys that the dataset TOML leaves open."""
    shared = {
        "resolution": config.resolution,
        "batch_size": config.train_batch_size,
        "enable_bucket": config.enable_bucket,
        "min_bucket_reso": config.min_bucket_reso,
        "max_bucket_reso": config.max_bucket_reso,
        "bucket_reso_steps": config.bucket_reso_steps,
        "bucket_no_upscale": config.bucket_no_upscale,
        "caption_extension": config.caption_extension,
        "caption_separator": config.caption_separator,
        "caption_prefix": config.caption_prefix,
        "caption_suffix": config.caption_suffix,
        "caption_dropout_rate": config.caption_dropout_rate,
        "shuffle_caption": config.shuffle_caption,
        "keep_tokens": config.keep_tokens,
        "flip_aug": config.flip_aug,
        "random_crop": config.random_crop,
    }
    return {key: value for key, value in shared.items() if value is not None}

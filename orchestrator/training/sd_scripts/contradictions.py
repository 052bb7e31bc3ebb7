"""Arguments that are each right and do not go together.

sd-scripts notices some of them after the model has been loaded, ignores others, and trains something else
than was meant with the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from orchestrator.training.family import FAMILIES

if TYPE_CHECKING:
    from orchestrator.training.family import Family

Arguments = Mapping[str, Any]
_CHANGED_CAPTIONS = (
    "shuffle_caption",
    "caption_dropout_rate",
    "caption_dropout_every_n_epochs",
    "caption_tag_dropout_rate",
    "token_warmup_step",
    "enable_wildcard",
)
CHANGED_PICTURES = ("random_crop", "color_aug", "face_crop_aug_range")
"""Keys by which a picture is another one each time that it is shown."""

_ATTENTIONS = ("xformers", "sdpa", "mem_eff_attn")


def contradictions(arguments: Arguments, family: Family) -> list[str]:
    """Return one sentence for each contradiction, with what to do about it; empty when there is none."""
    rules = {**_OF_PICTURES, **_RULES}
    return [sentence for sentence, is_so in rules.items() if is_so(arguments)] + _against_the_family(
        arguments, family
    )


def of_datasets(datasets: Sequence[Sequence[Arguments]], family: Family) -> list[str]:
    """Return one sentence for each contradiction between a dataset TOML and the arguments, with its place.

    Args:
        datasets: for each dataset the look-up of each of its subsets, which ends in the arguments.
        family: of the base model.
    """
    return [
        f"datasets[{number}].subsets[{index}]: {sentence}"
        for number, subsets in enumerate(datasets)
        for index, look_up in enumerate(subsets)
        for sentence in _of_subset(look_up, family)
    ]


def _of_subset(look_up: Arguments, family: Family) -> list[str]:
    found = [sentence for sentence, is_so in _OF_PICTURES.items() if is_so(look_up)]
    return found + (_bucket_step(look_up, family) if look_up.get("enable_bucket") else [])


def _cached_text(arguments: Arguments) -> bool:
    return any(map(arguments.get, ("cache_text_encoder_outputs", "cache_text_encoder_outputs_to_disk")))


def _cached_latents(arguments: Arguments) -> bool:
    return any(map(arguments.get, ("cache_latents", "cache_latents_to_disk")))


def _timesteps_cross(arguments: Arguments) -> bool:
    low, high = arguments.get("min_timestep"), arguments.get("max_timestep")
    return low is not None and high is not None and low >= high


def _samples_without_prompts(arguments: Arguments) -> bool:
    wanted = any(map(arguments.get, ("sample_every_n_steps", "sample_every_n_epochs", "sample_at_first")))
    return wanted and not arguments.get("sample_prompts")


# what depends on keys that may stand in the dataset TOML as well as among the arguments
_OF_PICTURES: dict[str, Callable[[Arguments], bool]] = {
    "cached text encoder outputs never change, so captions cannot be shuffled or dropped: take away "
    f"cache_text_encoder_outputs, or {', '.join(_CHANGED_CAPTIONS)}": (
        lambda a: _cached_text(a) and any(map(a.get, _CHANGED_CAPTIONS))
    ),
    f"cached latents never change, so {', '.join(CHANGED_PICTURES)} cannot act: take them away, or "
    "cache_latents": (lambda a: _cached_latents(a) and any(map(a.get, CHANGED_PICTURES))),
    "pictures in buckets are cut by their bucket, so face_crop_aug_range cannot act: take away one of both": (
        lambda a: bool(a.get("enable_bucket") and a.get("face_crop_aug_range"))
    ),
}
_RULES: dict[str, Callable[[Arguments], bool]] = {
    "a constant lr_scheduler has no warm-up: make it constant_with_warmup, or set lr_warmup_steps to 0": (
        lambda a: a.get("lr_scheduler", "constant") == "constant" and a.get("lr_warmup_steps", 0) > 0
    ),
    "network_alpha must be above 0: it is divided by network_dim, and half of network_dim is usual": (
        lambda a: a.get("network_alpha", 1) <= 0
    ),
    "network_train_unet_only and network_train_text_encoder_only leave nothing to train: keep one": (
        lambda a: bool(a.get("network_train_unet_only") and a.get("network_train_text_encoder_only"))
    ),
    "min_timestep must be below max_timestep": _timesteps_cross,
    "adaptive_noise_scale changes the noise offset: set noise_offset too": (
        lambda a: a.get("adaptive_noise_scale") is not None and a.get("noise_offset") is None
    ),
    "scale_v_pred_loss_like_noise_pred is for models that predict velocity: set v_parameterization too": (
        lambda a: bool(a.get("scale_v_pred_loss_like_noise_pred")) and not a.get("v_parameterization")
    ),
    "v_pred_like_loss is for models that predict noise: take it away, or v_parameterization": (
        lambda a: bool(a.get("v_pred_like_loss") and a.get("v_parameterization"))
    ),
    "full_fp16 needs mixed_precision fp16": (
        lambda a: bool(a.get("full_fp16")) and a.get("mixed_precision") != "fp16"
    ),
    "full_bf16 needs mixed_precision bf16": (
        lambda a: bool(a.get("full_bf16")) and a.get("mixed_precision") != "bf16"
    ),
    f"only one of {', '.join(_ATTENTIONS)} can compute the attention: keep one": (
        lambda a: sum(bool(a.get(name)) for name in _ATTENTIONS) > 1
    ),
    "persistent_data_loader_workers needs max_data_loader_n_workers above 0": (
        lambda a: bool(a.get("persistent_data_loader_workers")) and a.get("max_data_loader_n_workers") == 0
    ),
    "blocks_to_swap and cpu_offload_checkpointing exclude each other: keep one": (
        lambda a: bool(a.get("blocks_to_swap") and a.get("cpu_offload_checkpointing"))
    ),
    "sample pictures are asked for without sample_prompts: name that file": _samples_without_prompts,
}


def _against_the_family(arguments: Arguments, family: Family) -> list[str]:
    found = []
    module = arguments.get("network_module")
    others = {each.network_module for each in FAMILIES} - {family.network_module}
    if module is None or module in others:
        found.append(f"network_module is {family.network_module} for {family.name}, not {module}")
    found += _bucket_step(arguments, family)
    if family.name == "SDXL" and _cached_text(arguments) and not arguments.get("network_train_unet_only"):
        found.append(
            "cached text encoder outputs leave nothing to train in them: set network_train_unet_only"
        )
    if family.name == "SD 2.x" and arguments.get("clip_skip") is not None:
        found.append("clip_skip is not for SD 2.x: take it away")
    return found


def _bucket_step(look_up: Arguments, family: Family) -> list[str]:
    step = look_up.get("bucket_reso_steps", 64)
    wanted = family.bucket_step
    return (
        [f"bucket_reso_steps is a multiple of {wanted} for {family.name}, not {step}"]
        if step % wanted
        else []
    )

"""One .safetensors file in Stability's original layout, taken apart without any configuration from outside.

The family fixes the shape of the networks (Rombach et al. 2022; Podell et al. 2023); every width is read off
the tensors.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from orchestrator import safetensors_file
from orchestrator.embedded import clip_bpe
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]

_UNET = "model.diffusion_model."
_VAE = "first_stage_model."
_SD1_TEXT = "cond_stage_model.transformer."
_SDXL_TEXT = "conditioner.embedders.0.transformer."
_SDXL_TEXT_2 = "conditioner.embedders.1.model."
_TOKENS = "text_model.embeddings.token_embedding.weight"
_POSITIONS = "text_model.embeddings.position_embedding.weight"


def load(path: Path, dtype: torch.dtype) -> dict[str, Any]:
    """Load the parts of an SD 1.x or SDXL checkpoint; returns the fields of `Components` but name and digest.

    Raises:
        ModelFileError: the file is damaged, no safetensors, or of another family.
    """
    tensors = _with_text_model_prefix(_read(path))
    family = _family(tensors, path)
    try:
        return {"family": family, **_parts(tensors, family, dtype), "scheduler": _scheduler(tensors)}
    except (KeyError, RuntimeError, ValueError, IndexError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ModelFileError(
            f"this file is laid out like {family}, but its tensors do not fit together: {reason}",
            where=str(path),
            remedy="Use a complete checkpoint with U-Net, VAE and text encoder.",
        ) from error


def _read(path: Path) -> Tensors:
    from safetensors.torch import load_file

    safetensors_file.header(path)  # tells what is wrong with a file that is none
    return dict(load_file(path))


def _with_text_model_prefix(tensors: Tensors) -> Tensors:
    """Give the oldest SD 1 files, which lack "text_model." in the text encoder's names, today's names."""
    old = _SD1_TEXT + "embeddings.token_embedding.weight"
    if old not in tensors:
        return tensors
    return {key.replace(_SD1_TEXT, _SD1_TEXT + "text_model."): value for key, value in tensors.items()}


def _family(tensors: Tensors, path: Path) -> Literal["sd1", "sdxl"]:
    stem = tensors.get(_UNET + "input_blocks.0.0.weight")
    if stem is None or not any(key.startswith(_VAE) for key in tensors):
        raise ModelFileError(
            "this file holds no complete Stable Diffusion model (U-Net or VAE is missing)",
            where=str(path),
            remedy="Give the full checkpoint of an SD 1.x or SDXL model, not a LoRA, VAE or U-Net alone.",
        )
    family: dict[str, Literal["sd1", "sdxl"]] = {
        _SD1_TEXT + _TOKENS: "sd1",
        _SDXL_TEXT_2 + "token_embedding.weight": "sdxl",
    }
    found = [value for key, value in family.items() if key in tensors]
    if not found or stem.shape[1] != 4:  # noqa: PLR2004 - latent channels; 9 is an inpainting model
        raise ModelFileError(
            f"this is no SD 1.x or SDXL text-to-image model (its U-Net takes {stem.shape[1]} channels)",
            where=str(path),
            remedy="SD 2.x, SD 3, FLUX, refiner and inpainting checkpoints are not supported.",
        )
    return found[0]


def _parts(tensors: Tensors, family: str, dtype: torch.dtype) -> dict[str, Any]:
    import diffusers
    import transformers
    from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm as clip

    sdxl = family == "sdxl"
    configs = {"unet": _unet_sdxl if sdxl else _unet_sd1, "vae": _vae_sdxl if sdxl else _vae_sd1}
    text_prefix = _SDXL_TEXT if sdxl else _SD1_TEXT
    options: dict[str, Any] = {"torch_dtype": dtype, "local_files_only": True}
    with TemporaryDirectory() as folder:
        for part, config in configs.items():
            _write_config(Path(folder, part), config(tensors))
        _write_config(Path(folder, "text"), _clip_l(tensors, text_prefix))
        unet = diffusers.UNet2DConditionModel.from_single_file(
            dict(tensors), config=f"{folder}/unet", **options
        )
        vae = diffusers.AutoencoderKL.from_single_file(dict(tensors), config=f"{folder}/vae", **options)
        encoders = [clip(transformers.CLIPTextModel, dict(tensors), config=f"{folder}/text", **options)]
        if sdxl:
            _write_config(Path(folder, "text_2"), _open_clip(tensors))
            second = transformers.CLIPTextModelWithProjection
            encoders.append(clip(second, dict(tensors), config=f"{folder}/text_2", **options))
    tokenizers = [clip_bpe.tokenizer(), clip_bpe.tokenizer(pad="!")][: len(encoders)]
    return {"unet": unet, "vae": vae, "text_encoders": tuple(encoders), "tokenizers": tuple(tokenizers)}


def _write_config(folder: Path, config: dict[str, Any]) -> None:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), "utf-8")


def _unet_sd1(tensors: Tensors) -> dict[str, Any]:
    width = tensors[_UNET + "input_blocks.0.0.weight"].shape[0]
    context = tensors[_UNET + "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"].shape[1]
    return {
        "sample_size": 64,
        "layers_per_block": 2,
        "block_out_channels": [width, 2 * width, 4 * width, 4 * width],
        "cross_attention_dim": context,
        "attention_head_dim": 8,
    }


def _unet_sdxl(tensors: Tensors) -> dict[str, Any]:
    width = tensors[_UNET + "input_blocks.0.0.weight"].shape[0]
    return {
        "sample_size": 128,
        "layers_per_block": 2,
        "block_out_channels": [width, 2 * width, 4 * width],
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "transformer_layers_per_block": [1, 2, 10],
        "attention_head_dim": [width // 64, width // 32, width // 16],
        "cross_attention_dim": tensors[
            _UNET + "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
        ].shape[1],
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": tensors[_UNET + "label_emb.0.0.weight"].shape[1],
    }


def _vae(tensors: Tensors, scaling_factor: float, sample_size: int) -> dict[str, Any]:
    width = tensors[_VAE + "encoder.conv_in.weight"].shape[0]
    return {
        "block_out_channels": [width, 2 * width, 4 * width, 4 * width],
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
        "layers_per_block": 2,
        "latent_channels": 4,
        "sample_size": sample_size,
        "scaling_factor": scaling_factor,
    }


def _vae_sd1(tensors: Tensors) -> dict[str, Any]:
    return _vae(tensors, scaling_factor=0.18215, sample_size=512)


def _vae_sdxl(tensors: Tensors) -> dict[str, Any]:
    return _vae(tensors, scaling_factor=0.13025, sample_size=1024)


def _clip_l(tensors: Tensors, prefix: str) -> dict[str, Any]:
    """Describe CLIP ViT-L's text half (Radford et al. 2021): heads of 64, quick GELU."""
    hidden = tensors[prefix + _TOKENS].shape[1]
    layers = {
        key.split(".layers.")[1].split(".")[0]
        for key in tensors
        if key.startswith(prefix) and ".layers." in key
    }
    return {
        "model_type": "clip_text_model",
        "vocab_size": tensors[prefix + _TOKENS].shape[0],
        "hidden_size": hidden,
        "intermediate_size": 4 * hidden,
        "num_attention_heads": hidden // 64,
        "num_hidden_layers": len(layers),
        "max_position_embeddings": tensors[prefix + _POSITIONS].shape[0],
        "projection_dim": hidden,
        "hidden_act": "quick_gelu",
    }


def _open_clip(tensors: Tensors) -> dict[str, Any]:
    """Describe OpenCLIP bigG's text half: heads of 64, exact GELU, a projection for the pooled output."""
    prefix = _SDXL_TEXT_2
    vocabulary, hidden = tensors[prefix + "token_embedding.weight"].shape
    layers = {
        key.split(".resblocks.")[1].split(".")[0]
        for key in tensors
        if key.startswith(prefix + "transformer.resblocks.")
    }
    return {
        "model_type": "clip_text_model",
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "intermediate_size": 4 * hidden,
        "num_attention_heads": hidden // 64,
        "num_hidden_layers": len(layers),
        "max_position_embeddings": tensors[prefix + "positional_embedding"].shape[0],
        "projection_dim": tensors[prefix + "text_projection"].shape[1],
        "hidden_act": "gelu",
    }


def _scheduler(tensors: Tensors) -> Any:
    """Build Stability's noise schedule.

    Empty tensors named "v_pred" and "ztsnr" mark v-prediction and zero terminal SNR.
    """
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        prediction_type="v_prediction" if "v_pred" in tensors else "epsilon",
        rescale_betas_zero_snr="ztsnr" in tensors,
    )

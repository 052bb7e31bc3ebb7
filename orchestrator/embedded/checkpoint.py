"""Opening a base model, offline and never unpickling: pocket, a diffusers folder, or one safetensors file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from orchestrator import digest, safetensors_file
from orchestrator.errors import ModelFileError

if TYPE_CHECKING:
    import torch

Family = Literal["sd1", "sdxl"]

POCKET = "pocket"
POCKET_FOLDER = Path(__file__).parent / "pocket" / "weights"


@dataclass(frozen=True)
class Components:
    """The parts of a latent-diffusion model, on one device, in evaluation mode, without gradients.

    Attributes:
        family: what it is built like; "sdxl" has two text encoders and size conditioning.
        vae: AutoencoderKL or AutoencoderTiny; 8 pixels a latent, 4 channels.
        unet: UNet2DConditionModel.
        text_encoders: one CLIPTextModel, and for SDXL a CLIPTextModelWithProjection after it.
        tokenizers: as many CLIPTokenizers.
        scheduler: a DDIMScheduler that carries the noise schedule and the prediction type.
        name: the file's or folder's stem, or "pocket".
        sha256: of the file, or of all weights in the folder, as 64 hex digits.
    """

    family: Family
    vae: Any
    unet: Any
    text_encoders: tuple[Any, ...]
    tokenizers: tuple[Any, ...]
    scheduler: Any
    name: str
    sha256: str


def load(base: str, *, device: str, dtype: torch.dtype) -> Components:
    """Load a base model.

    Args:
        base: "pocket", a diffusers folder, or a .safetensors file of SD 1.x or SDXL in the original layout.
        device: where to put it: "cpu", "cuda", "cuda:1".
        dtype: the type of all weights.

    Raises:
        ModelFileError: it is missing, a pickle, damaged, or no model of these families.
    """
    path = locate(base)
    if path.is_dir():
        parts = _from_folder(path, dtype)
        sha256 = digest.of_folder(path, "*.safetensors")
    else:
        from orchestrator.embedded import single_file

        parts = single_file.load(path, dtype)
        sha256 = digest.of_file(path)
    for model in (parts["vae"], parts["unet"], *parts["text_encoders"]):
        model.to(device).eval().requires_grad_(requires_grad=False)
    return Components(**parts, name=POCKET if base == POCKET else path.stem, sha256=sha256)


def locate(base: str) -> Path:
    """Return where a base model lies, without importing or reading anything heavy.

    Raises:
        ModelFileError: there is nothing, or a pickle.
    """
    path = POCKET_FOLDER if base == POCKET else Path(base).expanduser()
    safetensors_file.refuse_pickle(path)
    if not path.exists():
        raise ModelFileError(
            f"there is no model {base!r}",
            where=str(path),
            remedy="Give 'pocket', the path of a .safetensors file, or a diffusers folder: "
            "models are never downloaded.",
        )
    return path


def _from_folder(folder: Path, dtype: torch.dtype) -> dict[str, Any]:
    """Load a folder in diffusers' layout; only .safetensors weights are read."""
    import diffusers
    import transformers

    vae_class = getattr(diffusers, _autoencoder_name(folder))
    local: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
    second = (folder / "text_encoder_2").is_dir()
    try:
        encoders = [transformers.CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=dtype, **local)]
        tokenizers = [transformers.CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)]
        if second:
            with_projection = transformers.CLIPTextModelWithProjection
            encoders.append(with_projection.from_pretrained(folder / "text_encoder_2", dtype=dtype, **local))
            tokenizers.append(
                transformers.CLIPTokenizer.from_pretrained(folder / "tokenizer_2", local_files_only=True)
            )
        return {
            "family": "sdxl" if second else "sd1",
            "vae": vae_class.from_pretrained(folder / "vae", torch_dtype=dtype, **local),
            "unet": diffusers.UNet2DConditionModel.from_pretrained(
                folder / "unet", torch_dtype=dtype, **local
            ),
            "text_encoders": tuple(encoders),
            "tokenizers": tuple(tokenizers),
            "scheduler": diffusers.DDIMScheduler.from_pretrained(folder / "scheduler", local_files_only=True),
        }
    except Exception as error:  # the libraries raise a dozen kinds for an incomplete folder
        raise ModelFileError(
            f"this folder cannot be loaded as a diffusers model: {_first_line(error)}",
            where=str(folder),
            remedy="It needs unet, vae, text_encoder, tokenizer and scheduler, with .safetensors weights.",
        ) from error


def _autoencoder_name(folder: Path) -> str:
    config = folder / "vae" / "config.json"
    known = ("AutoencoderKL", "AutoencoderTiny")
    try:
        name = str(json.loads(config.read_text("utf-8"))["_class_name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            "this folder is no diffusers model: its vae/config.json is missing or unreadable",
            where=str(folder),
            remedy="Give the folder that holds model_index.json, unet, vae, text_encoder and tokenizer.",
        ) from error
    if name not in known:
        raise ModelFileError(
            f"the autoencoder {name!r} is not supported",
            where=str(config),
            remedy=f"Supported are {' and '.join(known)}, as SD 1.x and SDXL have them.",
        )
    return name


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]

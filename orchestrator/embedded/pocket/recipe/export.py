"""Step 6: put the parts together as half-precision weights in the layout of diffusers' `from_pretrained`."""

from __future__ import annotations

import argparse
from pathlib import Path

from orchestrator.embedded.pocket import weights
from orchestrator.embedded.pocket.recipe.schedule import checkpoint
from orchestrator.embedded.pocket.recipe.unet import noise_schedule


def export(work: Path, unet: str, vae: str, tokenizer: Path, target: Path) -> None:
    """Write the pipeline of a working folder's parts.

    Args:
        work: The recipe's working folder.
        unet: Name of the U-Net's folder; its text encoder's is named alike.
        vae: Name of the autoencoder's folder.
        tokenizer: The tokenizer's folder.
        target: Where to write; what lies there is replaced.

    Raises:
        FileNotFoundError: If there is no such tokenizer; transformers would make an empty one.
    """
    import torch
    from diffusers import AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    text_encoder = work / f"text_encoder{unet.removeprefix('unet')}"
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderTiny.from_pretrained(work / vae),
        text_encoder=CLIPTextModel.from_pretrained(text_encoder),
        tokenizer=CLIPTokenizer.from_pretrained(tokenizer.resolve(strict=True)),
        unet=UNet2DConditionModel.from_pretrained(work / unet),
        scheduler=noise_schedule(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    for part in (pipeline.unet, pipeline.vae, pipeline.scheduler):
        part.register_to_config(_name_or_path="pocket")
    checkpoint(target, pipeline.to(torch.float16).save_pretrained)


def main() -> None:
    """Export and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--unet", default="unet")
    parser.add_argument("--vae", default="vae")
    parser.add_argument("--tokenizer", type=Path, help="default: WORK/tokenizer")
    parser.add_argument("--target", type=Path, default=weights())
    args = parser.parse_args()
    export(args.work, args.unet, args.vae, args.tokenizer or args.work / "tokenizer", args.target)
    size = sum(path.stat().st_size for path in args.target.rglob("*") if path.is_file())
    print(f"{size / 2**20:.1f} MiB in {args.target}")


if __name__ == "__main__":
    main()

"""Step 7: measure pocket with a LoRA on clips it has never seen; fill the card's table, paint a sheet.

Frames are chosen by number alone, every `--every`-th. With and without the LoRA everything else is the same:
prompt, seed, strength, steps. A Reinhard colour transfer (2001), which needs no network, stands beside them.
"""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from orchestrator.embedded.pocket import weights
from orchestrator.metrics.gram import gram_distance, load_gram, style_grams
from orchestrator.metrics.lpips import load_lpips, lpips
from orchestrator.metrics.ssim import ssim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]
    Restyle = Callable[[Frame], Frame]

CARD = Path(__file__).parents[1] / "MODEL_CARD.md"
SHEET = Path(__file__).parents[1] / "sheet.jpg"
FACES_HEIGHT = 392  # pixels: with 288, a face has fewer latents than its features
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


@dataclass(frozen=True)
class Row:
    """Means over the frames of one way of making pictures.

    Attributes:
        name: What made them.
        ssim: To the source; 1 is equal.
        lpips: To the source (AlexNet); 0 is equal.
        gram: Distance to the film (VGG-16); 0 is the film.
        seconds: Time for one frame.
    """

    name: str
    ssim: float
    lpips: float
    gram: float
    seconds: float


def read_frames(video: Path, every: int, height: int | None = None, first: int = 0) -> list[Frame]:
    """Read every `every`-th frame from `first` on as (H, W, 3) RGB, resized to a height if one is given."""
    reader, frames, number = cv2.VideoCapture(str(video)), [], 0
    while reader.grab():
        if number % every == first:
            _, frame = reader.retrieve()
            frames.append(_resized(np.ascontiguousarray(frame[:, :, ::-1]), height))
        number += 1
    return frames


def _resized(frame: Frame, height: int | None) -> Frame:
    if height is None:
        return frame
    width = round(frame.shape[1] * height / frame.shape[0] / 8) * 8
    scaling = cv2.INTER_AREA if height < frame.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, (width, height), interpolation=scaling), np.uint8)


def load_pipeline(model: Path, lora: Path | None, weight: float) -> Any:
    """Load pocket for img2img, with a LoRA merged into it at a weight, or without."""
    from diffusers import DDIMScheduler, StableDiffusionImg2ImgPipeline

    pipeline = StableDiffusionImg2ImgPipeline.from_pretrained(model, torch_dtype=torch.float32)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config, timestep_spacing="leading")
    pipeline.set_progress_bar_config(disable=True)
    if lora:
        pipeline.load_lora_weights(lora.parent, weight_name=lora.name)
        pipeline.fuse_lora(lora_scale=weight)
        pipeline.unload_lora_weights()
    for part in (pipeline.unet, pipeline.vae):
        part.to(memory_format=torch.channels_last)
    return pipeline


def img2img(pipeline: Any, args: argparse.Namespace) -> Restyle:
    """Return img2img with everything but the frame fixed."""

    def restyle(frame: Frame) -> Frame:
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            made = pipeline(
                prompt=args.prompt,
                image=_to_tensor(frame),
                strength=args.strength,
                num_inference_steps=round(args.steps / args.strength),
                guidance_scale=1.0,
                generator=torch.Generator().manual_seed(args.seed),
                output_type="np",
            )
        return np.asarray((made.images[0] * 255).round(), np.uint8)

    return restyle


def autoencoder_only(vae: Any) -> Restyle:
    """Return encoding and decoding, which bounds what img2img can keep."""

    @torch.inference_mode()
    def restyle(frame: Frame) -> Frame:
        decoded = vae.decode(vae.encode(2 * _to_tensor(frame) - 1).latents).sample[0]
        values = (decoded.clamp(-1, 1) + 1) * 127.5
        return np.asarray(values.permute(1, 2, 0).round().float().numpy(), np.uint8)

    return restyle


def reinhard(film: Sequence[Frame]) -> Restyle:
    """Return a transfer of the film's means and standard deviations in CIELAB."""
    pixels = np.concatenate([_lab(frame).reshape(-1, 3) for frame in film])
    mean, deviation = pixels.mean(0), pixels.std(0)

    def restyle(frame: Frame) -> Frame:
        lab = _lab(frame)
        moved = (lab - lab.mean((0, 1))) / (lab.std((0, 1)) + 1e-6) * deviation + mean
        rgb = np.asarray(cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB), np.float32)
        return np.asarray((rgb.clip(0, 1) * 255).round(), np.uint8)

    return restyle


def _lab(frame: Frame) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _to_tensor(frame: Frame) -> torch.Tensor:
    return torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255


def restyle_all(restyle: Restyle, frames: Sequence[Frame]) -> tuple[list[Frame], float]:
    """Return the restyled frames and the seconds that each took on average."""
    begin = time.perf_counter()
    made = [restyle(frame) for frame in frames]
    return made, (time.perf_counter() - begin) / len(frames)


def measure(name: str, made: Sequence[Frame], seconds: float, source: Sequence[Frame], style: Any) -> Row:
    """Score pictures against their sources and against the film's Gram matrices."""
    grams, net, lpips_net = style
    return Row(
        name,
        float(np.mean([ssim(a, b) for a, b in zip(source, made, strict=True)])),
        float(np.mean([lpips(a, b, lpips_net) for a, b in zip(source, made, strict=True)])),
        float(np.mean([gram_distance([picture], grams, net)[0] for picture in made])),
        seconds,
    )


def table(rows: Sequence[Row]) -> str:
    """Render rows as Markdown; Gram distances also relative to the row without the LoRA."""
    base = next(row.gram for row in rows if row.name == "no LoRA")
    lines = [
        "| | SSIM | LPIPS | Gram (VGG-16) | Gram, against no LoRA | s/frame |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        change = f"{100 * (row.gram / base - 1):+.1f} %"
        figures = [f"{value:.3f}" for value in (row.ssim, row.lpips, row.gram)]
        lines.append(f"| {row.name} | {' | '.join(figures)} | {change} | {row.seconds:.2f} |")
    return "\n".join(lines)


def write_between(card: Path, text: str) -> None:
    """Replace what stands between the markers of the model card."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    card.write_text(pattern.sub(lambda _: f"{BEGIN}\n{text}\n{END}", card.read_text()))


def contact_sheet(columns: Sequence[Sequence[Frame]], width: int = 480) -> Frame:
    """Lay columns of pictures side by side, every picture `width` pixels wide."""
    rows = []
    for pictures in zip(*columns, strict=True):
        height = round(pictures[0].shape[0] * width / pictures[0].shape[1])
        scaled = [cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA) for p in pictures]
        rows.append(np.concatenate(scaled, axis=1))
    return np.concatenate(rows)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, help="unused here; accepted so that every step is called alike")
    parser.add_argument("--model", type=Path, default=weights())
    parser.add_argument("--lora", type=Path, required=True)
    parser.add_argument("--source", type=Path, required=True, help="clip to restyle")
    parser.add_argument("--film", type=Path, required=True, help="clip whose frames are the style")
    parser.add_argument("--film-every", type=int, default=11, help="the film's frames that are compared with")
    parser.add_argument(
        "--film-first",
        type=int,
        default=3,
        help="below --film-every; choose both such that the LoRA learned from none of these frames",
    )
    parser.add_argument("--faces", type=Path, help="clip for the sheet's last rows")
    parser.add_argument(
        "--vgg16", type=Path, required=True, help="torchvision's VGG-16 features (safetensors)"
    )
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--weight", type=float, default=1.0, help="of the LoRA")
    parser.add_argument("--strength", type=float, default=0.3)
    parser.add_argument("--steps", type=int, default=4, help="denoising steps really done")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--card", type=Path, default=CARD)
    parser.add_argument("--sheet", type=Path, default=SHEET)
    return parser.parse_args()


def main() -> None:
    """Restyle, measure, write the table and the sheet."""
    args = parse_arguments()
    source = read_frames(args.source, args.every)
    film = read_frames(args.film, args.film_every, source[0].shape[0], args.film_first)
    net = load_gram("vgg16", args.vgg16)
    style = (style_grams(film, net), net, load_lpips())
    plain, styled = load_pipeline(args.model, None, 0), load_pipeline(args.model, args.lora, args.weight)
    ways: dict[str, Restyle] = {
        "source": lambda frame: frame,
        "Reinhard colour transfer": reinhard(film),
        "autoencoder only": autoencoder_only(plain.vae),
        "no LoRA": img2img(plain, args),
        "LoRA": img2img(styled, args),
    }
    faces = read_frames(args.faces, 40, FACES_HEIGHT) if args.faces else []
    rows, columns = [], []
    for name, restyle in ways.items():
        made, seconds = restyle_all(restyle, source)
        rows.append(measure(name, made, seconds, source, style))
        print(rows[-1], flush=True)
        if name in {"source", "no LoRA", "LoRA"}:
            columns.append([*made[1::4], *restyle_all(restyle, faces)[0]] if faces else made[1::4])
    about = (
        f"{len(source)} frames of {args.source.name} (every {args.every}th, {source[0].shape[1]}x"
        f"{source[0].shape[0]}), strength {args.strength}, {args.steps} steps, LoRA weight {args.weight}, "
        f"seed {args.seed}."
    )
    write_between(args.card, f"{about}\n\n{table(rows)}")
    cv2.imwrite(str(args.sheet), contact_sheet(columns)[:, :, ::-1])


if __name__ == "__main__":
    main()

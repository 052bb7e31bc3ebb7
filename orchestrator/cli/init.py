"""`orchestrate init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.outcome import tell
from orchestrator.errors import ProjectError

if TYPE_CHECKING:
    import argparse

TEMPLATE = """\
# What `orchestrate run` does, in one file. Every key is explained by `orchestrate schema`.
name: my-video                        # names the LoRA; letters, digits, - and _

source:
  video: media/source.mp4             # what is restyled
  # start: 0s                         # a part of it: seconds, or 1:02.5
  # end: 4s

style:
  from: {video: media/film.mp4}       # the look, from a film; or from pictures: {images: folder/}
  select: {count: 24}                 # the sharpest, most different frames, spread over the film
  captions: {trigger: mystyle}        # an invented word: it calls the style up in the prompt
  resolution: 512                     # 256 for pocket, 512 for SD 1.5, 1024 for SDXL

training:
  base_model: models/base.safetensors # an SD 1.x or SDXL checkpoint; or pocket, the small one that ships
  preset: sd15-style                  # a file of kohya_configs/
  # overrides: {max_train_steps: 800} # the trainer's own arguments
  seed: 0

webui:
  url: embedded                       # or a WebUI that runs already: http://127.0.0.1:7860; or a list of such
  # lora_dir: /path/to/models/Lora    # its LoRA folder
  # auth: ${WEBUI_AUTH}               # user:password, from the environment

stylize:
  payload: img2img-style              # a file of webui_payloads/
  prompt: "{trigger} style"
  # strength: 0.4                     # 0 keeps a frame, 1 forgets it; the payload's when left out
  lora_weight: 1.0
  seed: 1
  # segments: [{from: 0s}, {from: 2s, fade: 12 frames, prompt: "{trigger} style, snow"}]   # looks in turn
  consistency: {mode: flow}           # keyframes paints few frames, and the others follow; or off, seed

# regions: [{where: person}]          # where the style applies; everywhere when left out

score:
  metrics: [lpips, ssim, warp_error]

output:
  video: out/video.mp4
  codec: h264                         # h264, h265, av1, prores, ffv1; or gif, webp, apng
  audio: keep
"""


def run(args: argparse.Namespace) -> int:
    """Write a commented project file; one that is there is left as it is."""
    from orchestrator import files

    if args.project.exists():
        raise ProjectError(
            "there is such a file already, and it is left as it is",
            where=str(args.project),
            remedy="Name another file: `orchestrate init other.yaml`.",
        )
    files.write_bytes(args.project, TEMPLATE.encode())
    tell({"project": str(args.project)}, ["project"], as_json=args.json)
    return 0

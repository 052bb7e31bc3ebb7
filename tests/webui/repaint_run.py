"""Paints a clip by a WebUI, and some of its frames once more; run as a program that a test kills."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from orchestrator import document
from orchestrator.artifacts import FrameSequence, LoraWeights
from orchestrator.layers import Layer, own
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.pipeline.execute import artifacts, execute
from orchestrator.pipeline.stage import Stage
from orchestrator.pipeline.store import Store
from orchestrator.progress import Silent
from orchestrator.project import Project
from orchestrator.safetensors_file import content_hash
from orchestrator.stages.repaint import recorded, repainted
from orchestrator.stages.shots import shots
from orchestrator.stages.source import Source
from orchestrator.stages.stylize import stylize

FRAMES = 20
PROJECT = """\
name: street
source: {{video: street.mkv}}
style: {{from: {{images: style}}, captions: {{trigger: t}}}}
stylize: {{payload: img2img-style, consistency: {{mode: "{mode}", min_gap: 4, max_gap: 6, motion: 0.1}}}}
webui: {{url: {url}, lora_dir: its-loras, batch: 2}}
"""


def prepare(folder: Path, loras: Path) -> None:
    """Fill a folder with a clip, a LoRA, and the way to the WebUI's folder for that."""
    folder.mkdir(exist_ok=True)
    loras.mkdir(exist_ok=True)
    (folder / "its-loras").symlink_to(loras)
    pattern = f"testsrc2=size=64x64:rate=25:duration={FRAMES / 25}"
    made = ("-f", "lavfi", "-i", pattern, "-c:v", "ffv1", folder / "street.mkv")
    subprocess.run((ffmpeg(), "-v", "error", "-y", *made), check=True)
    weights = {"lora_unet_x.lora_up.weight": np.ones((2, 2), np.float32)}
    save_file(weights, folder / "trained.safetensors")


def paintings(folder: Path, url: str, mode: str) -> tuple[Stage[FrameSequence], ...]:
    """Return the stage that paints, and one for each time that some frames are painted once more."""
    project = document.parse(PROJECT.format(url=url, mode=mode), Project, name="project.yaml", folder=folder)
    lora = folder / "trained.safetensors"
    weights = LoraWeights(lora, content_hash(lora))
    train = Stage("train", 1, {}, (), lambda *_: None, lambda _: weights)
    source = Source(cut(probe(folder / "street.mkv"), None, None), "x")

    def whole(layer: Layer) -> Stage[FrameSequence]:
        return stylize(project, layer, folder, source, shots(source), train)

    layer = own(project, range(source.clip.count))
    return repainted(layer, whole, recorded(Store(folder).folder(whole(layer))))


def run(folder: Path, url: str, mode: str) -> FrameSequence:
    """Paint what is not painted yet; return the frames as they are in the end."""
    last, store = paintings(folder, url, mode)[-1], Store(folder)
    execute([last], store, Silent())
    return artifacts(store)(last)


if __name__ == "__main__":
    run(Path(sys.argv[1]), *sys.argv[2:])

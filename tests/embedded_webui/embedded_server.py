"""A real server in a process of its own, and the means to talk to it."""

from __future__ import annotations

import base64
import io
import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import requests
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "painter", "s3cret"
SIDE = 64


@dataclass(frozen=True)
class Server:
    """A running embedded WebUI and a session that knows its password."""

    address: str
    loras: Path
    session: requests.Session
    process: subprocess.Popen[str]

    def get(self, path: str) -> Any:
        answer = self.session.get(f"{self.address}/sdapi/v1/{path}", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> requests.Response:
        return self.session.post(f"{self.address}/sdapi/v1/{path}", json=body, timeout=120)

    def img2img(self, **fields: Any) -> requests.Response:
        body: dict[str, Any] = {
            "init_images": [encoded(picture())],
            "width": SIDE,
            "height": SIDE,
            "steps": 4,
            "denoising_strength": 0.5,
            "seed": 42,
            "cfg_scale": 1,
            "sampler_name": "Euler",
        }
        return self.post(
            "img2img", **{key: value for key, value in (body | fields).items() if value != "OMIT"}
        )

    def paint(self, **fields: Any) -> Painted:
        answer = self.img2img(**fields)
        assert answer.status_code == 200, answer.text
        return read(answer)


@dataclass(frozen=True)
class Painted:
    """The pictures of an answer, their infotexts and `info`."""

    arrays: list[np.ndarray]
    texts: list[str]
    info: dict[str, Any]
    parameters: dict[str, Any]


def read(answer: requests.Response) -> Painted:
    body = answer.json()
    pictures = [Image.open(io.BytesIO(base64.b64decode(image))) for image in body["images"]]
    return Painted(
        [np.asarray(one) for one in pictures],
        [str(one.info["parameters"]) for one in pictures],
        json.loads(body["info"]),
        body["parameters"],
    )


def picture(seed: int = 0, side: int = SIDE) -> Image.Image:
    """Smooth colours, other ones for every seed."""
    rough = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((side, side), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str = "PNG") -> str:
    stream = io.BytesIO()
    image.save(stream, kind)
    return base64.b64encode(stream.getvalue()).decode()


@contextmanager
def running(loras: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server on a free port; stop it as its owner would and require a clean end."""
    command = [sys.executable, "-m", "orchestrator.embedded.webui", "--port", "0", "--lora-dir", str(loras)]
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", process.stdout.readline())
        assert ready, process.stderr.read()
        try:
            yield process, ready[1]
        finally:
            process.send_signal(signal.SIGTERM)
            complaints = process.communicate(timeout=60)[1]
        assert process.returncode == 0
        assert "Traceback" not in complaints


def save_lora(path: Path, *, seed: int, size: float, metadata: dict[str, str]) -> None:
    """Write a LoRA of rank 2 on the U-Net's first convolution and on a matrix of the text encoder."""
    import torch
    from safetensors.torch import save_file

    random = torch.Generator().manual_seed(seed)
    shapes = {
        "lora_unet_conv_in": ((2, 4, 3, 3), (64, 2, 1, 1)),
        "lora_te_text_model_encoder_layers_0_mlp_fc1": ((2, 128), (512, 2)),
    }
    tensors = {}
    for name, (down, up) in shapes.items():
        tensors[f"{name}.lora_down.weight"] = torch.randn(down, generator=random) * size
        tensors[f"{name}.lora_up.weight"] = torch.randn(up, generator=random) * size
        tensors[f"{name}.alpha"] = torch.tensor(2.0)
    save_file(tensors, path, metadata)

"""A LoRA in a WebUI that paints with a model of another family is found out before it is used."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import ModelFileError
from orchestrator.stages.fitting import check_fits
from orchestrator.training.settings import TrainingSettings
from orchestrator.webui.client import Client
from orchestrator.webui.settings import WebUISettings

SD1 = "cond_stage_model.transformer.text_model.embeddings.position_ids"
SDXL = "conditioner.embedders.1.model.ln_final.weight"
HASH = "0a" * 32


def checkpoint(file: Path, mark: str) -> Path:
    save_file({mark: np.zeros(1, np.float16)}, file)
    return file


def lora(folder: Path, width: int) -> LoraWeights:
    """A LoRA by its prompts' width: 768 is SD 1.x's, 2048 SDXL's."""
    file = folder / "lora.safetensors"
    name = "lora_unet_x_attn2_to_k.lora_down.weight"
    save_file({name: np.zeros((4, width), np.float32)}, file, {"ss_new_sd_model_hash": HASH})
    return LoraWeights(file, "0" * 64)


@contextmanager
def webui(models: Any, current: str = "m.safetensors [0a0a0a0a0a]") -> Iterator[Client]:
    """A WebUI that tells of its checkpoints; `models` that are no list are an error status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = {"sd_model_checkpoint": current} if self.path.endswith("options") else models
            body = json.dumps(told).encode()
            self.send_response(500 if isinstance(models, int) else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with Client(url, WebUISettings(url=url)) as client:
            yield client
        server.shutdown()
        thread.join()


def listed(file: Path | str, sha256: str | None = None, name: str = "m") -> dict[str, Any]:
    return {"title": f"{name}.safetensors", "model_name": name, "sha256": sha256, "filename": str(file)}


def on(base: Path | str) -> TrainingSettings:
    return TrainingSettings.model_validate({"base_model": str(base)})


def test_an_sdxl_lora_in_an_sd1_webui_is_refused(tmp_path: Path) -> None:
    """Both families are named, and what to do; it would paint garbage without a word."""
    base, other = checkpoint(tmp_path / "xl.safetensors", SDXL), checkpoint(tmp_path / "m.safetensors", SD1)
    with webui([listed("elsewhere", name="n"), listed(other, "ff" * 32)]) as client:
        with pytest.raises(ModelFileError) as caught:
            check_fits(on(base), client, None, lora(tmp_path, 2048))
        assert caught.value.what == "the LoRA is for SDXL, and the WebUI paints with m, which is SD 1.x"
        assert "webui.checkpoint" in caught.value.remedy
        with pytest.raises(ModelFileError, match="is for SDXL"):
            check_fits(on(base), client, None)  # before there is a LoRA: the training would be for nothing


def test_the_checkpoint_that_the_project_names_is_what_counts(tmp_path: Path) -> None:
    """Not the one that is loaded; by its title, with or without its hash, or by its name."""
    right, wrong = checkpoint(tmp_path / "r.safetensors", SDXL), checkpoint(tmp_path / "m.safetensors", SD1)
    with webui([listed(wrong), listed(right, name="r")]) as client:
        for wanted in ("r", "r.safetensors", "r.safetensors [0123456789]"):
            check_fits(on(right), client, wanted, lora(tmp_path, 2048))
            with pytest.raises(ModelFileError):
                check_fits(on(wrong), client, wanted, lora(tmp_path, 768))


def test_the_base_model_itself_always_fits(tmp_path: Path) -> None:
    """Known by its hash, whatever a file of its name at that place would be."""
    base = checkpoint(tmp_path / "xl.safetensors", SDXL)
    other = checkpoint(tmp_path / "m.safetensors", SD1)
    with webui([listed(other, HASH.upper())]) as client:
        check_fits(on(base), client, None, lora(tmp_path, 2048))


def test_a_lora_of_pocket_fits_no_real_checkpoint(tmp_path: Path) -> None:
    """It is built like SD 1.x and yet of other sizes."""
    real = checkpoint(tmp_path / "m.safetensors", SD1)
    with webui([listed(real)]) as client, pytest.raises(ModelFileError, match="for pocket"):
        check_fits(on("pocket"), client, None)
    with webui([listed("pocket")]) as client:
        check_fits(on("pocket"), client, None)


@pytest.mark.parametrize(
    "models", [[], 500, {}, [listed("/models/far/away.safetensors")], [listed("m.ckpt")], [{"title": "x"}]]
)
def test_what_nobody_can_know_is_not_told(models: Any, tmp_path: Path) -> None:
    """No such list, a file on another machine, a pickle, another shape of answer."""
    with webui(models) as client:
        check_fits(on(tmp_path / "x.safetensors"), client, None, lora(tmp_path, 2048))

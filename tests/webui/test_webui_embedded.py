"""The embedded WebUI as the orchestrator uses it: started, painted with, and gone afterwards."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import ModelFileError, PortTaken, WebUICrashed, WebUIUnauthorized
from orchestrator.safetensors_file import content_hash, header
from orchestrator.stylization.course import course
from orchestrator.stylization.engine import Look, Paint, Painted
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.stylization.webui_engine import Painter, WebUIEngine, recipe
from orchestrator.timeline import Timeline
from orchestrator.webui.client import Client
from orchestrator.webui.loras import InstalledLora, install
from orchestrator.webui.opening import Server, opened
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from collections.abc import Iterator

POCKET = Path(__file__).parents[2] / "orchestrator" / "embedded" / "pocket" / "weights"
AUTH = "me:hunter2"
SETTINGS = StylizeSettings(payload="img2img-pocket", prompt="{trigger} street", strength=0.3, steps=8)
FRAME = np.random.default_rng(1).integers(0, 256, (8, 12, 3), np.uint8).repeat(8, 0).repeat(8, 1)


def servers() -> list[psutil.Process]:
    """Return the embedded WebUIs that this process has started and that still run."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.cmdline()[1:3] == ["-m", "orchestrator.embedded.webui"]]


@contextmanager
def serving(folder: Path, *, model: str = "pocket", **settings: object) -> Iterator[Server]:
    options = WebUISettings(**settings)
    with opened(options, model=model, lora_dir=folder / "loras", log=folder / "webui.log") as server:
        yield server


def painted(
    server: Server, looks: list[Look], lora: InstalledLora | None = None, *, batch: int = 1
) -> list[Painted]:
    """Paint the one frame over, in each of these ways."""
    engine = WebUIEngine([Painter(server, lora, recipe(SETTINGS))], batch=batch, tell=print)
    return list(engine.paint(Paint(FRAME, each) for each in looks))


def random_lora(folder: Path) -> LoraWeights:
    """Write a LoRA that shifts the queries of one attention layer."""
    layer = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    unet = header(POCKET / "unet" / "diffusion_pytorch_model.safetensors")
    wide = unet.tensors[f"{layer}.weight"].shape[0]
    random = np.random.default_rng(2)
    name = f"lora_unet_{layer.replace('.', '_')}"
    tensors = {
        f"{name}.lora_down.weight": random.normal(size=(4, wide)).astype(np.float32),
        f"{name}.lora_up.weight": random.normal(size=(wide, 4)).astype(np.float32),
        f"{name}.alpha": np.array(4, np.float32),
    }
    file = folder / "random.safetensors"
    save_file(tensors, file)
    return LoraWeights(file, content_hash(file))


@pytest.fixture(scope="module")
def webui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A real embedded WebUI that wants a password, and its folder."""
    folder = tmp_path_factory.mktemp("webui")
    with serving(folder, auth=AUTH) as server:
        yield server, folder


def test_the_password_stands_on_no_command_line(webui: tuple[Server, Path]) -> None:
    """Every user of a machine may list those; the server knows it nevertheless."""
    (server, folder) = webui
    family = psutil.Process().children(recursive=True)
    assert servers()
    assert not [each for each in family if "hunter2" in " ".join(each.cmdline())]
    with pytest.raises(WebUIUnauthorized), Client(server.client.url, WebUISettings(auth="me:other")) as other:
        other.progress()
    assert "hunter2" not in (folder / "webui.log").read_text()


def test_a_lora_is_installed_and_proven_to_act(webui: tuple[Server, Path]) -> None:
    """With the LoRA another picture comes than without, the same each time, and the proof accepts it."""
    server, folder = webui
    style = course(SETTINGS, recipe(SETTINGS), "bnny", Timeline.even(1, 1)).of_first
    lora = install(random_lora(folder), folder / "loras", server.client, name="random")
    first, again = painted(server, [style, style], lora)
    (without,) = painted(server, [style])
    assert first.picture.shape == FRAME.shape
    assert np.array_equal(first.picture, again.picture)
    assert np.abs(first.picture.astype(int) - without.picture).mean() > 0.5
    assert first.told.startswith(f"bnny street <lora:{lora.name}:1>")


def test_another_password_is_refused(webui: tuple[Server, Path]) -> None:
    """The embedded WebUI wants the password that it was started with."""
    url = webui[0].client.url
    with Client(url, WebUISettings(url=url, auth="me:other")) as client, pytest.raises(WebUIUnauthorized):
        client.progress()


def test_a_batch_paints_what_single_requests_paint(webui: tuple[Server, Path]) -> None:
    """All pictures of a request have the one seed."""
    looks = [Look("a street", "", 5, 0.3, 0)] * 5
    together, alone = painted(webui[0], looks, batch=3), painted(webui[0], looks[:1])
    assert len(together) == 5
    for each in together:
        assert np.abs(each.picture.astype(int) - alone[0].picture).max() <= 1


def test_a_server_that_dies_comes_back_and_the_run_goes_on(tmp_path: Path) -> None:
    """It gets its address, its LoRA folder and its checkpoint again; nothing of it stays afterwards."""
    others = set(servers())
    with serving(tmp_path) as server:
        url, before = server.client.url, painted(server, [Look("a street", "", 1, 0.3, 0)])
        (program,) = set(servers()) - others
        program.kill()
        after = painted(server, [Look("a street", "", 1, 0.3, 0)])
        assert server.client.url == url
        assert np.array_equal(before[0].picture, after[0].picture)
    assert set(servers()) == others


def test_a_server_that_dies_too_often_is_told_with_its_log(tmp_path: Path) -> None:
    """The error says how it ended, and where its output stands."""
    others = set(servers())
    with pytest.raises(WebUICrashed, match=r"webui\.log: the WebUI stopped.*exit code 137"):  # noqa: SIM117 - the server dies inside
        with serving(tmp_path, restarts=0) as server:
            (program,) = set(servers()) - others
            program.kill()
            painted(server, [Look("", "", 1, 0.3, 0)])
    assert set(servers()) == others


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """A port where somebody listens is named, with its own kind of error."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} is in use"), serving(tmp_path, port=port):
            pass


def test_a_missing_model_is_told_in_the_servers_own_words(tmp_path: Path) -> None:
    """A checkpoint that is not there is an error about that file."""
    with pytest.raises(ModelFileError, match=r"nowhere\.safetensors"):  # noqa: SIM117 - entering is what fails
        with serving(tmp_path, model=str(tmp_path / "nowhere.safetensors")):
            pass

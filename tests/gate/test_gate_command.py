"""`orchestrate gate` as a user calls it, with real WebUIs that paint with the model that ships."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import yaml
from PIL import Image
from safetensors.numpy import load_file, save_file

from orchestrator.cli.main import main
from orchestrator.webui.embedded import serving
from orchestrator.webui.settings import WebUISettings

POCKET = Path(__file__).parents[2] / "orchestrator" / "embedded" / "pocket" / "weights"
LAYER = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0"
PAYLOAD = {"sampler_name": "DDIM", "steps": 8, "cfg_scale": 1.0, "denoising_strength": 0.3}


@dataclass(frozen=True)
class Bench:
    """A folder with a suite of tiny pictures and LoRAs, and the WebUI that paints them.

    Attributes:
        folder: where all lies.
        url: the WebUI's address.
    """

    folder: Path
    url: str

    def suite(self, *, payload: dict[str, object] = PAYLOAD, url: str | None = None) -> Path:
        """Write a suite."""
        (self.folder / "payload.yaml").write_text(yaml.safe_dump(payload))
        suite = {
            "name": "tiny",
            "pictures": {f"picture{index}": f"picture{index}.png" for index in range(8)},
            "seeds": [1, 2],
            "paint": {"size": [64, 64], "prompt": "a street", "payload": "payload.yaml"},
            "style": "style.png",
            "metrics": {"gram": 0.05, "psnr": 0.2, "drift": 0.05},
            "webui": {"url": url or self.url, "lora_dir": "loras"},
        }
        path = self.folder / "suite.yaml"
        path.write_text(yaml.safe_dump(suite))
        return path

    def bless(self, lora: Path) -> None:
        """Make a LoRA the baseline."""
        words = ("--baseline", str(lora), "--candidate", str(lora), "--bless")
        assert main(["gate", str(self.suite()), *words]) == 0

    def lora(self, name: str, size: float) -> Path:
        """Write a LoRA that shifts what comes out of one attention layer."""
        wide = load_file(POCKET / "unet" / "diffusion_pytorch_model.safetensors")[f"{LAYER}.weight"].shape[0]
        random, layer = np.random.default_rng(2), f"lora_unet_{LAYER.replace('.', '_')}"
        tensors = {
            f"{layer}.lora_down.weight": random.normal(size=(4, wide)).astype(np.float32),
            f"{layer}.lora_up.weight": (size * random.normal(size=(wide, 4))).astype(np.float32),
            f"{layer}.alpha": np.array(4, np.float32),
        }
        path = self.folder / f"{name}.safetensors"
        save_file(tensors, path)
        return path


def pictures(folder: Path) -> None:
    """Write pictures of soft blobs, and one of a style."""
    for name, seed in [("style", 99), *((f"picture{index}", index) for index in range(8))]:
        blobs = np.random.default_rng(seed).integers(40, 216, (8, 8, 3), np.uint8)
        Image.fromarray(blobs).resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{name}.png")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("gate")
    pictures(folder)
    log = folder / "webui.log"
    with serving(WebUISettings(), model="pocket", lora_dir=folder / "loras", log=log) as (_, url):
        yield Bench(folder, url)


def told(captured: str) -> list[dict[str, object]]:
    """Return what a command told as JSON, line by line."""
    return [json.loads(line) for line in captured.splitlines()]


def test_a_version_is_blessed_and_the_next_one_is_judged_by_it(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Itself passes, one that changed is undecided, a worse one is a regression; all is painted once."""
    suite, good = bench.suite(), bench.lora("good", 1.0)
    command = ["gate", str(suite), "--candidate"]
    assert main([*command, str(good), "--baseline", str(good), "--bless"]) == 0
    assert "good is the baseline of the suite tiny from now on" in capsys.readouterr().out
    wanted = {kind: bench.folder / f"gate.{kind}" for kind in ("junit", "markdown", "html")}
    files = [word for kind, path in wanted.items() for word in (f"--{kind}", str(path))]
    assert main([*command, str(bench.lora("changed", 1.2))]) == 2
    assert "the pictures changed" in capsys.readouterr().out
    assert main([*command, str(bench.lora("worse", 200.0)), *files, "--json"]) == 1
    *progress, result = told(capsys.readouterr().out)
    assert {line["task"] for line in progress} == {"painting with worse", "measuring"}
    assert (result["verdict"], result["exit_code"]) == ("regression", 1)
    assert result["baseline"]["name"] == "good"  # type: ignore[index] # JSON
    assert result["conditions"]["checkpoint"].startswith("pocket [")  # type: ignore[index] # likewise
    assert [row["metric"] for row in result["rows"]] == ["gram", "psnr", "drift"]  # type: ignore[attr-defined] # likewise
    cases = ET.parse(wanted["junit"]).getroot().iter("testcase")  # noqa: S314 - our own file
    assert {case.get("name"): case.find("failure") is not None for case in cases}["psnr"]
    assert "regression: suite tiny" in wanted["markdown"].read_text()
    assert "data:image/webp;base64," in wanted["html"].read_text()
    assert list((bench.folder / "loras").iterdir()) == []
    trend = (bench.folder / "gate-trend.html").read_text()
    assert all(name in trend for name in ("good", "changed", "worse"))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"steps": 12}, "steps: baseline '8', candidate '12'"),
        ({"sampler_name": "Euler"}, "sampler: baseline 'DDIM', candidate 'Euler'"),
        ({"cfg_scale": 2.0}, "cfg_scale: baseline '1.0', candidate '2.0'"),
    ],
)
def test_what_was_painted_otherwise_is_not_compared(
    bench: Bench, changed: dict[str, object], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What differs is named with both values, before anything is painted."""
    good = bench.lora("good", 1.0)
    bench.bless(good)
    capsys.readouterr()
    suite = bench.suite(payload={**PAYLOAD, **changed})
    assert main(["gate", str(suite), "--candidate", str(good)]) == 25
    error = capsys.readouterr().err
    assert named in error
    assert "painting" not in error


def test_another_checkpoint_is_not_compared(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Painted by the embedded WebUI on another model: the baseline's pictures tell nothing then."""
    good, other = bench.lora("good", 1.0), tmp_path / "pocket2"
    bench.bless(good)
    copied(POCKET, other)
    suite = bench.suite(url="embedded")
    suite.write_text(suite.read_text() + f"base_model: {other}\n")
    assert main(["gate", str(suite), "--candidate", str(good)]) == 25
    assert "checkpoint: baseline 'pocket [" in capsys.readouterr().err


def copied(model: Path, to: Path) -> None:
    """Copy a model, with one weight changed."""
    for path in (each for each in model.rglob("*") if each.is_file()):
        (to / path.relative_to(model)).parent.mkdir(parents=True, exist_ok=True)
        (to / path.relative_to(model)).write_bytes(path.read_bytes())
    file = to / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors[f"{LAYER}.weight"] = tensors[f"{LAYER}.weight"] + np.float16(0.01)
    save_file(tensors, file)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["suite.yaml"], 12),
        (["suite.yaml", "--candidate", "a.safetensors", "--fast"], 12),
        (["nothing.yaml", "--candidate", "a.safetensors"], 10),
        (["suite.yaml", "--candidate", "none.safetensors"], 22),
    ],
)
def test_a_failure_looks_like_no_verdict(
    bench: Bench, words: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit codes 1 and 2 say regression and inconclusive, so no mistake ends with them."""
    bench.suite()
    monkeypatch.chdir(bench.folder)
    try:
        found = main(["gate", *words])
    except SystemExit as ended:
        found = int(ended.code or 0)
    assert found == code


def test_a_defect_looks_like_no_verdict_either(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nobody foresaw would end with 1 elsewhere; with --debug it also shows where."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("staged")

    monkeypatch.setattr("orchestrator.stages.gated.gated", broken)
    assert main(["gate", str(bench.suite()), "--candidate", "a", "--debug"]) == 11
    assert "Traceback" in capsys.readouterr().err

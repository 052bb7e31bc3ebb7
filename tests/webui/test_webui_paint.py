"""`orchestrate webui paint`, against a real embedded WebUI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from lying_studio import Studio
from lying_webui import running
from PIL import Image
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.cli.main import main
from orchestrator.errors import ImageError, NotWritable, WebUIRefused
from orchestrator.safetensors_file import content_hash, header
from orchestrator.stylization.repaint_files import jobs
from orchestrator.webui import images, infotext, infotext_file
from orchestrator.webui.client import Client
from orchestrator.webui.loras import InstalledLora, install
from orchestrator.webui.opening import opened
from orchestrator.webui.settings import WebUISettings
from orchestrator.webui.wire import Img2ImgAnswer, Img2ImgRequest

POCKET = Path(__file__).parents[2] / "orchestrator" / "embedded" / "pocket" / "weights"
LAYER = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, InstalledLora]]:
    """The address of an embedded WebUI, and a LoRA put into its folder by another path than its own."""
    folder = tmp_path_factory.mktemp("webui")
    shared = folder / "as seen from here"
    shared.symlink_to(folder / "loras")
    settings = WebUISettings()
    with opened(settings, model="pocket", lora_dir=folder / "loras", log=folder / "log") as server:
        lora = install(random_lora(folder), shared, server.client, name="random")
        yield server.client.url, lora


def random_lora(folder: Path) -> LoraWeights:
    unet = header(POCKET / "unet" / "diffusion_pytorch_model.safetensors")
    wide = unet.tensors[f"{LAYER}.weight"].shape[0]
    random, name = np.random.default_rng(2), f"lora_unet_{LAYER.replace('.', '_')}"
    tensors = {
        f"{name}.lora_down.weight": random.normal(size=(4, wide)).astype(np.float32),
        f"{name}.lora_up.weight": random.normal(size=(wide, 4)).astype(np.float32),
        f"{name}.alpha": np.array(4, np.float32),
    }
    file = folder / "random.safetensors"
    save_file(tensors, file)
    digits = content_hash(file)
    save_file(tensors, file, metadata={"sshs_model_hash": digits})
    return LoraWeights(file, digits)


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A folder of three pictures whose sides are no multiples of 8."""
    folder = tmp_path / "street"
    folder.mkdir()
    for number, suffix in ((1, ".png"), (2, ".jpg"), (10, ".png")):
        blocks = np.random.default_rng(number).integers(0, 256, (7, 9, 3), np.uint8)
        Image.fromarray(blocks.repeat(10, 0).repeat(10, 1)).save(folder / f"{number}{suffix}")
    return folder


def paint(url: str, *arguments: str | Path) -> int:
    common = ("--payload", "img2img-pocket", "--prompt", "a street")
    return main(["webui", "paint", url, *map(str, arguments), *common])


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def test_a_picture_is_painted_with_a_lora_and_tells_how(
    served: tuple[str, InstalledLora], street: Path
) -> None:
    """It has its source's size, holds its infotext, and differs from the one without the LoRA."""
    url, lora = served
    assert paint(url, street / "1.png", "--lora", f"{lora.name}:0.8", "--seed", "7", "--strength", "0.4") == 0
    painted = street / "1-painted.png"
    assert pixels(painted).shape == (70, 90, 3)
    told = infotext.parse(infotext_file.read(painted))
    assert told.prompt == f"a street <lora:{lora.name}:0.8>"
    assert (told.fields["Seed"], told.fields["Denoising strength"]) == ("7", "0.4")
    assert told.lora_hashes == {lora.name: lora.content_hash[:12]}
    plain = street / "plain.png"
    assert paint(url, street / "1.png", "--seed", "7", "--strength", "0.4", "--out", plain) == 0
    assert np.abs(pixels(plain).astype(int) - pixels(painted)).mean() > 0.5


def test_a_folder_is_painted_once_and_what_is_missing_again(
    served: tuple[str, InstalledLora], street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names stay, what is there is left as it is, and another wish paints anew."""
    url, out = served[0], street.with_name("street-painted")
    assert paint(url, street) == 0
    assert sorted(path.name for path in out.iterdir()) == ["1.png", "10.png", "2.png"]
    stamps = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    first = pixels(out / "2.png")
    (out / "2.png").unlink()
    capsys.readouterr()
    assert paint(url, street, "--json") == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["painted"], result["there_already"]) == (1, 2)
    assert np.array_equal(pixels(out / "2.png"), first)
    assert (out / "1.png").stat().st_mtime_ns == stamps[out / "1.png"]
    assert paint(url, street, "--seed", "2") == 0
    assert "3 painted, 0 there already" in capsys.readouterr().out


def test_only_the_masks_region_is_painted(served: tuple[str, InstalledLora], tmp_path: Path) -> None:
    """Far from the region every pixel is the source's own, and a blank mask leaves all of them."""
    source, mask, blank = (tmp_path / name for name in ("a.png", "mask.png", "blank.png"))
    blocks = np.random.default_rng(3).integers(0, 256, (8, 16, 3), np.uint8)
    before = blocks.repeat(8, 0).repeat(8, 1)
    Image.fromarray(before).save(source)
    region = np.zeros((64, 128), np.uint8)
    region[:, :40] = 255
    Image.fromarray(region).save(mask)
    Image.fromarray(0 * region).save(blank)
    assert paint(served[0], source, "--mask", mask, "--out", tmp_path / "out.png") == 0
    change = np.abs(pixels(tmp_path / "out.png").astype(int) - before).max(axis=2)
    assert change[:, :30].mean() > 2
    assert change[:, 72:].max() == 0


def test_what_the_webui_lacks_is_told_before_anything_is_painted(
    served: tuple[str, InstalledLora], street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A LoRA, a sampler, an extension that it has not; no file is written."""
    url, lora = served
    assert paint(url, street, "--lora", f"{lora.name[:-1]}x:1") == WebUIRefused.exit_code
    assert f"did you mean '{lora.name}'" in capsys.readouterr().err
    own = street / "own.yaml"
    own.write_text("sampler_name: DDIMM\nsteps: 2\ncfg_scale: 1\ndenoising_strength: 0.3\n")
    assert main(["webui", "paint", url, str(street), "--payload", str(own)]) == WebUIRefused.exit_code
    assert "did you mean 'DDIM'" in capsys.readouterr().err
    tile = ["webui", "paint", url, str(street), "--payload", "controlnet-tile"]
    assert main(tile) == WebUIRefused.exit_code
    assert "no ControlNet" in capsys.readouterr().err
    assert not street.with_name("street-painted").exists()


def test_a_file_of_somebody_else_is_not_replaced(
    served: tuple[str, InstalledLora], street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not painted here is told, and stays."""
    before = (street / "10.png").read_bytes()
    assert paint(served[0], street / "1.png", "--out", street / "10.png") == NotWritable.exit_code
    assert "was not painted here" in capsys.readouterr().err
    assert (street / "10.png").read_bytes() == before


def test_a_broken_picture_ends_it_and_what_was_painted_stays(
    served: tuple[str, InstalledLora], street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told as what it is, and the pictures before it are there."""
    (street / "10.png").write_bytes(b"no picture")
    assert paint(served[0], street) == ImageError.exit_code
    assert "10.png: this file is no picture" in capsys.readouterr().err
    painted = street.with_name("street-painted")
    assert sorted(path.name for path in painted.iterdir()) == ["1.png", "2.png"]


def test_a_region_payload_without_a_mask_is_refused(
    served: tuple[str, InstalledLora], street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would otherwise repaint all."""
    arguments = ["webui", "paint", served[0], str(street / "1.png"), "--payload", "person-region"]
    assert main(arguments) == 23
    assert "no mask" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [("--size", "100x64"), ("--size", "64"), ("--seed", "-1"), ("--lora", "film:much")]
)
def test_wrong_arguments_are_exit_code_2(wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """They are told before anything is reached."""
    with pytest.raises(SystemExit) as caught:
        paint("http://127.0.0.1:1", "x.png", *wrong)
    assert caught.value.code == 2
    assert f"argument {wrong[0]}: write" in capsys.readouterr().err


def test_several_pictures_of_one_request_are_equal_to_single_ones(served: tuple[str, InstalledLora]) -> None:
    """The trace of second noise that holds their seeds equal changes no pixel by more than rounding."""
    from orchestrator.webui import payloads
    from orchestrator.webui.request import img2img

    inits = [np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8) for seed in range(3)]
    asked = {"prompt": "x", "negative_prompt": "", "seed": 42, "strength": 0.5, "loras": {}}
    payload = payloads.load("img2img-pocket")
    with Client(served[0], WebUISettings(url=served[0])) as client:
        together = client.img2img(img2img(payload, inits, **asked))
        alone = [client.img2img(img2img(payload, [init], **asked)) for init in inits]
    assert together.info.all_seeds == (42, 42, 42)
    for batched, single in zip(together.painted(3), alone, strict=True):
        change = images.decode(batched).astype(int) - images.decode(single.images[0])
        assert np.abs(change).max() <= 2


def test_a_payload_that_looks_back_sees_the_picture_painted_before(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its unit rests for the first picture, then looks at the one before, and has its whole name."""
    payload = tmp_path / "back.yaml"
    unit = "{model: control_v11f1e_sd15_tile, image: previous}"
    payload.write_text(
        f"sampler_name: Euler\nsteps: 2\ncfg_scale: 1\ndenoising_strength: 0.5\ncontrolnet: [{unit}]\n"
    )
    asked: list[Img2ImgRequest] = []
    real = Client.img2img

    def noted(client: Client, request: Img2ImgRequest, **options: float | None) -> Img2ImgAnswer:
        asked.append(request)
        return real(client, request, **options)

    monkeypatch.setattr(Client, "img2img", noted)
    with running(Studio(tmp_path / "loras")) as server:
        arguments = ["webui", "paint", server.url, str(street), "--payload", str(payload), "--size", "64x64"]
        assert main(arguments) == 0
        first, second, third = asked[1:]  # after the probe
        assert main(arguments) == 0
    assert len(asked) == 5  # the second run only probes
    assert first.alwayson_scripts is None
    for request, before in ((second, "1.png"), (third, "2.png")):
        (seen,) = (request.alwayson_scripts or {})["controlnet"]["args"]
        painted = Image.fromarray(pixels(street.with_name("street-painted") / before))
        back = np.asarray(painted.resize((64, 64), Image.Resampling.LANCZOS))
        assert np.array_equal(images.decode(seen["image"]), back)
        assert seen["model"] == "control_v11f1e_sd15_tile [a371b31b]"


def test_masks_belong_to_pictures_by_name(tmp_path: Path) -> None:
    """One for all, or one for each; a missing one is told."""
    pictures = [tmp_path / "in" / name for name in ("1.jpg", "2.jpg")]
    masks = tmp_path / "masks"
    masks.mkdir()
    (masks / "1.png").touch()
    one = tmp_path / "one.png"
    assert [job.mask for job in jobs(pictures, tmp_path / "out", one)] == [one, one]
    assert jobs(pictures[:1], tmp_path / "out", masks)[0].mask == masks / "1.png"
    with pytest.raises(ImageError, match=r"no mask for 2\.jpg"):
        jobs(pictures, tmp_path / "out", masks)


def test_no_picture_is_painted_over_its_source_or_another(tmp_path: Path) -> None:
    """Two of one name, and the folder of the pictures itself."""
    with pytest.raises(NotWritable, match="one name"):
        jobs([tmp_path / "a.png", tmp_path / "a.jpg"], tmp_path / "out", None)
    with pytest.raises(NotWritable, match="themselves"):
        jobs([tmp_path / "a.png", tmp_path / "b.jpg"], tmp_path, None)

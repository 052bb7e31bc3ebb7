"""What a WebUI's own files say becomes a payload and what belongs beside it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from orchestrator.cli.main import main
from orchestrator.errors import ImageError, PresetError
from orchestrator.stylization.settings import StylizeSettings
from orchestrator.webui import imported, infotext_file, payloads, styles

PLAIN = (
    "a café <lora:film:0.8>, night\nNegative prompt: blurry, text\n"
    "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 42, Size: 512x768, "
    "Model hash: 6ce0161689, Model: v1-5, Denoising strength: 0.4, Clip skip: 2, "
    'Lora hashes: "film: abcdef012345", '
    "Version: v1.10.1"
)
RICH = (
    "face\nSteps: 24, Sampler: Euler a, CFG scale: 6, Seed: 1, Size: 512x512, Denoising strength: 0.5, "
    "Mask blur: 8, Inpaint area: Only masked, Masked area padding: 48, Mask mode: Inpaint not masked, "
    'ControlNet 0: "Module: tile_resample, Model: control_v11f1e_sd15_tile [a371b31b], Weight: 0.8, '
    "Resize Mode: Crop and Resize, Processor Res: 512, Guidance Start: 0.0, Guidance End: 0.9, "
    'Pixel Perfect: True, Control Mode: Balanced, Hr Option: Both", '
    'ControlNet 1: "Module: none, Model: temporal, Weight: 1", '
    "ADetailer model: face_yolov8n.pt, ADetailer confidence: 0.3, ADetailer inpaint padding: 32, "
    "ADetailer model 2nd: hand_yolov8n.pt, ADetailer version: 24.9.0"
)


def saved(folder: Path, suffix: str, text: str, *, order: str = "utf-16-be") -> Path:
    """Write a picture with an infotext where WebUIs put it."""
    file, picture = folder / f"shot{suffix}", Image.new("RGB", (16, 16))
    if suffix == ".png":
        chunk = PngInfo()
        chunk.add_text("parameters", text)
        picture.save(file, pnginfo=chunk)
    else:
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode(order)
        picture.save(file, exif=exif)
    return file


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_an_infotext_is_read_where_webuis_put_it(tmp_path: Path, suffix: str) -> None:
    """In a text chunk of PNG, in EXIF's comment of the others, beyond ASCII too."""
    assert infotext_file.read(saved(tmp_path, suffix, PLAIN)) == PLAIN


def test_a_comment_in_the_other_byte_order_is_read(tmp_path: Path) -> None:
    """Programs differ in how they write UTF-16."""
    assert infotext_file.read(saved(tmp_path, ".jpg", PLAIN, order="utf-16-le")) == PLAIN


def test_what_we_write_is_read_as_any_other(tmp_path: Path) -> None:
    """A painted picture holds its infotext and its very pixels."""
    picture = np.random.default_rng(1).integers(0, 256, (8, 12, 3), np.uint8)
    file = tmp_path / "a.png"
    file.write_bytes(infotext_file.png(picture, PLAIN, made_from="abc"))
    assert infotext_file.read(file) == PLAIN
    assert infotext_file.made_from(file) == "abc"
    with Image.open(file) as opened:
        assert np.array_equal(np.asarray(opened), picture)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("none.png", None, "no such"), ("a.png", b"text", "no picture"), ("b.png", b"", "no picture")],
)
def test_a_picture_that_cannot_be_read_is_told(
    tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    """A file that is missing, empty or something else."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageError, match=words):
        infotext_file.read(tmp_path / name)


def test_a_picture_without_infotext_is_told(tmp_path: Path) -> None:
    """Nothing is made up for it."""
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg")
    with pytest.raises(ImageError, match="does not say how"):
        infotext_file.read(tmp_path / "a.jpg")


def test_an_infotext_becomes_payload_prompt_and_seed() -> None:
    """Each field has its place, or a reason why it has none."""
    told = imported.of_infotext(PLAIN)
    assert told.payload == payloads.Payload(
        sampler_name="DPM++ 2M",
        scheduler="Karras",
        steps=20,
        cfg_scale=7.5,
        denoising_strength=0.4,
        clip_skip=2,
        negative_prompt="blurry, text",
    )
    assert (told.prompt, told.seed) == ("a café, night", 42)
    assert set(told.left_out) == {
        *("Seed", "Size", "Model hash", "Model", "Lora hashes", "Version", "<lora:film:0.8>")
    }


def test_masks_units_and_passes_are_taken_over() -> None:
    """Those of ControlNet and ADetailer, and how a region was painted."""
    payload = imported.of_infotext(RICH).payload
    assert payload.inpaint == payloads.Inpaint(
        mask_blur=8, inpaint_full_res=True, inpaint_full_res_padding=48, inpainting_mask_invert=1
    )
    tile, temporal = payload.controlnet
    assert (tile.module, tile.weight, tile.guidance_end) == ("tile_resample", 0.8, 0.9)
    assert (temporal.model, temporal.module) == ("temporal", None)
    assert [each.ad_model for each in payload.adetailer] == ["face_yolov8n.pt", "hand_yolov8n.pt"]
    assert payload.adetailer[0].ad_inpaint_only_masked_padding == 32


@pytest.mark.parametrize(
    ("said", "sampler", "scheduler"),
    [
        ("Sampler: DPM++ 2M Karras", "DPM++ 2M", "Karras"),
        ("Sampler: Euler, Schedule type: Automatic", "Euler", None),
        ("Sampler: Euler", "Euler", None),
    ],
)
def test_sampler_and_schedule_are_told_apart(said: str, sampler: str, scheduler: str | None) -> None:
    """Older WebUIs wrote both into one name."""
    payload = imported.of_infotext(f"x\nSteps: 9, {said}, CFG scale: 7, Denoising strength: 1").payload
    assert (payload.sampler_name, payload.scheduler) == (sampler, scheduler)


def test_a_picture_from_words_alone_gets_a_strength_and_says_so() -> None:
    """Its infotext has none."""
    told = imported.of_infotext("x\nSteps: 9, Sampler: Euler, CFG scale: 7")
    assert told.payload.denoising_strength == 0.45
    assert "words alone" in told.left_out["denoising_strength"]


@pytest.mark.parametrize("text", ["", "just words", "x\nSteps: 0, Sampler: Euler, CFG scale: 7", "Steps: 9"])
def test_what_is_no_infotext_is_refused(text: str) -> None:
    """Words alone, numbers that cannot be, or a part of one."""
    with pytest.raises(PresetError):
        imported.of_infotext(text)


def test_a_picture_is_imported_into_what_a_project_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payload is written beside, and what is printed stands in project.yaml as it is."""
    monkeypatch.chdir(tmp_path)
    picture = saved(tmp_path, ".png", RICH)
    assert main(["import", str(picture)]) == 0
    printed = capsys.readouterr().out
    told = StylizeSettings.model_validate(yaml.safe_load(printed)["stylize"], context={"folder": tmp_path})
    assert payloads.load(told.payload) == imported.of_infotext(RICH).payload
    assert (told.prompt, told.seed.value) == ("face", 1)
    assert "# left out: Size: it is the project's" in printed
    assert main(["import", str(picture)]) == 50
    assert main(["import", str(picture), "--to", "other.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["stylize"]["payload"] == "other.yaml"


CSV = (
    "\ufeffname,prompt,negative_prompt\n"
    'Anime,"anime of {prompt}, cel shading","photo, {prompt}"\n'
    'Ink,"ink drawing, ""fine""",\n'
    "---- HEADING ----,,\n# remark,x,y\n,nothing,\nClean,,text\n"
)


def test_styles_become_what_a_project_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trigger word takes the place of the user's prompt; headings and remarks are no styles."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "styles.csv").write_text(CSV, encoding="utf-8")
    assert main(["import", "styles.csv"]) == 0
    assert "3 styles in styles.yaml: Anime, Ink, Clean" in capsys.readouterr().out
    told = yaml.safe_load((tmp_path / "styles.yaml").read_text(encoding="utf-8"))
    assert told == {
        "Anime": {"prompt": "anime of {trigger}, cel shading", "negative_prompt": "photo"},
        "Ink": {"prompt": '{trigger}, ink drawing, "fine"'},
        "Clean": {"negative_prompt": "text"},
    }
    for style in told.values():
        StylizeSettings.model_validate(style)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b'name,prompt\nx,"open\n'])
def test_a_file_that_is_no_styles_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty, other columns, no UTF-8, or a quote that is never closed."""
    (tmp_path / "styles.csv").write_bytes(content)
    with pytest.raises(PresetError, match=r"styles\.csv"):
        styles.read(tmp_path / "styles.csv", subject="{trigger}")

"""A dataset TOML that users bring along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.cli.main import main
from orchestrator.dataset.settings import StyleSettings
from orchestrator.errors import DatasetError, OrchestrateError, PresetError
from orchestrator.training import configs, foreign, foreign_dataset
from orchestrator.training.foreign import Imported

DATASET = """\
[general]
shuffle_caption = true
keep_tokens = 1
caption_extension = ".txt"

[[datasets]]
resolution = [512, 768]
batch_size = 4
enable_bucket = true
max_bucket_reso = 1024

  [[datasets.subsets]]
  image_dir = "img/10_sks person"
  num_repeats = 10
  class_tokens = "sks person"
  flip_aug = true
  keep_tokens = 2
  custom_attributes = {a = 1}

  [[datasets.subsets]]
  image_dir = "reg/1_person"
  is_reg = true
  class_tokens = "a person"

  [[datasets.subsets]]
  image_dir = "more"
"""


def imported(text: str, folder: Path, **arguments: Any) -> Imported:
    file = folder / "dataset.toml"
    file.write_text(text)
    return foreign_dataset.taken_over(foreign.of_arguments(arguments), file)


def one(keys: str = "", folder: str = "x") -> str:
    return f'[[datasets]]\n{keys}\n[[datasets.subsets]]\nimage_dir = "{folder}"\n'


def test_a_dataset_toml_becomes_a_style(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Folder, repeats, size and words go to the style; how pictures are seen while training to the preset."""
    (tmp_path / "img" / "10_sks person").mkdir(parents=True)
    (tmp_path / "dataset.toml").write_text(DATASET)
    (tmp_path / "train.toml").write_text('network_dim = 8\nresolution = "64,64"\ntrain_batch_size = 1\n')
    files = ["--dataset", str(tmp_path / "dataset.toml"), "--to", str(tmp_path / "mine.toml")]
    assert main(["import", str(tmp_path / "train.toml"), *files]) == 0
    printed = capsys.readouterr().out
    told = yaml.safe_load(printed)
    assert told["style"] == {
        "from": {"images": (tmp_path / "img" / "10_sks person").as_posix()},
        "captions": {"trigger": "sks", "template": "{trigger} person"},
        "resolution": [512, 768],
        "repeats": 10,
    }
    assert StyleSettings.model_validate(told["style"]).resolution == (512, 768)
    assert told["training"]["class_images"] == {"folder": "reg/1_person", "prompt": "a person"}
    assert configs.preset(str(tmp_path / "mine.toml")) == {
        "network_dim": 8,
        "train_batch_size": 4,
        "shuffle_caption": True,
        "keep_tokens": 2,
        "flip_aug": True,
    }
    left_out = [line for line in printed.splitlines() if line.startswith("# left out: ")]
    assert left_out == [
        "# left out: datasets[0].subsets[2]: a project has one folder of pictures",
        "# left out: custom_attributes: a project has nothing like it",
        "# left out: enable_bucket: a project cuts its pictures to the resolution itself",
        "# left out: max_bucket_reso: a project cuts its pictures to the resolution itself",
    ]


@pytest.mark.parametrize(
    ("text", "arguments", "trigger"),
    [
        (one(folder="set/5_bnny film"), {}, "bnny"),
        (one(folder="pictures"), {}, "pictures"),
        (one(folder="/"), {"output_name": "mylora"}, "mylora"),
        (one(folder="/"), {}, "mystyle"),
        (one('class_tokens = "ink drawing"'), {}, "ink"),
    ],
)
def test_the_likeliest_word_becomes_the_trigger(
    text: str, arguments: dict[str, Any], trigger: str, tmp_path: Path
) -> None:
    """A dataset TOML has no such key: class tokens, kohya's folder name, the LoRA's name; each is valid."""
    style = imported(text, tmp_path, **arguments).style
    assert style["captions"]["trigger"] == trigger
    assert style["repeats"] == 1
    StyleSettings.model_validate(style)


def test_the_resolution_may_stand_among_the_arguments(tmp_path: Path) -> None:
    """As sd-scripts looks it up; a size that a style does not take is left out with what is taken."""
    assert imported(one(), tmp_path, resolution="512,384").style["resolution"] == [512, 384]
    odd = imported(one("resolution = 500"), tmp_path, resolution="512,384")
    assert "resolution" not in odd.style
    assert "multiples of 8" in odd.left_out["resolution"]


def test_captions_that_would_not_be_read_are_told(tmp_path: Path) -> None:
    """A project reads .txt and .caption."""
    assert imported(one('caption_extension = ".caption"'), tmp_path).left_out == {}
    told = imported(one('caption_extension = ".cap"'), tmp_path).left_out
    assert told == {"caption_extension": "rename .cap to .txt, which a project reads"}


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (one("resolutoin = 512"), DatasetError, "did you mean 'resolution'"),
        (f"{one()}is_reg = true", PresetError, "nothing to learn"),
        ("[[datasets]\n", PresetError, "no TOML"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_told(
    text: str, kind: type[OrchestrateError], words: str, tmp_path: Path
) -> None:
    """A mistake in it, class images alone, no TOML; and a file that is not there."""
    with pytest.raises(kind, match=words):
        imported(text, tmp_path)
    with pytest.raises(PresetError, match="cannot be read"):
        foreign_dataset.taken_over(Imported({}), tmp_path / "none.toml")

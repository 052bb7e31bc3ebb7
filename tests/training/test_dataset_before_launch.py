"""A training set is looked at before anything is started, and its steps are known."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from orchestrator.errors import DatasetError, ImageError
from orchestrator.training import dataset_toml
from orchestrator.training.links import linked
from orchestrator.training.step_count import Bucket, extent


def pictures(
    folder: Path, *sizes: tuple[int, int], caption: str | None = "a word", suffix: str = ".txt"
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, size in enumerate(sizes):
        file = folder / f"{number}.png"
        Image.new("RGB", size).save(file)
        if caption is not None:
            file.with_suffix(suffix).write_text(caption, encoding="utf-8")
    return folder


def content(*folders: Path, **dataset: Any) -> dict[str, Any]:
    subsets = [{"image_dir": str(folder), "caption_extension": ".txt"} for folder in folders]
    return {"datasets": [{"resolution": 512, **dataset, "subsets": subsets}]}


def steps_of(document: dict[str, Any], **arguments: Any) -> Any:
    return extent(dataset_toml.levels(document, arguments), arguments)


def test_steps_are_counted_bucket_by_bucket(tmp_path: Path) -> None:
    """Worked out by hand: 5 wide, 3 tall and 2 square pictures, each twice, in batches of 4: 3 + 2 + 1."""
    folder = pictures(tmp_path / "a", *[(768, 384)] * 5, *[(384, 768)] * 3, *[(600, 600)] * 2)
    document = content(folder, enable_bucket=True, num_repeats=2, batch_size=4)
    counted = steps_of(document, max_train_epochs=3)
    assert counted.buckets == (Bucket((320, 704), 6, 2), Bucket((512, 512), 4, 1), Bucket((704, 320), 10, 3))
    assert (counted.batches, counted.per_epoch, counted.epochs, counted.steps) == (6, 6, 3, 18)
    assert counted.lines()[2] == "704x320: 10 pictures in 3 batches"
    assert counted.lines()[-1] == "6 steps an epoch, 3 epochs, 18 steps in all"


def test_accumulation_and_steps_that_end_within_an_epoch(tmp_path: Path) -> None:
    """Seven batches make three steps of three; eight steps begin a third epoch."""
    document = content(pictures(tmp_path / "a", *[(64, 64)] * 7))
    counted = steps_of(document, gradient_accumulation_steps=3, max_train_steps=8)
    assert (counted.batches, counted.per_epoch, counted.epochs, counted.steps) == (7, 3, 3, 8)


def test_a_key_is_looked_up_from_the_subset_outwards(tmp_path: Path) -> None:
    """Subset before dataset before general before the training's arguments before the default."""
    folder = pictures(tmp_path / "a", (64, 64))
    document = content(folder)
    for expected, change in [
        (1, lambda: None),
        (2, lambda: document.update(general={"num_repeats": 2})),
        (3, lambda: document["datasets"][0].update(num_repeats=3)),
        (4, lambda: document["datasets"][0]["subsets"][0].update(num_repeats=4)),
    ]:
        change()
        assert steps_of(document, train_batch_size=2).buckets[0].seen == expected
    assert steps_of(document, train_batch_size=2).batches == 2


def test_regularisation_pictures_fill_up_to_the_training_pictures(tmp_path: Path) -> None:
    """Three pictures, four times each, and two class pictures, seen six times each: 24 in all."""
    document = content(pictures(tmp_path / "a", *[(64, 64)] * 3), pictures(tmp_path / "b", *[(64, 64)] * 2))
    training, regular = document["datasets"][0]["subsets"]
    training["num_repeats"], regular["is_reg"] = 4, True
    assert steps_of(document).buckets == (Bucket((512, 512), 24, 24),)


BAD_FOLDERS = {
    "missing": (Path.exists, DatasetError, "no such folder"),
    "empty": (pictures, DatasetError, "holds no pictures"),
    "parent": (lambda f: pictures(f / "10_word", (64, 64)), DatasetError, "'10_word' does"),
    "no captions": (
        lambda f: pictures(f, (64, 64), caption=None),
        DatasetError,
        "1 pictures have no caption",
    ),
    "other captions": (
        lambda f: pictures(f, (64, 64), suffix=".caption"),
        DatasetError,
        "Set caption_extension to '.caption'",
    ),
    "empty caption": (
        lambda f: pictures(f, (64, 64), caption="\nsecond line"),
        DatasetError,
        "only that line is read",
    ),
    "latin-1": (
        lambda f: (pictures(f, (64, 64)) / "0.txt").write_bytes(b"caf\xe9"),
        DatasetError,
        "not UTF-8",
    ),
    "broken": (
        lambda f: (pictures(f, (64, 64)) / "0.png").write_bytes(b"\x89PNG\r\n"),
        ImageError,
        "cannot be opened",
    ),
    "mixed sizes": (lambda f: pictures(f, (64, 64), (64, 96)), DatasetError, "Set enable_bucket to true"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_each_mistake_in_a_folder_is_told_with_its_remedy(case: str, tmp_path: Path) -> None:
    """What sd-scripts ends silently with, warns of in passing, or stumbles over after its start-up."""
    make, kind, words = BAD_FOLDERS[case]
    make(tmp_path / "a")
    with pytest.raises(kind) as caught:
        steps_of(content(tmp_path / "a"))
    assert words in str(caught.value)
    assert str(tmp_path / "a") in caught.value.where


def test_class_tokens_stand_in_for_captions(tmp_path: Path) -> None:
    """Pictures without captions are meant, if something is said of all of them."""
    document = content(pictures(tmp_path / "a", (64, 64), caption=None), class_tokens="word style")
    assert steps_of(document).batches == 1


BAD_DOCUMENTS = [
    (
        {"datasets": [{"resolutoin": 512, "subsets": [{"image_dir": "x"}]}]},
        "datasets[0]: 'resolutoin' is unknown; did you mean 'resolution'?",
    ),
    (
        {"datasets": [{"subsets": [{"image_dir": "x", "batch_size": 2}]}]},
        "datasets[0].subsets[0]: 'batch_size' is unknown",
    ),
    (
        {"genral": {}, "datasets": [{"subsets": [{"image_dir": "x"}]}]},
        "top level: 'genral' is unknown; did you mean 'general'?",
    ),
    (
        {"general": {"num_repeats": 1.5}, "datasets": [{"subsets": [{"image_dir": "x"}]}]},
        "general: num_repeats",
    ),
    ({"general": {"flip_aug": 1}, "datasets": [{"subsets": [{"image_dir": "x"}]}]}, "general: flip_aug"),
    ({"datasets": [{"validation_split": 0, "subsets": [{"image_dir": "x"}]}]}, "write 0.0"),
    ({"datasets": [{"resolution": "512", "subsets": [{"image_dir": "x"}]}]}, "resolution"),
    ({"datasets": [{"subsets": [{"num_repeats": 2}]}]}, "it lacks image_dir"),
    ({"datasets": [{"subsets": [{"metadata_file": "x.json"}]}]}, "metadata_file is not read"),
    ({"datasets": []}, "datasets"),
]


@pytest.mark.parametrize(("document", "words"), BAD_DOCUMENTS)
def test_a_dataset_toml_is_held_to_its_schema(document: dict[str, Any], words: str) -> None:
    """Unknown keys at each level with the nearest, wrong types, and floats that sd-scripts wants as such."""
    with pytest.raises(DatasetError) as caught:
        dataset_toml.check(document, "d.toml")
    assert words in caught.value.what


def test_a_whole_dataset_toml_passes() -> None:
    """General settings, two datasets, both ways to write a resolution."""
    dataset_toml.check(
        {
            "general": {"shuffle_caption": True, "caption_dropout_rate": 0.05, "keep_tokens": 1},
            "datasets": [
                {"resolution": 512, "validation_split": 0.1, "subsets": [{"image_dir": "x", "is_reg": True}]},
                {"resolution": [768, 512], "enable_bucket": True, "subsets": [{"image_dir": "y"}]},
            ],
        },
        "d.toml",
    )


def test_stale_caches_cannot_be_picked_up(tmp_path: Path) -> None:
    """Links hold pictures and captions alone, and caches left there by one try are gone in the next."""
    source = pictures(tmp_path / "3_word", (64, 64))
    (source / "0.npz").write_bytes(b"of another resolution")
    for _, attempt in itertools.product([1, 2], ["links"]):
        (subset,) = linked(content(source), tmp_path / attempt)["datasets"][0]["subsets"]
        place = Path(subset["image_dir"])
        assert sorted(path.name for path in place.iterdir()) == ["0.png", "0.txt"]
        assert place.name == "3_word"
        (place / "0.npz").write_bytes(b"of this try")
    assert (source / "0.npz").read_bytes() == b"of another resolution"

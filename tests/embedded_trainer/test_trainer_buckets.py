"""Bucket sizes, batches and steps against cases worked out by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from orchestrator.buckets import Fit, fit, fit_without_upscaling, resolutions
from orchestrator.embedded.trainer import batches, captions, schedule
from orchestrator.embedded.trainer.config import TrainingConfig
from orchestrator.embedded.trainer.dataset_config import Dataset, Subset
from orchestrator.embedded.trainer.pictures import Picture, balanced


def test_buckets_have_at_most_the_area_and_sides_of_whole_steps() -> None:
    """256x256 in steps of 64, sides 128 to 512: nine sizes, as worked out on paper, sorted."""
    upright = [(128, 384), (128, 448), (128, 512), (192, 320)]
    lying = [(320, 192), (384, 128), (448, 128), (512, 128)]
    assert resolutions((256, 256), 128, 512, 64) == [*upright, (256, 256), *lying]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ((1280, 720), Fit((683, 384), (640, 384))),  # 16:9 is nearer to 640/384 = 1.67 than to 704/320 = 2.2
        ((300, 300), Fit((512, 512), (512, 512))),  # small pictures grow
        ((512, 768), Fit((427, 640), (384, 640))),  # 0.67 is nearer to 0.6 than to 448/576 = 0.78
        ((5000, 100), Fit((12800, 256), (1024, 256))),  # the widest bucket, and the rest is cut off
    ],
)
def test_a_picture_goes_to_the_bucket_nearest_in_ratio(picture: tuple[int, int], expected: Fit) -> None:
    """The picture is resized so that it just covers the bucket."""
    assert fit(picture, resolutions((512, 512), 256, 1024, 64)) == expected


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ((300, 200), Fit((300, 200), (256, 192))),  # never grows: cut down to whole steps
        ((1024, 1024), Fit((512, 512), (512, 512))),
        # 683x384 has the area; 704/384 = 1.83 and 704/384 by height: the height keeps 16:9 no worse
        ((1280, 720), Fit((683, 384), (640, 384))),
    ],
)
def test_without_upscaling_pictures_keep_their_size_or_shrink(
    picture: tuple[int, int], expected: Fit
) -> None:
    """The bucket is what whole steps fit into the picture, shrunk to the area where it is larger."""
    assert fit_without_upscaling(picture, 512 * 512, 64) == expected


def _picture(name: str, bucket: tuple[int, int], repeats: int, *, dataset: int = 0) -> Picture:
    subset = Subset(image_dir="x", num_repeats=repeats)
    return Picture(Path(name), bucket, name, Fit(bucket, bucket), repeats, subset, dataset)


PICTURES = [_picture("a", (64, 64), 3), _picture("b", (64, 64), 2), _picture("c", (96, 64), 3)]
DATASETS = [Dataset(resolution=64, batch_size=2, subsets=(Subset(image_dir="x"),))]


def test_an_epoch_has_every_repeat_once_and_partial_batches_per_bucket() -> None:
    """5 looks in one bucket and 3 in another make ceil(5/2) + ceil(3/2) = 5 batches of 2."""
    assert batches.count(PICTURES, DATASETS) == 5
    epoch = batches.of_epoch(PICTURES, DATASETS, seed=1, epoch=1)
    assert sorted(map(len, epoch)) == [1, 1, 2, 2, 2]
    assert Counter(index for batch in epoch for index in batch) == {0: 3, 1: 2, 2: 3}
    assert all(len({PICTURES[index].fit.bucket for index in batch}) == 1 for batch in epoch)
    assert epoch == batches.of_epoch(PICTURES, DATASETS, seed=1, epoch=1)
    assert epoch != batches.of_epoch(PICTURES, DATASETS, seed=1, epoch=2)


def _config(**keys: object) -> TrainingConfig:
    needed = {"pretrained_model_name_or_path": "pocket", "output_dir": "o", "network_module": "networks.lora"}
    return TrainingConfig.model_validate({**needed, "output_name": "n", **keys})


@pytest.mark.parametrize(
    ("keys", "steps", "epochs"),
    [
        ({"max_train_steps": 12}, 12, 3),  # 5 batches: two whole epochs and two steps
        ({"max_train_steps": 12, "max_train_epochs": 2}, 10, 2),
        ({"max_train_epochs": 2, "gradient_accumulation_steps": 2}, 6, 2),
        ({"max_train_steps": 4, "gradient_accumulation_steps": 5}, 4, 4),
    ],
)
def test_steps_and_epochs(keys: dict[str, object], steps: int, epochs: int) -> None:
    """Epochs go before steps, and accumulated batches make one step."""
    extent = schedule.length(_config(**keys), 5)
    assert (extent.steps, extent.epochs) == (steps, epochs)


def test_names_of_intermediate_files() -> None:
    """Every second epoch but the last, and every third step, has a numbered file."""
    config = _config(save_every_n_epochs=2, save_every_n_steps=3)
    extent = schedule.Length(steps=20, epochs=4, batches=5)
    names = [schedule.epoch_file(config, epoch, extent) for epoch in range(1, 5)]
    assert names == [None, "n-000002.safetensors", None, None]
    assert [schedule.step_file(config, step) for step in (2, 3)] == [None, "n-step00000003.safetensors"]


def test_regularisation_pictures_repeat_up_to_the_training_pictures() -> None:
    """Two pictures with 2 repeats, and 7 training looks wanted: 4, then one more each until 7."""
    two = [_picture("r", (64, 64), 2), _picture("s", (64, 64), 2)]
    assert [picture.repeats for picture in balanced(two, 7)] == [4, 3]
    assert [picture.repeats for picture in balanced(two, 2)] == [2, 0]
    assert balanced([], 7) == []


def test_captions_keep_the_first_tags_shuffle_the_others_and_drop_out() -> None:
    """Prefix and suffix are added, `keep_tokens` tags stay in front, and dropout leaves nothing."""
    subset = Subset(image_dir="x", caption_prefix="p,", keep_tokens=2, shuffle_caption=True)
    seen = {captions.seen("a, b, c, d", subset, Random(seed)) for seed in range(50)}
    assert len(seen) == 6
    assert all(caption.startswith("p, a, ") for caption in seen)
    dropped = Subset(image_dir="x", caption_dropout_rate=0.25)
    random = Random(0)
    lost = sum(not captions.seen("a", dropped, random) for _ in range(2000))
    assert 430 < lost < 570
    assert captions.frequency(["a, b", "a"], ",") == {"a": 2, "b": 1}

"""CLIP from a folder of the user's, on a tiny model with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from orchestrator.errors import ModelFileError
from orchestrator.metrics.clip import load_clip
from orchestrator.metrics.measure import measure
from orchestrator.metrics.panel import panel
from orchestrator.metrics.settings import NetworkWeights, ScoreSettings
from orchestrator.metrics.steps import Pair

if TYPE_CHECKING:
    from numpy.typing import NDArray

transformers = pytest.importorskip("transformers", reason="transformers is not installed")
PHOTOS = [data.astronaut()[:200, :300], data.coffee()[:200, :300], data.cat()[:200, :300]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of two layers that reads letters."""
    folder = tmp_path_factory.mktemp("clip")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    torch.manual_seed(0)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {"bos_token_id": len(words) - 2, "eos_token_id": len(words) - 1, "pad_token_id": len(words) - 1}
    config = transformers.CLIPConfig(
        text_config={**small, "vocab_size": len(words), "max_position_embeddings": 16, **ends},
        vision_config={**small, "image_size": 48, "patch_size": 16},
        projection_dim=24,
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    tokenizer = transformers.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer.save_pretrained(folder)
    return folder


def independent(folder: Path, photo: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return what the whole model gives for a picture that Pillow has prepared."""
    picture = Image.fromarray(photo).resize((72, 48), Image.Resampling.BICUBIC).crop((12, 0, 60, 48))
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    pixels = (np.asarray(picture, np.float32) / 255 - mean) / std
    model = transformers.CLIPModel.from_pretrained(folder)
    with torch.no_grad():
        seen = model(
            input_ids=torch.tensor([[0, 1]]),
            pixel_values=torch.tensor(pixels.transpose(2, 0, 1)[None], dtype=torch.float32),
        ).image_embeds
    return np.asarray(seen[0], np.float64)


def test_pictures_become_what_the_whole_model_makes_of_them(model: Path) -> None:
    """A picture's vector has length 1 and equals the model's own image embedding."""
    for photo, vector in zip(PHOTOS, load_clip(model).pictures(PHOTOS), strict=True):
        assert np.linalg.norm(vector) == pytest.approx(1)
        np.testing.assert_allclose(vector, independent(model, photo), atol=1e-5)


def test_texts_become_what_the_whole_model_makes_of_them(model: Path) -> None:
    """A text's vector equals the model's own text embedding; what is too long is cut off."""
    clip = load_clip(model)
    tokens = transformers.CLIPTokenizer.from_pretrained(model)(["an ink drawing"], return_tensors="pt")
    with torch.no_grad():
        whole = transformers.CLIPModel.from_pretrained(model)(
            **tokens, pixel_values=torch.zeros(1, 3, 48, 48)
        ).text_embeds[0]
    np.testing.assert_allclose(clip.text("an ink drawing"), whole, atol=1e-5)
    assert np.linalg.norm(clip.text("word " * 99)) == pytest.approx(1)


def test_frames_are_scored_against_the_text_and_their_neighbours(model: Path) -> None:
    """Figures are plain cosines, and there is none between frames on both sides of a cut."""
    settings = ScoreSettings(
        metrics=("clip_text", "clip_frames"),
        weights=NetworkWeights(clip=model),
        text="a cup",
        device="cpu",
    )
    rows = list(measure([Pair(photo, photo) for photo in PHOTOS], panel(settings), cuts={2}))
    vectors = [independent(model, photo) for photo in PHOTOS]
    meant = load_clip(model).text("a cup")
    assert [row["clip_text"] for row in rows] == pytest.approx([v @ meant for v in vectors], abs=1e-5)
    assert rows[1]["clip_frames"] == pytest.approx(vectors[0] @ vectors[1], abs=1e-5)
    assert rows[0]["clip_frames"] is rows[2]["clip_frames"] is None


def test_outside_of_a_region_nothing_is_seen(model: Path) -> None:
    """With a region, what lies outside has no influence on the figure."""
    clip = load_clip(model)
    region = np.zeros((200, 300), bool)
    region[50:150, 100:200] = True
    other = np.where(region[..., None], PHOTOS[0], PHOTOS[1])
    first, second = clip.pictures([clip.only(PHOTOS[0], region), clip.only(other, region)])
    np.testing.assert_array_equal(first, second)
    assert clip.pictures([other])[0] @ first < 1 - 1e-6


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    """An empty folder is an error about that folder."""
    with pytest.raises(ModelFileError, match="no CLIP model"):
        load_clip(tmp_path)

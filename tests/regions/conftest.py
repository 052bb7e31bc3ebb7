"""Small models of the right architectures, with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from moving_disc import COUNT, clip_frames, scene_of

from orchestrator.regions.segmenters.segmenter import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Frame = NDArray[np.uint8]


@pytest.fixture(scope="session")
def scene() -> Scene:
    return scene_of(COUNT)


@pytest.fixture(scope="session")
def frames() -> list[Frame]:
    return clip_frames()


@pytest.fixture(scope="session")
def onnx_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that writes a model of one convolution over 1x1 and, if wanted, a logistic function.

    Its inputs are a picture and as many further channels as `holes`; its weights are given.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder = tmp_path_factory.mktemp("onnx")

    def build(
        name: str,
        weights: Any,
        bias: Any,
        *,
        side: int | str = "side",
        logistic: bool = False,
        holes: int = 0,
    ) -> Path:
        kernel = np.asarray(weights, np.float32).reshape(len(weights), -1, 1, 1)
        inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])]
        nodes, source = [], "image"
        if holes:
            inputs.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, holes, side, side]))
            nodes.append(helper.make_node("Concat", ["image", "mask"], ["both"], axis=1))
            source = "both"
        nodes.append(helper.make_node("Conv", [source, "w", "b"], ["raw" if logistic else "out"]))
        if logistic:
            nodes.append(helper.make_node("Sigmoid", ["raw"], ["out"]))
        out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
        stored = [
            numpy_helper.from_array(kernel, "w"),
            numpy_helper.from_array(np.asarray(bias, np.float32), "b"),
        ]
        graph = helper.make_graph(nodes, "g", inputs, [out], stored)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        path = folder / name
        onnx.save(model, str(path))
        return path

    return build


@pytest.fixture(scope="session")
def clipseg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIPSeg with random weights and 50 words."""
    import torch
    from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, CLIPTokenizer

    folder = tmp_path_factory.mktemp("clipseg")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=16).save_pretrained(folder)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    words = {"vocab_size": len(tokens), "max_position_embeddings": 16, "eos_token_id": len(tokens) - 1}
    torch.manual_seed(0)
    CLIPSegForImageSegmentation(
        CLIPSegConfig(
            text_config={**small, **words},
            vision_config={**small, "image_size": 64, "patch_size": 16},
            projection_dim=16,
            reduce_dim=16,
            extract_layers=[0, 1, 2],
            decoder_num_attention_heads=2,
            decoder_intermediate_size=16,
        )
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SAM with random weights."""
    import torch
    from transformers import SamConfig, SamModel

    folder = tmp_path_factory.mktemp("sam")
    torch.manual_seed(0)
    vision = {
        "hidden_size": 32,
        "output_channels": 32,
        "num_hidden_layers": 2,
        "mlp_dim": 32,
        "num_attention_heads": 2,
        "image_size": 64,
        "patch_size": 16,
        "window_size": 2,
        "num_pos_feats": 16,
        "global_attn_indexes": [1],
        "initializer_range": 0.3,
    }
    decoder = {
        "hidden_size": 32,
        "mlp_dim": 32,
        "num_attention_heads": 8,
        "num_hidden_layers": 2,
        "iou_head_hidden_dim": 32,
    }
    prompts = {"hidden_size": 32, "image_size": 64, "patch_size": 16}
    config = SamConfig(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)
    SamModel(config).save_pretrained(folder)
    return folder

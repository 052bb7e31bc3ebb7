"""Optical flow by a network in a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from orchestrator.errors import ModelFileError
from orchestrator.media.raft import Raft

ROWS = (1, -1)  # the flow of this stand-in: to the right by how much brighter the second picture is, and up
TEN, FOURTEEN = (np.full((32, 48, 3), value, np.uint8) for value in (10, 14))


def model(path: Path, height: int | str, width: int | str, *, full: bool = True) -> Path:
    """Write a network with RAFT's inputs and outputs, whose flow is the difference of red."""
    red = np.zeros((2, 6, 1, 1), np.float32)
    for row, sign in enumerate(ROWS):
        red[row, 0], red[row, 3] = -sign, sign
    pictures = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, height, width]) for name in ("0", "1")
    ]
    nodes = [
        helper.make_node("Concat", ["0", "1"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "red"], ["flow"]),
        helper.make_node("AveragePool", ["flow"], ["coarse"], kernel_shape=[8, 8], strides=[8, 8]),
    ]
    names = ("coarse", "flow") if full else ("coarse",)
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
    graph = helper.make_graph(nodes, "raft", pictures, outputs, [numpy_helper.from_array(red, "red")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def test_it_measures_both_ways_at_the_pictures_own_size(tmp_path: Path) -> None:
    """From the first to the second picture and back, x before y, taken from the output of full size."""
    there, back = Raft(model(tmp_path / "raft.onnx", "h", "w"))(TEN, FOURTEEN)
    assert there.shape == back.shape == (32, 48, 2)
    assert np.allclose(there, (4, -4))
    assert np.allclose(back, (-4, 4))


def test_a_model_of_a_fixed_size_has_its_vectors_scaled(tmp_path: Path) -> None:
    """Measured at half the width and a quarter of the height, a vector is twice and four times as long."""
    there, _ = Raft(model(tmp_path / "raft.onnx", 8, 24))(TEN, FOURTEEN)
    assert there.shape == (32, 48, 2)
    assert np.allclose(there, (8, -16))


def test_a_model_of_another_kind_is_told(tmp_path: Path) -> None:
    """One that returns no flow of the pictures' size is none."""
    with pytest.raises(ModelFileError, match="no flow"):
        Raft(model(tmp_path / "raft.onnx", "h", "w", full=False))(TEN, FOURTEEN)
    with pytest.raises(ModelFileError, match="no such model"):
        Raft(tmp_path / "missing.onnx")


def test_a_model_that_takes_no_pictures_is_told(tmp_path: Path) -> None:
    """As one of texts, whose input has no height."""
    path = tmp_path / "text.onnx"
    words, out = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in "ab")
    graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "text", [words], [out])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    with pytest.raises(ModelFileError, match="does not take"):
        Raft(path)(TEN, FOURTEEN)

"""An ONNX model from a local file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from orchestrator.errors import MissingPackage, ModelFileError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


class OnnxModel:
    """A network that takes pictures, (1, C, H, W) float32, and returns one.

    Args:
        path: the `.onnx` file.

    Raises:
        ModelFileError: there is no such file, or it is no model.
        MissingPackage: onnxruntime is not installed.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ModelFileError("there is no such model", where=str(path), remedy="Check the path.")
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingPackage(
                "onnxruntime, which runs ONNX models, is not installed",
                remedy="pip install 'orchestrate[regions]'",
            ) from error
        try:
            self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        except Exception as error:
            # onnxruntime raises a dozen kinds of its own, with no base but Exception
            raise ModelFileError(
                f"this is no ONNX model that can be run: {error}", where=str(path)
            ) from error
        self._path = path
        self._inputs = self._session.get_inputs()

    def size(self, otherwise: int) -> tuple[int, int]:
        """Return width and height of its first input; a square where it leaves them open."""
        return self.own_size() or (otherwise, otherwise)

    def own_size(self) -> tuple[int, int] | None:
        """Return width and height of its first input; None where it leaves them open."""
        shape: list[int | str | None] = list(self._inputs[0].shape)
        height, width = [None, None, *shape][-2:]  # a model of another kind may have neither
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    def __call__(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return its first output. Raises ModelFileError: it does not take such inputs."""
        return self._outputs(inputs)[0]

    def output_of_shape(
        self, shape: tuple[int, ...], *inputs: NDArray[np.float32]
    ) -> NDArray[np.float32] | None:
        """Return the output that has a shape; None where none has. Raises ModelFileError, as a call."""
        return next((each for each in self._outputs(inputs) if each.shape == shape), None)

    def _outputs(self, inputs: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        try:
            named = {each.name: value for each, value in zip(self._inputs, inputs, strict=True)}
            outputs = [np.asarray(each, np.float32) for each in self._session.run(None, named)]
        except Exception as error:
            # as above
            raise ModelFileError(
                f"this model does not take {len(inputs)} picture(s): {error}",
                where=str(self._path),
                remedy="Choose a model of the kind that the setting names.",
            ) from error
        return outputs

"""What the user points at, by Segment Anything (Kirillov et al., ICCV 2023), followed along the flow.

A frame that is pointed at is segmented by its points and its box. Every other one is segmented by the box of
the mask before and by the points before, all carried to where the optical flow leads; so each mask comes from
the frame itself, and errors of the flow do not add up in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestrator.errors import ProjectError
from orchestrator.media import flow
from orchestrator.regions.network_input import IMAGENET_DEVIATION, IMAGENET_MEAN, batch_of_one, resized
from orchestrator.regions.sam_file import sam
from orchestrator.regions.shape import ramp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from orchestrator.regions.segmenters.segmenter import Scene, Segmenter
    from orchestrator.regions.settings import Pointing, Sam

    Frame = NDArray[np.uint8]
    Mask = NDArray[np.float32]

_HALF = 0.5
_SURE = 4.0  # logits, on either side of 0, over which a mask goes from 0 to 1


@dataclass(frozen=True, eq=False)
class Prompt:
    """What is pointed at in one frame.

    Attributes:
        points: (N, 2) float32, x and y in pixels.
        labels: (N,) int: 1 is on it, 0 is not.
        box: (4,) float32, left, top, right, bottom in pixels; None where there is none.
    """

    points: NDArray[np.float32]
    labels: NDArray[np.int64]
    box: NDArray[np.float32] | None


def pointed(where: Sam, scene: Scene, /) -> Segmenter:
    """Find what is pointed at; before the first prompt nothing is inside.

    Raises:
        ProjectError: nothing is pointed at within the clip.
        ModelFileError, MissingPackage: as `sam`.
    """
    prompts = {round(prompt.at.position(scene.timeline)): prompt for prompt in where.prompts}
    if min(prompts) >= scene.timeline.count:
        raise ProjectError(
            f"the clip ends with frame {scene.timeline.count - 1}, and the first that is pointed at is"
            f" {min(prompts)}",
            remedy="Point at something in a frame of the clip.",
        )
    model = sam(where.sam)
    return lambda frames: _followed(model, prompts, frames)


def _followed(model: Any, prompts: Mapping[int, Pointing], frames: Iterable[Frame]) -> Iterator[Mask]:
    last: tuple[Frame, Mask, Prompt] | None = None
    for index, frame in enumerate(frames):
        prompt = _given(prompts[index], frame) if index in prompts else _moved(last, frame)
        mask = np.zeros(frame.shape[:2], np.float32) if prompt is None else _mask(model, frame, prompt)
        last = None if prompt is None else (frame, mask, prompt)
        yield mask


def _given(pointing: Pointing, frame: Frame) -> Prompt:
    height, width = frame.shape[:2]
    shares = np.array([*pointing.points, *pointing.elsewhere], np.float32).reshape(-1, 2)
    labels = np.array([1] * len(pointing.points) + [0] * len(pointing.elsewhere), np.int64)
    size = np.array([width, height], np.float32)
    box = None if pointing.box is None else np.array(pointing.box, np.float32) * np.tile(size, 2)
    return Prompt(shares * size, labels, box)


def _moved(last: tuple[Frame, Mask, Prompt] | None, frame: Frame) -> Prompt | None:
    """Carry a prompt on to the next frame; None when what was followed has gone out of sight."""
    if last is None:
        return None
    before, mask, prompt = last
    box = _box(flow.warp(mask, flow.dense(frame, before)) > _HALF)
    if box is None:
        return None
    height, width = frame.shape[:2]
    forward = flow.dense(before, frame)
    columns, rows = np.clip(np.rint(prompt.points).astype(int), 0, (width - 1, height - 1)).T
    points = np.clip(prompt.points + forward[rows, columns], 0, (width - 1, height - 1))
    return Prompt(points.astype(np.float32), prompt.labels, box)


def _box(inside: NDArray[np.bool_]) -> NDArray[np.float32] | None:
    rows, columns = np.nonzero(inside)
    if not rows.size:
        return None
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)


def _mask(model: Any, frame: Frame, prompt: Prompt) -> Mask:
    import torch

    side = model.config.vision_config.image_size
    height, width = frame.shape[:2]
    scale = side / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    canvas = np.zeros((1, 3, side, side), np.float32)
    canvas[..., : size[1], : size[0]] = batch_of_one(frame, size, IMAGENET_MEAN, IMAGENET_DEVIATION)
    asked: dict[str, Any] = {}
    if len(prompt.points):
        asked["input_points"] = torch.from_numpy(prompt.points * scale)[None, None]
        asked["input_labels"] = torch.from_numpy(prompt.labels)[None, None]
    if prompt.box is not None:
        asked["input_boxes"] = torch.from_numpy(prompt.box * scale)[None, None]
    with torch.inference_mode():
        told = model(pixel_values=torch.from_numpy(canvas), **asked)
    best = int(told.iou_scores[0, 0].argmax())
    logits = resized(told.pred_masks[0, 0, best].numpy(), (side, side))[: size[1], : size[0]]
    return ramp(resized(logits, (width, height)), -_SURE, _SURE)

"""The `stylize` part of project.yaml: what to paint, and how steady."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from orchestrator.settings import InputPath, Settings
from orchestrator.stylization.payload_name import PayloadName
from orchestrator.stylization.schedule.schedule import Schedule, within
from orchestrator.stylization.schedule.segments import Segment

Side = Annotated[int, Field(ge=64, le=4096, multiple_of=8)]
TRIGGER = "{trigger}"
LANCZOS = "lanczos"  # the filter here, and no name in a WebUI's list


class ConsistencySettings(Settings):
    """What keeps the style from flickering.

    Attributes:
        mode: `flow` carries the style over from the frame before along the optical flow; `keyframes` paints
            few frames, and carries their style to those between them; `controlnet` has TemporalNet hold each
            frame to the one before; `seed` has the noise travel; `off` paints each frame for itself. With
            all but `seed`, all frames share one seed.
        blend: how much is carried over from the frame before, 0 nothing to 1 everything; only for `flow`.
        travel: frames in which the noise glides into that of the next seed, 0 never; only for `seed`.
        motion: how much may change until the next frame is painted: mean motion in widths of the picture, and
            the share of it that was uncovered, added up; only for `keyframes`.
        min_gap: frames from one painted frame to the next, at least; only for `keyframes`.
        max_gap: and at most.
        repaint_strength: how much of the frames between painted ones is painted anew after all, 0 nothing to
            1; only for `keyframes`. Then no painting is spared.
        raft: a RAFT model, as ONNX, that measures motion; OpenCV's DIS when left out.
        colour: `anchored` has painting change the colours of all frames of a shot as it changed those of the
            first; in every mode.
    """

    mode: Literal["off", "seed", "flow", "keyframes", "controlnet"] = "flow"
    blend: Annotated[Schedule, within(0, 1)] = Field(default=0.7, validate_default=True)
    travel: int = Field(default=48, ge=0)
    motion: float = Field(default=0.25, gt=0)
    min_gap: int = Field(default=6, ge=1)
    max_gap: int = Field(default=12, ge=1)
    repaint_strength: float = Field(default=0.0, ge=0, le=1)
    raft: InputPath | None = None
    colour: Literal["free", "anchored"] = "free"

    @model_validator(mode="after")
    def _gaps_ascend(self) -> ConsistencySettings:
        if self.max_gap < self.min_gap:
            message = f"max_gap {self.max_gap} is less than min_gap {self.min_gap}"
            raise ValueError(message)
        return self


class TileSettings(Settings):
    """How frames are divided that are larger than the model can paint.

    Attributes:
        size: a tile's longest side, pixels.
        overlap: pixels that neighbours share at least; they fade into each other there.
    """

    size: Annotated[int, Field(ge=128, le=4096, multiple_of=8)] = 512
    overlap: Annotated[int, Field(ge=8, multiple_of=8)] = 64

    @model_validator(mode="after")
    def _overlap_leaves_a_middle(self) -> TileSettings:
        if 2 * self.overlap >= self.size:
            message = f"tiles of {self.size} pixels cannot overlap by {self.overlap}: write less than half"
            raise ValueError(message)
        return self


class StylizeSettings(Settings):
    """How a video is repainted.

    Every number but sizes and counts may change in the course of the video: `0.4`,
    `[{at: 0s, value: 0.3}, {at: 50%, value: 0.6}]`, or as Deforum writes it, `"0: (0.3), 30: (0.65)"`.

    Attributes:
        payload: a preset of `webui_payloads/`, or the path of a `.yaml` of one's own.
        prompt: what to paint; `{trigger}` stands for the style's trigger word.
        negative_prompt: what to avoid; the payload's when left out.
        strength: how much is painted anew, 0 nothing to 1 everything; the payload's when left out.
        steps: nominal steps; the payload's when left out.
        cfg_scale: how strictly the prompt is followed; the payload's when left out.
        seed: the noise that all frames start from.
        lora_weight: how strongly the LoRA acts; 0 leaves it out.
        controlnet_weights: of the payload's units of ControlNet, in their order; the payload's own for those
            left out.
        segments: what differs from stretch to stretch of the video, with cross-fades between them.
        every: only every Nth frame of a shot is painted, and the frames between follow along the motion; for
            all modes but `keyframes`, which chooses frames itself.
        letterbox: whether black bars around the picture are kept as they are, or painted too.
        size: width and height to paint at, multiples of 8; when left out the source's, rounded to them, but
            no more pixels than the model's own. Painted frames come back to the source's size either way.
        upscaler: how they come back from a smaller size: `lanczos`, or a name in the WebUI's own list.
        tiles: has frames be painted in tiles, whatever their size; in one piece when left out.
        consistency: what keeps the style from flickering.
    """

    payload: PayloadName = "img2img-style"
    prompt: str = f"{TRIGGER} style"
    negative_prompt: str | None = None
    strength: Annotated[Schedule, within(0, 1)] | None = None
    steps: Annotated[Schedule, within(1, 150, whole=True)] | None = None
    cfg_scale: Annotated[Schedule, within(1, 30)] | None = None
    seed: Annotated[Schedule, within(0, 2**32 - 1, whole=True)] = Field(default=1, validate_default=True)
    lora_weight: Annotated[Schedule, within(-4, 4)] = Field(default=1.0, validate_default=True)
    controlnet_weights: tuple[Annotated[Schedule, within(0, 2)], ...] = ()
    segments: tuple[Segment, ...] = ()
    size: tuple[Side, Side] | None = None
    every: int = Field(default=1, ge=1, le=60)
    letterbox: Literal["keep", "paint"] = "keep"
    upscaler: str = Field(default=LANCZOS, min_length=1)
    tiles: TileSettings | None = None
    consistency: ConsistencySettings = ConsistencySettings()

    @model_validator(mode="after")
    def _who_chooses_frames(self) -> StylizeSettings:
        if self.every > 1 and self.consistency.mode == "keyframes":
            message = "`every` goes with other modes: keyframes are chosen by the motion"
            raise ValueError(message)
        return self

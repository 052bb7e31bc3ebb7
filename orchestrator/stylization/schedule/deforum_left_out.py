"""What of Deforum's settings has no place here, and why.

What Deforum paints starts from its own frame before, moved by a camera; here each frame starts from the
source's. So everything about the camera, and about keeping such a chain from drifting, is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.stylization.schedule.keys import NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: tuple[Any, ...] = ("", "None", None, False, 0, "0", [], {})
# a switch (or a choice that can be "None"), and why what it turns on is left out
_SWITCHES = {
    "use_init": "each frame starts from the source's frame",
    "use_mask": "masks are regions here; write them under `regions`",
    "use_mask_video": "masks are regions here; write the video under `regions`",
    "use_noise_mask": "there is no noise between frames that a mask could hold back",
    "use_looper": "guiding pictures have no place where each frame starts from the source's",
    "parseq_manifest": "Parseq's manifests are not read; export the schedules as text",
    "hybrid_composite": "the source is always what painting starts from",
    "hybrid_motion": "motion always comes from the source's optical flow",
    "enable_perspective_flip": "there is no camera",
    "enable_subseed_scheduling": "variation seeds are a matter of `consistency`",
    "enable_sampler_scheduling": "the sampler stands in the payload, for all frames",
    "enable_checkpoint_scheduling": "the checkpoint is chosen once, under `webui`",
    "enable_clipskip_scheduling": "clip skip stands in the payload, for all frames",
    "restore_faces": "it is a matter of the payload",
    "tiling": "it is a matter of the payload",
    "cn_1_enabled": "ControlNet units stand in the payload",
    "cn_2_enabled": "ControlNet units stand in the payload",
    "cn_3_enabled": "ControlNet units stand in the payload",
    "cn_4_enabled": "ControlNet units stand in the payload",
    "cn_5_enabled": "ControlNet units stand in the payload",
    "frame_interpolation_engine": "frames between painted ones are a matter of the source",
    "r_upscale_video": "the size of the result is the source's",
    "make_gif": "the kind of file is a matter of the output",
}
_FACTS = {
    "sampler": "the sampler stands in the payload",
    "max_frames": "the source tells how many frames there are",
    "fps": "the source tells its rate",
    "animation_mode": "there is no camera; motion comes from the source",
    "video_init_path": "name the video under `source.video`",
    "color_coherence": "colours are kept by `consistency`",
    "diffusion_cadence": "how many frames are painted is a matter of `consistency`",
    "sd_model_name": "the checkpoint is chosen under `webui`",
    "soundtrack_path": "the source's sound is kept",
}
_CAMERA = "zoom angle translation_x translation_y translation_z rotation_3d_x rotation_3d_y rotation_3d_z"


def without_a_place(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what is turned on and has no place here, with the reasons; what is off is not worth a line."""
    moving = [
        name for name in _CAMERA.split() if str(settings.get(name, "")) and not _still(name, settings[name])
    ]
    told = {name: why for name, why in (_SWITCHES | _FACTS).items() if settings.get(name) not in _NOTHING}
    return dict.fromkeys(moving, "there is no camera; motion comes from the source") | told


def _still(name: str, schedule: Any) -> bool:
    values = re.findall(r"\(([^()]*)\)", str(schedule))
    resting = 1.0 if name == "zoom" else 0.0
    return all(NUMBER.fullmatch(value.strip()) and float(value) == resting for value in values)

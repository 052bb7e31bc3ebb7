"""Which ffmpeg runs."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

from orchestrator.errors import FfmpegError

# one tiny frame: old versions lack -fps_mode, lean builds lack libx264 or zscale
_TRIAL = (
    *("-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "color=size=16x16:rate=25:duration=0.04"),
    *("-vf", "zscale=8:8"),
    *("-fps_mode", "passthrough", "-c:v", "libx264", "-f", "null", "-"),
)
_TRIAL_SECONDS = 20.0


@cache
def ffmpeg() -> str:
    """Return the ffmpeg to run: the system's if it can do what we ask of it, else imageio-ffmpeg's.

    Raises:
        FfmpegError: there is neither.
    """
    system = shutil.which("ffmpeg")
    if system and _works(system):
        return system
    return _carried()


def _works(program: str) -> bool:
    try:
        outcome = subprocess.run([program, *_TRIAL], capture_output=True, timeout=_TRIAL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return outcome.returncode == 0


def _carried() -> str:
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise FfmpegError(
            "no usable ffmpeg was found",
            where="PATH",
            remedy="Install ffmpeg 5.1 or newer with libx264 and libzimg, or `pip install imageio-ffmpeg`.",
        ) from error

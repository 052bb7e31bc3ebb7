"""The restyled video, with the source's time and sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.pipeline.stage import Made, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.artifacts import FrameSequence
    from orchestrator.progress import Progress
    from orchestrator.project import OutputSettings
    from orchestrator.stages.source import Source


def encode(
    settings: OutputSettings, source: Source, frames: Stage[FrameSequence], *, name: str = "encode"
) -> Stage[Path]:
    """Return the stage whose artifact is a video file.

    Args:
        settings: its kind.
        source: whose time and sound it has.
        frames: its pictures.
        name: of the stage.
    """

    def build(folder: Path, made: Made, progress: Progress) -> None:
        from orchestrator.media.codecs import choose
        from orchestrator.media.encode import encode as write_video
        from orchestrator.media.pictures import stored
        from orchestrator.media.subtitles import left_out

        pictures = made(frames)
        target = folder / f"video{settings.video.suffix}"
        _, container = choose(settings.codec, target)
        for track in left_out(source.clip, container):
            progress.say(f"subtitles in {track.codec} do not go into {target.suffix}: they are left out")
        with progress.task("encoding", total=pictures.count, unit="frames") as task:
            write_video(
                stored(pictures),
                source.clip,
                target,
                codec=settings.codec,
                crf=settings.crf,
                audio=settings.audio,
                on_frame=lambda index: task.reach(index + 1),
            )

    content = {
        **settings.model_dump(mode="json", exclude={"video", "also", "frames"}),
        "container": settings.video.suffix,
        "source": source.content,
    }
    return Stage(name, 2, content, (frames,), build, load, follows=True)


def load(folder: Path) -> Path:
    """Return the video."""
    (video,) = folder.glob("video.*")
    return video

"""Makes what the project needs of the quickstart's videos: pictures of each season, and a street with sound.

    python prepare.py

Pictures of your own are better: put some twenty of each season into `media/spring/` and so on instead.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from orchestrator.media.binary import ffmpeg

HERE = Path(__file__).parent
FILM, STREET = (HERE.parent / "quickstart" / "media" / name for name in ("bigbuckbunny.mp4", "bikes.mp4"))
MEDIA = HERE / "media"
EVERY = "fps=4"  # pictures of a second of film; five seconds make twenty
LOOKS = {
    "spring": "hue=h=8:s=1.15,colorbalance=gm=.10:gh=.06:rs=.04:bh=.05,eq=brightness=.05:gamma=1.1",
    "summer": "hue=s=1.5,colorbalance=rm=.10:rh=.08:bm=-.12:bh=-.10,eq=contrast=1.15:brightness=.03",
    "autumn": "hue=h=-38:s=1.3,colorbalance=rm=.25:gm=-.04:bm=-.22:rs=.10:bs=-.10,eq=gamma=.95",
    "winter": "hue=s=.25,colorbalance=bm=.18:bh=.12:rm=-.10:bs=.10,eq=brightness=.10:contrast=.9:gamma=1.15",
}


def main() -> None:
    """Write them."""
    for season, look in LOOKS.items():
        (MEDIA / season).mkdir(parents=True, exist_ok=True)
        run("-i", FILM, "-vf", f"{EVERY},{look}", MEDIA / season / "%03d.png")
    sound = ("-stream_loop", "-1", "-i", FILM)
    both = ("-map", "0:v", "-map", "1:a", "-crf", "16", "-c:a", "aac", "-t", "8")
    run("-i", STREET, *sound, *both, MEDIA / "street.mp4")


def run(*arguments: str | Path) -> None:
    """Run ffmpeg."""
    subprocess.run((ffmpeg(), "-v", "error", "-y", *arguments), check=True)


if __name__ == "__main__":
    main()

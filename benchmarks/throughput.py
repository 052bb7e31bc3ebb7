"""How much of a WebUI's time is used, with one and with several, and does memory grow with the video?

Paints a video of 512x512 pixels with servers that take 100 ms a frame, whatever they are sent. They are
programs of their own and keep their answer prepared (`lying_webui.py --prepared`), so that they take next to
no time from the client on the same processors. What is measured is the client: decoding the video, PNG both
ways, proof, hashing, journal, and frames written through to the disk, from the first frame's decoding to the
last one's file. Beside it, a plain client: decode, encode, post, decode, save, in turn.

    python benchmarks/throughput.py [--video VIDEO]
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from PIL import Image

from orchestrator.media import decode
from orchestrator.media.binary import ffmpeg
from orchestrator.media.clip import cut
from orchestrator.media.probe import probe
from orchestrator.progress import Silent
from orchestrator.stylization.course import Course
from orchestrator.stylization.engine import Look
from orchestrator.stylization.settings import ConsistencySettings, StylizeSettings
from orchestrator.stylization.stylize import stylize
from orchestrator.stylization.webui_engine import Painter, WebUIEngine
from orchestrator.webui import payloads
from orchestrator.webui.opening import opened
from orchestrator.webui.settings import WebUISettings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
BIKES = ROOT / "examples" / "quickstart" / "media" / "bikes.mp4"
SERVER = ROOT / "tests" / "webui" / "lying_webui.py"
SIDE, SECONDS = 512, 0.1
LOOK = Look("a street", "", seed=7, strength=0.3, lora_weight=0.0)
PAYLOAD = payloads.Payload(sampler_name="Euler", steps=8, cfg_scale=1.0, denoising_strength=0.3)


@dataclass(frozen=True)
class Figures:
    """What one run came to.

    Attributes:
        rate: frames a second.
        busy: the share of the time that the servers painted.
        work: the client's own processor time, ms a frame; decoding in ffmpeg not counted.
        peak: the client's largest resident memory, MiB.
    """

    rate: float
    busy: float
    work: float
    peak: float


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, default=BIKES, help="what to paint over; scaled and looped")
    parser.add_argument("--frames", type=int, default=300, help="for each server")
    parser.add_argument("--client", nargs=4, metavar="", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.client:
        client(*chosen.client)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(f"{'':34} frames/s   busy  ms/frame  peak MiB")
        few = chosen.frames
        plain = measured(folder, chosen.video, few, servers=1, way="plain")
        show(f"plain client, {few} frames", plain)
        one = measured(folder, chosen.video, few, servers=1)
        show(f"1 server, {few} frames", one)
        four = measured(folder, chosen.video, 4 * few, servers=4)
        show(f"4 servers, {4 * few} frames", four)
        print(f"4 servers paint {four.rate / one.rate:.2f} times the frames per second of one")
        show(f"1 server, {few} frames, with flow", measured(folder, chosen.video, few, servers=1, way="flow"))
        short, long = (
            measured(folder, chosen.video, count, servers=2, seconds=0.02) for count in (200, 2000)
        )
        show("2 fast servers, 200 frames", short)
        show("2 fast servers, 2000 frames", long)
        print(f"peak memory of 2000 frames: {long.peak / short.peak:.3f} times that of 200")


def show(name: str, figures: Figures) -> None:
    """Print one row."""
    print(
        f"{name:34} {figures.rate:8.2f}  {figures.busy:5.1%}  {figures.work:8.1f}  {figures.peak:8.0f}",
        flush=True,
    )


def measured(
    folder: Path, video: Path, frames: int, *, servers: int, way: str = "off", seconds: float = SECONDS
) -> Figures:
    """Run the client as a program of its own, against fresh servers."""
    source = folder / f"{frames}.mp4"
    if not source.exists():
        make_video(video, source, frames)
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(folder / "loras", seconds)) for _ in range(servers)]
        work = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
        command = [sys.executable, __file__, "--client", way, str(source), work, ",".join(urls)]
        told = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        accounts = [requests.get(f"{url}/lying/account", timeout=10).json() for url in urls]
    busy = sum(account["busy_seconds"] for account in accounts) - told["busy_before"]
    return Figures(
        rate=frames / told["wall"],
        busy=busy / told["wall"] / servers,
        work=1000 * told["work"] / frames,
        peak=told["peak"] / 1024,
    )


def make_video(video: Path, target: Path, frames: int) -> None:
    """Write so many frames of a video, scaled and looped."""
    loop = (
        ("-stream_loop", "-1", "-i", str(video))
        if video.exists()
        else ("-f", "lavfi", "-i", "testsrc2=rate=25")
    )
    picture = (
        "-frames:v",
        str(frames),
        "-vf",
        f"scale={SIDE}:{SIDE}",
        "-an",
        "-c:v",
        "libx264",
        "-crf",
        "18",
    )
    subprocess.run((ffmpeg(), "-v", "error", *loop, *picture, "-pix_fmt", "yuv420p", str(target)), check=True)


@contextmanager
def serving(loras: Path, seconds: float) -> Iterator[str]:
    """Start a server and yield its address."""
    loras.mkdir(exist_ok=True)
    command = (sys.executable, str(SERVER), "--prepared", "--seconds", str(seconds), "--lora-dir", str(loras))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            yield program.stdout.readline().removeprefix("ready ").strip()
        finally:
            program.terminate()


def client(way: str, source: str, work: str, urls: str) -> None:
    """Paint a video; print how long it took, what the servers had done before, and the peak memory."""
    import resource

    paint = plainly if way == "plain" else orchestrated
    told = paint(Path(source), Path(work), urls.split(","), way)
    told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(told))


def orchestrated(source: Path, work: Path, urls: list[str], way: str) -> dict[str, Any]:
    """Paint as a run does, once the servers have been found ready."""
    clip = cut(probe(source), None, None)
    settings = StylizeSettings(consistency=ConsistencySettings(mode="flow" if way == "flow" else "off"))
    with ExitStack() as stack:
        webuis = [WebUISettings(url=url) for url in urls]
        servers = [
            stack.enter_context(opened(webui, model="", lora_dir=work, log=work / "log")) for webui in webuis
        ]
        engine = WebUIEngine([Painter(server, None, PAYLOAD) for server in servers], batch=1, tell=print)
        before = sum(requests.get(f"{url}/lying/account", timeout=10).json()["busy_seconds"] for url in urls)
        began, worked = time.perf_counter(), time.process_time()
        stylize(clip, engine, work, Course(LOOK), settings, cuts=(), progress=Silent())
        wall, work_done = time.perf_counter() - began, time.process_time() - worked
        return {"wall": wall, "work": work_done, "busy_before": before}


def plainly(source: Path, work: Path, urls: list[str], _: str) -> dict[str, Any]:
    """Paint as a short script does."""
    clip = cut(probe(source), None, None)
    said = {**PAYLOAD.model_dump(include={"sampler_name", "steps", "cfg_scale", "denoising_strength"})}
    said |= {"prompt": LOOK.prompt, "seed": LOOK.seed, "width": SIDE, "height": SIDE}
    began, worked = time.perf_counter(), time.process_time()
    with closing(decode.frames(clip)) as frames:
        for index, frame in enumerate(frames):
            file = io.BytesIO()
            Image.fromarray(frame).save(file, "PNG")
            init = base64.b64encode(file.getvalue()).decode()
            answer = requests.post(
                f"{urls[0]}/sdapi/v1/img2img", json={**said, "init_images": [init]}, timeout=60
            )
            painted = Image.open(io.BytesIO(base64.b64decode(answer.json()["images"][0])))
            painted.save(work / f"{index:06d}.png")
    wall, work_done = time.perf_counter() - began, time.process_time() - worked
    return {"wall": wall, "work": work_done, "busy_before": 0.0}


if __name__ == "__main__":
    main()

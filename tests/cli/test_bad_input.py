"""Bad input: one message with place and remedy, its own exit code, at once, and nothing half-made left."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from small_project import make_video, orchestrate

from orchestrator.media.binary import ffmpeg

SECONDS = 2.0
PATIENCE = 20.0  # a busy machine may take its time; a time-out of ours would show

Change = Callable[[Path], None]


def replaced(before: str, after: str) -> Change:
    def change(folder: Path) -> None:
        file = folder / "project.yaml"
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    return change


def whole(text: str) -> Change:
    return lambda folder: void((folder / "project.yaml").write_text(text))


def void(_: object) -> None:
    """Forget a result."""


def no_frames(folder: Path) -> None:
    command = (
        ffmpeg(),
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        "sine=duration=1",
        str(folder / "street.mp4"),
    )
    subprocess.run(command, check=True)


def both(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for each in changes:
            each(folder)

    return change


def pickle(folder: Path) -> None:
    (folder / "base.ckpt").write_bytes(b"\x80\x04K\x01.")
    replaced("base_model: pocket", "base_model: base.ckpt")(folder)


def lora_over_model(folder: Path) -> None:
    (folder / "out").mkdir()
    save_file({"one": np.zeros(1)}, folder / "out" / "small.safetensors")
    replaced("base_model: pocket", "base_model: out/small.safetensors")(folder)


def folder_there(folder: Path) -> None:
    (folder / "out" / "small.mp4").mkdir(parents=True)


def missing_weights(folder: Path) -> None:
    score = "score: {metrics: [gram_vgg], weights: {vgg16: vgg.safetensors}}"
    replaced("training:", f"{score}\ntraining:")(folder)


def tiny_video(folder: Path) -> None:
    make_video(folder / "street.mp4", size="16x16")


BOMB = "\n".join(["a0: &a0 x", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10))])

CASES: dict[str, tuple[Change, int, list[str]]] = {
    "missing video": (lambda f: (f / "street.mp4").unlink(), 20, ["street.mp4"]),
    "text named mp4": (lambda f: void((f / "street.mp4").write_text("hello")), 20, ["street.mp4"]),
    "no frames": (no_frames, 20, ["street.mp4"]),
    "empty picture": (lambda f: (f / "style" / "1.png").write_bytes(b"") and None, 21, ["1.png"]),
    "unknown key": (replaced("payload:", "paylod:"), 10, ["project.yaml:11:11", "'payload'"]),
    "wrong type": (replaced("resolution: 64", "resolution: large"), 10, ["project.yaml:6:3", "'large'"]),
    "two problems": (
        both(replaced("name: small", "nam: small"), replaced("pocket\n", "pocket\n  seed: x\n")),
        10,
        ["project.yaml:1:1", "'name'", "project.yaml:10:3", "seed"],
    ),
    "two problems with files": (
        both(lambda f: (f / "street.mp4").unlink(), replaced("img2img-pocket", "img2img-poket")),
        10,
        ["street.mp4", "img2img-pocket"],
    ),
    "tab": (replaced("  from:", "\tfrom:"), 10, ["project.yaml:4:1", "tab"]),
    "empty": (whole(""), 10, ["project.yaml:1:1", "empty"]),
    "bomb": (whole(BOMB), 10, ["project.yaml:1:1", "aliases"]),
    "unset variable": (
        replaced("training:", "webui: {auth: '${NOT_SET_HERE}'}\ntraining:"),
        10,
        ["project.yaml:8:15", "NOT_SET_HERE"],
    ),
    "output outside": (replaced("out/small.mp4", "../small.mp4"), 10, ["project.yaml:12:10", "../small.mp4"]),
    "output over the source": (replaced("out/small.mp4", "street.mp4"), 10, ["street.mp4", "output.video"]),
    "LoRA over the base model": (lora_over_model, 10, ["out/small.safetensors", "output.video"]),
    "output where a folder is": (folder_there, 10, ["out/small.mp4", "output.video"]),
    "output among the work": (replaced("out/", ".orchestrate/stages/"), 10, [".orchestrate", "output.video"]),
    "missing weights": (missing_weights, 22, ["vgg.safetensors"]),
    "too small to measure": (tiny_video, 20, ["street.mp4", "16x16"]),
    "quality without a scale": (replaced("small.mp4}", "small.mov, codec: prores, crf: 9}"), 10, ["prores"]),
    "pickle": (pickle, 22, ["base.ckpt", "safetensors"]),
    "unknown preset": (replaced("  base_model", "  preset: sd15-stile\n  base_model"), 23, ["'sd15-style'"]),
    "clip beyond the end": (replaced("street.mp4}", "street.mp4, start: 9s}"), 20, ["street.mp4"]),
    "codec in the wrong file": (replaced("small.mp4}", "small.mp4, codec: prores}"), 10, ["prores"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_answered_at_once(case: str, project: Path) -> None:
    """Place and remedy stand in one message, the exit code tells the kind, and the folder is as it was."""
    change, code, told = CASES[case]
    change(project)
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    answer = orchestrate("run", "project.yaml", cwd=project)
    assert answer.code == code, answer.err
    assert all(each in answer.err for each in told), answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert answer.seconds < SECONDS
    assert answer.waited < PATIENCE
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


@contextmanager
def answering(status: int, body: str, kind: str) -> Iterator[str]:
    """Serve one answer to everything; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET  # noqa: N815 - the base class's naming

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's naming
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def against(url: str, project: Path) -> None:
    replaced("training:", f"webui: {{url: '{url}', lora_dir: loras}}\ntraining:")(project)


def assert_refused(project: Path, code: int, told: str) -> None:
    answer = orchestrate("run", "project.yaml", cwd=project)
    assert answer.code == code, answer.err
    assert told in answer.err
    assert "Traceback" not in answer.err
    assert answer.seconds < SECONDS
    assert answer.waited < PATIENCE
    assert not list(project.glob(".orchestrate/stages/*")), "something was begun"


def test_a_webui_that_is_not_there_is_told_before_the_training(project: Path) -> None:
    """Connection refused: exit code 40, the address in the message."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    against(f"http://127.0.0.1:{port}", project)
    assert_refused(project, 40, str(port))


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [(200, "<html>hello</html>", "text/html", 43), (401, '{"detail": "no"}', "application/json", 41)],
)
def test_what_is_no_webui_or_wants_a_password_is_told(
    project: Path, status: int, body: str, kind: str, code: int
) -> None:
    """HTML is nonsense, 401 asks for credentials."""
    with answering(status, body, kind) as url:
        against(url, project)
        assert_refused(project, code, url)


def test_a_port_in_use_is_told_before_the_training(project: Path) -> None:
    """The embedded WebUI's port, if it is chosen, must be free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        replaced("training:", f"webui: {{port: {port}}}\ntraining:")(project)
        assert_refused(project, 45, str(port))


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Mount a small disk of its own over a folder, whose content it takes along."""
    keep = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)), check=False
    ).returncode:
        pytest.skip("mounting a disk needs more rights than this machine gives")
    try:
        for path, data in keep.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        subprocess.run(("mount", "-o", f"remount,{options}", str(folder)), check=True)
        yield
    finally:
        subprocess.run(("umount", "-l", str(folder)), check=True)


def test_a_read_only_folder_is_told(project: Path) -> None:
    """Exit code 50 before anything is made."""
    with mounted(project, "ro"):
        assert_refused(project, 50, str(project))


def test_a_full_disk_is_told(project: Path) -> None:
    """Exit code 51; what was finished before is kept for the next try."""
    with mounted(project, "size=400k"):
        (project / "ballast").write_bytes(b"x" * (os.statvfs(project).f_bavail * 4096 - 8192))
        answer = orchestrate("run", "project.yaml", cwd=project)
        assert answer.code == 51, answer.err
        assert answer.seconds < SECONDS
        assert not list(project.glob(".orchestrate/stages/*/stage.json"))


def test_help_is_instant_and_has_examples(tmp_path: Path) -> None:
    """Under 0.3 s, the best of three tries: nothing heavy is imported."""
    answers = [orchestrate("--help", cwd=tmp_path) for _ in range(3)]
    assert min(answer.seconds for answer in answers) < 0.3
    assert "examples:" in answers[0].out
    assert answers[0].code == 0


def test_a_project_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The remedy is `orchestrate init`."""
    answer = orchestrate("run", "project.yaml", cwd=tmp_path)
    assert answer.code == 10
    assert "orchestrate init" in answer.err


def test_the_schema_knows_every_key_and_the_template_obeys_it(tmp_path: Path) -> None:
    """`init` writes a file that the project's own reader takes, and `schema` is a JSON Schema of it."""
    import json

    from orchestrator.project import load

    orchestrate("init", cwd=tmp_path)
    assert load(tmp_path / "project.yaml").name == "my-video"
    schema = json.loads(orchestrate("schema", cwd=tmp_path).out)
    assert {"name", "source", "style", "stylize"} <= set(schema["properties"])
    assert orchestrate("init", cwd=tmp_path).code == 10

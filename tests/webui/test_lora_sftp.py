"""A LoRA folder on another machine: real sftp, to a real server on this one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from orchestrator.artifacts import LoraWeights
from orchestrator.errors import MissingPackage, NotWritable, WebUIUnreachable
from orchestrator.safetensors_file import content_hash
from orchestrator.webui import loras, ssh
from orchestrator.webui.card import LoraCard
from orchestrator.webui.folder import folder, put_bytes, read_bytes
from orchestrator.webui.prune import prune
from orchestrator.webui.sftp import SftpFolder, command
from orchestrator.webui.ssh import SshAddress

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server")
SFTP_SERVER = next((each for each in SERVERS if Path(each).is_file()), None)


def wrapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str) -> None:
    """Put a program `sftp` before the real one, which adds arguments to those it gets."""
    real = shutil.which("sftp")
    if real is None:
        pytest.skip("OpenSSH's sftp is not installed")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "sftp").write_text(f"#!/bin/sh\nexec {real} {arguments}\n")
    (bin_folder / "sftp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SftpFolder:
    """A folder behind a real sftp server, without the way there; its name holds a space."""
    if SFTP_SERVER is None:
        pytest.skip("OpenSSH's sftp-server is not installed")
    wrapped(tmp_path, monkeypatch, f"-b - -D {SFTP_SERVER}")
    path = tmp_path / "Lora here"
    path.mkdir()
    return SftpFolder(SshAddress("gpu", str(path)))


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a real ssh server that lets in who has the right key."""
    if SSHD is None:
        pytest.skip("OpenSSH's sshd is not installed")
    if os.geteuid() == 0 and not Path("/run/sshd").is_dir():
        pytest.skip("sshd started by root wants the folder /run/sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host_key = " ".join((tmp_path / "host.pub").read_text().split()[:2])
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {host_key}\n")
    (tmp_path / "ssh_config").write_text(
        f"IdentityFile {tmp_path / 'user'}\nIdentitiesOnly yes\nUserKnownHostsFile {tmp_path / 'known'}\n"
    )
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {tmp_path / 'user.pub'}\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nSubsystem sftp internal-sftp\n"
    )
    wrapped(tmp_path, monkeypatch, f'-F {tmp_path / "ssh_config"} "$@"')
    server = subprocess.Popen([SSHD, "-D", "-e", "-f", tmp_path / "sshd_config"], stderr=subprocess.PIPE)
    try:
        assert wait_for(port), "sshd does not listen"
        yield port
    finally:
        server.terminate()
        server.communicate()


def wait_for(port: int) -> bool:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)
    return False


def lora(folder: Path, value: float = 1.0) -> LoraWeights:
    """Write a LoRA whose path would be a pattern, an option and two words."""
    odd = folder / "-made [ab]* \"here'"
    odd.mkdir(exist_ok=True)
    file = odd / "trained.safetensors"
    save_file({"lora_unet_x.lora_up.weight": np.full((2, 2), value, np.float32)}, file)
    return LoraWeights(file, content_hash(file))


def test_a_lora_comes_whole_under_its_name_and_only_once(remote: SftpFolder, tmp_path: Path) -> None:
    """What lies there is the LoRA and its card; a second time nothing is written."""
    weights, path = lora(tmp_path), Path(remote.address.path)
    first = loras.place(weights, remote, name="bunny", card=LoraCard("bnny"))
    stamps = {each.name: each.stat().st_mtime_ns for each in path.iterdir()}
    assert loras.place(weights, remote, name="bunny", card=LoraCard("bnny")) == first
    assert {each.name: each.stat().st_mtime_ns for each in path.iterdir()} == stamps
    assert set(stamps) == {f"{first.name}.safetensors", f"{first.name}.json"}
    assert (path / f"{first.name}.safetensors").read_bytes() == weights.file.read_bytes()
    assert first.place == f"ssh://gpu{path}/{first.name}.safetensors"


def test_a_damaged_copy_is_replaced_there(remote: SftpFolder, tmp_path: Path) -> None:
    """A file of our name and size with other weights in it is mended."""
    weights = lora(tmp_path)
    placed = loras.place(weights, remote, name="a", card=LoraCard())
    there = Path(remote.address.path) / f"{placed.name}.safetensors"
    there.write_bytes(lora(tmp_path, 3.0).file.read_bytes())
    loras.place(lora(tmp_path), remote, name="a", card=LoraCard())
    assert content_hash(there) == weights.content_hash


def test_old_versions_are_removed_there(remote: SftpFolder, tmp_path: Path) -> None:
    """Pruning reads cards and contents through the connection, and leaves what is not ours."""
    names = [
        loras.place(lora(tmp_path, value), remote, name="a", card=LoraCard()).name for value in (1, 2, 3)
    ]
    put_bytes(remote, b"somebody's own", "mine.safetensors")
    assert prune(remote, name="a", keep=1).removed == tuple(names[:2])
    assert set(remote.sizes()) == {"mine.safetensors", f"{names[2]}.safetensors", f"{names[2]}.json"}


def test_files_are_listed_with_their_sizes_and_read_back(remote: SftpFolder) -> None:
    """Subfolders do not count, hidden files do, and removing what is gone is no fault."""
    (Path(remote.address.path) / "sub").mkdir()
    (Path(remote.address.path) / ".hidden file").write_bytes(b"123")
    put_bytes(remote, b"four", "x.json")
    assert remote.sizes() == {"x.json": 4, ".hidden file": 3}
    assert read_bytes(remote, "x.json") == b"four"
    remote.remove("x.json")
    remote.remove("x.json")
    assert remote.sizes() == {".hidden file": 3}


def test_a_folder_that_is_not_there_is_told(remote: SftpFolder) -> None:
    """It is not made: more likely the address is wrong."""
    Path(remote.address.path).rmdir()
    with pytest.raises(NotWritable, match=r"ssh://gpu.*No such file"):
        remote.sizes()


def test_a_name_that_could_be_a_command_never_gets_there(remote: SftpFolder) -> None:
    """Names come from our own hand; any other is a defect."""
    for name in ("-rf", "a b", 'a"b', "a\n!touch x", "../a", "*"):
        with pytest.raises(AssertionError):
            remote.remove(name)


def test_the_way_there_is_ssh_with_its_own_key_and_port(sshd: int, tmp_path: Path) -> None:
    """Over a real ssh connection a LoRA is put and read back."""
    (tmp_path / "Lora").mkdir()
    there = folder(f"ssh://127.0.0.1:{sshd}{tmp_path / 'Lora'}")
    weights = lora(tmp_path)
    placed = loras.place(weights, there, name="a", card=LoraCard())
    assert content_hash(tmp_path / "Lora" / f"{placed.name}.safetensors") == weights.content_hash


def test_who_is_not_let_in_is_told(sshd: int, tmp_path: Path) -> None:
    """An unknown host, a refused key and a closed port end at once, in ssh's own words."""
    place = f"ssh://127.0.0.1:{sshd}{tmp_path}"
    (tmp_path / "user.pub").write_text("")
    with pytest.raises(WebUIUnreachable, match="Permission denied"):
        folder(place).sizes()
    (tmp_path / "known").write_text("")
    with pytest.raises(WebUIUnreachable, match="Host key verification failed"):
        folder(place).sizes()
    with pytest.raises(WebUIUnreachable, match="Connection refused"):
        folder(f"ssh://127.0.0.1:1{tmp_path}").sizes()


def test_without_sftp_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The program is the system's own; where there is none, its package is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPackage, match="sftp"):
        folder("ssh://gpu/Lora").sizes()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ssh://gpu/models/Lora", SshAddress("gpu", "/models/Lora")),
        ("ssh://me@10.0.0.2:2222/a b/c", SshAddress("10.0.0.2", "/a b/c", "me", 2222)),
        ("ssh://[::1]:22/C:/webui/Lora", SshAddress("[::1]", "/C:/webui/Lora", None, 22)),
    ],
)
def test_addresses_are_read_and_written(text: str, address: SshAddress) -> None:
    """User and port may be left out; a host may be an IPv6 number."""
    assert ssh.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        *("ssh://-oProxyCommand=x/a", "ssh://-l@gpu/a", "ssh://me@-gpu/a", "ssh://gpu", "ssh:///a"),
        *("ssh://gpu:0/a", "ssh://gpu:65536/a", "ssh://gpu:x/a", "ssh://gpu/a\nrm b", 'ssh://gpu/a"b'),
        *("ssh://gpu/a*", "ssh://gpu/a\\b", "ssh://gpu/~/a", "ssh://me:secret@gpu/a", "ssh://gpu/a\r"),
        *("ssh://g pu/a", "ssh://gpu/a'b", "ssh://gpu/$HOME", "sftp://gpu/a", "ssh://gpu/a[b]"),
    ],
)
def test_what_could_be_taken_for_more_is_refused(text: str) -> None:
    """Options, further commands, patterns, passwords, variables: none of it comes near a program."""
    with pytest.raises(ValueError, match="ssh://user@host"):
        ssh.parse(text)


def test_the_command_ends_its_options_before_the_host() -> None:
    """Nothing is asked of a user who is not there, and nothing behind `--` is an option."""
    called = command("sftp", ssh.parse("ssh://me@gpu:2222/a"))
    assert called[-2:] == ["--", "me@gpu"]
    assert called[called.index("-P") + 1] == "2222"
    assert "BatchMode=yes" in called

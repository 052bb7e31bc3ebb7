"""`orchestrate webui probe`, over TLS and with a password, as on another machine."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from lying_studio import Studio
from lying_webui import running

from orchestrator.cli.main import main
from orchestrator.errors import ProjectError, WebUIUnreachable
from orchestrator.webui.client import Client
from orchestrator.webui.settings import WebUISettings


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its own certificate for 127.0.0.1, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name)
    subprocess.run([*command, "-keyout", file, "-out", f"{file}.crt"], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


def test_everything_is_told(
    tmp_path: Path, certificate: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password comes from the environment, the certificate from a file; all that is found is printed."""
    monkeypatch.setenv("WEBUI_AUTH", "me:hunter2")
    with running(Studio(tmp_path), auth="me:hunter2", certificate=certificate) as server:
        assert main(["webui", "probe", server.url, "--ca-file", f"{certificate}.crt"]) == 0
        told = capsys.readouterr().out
        assert "AUTOMATIC1111 v1.10.1" in told
        assert "v1-5-pruned [6ce0161689]" in told
        assert "control_v11p_sd15_lineart [43d4be0d]" in told
        assert "hunter2" not in told
        assert main(["webui", "probe", server.url, "--ca-file", f"{certificate}.crt", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["findings"][0]["state"] == "good"


def test_a_wrong_password_and_a_wrong_address_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ends in a traceback, and the password is not repeated."""
    with running(Studio(tmp_path), auth="me:hunter2") as server:
        monkeypatch.setenv("WEBUI_AUTH", "me:secret")
        assert main(["webui", "probe", server.url]) == 1
        assert "status 401" in capsys.readouterr().out
        monkeypatch.setenv("WEBUI_AUTH", "secret")
        assert main(["webui", "probe", server.url]) == 10
        told = capsys.readouterr().err
        assert "$WEBUI_AUTH: must be user:password" in told
        assert "secret" not in told
    assert main(["webui", "probe", "embedded"]) == 10


@pytest.mark.parametrize(("ca_file", "words"), [(None, "is not trusted"), ("mine", "")])
def test_an_own_certificate_is_trusted_only_if_named(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch, ca_file: str | None, words: str
) -> None:
    """The settings' file counts, whatever the environment names for other programs."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere.pem") if ca_file else "")
    named = Path(f"{certificate}.crt") if ca_file else None
    with running(Studio(tmp_path), certificate=certificate) as server:
        settings = WebUISettings(url=server.url, ca_file=named)
        with Client(server.url, settings) as client:
            if named:
                assert client.progress().state.is_idle
            else:
                with pytest.raises(WebUIUnreachable, match=words):
                    client.progress()


def test_plain_http_where_tls_is_wanted_is_told(tmp_path: Path) -> None:
    """It is not taken for a bad certificate."""
    with running(Studio(tmp_path)) as server:
        url = server.url.replace("http:", "https:")
        with (
            Client(url, WebUISettings(url=url)) as client,
            pytest.raises(WebUIUnreachable, match="no TLS is spoken here"),
        ):
            client.progress()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_told(tmp_path: Path, content: str | None) -> None:
    """A file that is missing or holds none is a mistake in the settings."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ProjectError, match=r"webui\.ca_file: .*cannot be read"):
        Client("https://127.0.0.1:1", WebUISettings(url="https://127.0.0.1:1", ca_file=file))

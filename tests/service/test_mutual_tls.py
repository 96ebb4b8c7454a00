"""Mutual TLS as docs/tenants.md has it: uvicorn's own command, with real certificates."""

import os
import re
import shlex
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.callers import CONFIG
from tests.certificates import Authority, Pair
from tests.door import AUDIT_KEY
from tests.service_process import ROOT, free_port, listening_on

DOCUMENT = (ROOT / "docs" / "tenants.md").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where certificates and settings lie."""
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def sites(folder: Path) -> Authority:
    """The authority whose clients are let in, and which signed the server too."""
    return Authority(folder, "sites")


@pytest.fixture(scope="module")
def url(folder: Path, sites: Authority) -> Iterator[str]:
    """The address of the service, started by the command in the documentation."""
    server = sites.sign("cds")
    (folder / "sites.toml").write_text(CONFIG)
    command, variables = documented()
    command[0] = str(Path(sys.executable).with_name(Path(command[0]).name))
    files = {"cds.pem": server.certificate, "cds.key": server.key, "sites.pem": sites.certificate}
    words = [str(files.get(word, word)) for word in command]
    words[words.index("--host") + 1] = "127.0.0.1"
    port = free_port()
    words[words.index("--port") + 1] = str(port)
    variables["CARDWISE_CONFIG"] = str(folder / "sites.toml")
    variables["CARDWISE_DATABASE"] = str(folder / "x.sqlite")
    variables["CARDWISE_WARM_KEYS"] = "false"
    variables["CARDWISE_AUDIT_KEY"] = AUDIT_KEY
    with subprocess.Popen(  # noqa: S603 - our own documentation
        words, cwd=ROOT, env=os.environ | variables
    ) as process:
        try:
            listening_on(port, lambda: process.poll() is None)
            yield f"https://127.0.0.1:{port}"
        finally:
            process.kill()


def documented() -> tuple[list[str], dict[str, str]]:
    """The command that starts uvicorn with TLS, and its variables."""
    block = next(b for b in re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL) if "--ssl" in b)
    words = shlex.split(block.replace("\\\n", " "))
    variables = dict(word.split("=", 1) for word in words if word.startswith("CARDWISE_"))
    return [word for word in words if not word.startswith("CARDWISE_")], variables


def call(
    url: str, trusted: Path, pair: Pair | None, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> httpx.Response:
    """Ask for discovery, with a certificate or without."""
    context = ssl.create_default_context(cafile=str(trusted))
    context.maximum_version = newest
    if pair:
        context.load_cert_chain(pair.certificate, pair.key)
    with httpx.Client(verify=context, timeout=30) as client:
        return client.get(f"{url}/cds-services")


def test_a_client_with_a_certificate_is_served(url: str, sites: Authority) -> None:
    """Past the handshake, the token is asked for as ever."""
    answer = call(url, sites.certificate, sites.sign("mercy"))
    assert answer.status_code == 401
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_client_without_is_refused(url: str, sites: Authority, folder: Path) -> None:
    """Without a certificate, or with one of another authority, there is no connection.

    In TLS 1.2 it is the handshake that fails; in 1.3 the server ends it after the client's part,
    so that the client learns of it when it reads.
    """
    for pair in (None, Authority(folder, "strangers").sign("stranger")):
        with pytest.raises(httpx.ConnectError):
            call(url, sites.certificate, pair, ssl.TLSVersion.TLSv1_2)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            call(url, sites.certificate, pair)

"""Development opens, production closes: what it refuses to start with, each in a line."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hooks.errors import ConfigurationError
from service.app import create_app
from service.settings import Settings
from tests.callers import CONFIG, Caller, Clock
from tests.door import AUDIT_KEY, opened

ROOT = Path(__file__).parents[2]
GOOD = {
    "CARDWISE_MODE": "production",
    "CARDWISE_PUBLIC_URL": "https://cds.test",
    "CARDWISE_AUDIT_KEY": AUDIT_KEY,
}


def refusals(folder: Path, config: str | None, **variables: str) -> list[str]:
    """The lines that production refuses to start with."""
    values = GOOD | {"CARDWISE_DATABASE": str(folder / "x.sqlite")} | variables
    if config is not None:
        (folder / "sites.toml").write_text(config)
        values["CARDWISE_CONFIG"] = str(folder / "sites.toml")
    settings = Settings.from_environment(values)
    with pytest.raises(ConfigurationError) as refusal:
        create_app(settings)
    assert not (folder / "x.sqlite").exists()
    return str(refusal.value).splitlines()


def test_not_without_tenants(tmp_path: Path) -> None:
    """Production does not start open."""
    (line,) = refusals(tmp_path, None)
    assert line.startswith("CARDWISE_CONFIG: set it to a file with tenants")


@pytest.mark.parametrize("url", ["", "http://cds.test"])
def test_not_without_tls(tmp_path: Path, url: str) -> None:
    """TLS is ended somewhere: the public URL says where."""
    (line,) = refusals(tmp_path, CONFIG, CARDWISE_PUBLIC_URL=url)
    assert line.startswith("CARDWISE_PUBLIC_URL: set it to the https URL")


def test_not_for_every_browser(tmp_path: Path) -> None:
    """Browser origins are named, or there are none."""
    (line,) = refusals(tmp_path, CONFIG, CARDWISE_CORS_ORIGINS="https://a.test, *")
    assert line.startswith("CARDWISE_CORS_ORIGINS: name the browser origins")


def test_not_as_the_sandbox(tmp_path: Path) -> None:
    """The sandbox's private key is public: by preset, by issuer or by key URL, it is refused."""
    issuer = CONFIG.replace("https://ehr.mercy.test", "https://sandbox.cds-hooks.org")
    jku = CONFIG.replace("ehr.mercy.test/keys", "sandbox.cds-hooks.org/.well-known/jwks.json")
    for config in ('[tenants.mercy]\npreset = "sandbox"', issuer, jku):
        (line,) = refusals(tmp_path, config)
        assert line.startswith("tenants.mercy.trust: take out the public sandbox")


@pytest.mark.parametrize("key", ["", "short"])
def test_not_without_a_key_for_the_audit_trail(tmp_path: Path, key: str) -> None:
    """Hashes of ids without a secret could be tried out; the key itself is not repeated."""
    (line,) = refusals(tmp_path, CONFIG, CARDWISE_AUDIT_KEY=key)
    assert line.startswith("CARDWISE_AUDIT_KEY: set it to a secret of 32 characters")
    assert "short" not in line


def test_not_with_plain_fhir(tmp_path: Path) -> None:
    """A FHIR base by plain http would send tokens and charts in the clear."""
    (line,) = refusals(tmp_path, CONFIG.replace("https://ehr.test/fhir", "http://127.0.0.1/fhir"))
    assert "tenants.mercy.fhir.0.base: write an https URL" in line


def test_not_with_two_lists_of_servers(tmp_path: Path) -> None:
    """Servers outside the tenants would be read for nobody: better to say so."""
    lines = refusals(tmp_path, CONFIG, CARDWISE_FHIR_SERVERS="http://ehr.test/fhir")
    assert [line.partition(":")[0] for line in lines] == ["CARDWISE_FHIR_SERVERS"] * 2
    assert lines[0].startswith("CARDWISE_FHIR_SERVERS: unset it")


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    """An operator reads all that is missing in one go."""
    lines = refusals(tmp_path, None, CARDWISE_PUBLIC_URL="", CARDWISE_CORS_ORIGINS="*")
    assert len(lines) == 3


async def test_production_answers_those_it_knows(tmp_path: Path, clock: Clock) -> None:
    """Started rightly, it admits its tenants' tokens, has no demo EHR, and lets in no browser."""
    async with opened(tmp_path, clock, mode="production") as door:
        assert (await door.knock()).status_code == 401
        answer = await door.knock(Caller(clock).bearer() | {"Origin": "https://a.test"})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers
        assert (await door.client.get("/demo/fhir/metadata")).status_code == 404
        loopback = await door.knock(Caller(clock).bearer(), fhirServer="http://127.0.0.1/fhir")
        assert loopback.status_code == 412


def test_the_process_says_it_in_lines(tmp_path: Path) -> None:
    """`make run` in production without anything: status 2, and a line for each thing to set."""
    ended = subprocess.run(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=os.environ | {"CARDWISE_MODE": "production", "CARDWISE_DATABASE": str(tmp_path / "x")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "CARDWISE_CONFIG",
        "CARDWISE_PUBLIC_URL",
        "CARDWISE_AUDIT_KEY",
    ]
    assert all(line.startswith("cardwise: ") for line in lines)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The service as a process of its own, with tenants, on a free port."""
    (tmp_path / "sites.toml").write_text(CONFIG)
    environment = os.environ | {
        "PORT": "0",
        "CARDWISE_CONFIG": str(tmp_path / "sites.toml"),
        "CARDWISE_DATABASE": str(tmp_path / "x.sqlite"),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.kill()


def test_the_process_reloads_on_sighup(process: subprocess.Popen[str], tmp_path: Path) -> None:
    """A real process with tenants asks for tokens, and outlives a reload of a broken file."""
    assert process.stdout is not None
    assert process.stderr is not None
    url = f"{process.stdout.readline().split()[-1]}/cds-services"
    assert httpx.get(url).status_code == 401
    for content, told in (("[tenants", "the earlier ones stay"), (CONFIG, "mercy, north, south")):
        (tmp_path / "sites.toml").write_text(content)
        process.send_signal(signal.SIGHUP)
        assert any(told in line for line in process.stderr)
    assert httpx.get(url).status_code == 401
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0

"""Several workers on one port: told to reload together, and refused where they would forget."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.callers import CONFIG
from tests.service_process import ROOT, service_process

UVICORN = [sys.executable, "-m", "uvicorn", "--factory", "service.app:from_environment"]


def test_a_hang_up_reloads_every_worker(tmp_path: Path) -> None:
    """SIGHUP to the first process is handed on; a broken file changes nothing at any of them."""
    (tmp_path / "sites.toml").write_text(CONFIG)
    variables = {
        "CARDWISE_CONFIG": str(tmp_path / "sites.toml"),
        "CARDWISE_WORKERS": "2",
        "CARDWISE_WARM_KEYS": "false",
    }
    with service_process(tmp_path, **variables) as (process, url):
        assert process.stderr is not None
        assert httpx.get(f"{url}/cds-services", timeout=30).status_code == 401
        # the first one waits until both have started, which a broken file would keep them from
        for content, told in (
            (CONFIG, "tenants reloaded"),
            ("[tenants", "the earlier ones stay"),
            (CONFIG, "tenants reloaded"),
        ):
            (tmp_path / "sites.toml").write_text(content)
            process.send_signal(signal.SIGHUP)
            for _ in range(2):
                assert any(told in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def test_a_worker_that_cannot_start_ends_no_other(tmp_path: Path) -> None:
    """One dies while the file is broken: the other serves, and it is tried again and again."""
    file = tmp_path / "sites.toml"
    file.write_text(CONFIG)
    variables = {
        "CARDWISE_CONFIG": str(file),
        "CARDWISE_WORKERS": "2",
        "CARDWISE_WARM_KEYS": "false",
    }
    with service_process(tmp_path, **variables) as (process, url):
        assert process.stderr is not None
        assert httpx.get(f"{url}/cds-services", timeout=30).status_code == 401
        # both have started once both have read it again
        process.send_signal(signal.SIGHUP)
        for _ in range(2):
            assert any("tenants reloaded" in line for line in process.stderr)
        file.write_text("[tenants")
        os.kill(workers_of(process)[0], signal.SIGKILL)
        for _ in range(2):
            assert any("a worker cannot start" in line for line in process.stderr)
            assert httpx.get(f"{url}/cds-services", timeout=30).status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def workers_of(process: "subprocess.Popen[str]") -> list[int]:
    """The processes that serve: the last that were started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children][-2:]


@pytest.mark.parametrize(
    ("command", "number", "status"),
    [([sys.executable, "-m", "service"], "2", 2), ([*UVICORN, "--workers", "2"], "1", 0)],
    ids=["ours", "uvicorn's"],
)
def test_workers_that_would_forget_are_refused(
    tmp_path: Path, command: list[str], number: str, status: int
) -> None:
    """Production starts no second worker without Redis, whoever starts it, and says so."""
    (tmp_path / "sites.toml").write_text(CONFIG)
    variables = {
        "PORT": "0",
        "CARDWISE_MODE": "production",
        "CARDWISE_PUBLIC_URL": "https://cds.test",
        "CARDWISE_CONFIG": str(tmp_path / "sites.toml"),
        "CARDWISE_DATABASE": str(tmp_path / "x.sqlite"),
        "CARDWISE_WORKERS": number,
    }
    more = ["--port", "0"] if "uvicorn" in command else []
    process = subprocess.Popen(  # noqa: S603 - one of the two above
        [*command, *more],
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, told = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its workers too, which hold the pipes open
        raise
    assert "cardwise: CARDWISE_REDIS: set it to a Redis or Valkey" in told
    assert "Traceback" not in told
    assert process.returncode == status

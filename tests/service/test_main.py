"""`python -m service`, as a newcomer starts it: a real process on a real port."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The service on a free port, with its store in a fresh folder."""
    environment = os.environ | {"PORT": "0", "CARDWISE_DATABASE": str(tmp_path / "x.sqlite")}
    with subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        yield running
        running.kill()


def greeting(process: subprocess.Popen[str]) -> list[str]:
    """The lines printed up to the curl line."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("curl "):
            break
    return lines


def test_the_printed_line_returns_a_card(process: subprocess.Popen[str]) -> None:
    """What is printed to be tried gives a critical card, read from the demo EHR."""
    command = shlex.split(greeting(process)[-1])
    url = next(word for word in command if word.startswith("http"))
    body = command[command.index("-d") + 1]
    answer = httpx.post(url, content=body, headers={"content-type": "application/json"})
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]
    assert json.loads(body)["context"]["patientId"] == "penicillin-anaphylaxis"


def test_the_demo_is_the_first_thing_to_open(process: subprocess.Popen[str]) -> None:
    """The second line is an address that a browser opens."""
    address = next(word for word in greeting(process)[1].split() if word.startswith("http"))
    assert address.endswith("/demo/")
    assert "Patients" in httpx.get(address).text


def test_ctrl_c_stops_it_cleanly(process: subprocess.Popen[str]) -> None:
    """An interrupt ends the process with status 0, a last word, and no traceback."""
    url = greeting(process)[0].rpartition(" ")[2]
    assert httpx.get(f"{url}/healthz").status_code == 200
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read() if process.stdout else ""
    assert process.wait() == 0
    assert "Cardwise has stopped." in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "no-number"), ("HOST", "203.0.113.77"), ("CARDWISE_MODE", "x")]
)
def test_what_cannot_be_used_is_told_in_a_line(variable: str, value: str) -> None:
    """A wrong setting ends the start with status 2 and one line that names it."""
    ended = subprocess.run(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=os.environ | {variable: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert variable in ended.stderr
    assert "Traceback" not in ended.stderr

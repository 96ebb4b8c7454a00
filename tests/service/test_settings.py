"""Settings, read from the environment once, with messages that name the variable."""

import re
from pathlib import Path

import pytest

from hooks.errors import ConfigurationError
from service.settings import Settings, variable_of

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_defaults_listen_on_loopback_in_development() -> None:
    """With nothing set, the service is for this machine only."""
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.mode) == ("127.0.0.1", 8000, "development")
    assert settings.base_url == "http://127.0.0.1:8000"


def test_lists_and_numbers_are_read() -> None:
    """HOST and PORT have no prefix; lists are separated by commas."""
    settings = Settings.from_environment(
        {"PORT": "9000", "HOST": "::", "CARDWISE_FHIR_SERVERS": "https://a/r4, https://b/r4"}
    )
    assert settings.base_url == "http://[::1]:9000"
    assert settings.fhir_servers == {"https://a/r4", "https://b/r4"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("CARDWISE_MODE", "prod"),
        ("CARDWISE_DEADLINE", "0"),
        ("CARDWISE_WORKERS", "0"),
        ("CARDWISE_REDIS", "http://sekret@redis.test"),
        ("CARDWISE_REDIS_DOWN", "ignore"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable(variable: str, value: str) -> None:
    """The message begins with the variable that is wrong."""
    with pytest.raises(ConfigurationError, match=f"^{variable}: "):
        Settings.from_environment({variable: value})


def test_secrets_are_not_printed() -> None:
    """Neither in a message about them, nor where settings are shown."""
    with pytest.raises(ConfigurationError) as fault:
        Settings.from_environment({"CARDWISE_REDIS": "http://user:sekret@redis.test"})
    assert "sekret" not in str(fault.value)
    settings = Settings.from_environment({"CARDWISE_REDIS": "redis://user:sekret@redis.test"})
    assert "sekret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_production_reads_no_loopback_server() -> None:
    """Servers on the same machine may be read in development only."""
    for mode, allowed in (("development", True), ("production", False)):
        settings = Settings.from_environment({"CARDWISE_MODE": mode})
        assert settings.servers.allows("http://localhost:8080/fhir") is allowed


def test_every_setting_is_in_the_readme() -> None:
    """docs/settings.md has each setting's variable, and no other."""
    told = set(re.findall(r"^\| `((?:CARDWISE_)?[A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE))
    assert told == {variable_of(name) for name in Settings.model_fields}

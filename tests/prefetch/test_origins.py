"""Which servers may be read, and which URLs belong to the same one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.origins import AllowedServers, Origin, is_loopback, origin, same_origin
from tests.strategies import odd_text, quick

BASE = "https://ehr.test/fhir"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://ehr.test/fhir", Origin("https", "ehr.test", 443)),
        ("http://ehr.test", Origin("http", "ehr.test", 80)),
        ("https://ehr.test:8443/", Origin("https", "ehr.test", 8443)),
        ("HTTPS://EHR.Test.:443/x", Origin("https", "ehr.test", 443)),
        ("http://[::1]:80/x", Origin("http", "::1", 80)),
        ("https://user@ehr.test/", None),
        ("https://user:word@ehr.test/", None),
        ("https://@ehr.test/", None),
        ("ftp://ehr.test/", None),
        ("file:///etc/passwd", None),
        ("//ehr.test/", None),
        ("ehr.test", None),
        ("https:///fhir", None),
        ("https://ehr.test:port/", None),
        ("https://ehr.test:99999/", None),
        ("https://[::1", None),
        ("", None),
    ],
)
def test_origin(url: str, found: Origin | None) -> None:
    """Scheme, host and port are read off a web address; anything else has no origin."""
    assert origin(url) == found


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost:8080/fhir", True),
        ("http://LOCALHOST./", True),
        ("http://127.0.0.1/", True),
        ("http://127.9.9.9/", True),
        ("https://[::1]:8443/", True),
        ("http://localhost.evil.test/", False),
        ("http://127.0.0.1.evil.test/", False),
        ("http://10.0.0.1/", False),
        ("http://169.254.169.254/", False),
        ("http://0.0.0.0/", False),
        ("localhost", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    """Only this machine is loopback, whatever a name begins with."""
    assert is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("https://ehr.test/fhir?page=2", "https://ehr.test/fhir?page=2"),
        ("https://ehr.test:443/fhir?continue=VS.1", "https://ehr.test:443/fhir?continue=VS.1"),
        ("https://EHR.test/other", "https://EHR.test/other"),
        ("AllergyIntolerance?page=2", "https://ehr.test/fhir/AllergyIntolerance?page=2"),
        ("/fhir/A?page=2", "https://ehr.test/fhir/A?page=2"),
        ("http://ehr.test/fhir?page=2", None),
        ("https://ehr.test:8443/fhir", None),
        ("https://evil.test/fhir", None),
        ("//evil.test/fhir", None),
        ("https://ehr.test.evil.test/", None),
        ("https://ehr.test@evil.test/", None),
        ("https://evil.test\\@ehr.test/", None),
        ("https://ehr.test\\.evil.test/", None),
        ("javascript:alert(1)", None),
        ("https://[ehr.test/", None),
        ("//[", None),
    ],
)
def test_links_stay_with_their_server(link: str, absolute: str | None) -> None:
    """A link is followed to the same scheme, host and port only; one that is no URL, nowhere."""
    assert same_origin(BASE, link) == absolute


@pytest.mark.parametrize("base", ["", "ehr", "https://u@ehr.test"])
def test_nothing_is_same_as_no_origin(base: str) -> None:
    """A base without an origin shares none, not even with itself."""
    assert same_origin(base, base) is None


@given(odd_text() | st.text("htps:/@[]\\.#?evilr\t\n", max_size=30))
@quick
def test_any_link_stays_or_is_refused(link: str) -> None:
    """Whatever a link holds, nothing is raised, and what is followed has the base's origin."""
    absolute = same_origin(BASE, link)
    assert absolute is None or origin(absolute) == Origin("https", "ehr.test", 443)


@pytest.mark.parametrize(
    ("url", "loopback", "allowed"),
    [
        ("https://ehr.test/fhir", False, True),
        ("https://ehr.test/fhir/", False, True),
        ("https://ehr.test/fhir/other", False, False),
        ("https://ehr.test/", False, False),
        ("https://evil.test/fhir", False, False),
        ("http://plain.test/fhir", False, False),
        ("http://plain.test/fhir", True, False),
        ("http://localhost:8080/fhir", False, False),
        ("http://localhost:8080/fhir", True, True),
        ("http://127.0.0.1:8080/fhir", True, True),
        ("http://user@localhost/fhir", True, False),
        ("ehr.test/fhir", True, False),
    ],
)
def test_allowed_servers(url: str, loopback: bool, allowed: bool) -> None:
    """Listed https servers are allowed, listed plain ones never, this machine where it is said."""
    servers = AllowedServers(
        frozenset({"https://ehr.test/fhir/", "http://plain.test/fhir"}), loopback
    )
    assert servers.allows(url) is allowed


def test_nothing_is_allowed_by_default() -> None:
    """A service without settings reads no server."""
    assert not AllowedServers().allows("https://ehr.test/fhir")
    assert not AllowedServers().allows("http://localhost/fhir")

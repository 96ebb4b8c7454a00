"""Code systems by URL and OID."""

import pytest

from prefetch import systems
from prefetch.systems import canonical


@pytest.mark.parametrize(
    ("name", "oid"),
    [
        ("RXNORM", "2.16.840.1.113883.6.88"),
        ("SNOMED", "2.16.840.1.113883.6.96"),
        ("NDC", "2.16.840.1.113883.6.69"),
        ("NDFRT", "2.16.840.1.113883.3.26.1.5"),
        ("UNII", "2.16.840.1.113883.4.9"),
        ("ICD10CM", "2.16.840.1.113883.6.90"),
        ("LOINC", "2.16.840.1.113883.6.1"),
    ],
)
def test_url_and_oid_are_one_system(name: str, oid: str) -> None:
    """The URL, the OID as a URN, and the bare OID all name the same system."""
    url = getattr(systems, name)
    assert [canonical(form) for form in (url, f" {url} ", f"{url}/", f"urn:oid:{oid}", oid)] == (
        [url] * 5
    )


@pytest.mark.parametrize("system", ["", "urn:oid:1.2.3", "1.2.3", "https://ehr.test/codes"])
def test_unknown_systems_stay_as_sent(system: str) -> None:
    """A system we do not know is kept, so that it can be reported."""
    assert canonical(system) == system

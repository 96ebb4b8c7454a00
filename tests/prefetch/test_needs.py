"""The queries rules may ask for."""

import pytest

from prefetch import needs
from prefetch.needs import Need
from prefetch.templates import tokens

NEEDS = [value for value in vars(needs).values() if isinstance(value, Need)]


def test_each_key_is_used_once() -> None:
    """Keys tell needs apart, so two needs never share one, and each is named by its key."""
    assert len(NEEDS) >= 3
    assert len({need.key for need in NEEDS}) == len(NEEDS)
    assert all(getattr(needs, need.key) is need for need in NEEDS)


def test_templates_ask_for_the_context_patient_with_plain_tokens() -> None:
    """Every client can fill each template, and asks for its own type, of this patient or visit."""
    for need in NEEDS:
        about = "encounter" if need is needs.encounter else "patient"
        assert tokens(need.template) == (f"context.{about}Id",)
        assert need.template.startswith((f"{need.resource}?", f"{need.resource}/"))


def test_labs_ask_by_their_codes() -> None:
    """A test's results are asked for by LOINC codes, for Epic refuses a search by patient alone."""
    need = needs.labs("eGFR", "62238-1", "33914-3", "62238-1")
    assert need.template == (
        "Observation?patient={{context.patientId}}"
        "&code=http://loinc.org|33914-3,http://loinc.org|62238-1"
    )
    assert (need.key, need.words) == ("labs-33914-3-62238-1", "eGFR results")


def test_rules_that_ask_for_the_same_codes_share_a_need() -> None:
    """Neither the order of the codes nor the words make another query of it."""
    assert needs.labs("eGFR", "62238-1", "33914-3") == needs.labs("GFR", "33914-3", "62238-1")
    assert needs.labs("eGFR", "62238-1") != needs.labs("eGFR", "33914-3")


@pytest.mark.parametrize("codes", [(), ("",), ("62238-2",), ("622381",), ("-1",), ("x-1",)])
def test_a_code_that_is_none_is_refused(codes: tuple[str, ...]) -> None:
    """A typing error would never be found on any chart; LOINC's check digit tells it."""
    with pytest.raises(ValueError, match=r"needs\.labs"):
        needs.labs("eGFR", *codes)

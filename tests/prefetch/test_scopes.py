"""SMART scopes: a clean string is believed, any other gets the benefit of the doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.scopes import may_read


@pytest.mark.parametrize(
    "scope",
    [
        "patient/*.read",
        "patient/*.*",
        "user/AllergyIntolerance.read openid",
        "patient/AllergyIntolerance.rs launch/patient",
        "system/*.cruds",
        "patient/AllergyIntolerance.s",
        "patient/AllergyIntolerance.rs?category=medication",
    ],
)
def test_a_covering_scope_lets_the_query_be_sent(scope: str) -> None:
    """Version 1 and 2 scopes, wildcards and narrowed scopes all cover the type."""
    assert may_read(scope, "AllergyIntolerance")


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Patient.read patient/Observation.read",
        "patient/AllergyIntolerance.write",
        "patient/AllergyIntolerance.cu",
        "launch openid patient/Patient.rs",
    ],
)
def test_a_scope_that_cannot_cover_keeps_the_query_back(scope: str) -> None:
    """When every item is a SMART scope and none reads the type, the server would refuse."""
    assert not may_read(scope, "AllergyIntolerance")


@pytest.mark.parametrize(
    "scope",
    [
        "Observation.Search (Vitals) (R4) Patient.Read (R4)",
        "patient/Patient.read EPIC.FHIR.R4.SERVICES.X",
        "patient/Patient.read patient/Cond…",
        "openid launch",
        "",
        None,
        17,
        ["patient/Patient.read"],
    ],
)
def test_a_string_that_says_nothing_certain_is_no_reason(scope: object) -> None:
    """Free text, truncated items, no resource scope, or no string: the query is sent."""
    assert may_read(scope, "AllergyIntolerance")


@given(st.text(max_size=200), st.sampled_from(["Patient", "Condition"]))
def test_any_string_is_an_answer(scope: str, kind: str) -> None:
    """Whatever the string, the answer is yes or no."""
    assert may_read(scope, kind) in (True, False)

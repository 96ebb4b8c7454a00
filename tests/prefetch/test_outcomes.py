"""OperationOutcomes: which say that nothing was found, and which that something is missing."""

from typing import Any

import pytest
from hypothesis import given

from prefetch.outcomes import is_outcome, says_incomplete, says_none_found
from tests.strategies import Json, odd_resources, quick


def outcome(*issues: Any) -> Json:
    """An OperationOutcome of some issues."""
    return {"resourceType": "OperationOutcome", "issue": [*issues]}


def issue(code: str, severity: str = "warning") -> Json:
    """An issue with a vendor's code, in a system that differs from site to site."""
    details = {"coding": [{"system": "urn:oid:1.2.840.114350", "code": code}], "text": "…"}
    return {"severity": severity, "code": "processing", "details": details}


NONE_FOUND, SUPPRESSED, PARTIAL, NOTE = issue("4101"), issue("59204"), issue("4119"), issue("4100")
ERROR = {"severity": "error", "code": "forbidden"}


@pytest.mark.parametrize(
    ("sent", "none_found", "incomplete"),
    [
        (outcome(NONE_FOUND), True, False),
        (outcome(issue("4101", "error")), True, False),
        (outcome(NONE_FOUND, NONE_FOUND), True, False),
        (outcome(NONE_FOUND, SUPPRESSED), False, True),
        (outcome(NONE_FOUND, ERROR), False, True),
        (outcome(NONE_FOUND, NOTE), False, False),
        (outcome(SUPPRESSED), False, True),
        (outcome(issue("4119", "information")), False, True),
        (outcome(PARTIAL), False, True),
        (outcome(NOTE), False, False),
        (outcome(ERROR), False, True),
        (outcome({"severity": "fatal"}), False, True),
        (outcome(), False, False),
        ({"resourceType": "OperationOutcome"}, False, False),
        ({"resourceType": "OperationOutcome", "issue": NONE_FOUND}, True, False),
        ({"resourceType": "OperationOutcome", "issue": ERROR}, False, True),
        (outcome("x", None), False, False),
        (outcome({"severity": "warning", "details": {"text": "4101"}}), False, False),
    ],
)
def test_what_an_outcome_says(sent: Json, none_found: bool, incomplete: bool) -> None:
    """Only Epic's "no results" says none; errors and its "incomplete" codes say some is missing."""
    assert (says_none_found(sent), says_incomplete(sent)) == (none_found, incomplete)


@pytest.mark.parametrize(
    ("sent", "found"),
    [(outcome(), True), ({"resourceType": "Patient"}, False), ({}, False)],
)
def test_is_outcome(sent: Json, found: bool) -> None:
    """The resource type decides."""
    assert is_outcome(sent) is found


@given(odd_resources("OperationOutcome"))
@quick
def test_any_outcome_is_read(sent: Json) -> None:
    """An outcome of any shape is read, and never says both "none" and "not all"."""
    assert not (says_none_found(sent) and says_incomplete(sent))

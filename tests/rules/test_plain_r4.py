"""Drafts that are plainly valid: the ordinary ones are, and all of them are valid to the models."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hooks.errors import InvalidAnswer
from prefetch.full import model_of
from rules._actions import valid
from rules._plain_r4 import is_plainly_valid
from tests import ehr
from tests.strategies import Json, json_values, odd_text, places, quick, replaced

DRAFT: Json = {
    **{name: value for name, value in ehr.draft().items() if name != "id"},
    "category": [{"coding": [{"system": "urn:c", "code": "outpatient", "version": "1"}]}],
    "encounter": {"reference": "Encounter/e1"},
    "requester": {"reference": "Practitioner/1", "type": "Practitioner", "display": "Dr. Who"},
    "reasonCode": [{"coding": [{"code": "J02.0", "userSelected": True}], "text": "Sore throat"}],
    "reasonReference": [{"reference": "Condition/c1"}],
}


def is_valid(resource: Json) -> bool:
    """Whether the models of fhir.resources accept it."""
    try:
        model_of("MedicationRequest").model_validate(resource)
    except ValidationError:
        return False
    return True


def test_what_we_draft_is_plainly_valid() -> None:
    """A draft with everything that is copied from an order needs no closer look."""
    assert is_plainly_valid(DRAFT)
    assert is_valid(DRAFT)


@pytest.mark.parametrize(
    "change",
    [
        {"note": [{"text": "x"}]},
        {"status": "active"},
        {"subject": None},
        {"subject": {"identifier": {"value": "1"}}},
        {"reasonCode": [{"text": ""}]},
        {"reasonCode": [{"coding": [{"code": " J02.0"}]}]},
        {"resourceType": "ServiceRequest"},
    ],
)
def test_the_rest_gets_a_closer_look(change: Json) -> None:
    """Other elements, types and states are not plain, whether or not they are valid."""
    assert not is_plainly_valid(DRAFT | change)


def test_what_is_neither_is_refused() -> None:
    """A draft that the models refuse does not leave, and its message holds no value."""
    with pytest.raises(InvalidAnswer, match=r"^MedicationRequest is not valid R4 at reasonCode"):
        valid(DRAFT | {"reasonCode": [{"text": {"secret": 1}}]})


@given(st.data())
@quick
def test_whatever_is_plain_is_valid(data: st.DataObject) -> None:
    """Whatever one place of a draft holds, or lacks, nothing passes that the models refuse."""
    place = data.draw(st.sampled_from(sorted(places(DRAFT), key=str)))
    odd = json_values() | odd_text() | st.just(...)
    new: Any = data.draw(
        odd | st.sampled_from(["", " ", "\x1c", "a\n", "a  b", " a", [], {}, None])
    )
    resource = replaced(DRAFT, place, new)
    assert is_valid(resource) or not is_plainly_valid(resource)

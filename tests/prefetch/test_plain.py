"""The short way: what is just as FHIR has it goes it, and whatever goes it reads the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.allergy import Allergy, allergy_intolerance
from prefetch.condition import Condition, condition_read
from prefetch.medication import MedicationOrder, medication_request
from prefetch.observation import labs, observation_read
from prefetch.paging import next_link
from prefetch.plain import read_plain
from prefetch.reading import read
from prefetch.systems import LOINC
from tests import ehr
from tests.benchmarks import body
from tests.ehr import PATIENT, Json, bundle
from tests.strategies import (
    as_json,
    concepts,
    json_values,
    odd_bundles,
    odd_text,
    places,
    quick,
    replaced,
)

LINKS = st.fixed_dictionaries(
    {"relation": st.sampled_from(["self", "next", "last"]) | json_values()},
    optional={"url": st.sampled_from(["a", " b "]) | json_values()},
)
ALLERGY: Json = {
    **ehr.allergy(criticality="high", onsetDateTime="2012-05", recordedDate="2015"),
    "meta": {"lastUpdated": "2020-01-01T00:00:00Z"},
    "reaction": [{"substance": ehr.PENICILLIN, "manifestation": [{"text": "Hives"}]}],
}
ORDER: Json = {
    **ehr.draft(id="o1", status="active", doNotPerform=False),
    "reasonCode": [{"coding": [{"system": "urn:s", "code": "1", "display": "Sore throat"}]}],
    "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Amoxil"}}],
}
REFERRING: Json = {
    **{name: value for name, value in ORDER.items() if name != "medicationCodeableConcept"},
    "medicationReference": {"reference": "#m", "display": "Amoxil"},
}
CONDITION: Json = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": f"Patient/{PATIENT}"},
    "code": {"text": "CKD"},
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "category": [{"coding": [{"code": "problem-list-item"}]}],
    "onsetPeriod": {"start": "2024"},
}
RESULT: Json = {
    "resourceType": "Observation",
    "id": "b1",
    "status": "final",
    "subject": {"reference": f"Patient/{PATIENT}"},
    "code": {"coding": [{"system": LOINC, "code": "33914-3"}]},
    "effectiveDateTime": "2026-10-02",
    "valueQuantity": {"value": 28, "comparator": "<", "unit": "mL/min"},
    "interpretation": [{"coding": [{"code": "L"}]}],
    "component": [{"code": {"text": "x"}, "valueString": "y"}],
}
LISTS = [
    ("AllergyIntolerance", bundle(ALLERGY, ALLERGY | {"id": "a2"})),
    ("MedicationRequest", bundle(ORDER, REFERRING | {"id": "o2"})),
    ("Condition", bundle(CONDITION, CONDITION | {"id": "c2"})),
    ("Observation", bundle(RESULT, RESULT | {"id": "b2"})),
]
KINDS: dict[str, tuple[Any, Any]] = {
    "AllergyIntolerance": (Allergy, allergy_intolerance),
    "MedicationRequest": (lambda r: MedicationOrder(r, {}), medication_request),
    "Condition": (Condition, condition_read),
    "Observation": (lambda r: list(labs(r, "eGFR", ["33914-3"])), observation_read),
}


def said(typed: Any, kind: str) -> list[Json]:
    """Everything an entry can be asked; not what it was read of."""
    wrapped = KINDS[kind][0](typed)
    each: list[Any] = wrapped if isinstance(wrapped, list) else [wrapped]
    return [
        {name: getattr(asked, name) for name in dir(type(asked)) if name[0] != "_"}
        | {"in_unit": None, "medication": getattr(asked, "medication", None), "resource": None}
        for asked in each
    ]


def assert_same(sent: Any, kind: str) -> None:
    """Check that what goes the short way says the same the long way."""
    pages = [as_json(sent)]
    if (found := read_plain(pages, kind, PATIENT)) is not None:
        reading = read(pages, kind, PATIENT)
        assert (reading.reason, reading.included) == (None, [])
        assert found.next_link == next_link(pages[0])
        loosely = KINDS[kind][1]
        assert [said(r, kind) for r in found.resources] == [
            said(loosely(r), kind) for r in reading.resources
        ]


@pytest.mark.parametrize(("kind", "sent"), LISTS)
def test_plain_lists_go_the_short_way(kind: str, sent: Json) -> None:
    """A list that is just as FHIR has it is read in one pass, and says what it says."""
    found = read_plain([as_json(sent)], kind, PATIENT)
    assert found is not None
    assert len(found.resources) == 2
    assert_same(sent, kind)


@given(json_values() | st.lists(LINKS, max_size=3))
@quick
def test_the_next_link_is_the_same_either_way(link: Any) -> None:
    """Whatever stands where a Bundle's links do, both ways find the same next page."""
    kind, sent = LISTS[0]
    assert_same(sent | {"link": link}, kind)


def test_a_list_that_goes_on_goes_the_short_way() -> None:
    """A list that names a next page is read in one pass, and its link is found."""
    kind, sent = LISTS[0]
    links = [{"relation": "self", "url": "a"}, {"relation": "next", "url": " b "}]
    found = read_plain([as_json(sent | {"link": links})], kind, PATIENT)
    assert found is not None
    assert found.next_link == "b"


def test_the_benchmark_goes_the_short_way() -> None:
    """The benchmark's lists are read in one pass."""
    for kind, sent in (
        ("AllergyIntolerance", body.allergies(10)),
        ("MedicationRequest", body.medications(60)),
    ):
        found = read_plain([as_json(body.searchset(sent))], kind, body.PATIENT)
        assert found is not None
        assert len(found.resources) == len(sent)


@pytest.mark.parametrize(("kind", "sent"), LISTS)
@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": " "},
        {"resourceType": "Flag"},
        {"subject": {"reference": "Patient/p2"}, "patient": {"reference": "Patient/p2"}},
        {"subject": None, "patient": None},
        {"meta": {"security": [{"code": "REDACTED"}]}},
    ],
)
def test_what_needs_a_closer_look_gets_it(kind: str, sent: Json, change: Json) -> None:
    """Missing ids, other types, other patients and labels send the list the long way."""
    first, second = (entry["resource"] for entry in sent["entry"])
    assert read_plain([as_json(bundle(first | change, second))], kind, PATIENT) is None


@pytest.mark.parametrize(("kind", "sent"), LISTS)
def test_repeated_ids_get_a_closer_look(kind: str, sent: Json) -> None:
    """A resource that comes twice, on one page or two, is sorted out the long way."""
    first = sent["entry"][0]["resource"]
    again = first | {"id": f" {first['id']}"}
    assert read_plain([as_json(bundle(first, again))], kind, PATIENT) is None
    assert read_plain([as_json(sent), as_json(bundle(first))], kind, PATIENT) is None


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"[]", as_json(bundle()), as_json(ALLERGY), b'{"a":"\xff"}']
)
def test_other_answers_go_the_long_way(body: bytes) -> None:
    """Only a Bundle with entries is read in one pass."""
    assert read_plain([body], "AllergyIntolerance", PATIENT) is None
    assert read_plain([as_json(LISTS[0][1]), body], "AllergyIntolerance", PATIENT) is None


@given(st.data())
@quick
def test_bent_lists_read_the_same(data: st.DataObject) -> None:
    """Whatever one place of a list holds, or lacks, both ways say the same."""
    kind, sent = data.draw(st.sampled_from(LISTS))
    place = data.draw(st.sampled_from(sorted(places(sent), key=str)))
    odd = json_values() | odd_text() | concepts().map(lambda c: c.value) | st.just(...)
    new: Any = data.draw(odd | st.sampled_from([[], {}, None, "", " x ", {"code": "x"}]))
    assert_same(replaced(sent, place, new), kind)


@given(odd_bundles(), st.sampled_from([*KINDS, "Patient"]))
@quick
def test_odd_lists_read_the_same(sent: Json, kind: str) -> None:
    """No list, however odd, says something else the short way."""
    assert_same(sent, kind)

"""Reading what came under a key: the table of the module's docstring, and anything else at all."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.reading import is_redacted, read
from prefetch.states import Reason
from tests.ehr import PATIENT, Json, allergy, bundle
from tests.strategies import (
    as_json,
    json_values,
    odd_bodies,
    odd_bundles,
    odd_resources,
    odd_text,
    quick,
)

KIND = "AllergyIntolerance"
OTHERS = allergy(id="other", patient={"reference": "Patient/p2"})
REDACTED = allergy(id="r", meta={"security": [{"code": "REDACTED"}]})
MEDICATION = {"resourceType": "Medication", "id": "m"}
NOTE = {"severity": "information", "code": "informational"}
ERROR = {"severity": "error", "code": "forbidden"}


def outcome(code: str = "", **issue: Any) -> Json:
    """An OperationOutcome of one issue with a vendor's code."""
    details = {"details": {"coding": [{"code": code}]}} if code else {}
    return {"resourceType": "OperationOutcome", "issue": [{**issue, **details}]}


def versions(*updated: Any) -> list[Json]:
    """Versions of one allergy, by when each was last updated."""
    return [allergy(id="v", meta={"lastUpdated": when}) for when in updated]


@pytest.mark.parametrize(
    ("value", "ids", "reason"),
    [
        (None, [], None),
        (allergy(), ["a1"], None),
        (bundle(), [], None),
        (bundle() | {"entry": []}, [], None),
        (bundle() | {"entry": None}, [], None),
        ({"resourceType": "Bundle"}, [], None),
        (bundle(allergy(), allergy(id="a2")), ["a1", "a2"], None),
        (bundle(allergy()) | {"type": "collection"}, ["a1"], None),
        (bundle() | {"entry": {"resource": allergy()}}, ["a1"], None),
        ([allergy(), allergy(id="a2")], ["a1", "a2"], None),
        (outcome("4101", severity="warning"), [], None),
        (outcome("4100", severity="warning"), [], Reason.OUTCOME),
        (outcome(**ERROR), [], Reason.OUTCOME),
        ({"resourceType": "OperationOutcome"}, [], Reason.OUTCOME),
        (bundle(outcome("4101", severity="warning")), [], None),
        (bundle(outcome("4101", severity="error")), [], None),
        (bundle(outcome(**NOTE)), [], None),
        (bundle(outcome(**ERROR)), [], Reason.OUTCOME),
        (bundle(allergy(), outcome(**NOTE)), ["a1"], None),
        (bundle(allergy(), outcome("59204", severity="information")), ["a1"], Reason.OUTCOME),
        (bundle(allergy(), outcome("4119", severity="warning")), ["a1"], Reason.OUTCOME),
        (bundle(outcome(**ERROR), allergy()), ["a1"], Reason.OUTCOME),
        (bundle(allergy(), {}), ["a1"], Reason.MALFORMED),
        (bundle(allergy(), {"id": "x"}), ["a1"], Reason.MALFORMED),
        (bundle() | {"entry": [None, {"resource": allergy()}]}, ["a1"], Reason.MALFORMED),
        (bundle() | {"entry": [{"response": {"status": "404"}}]}, [], Reason.MALFORMED),
        (bundle() | {"entry": "none"}, [], Reason.MALFORMED),
        (bundle(MEDICATION), [], Reason.MALFORMED),
        (bundle(allergy(), REDACTED), ["a1"], Reason.REDACTED),
        (bundle(REDACTED), [], Reason.REDACTED),
        (bundle(allergy(), OTHERS), ["a1"], Reason.WRONG_PATIENT),
        (OTHERS, [], Reason.WRONG_PATIENT),
        ([], [], Reason.MALFORMED),
        ({}, [], Reason.MALFORMED),
        (MEDICATION, [], Reason.MALFORMED),
        ({"validationErrors": {}}, [], Reason.MALFORMED),
        ("none", [], Reason.MALFORMED),
        (False, [], Reason.MALFORMED),
        (0, [], Reason.MALFORMED),
        ("", [], Reason.MALFORMED),
    ],
)
def test_what_each_shape_means(value: Any, ids: list[str], reason: Reason | None) -> None:
    """Every row of the module's table: what is taken, and why the list is not whole."""
    reading = read([as_json(value)], KIND, PATIENT)
    assert [resource["id"] for resource in reading.resources] == ids
    assert reading.reason == reason


@pytest.mark.parametrize(
    "body", [b"", b"{", b"<html>", b"\xff", b'"\xff"', b"[" * 5000, b"9" * 5000, b"NaN"]
)
def test_what_is_no_json(body: bytes) -> None:
    """Bytes that are no JSON are malformed, never an empty list."""
    reading = read([body], KIND, PATIENT)
    assert (reading.resources, reading.reason) == ([], Reason.MALFORMED)


def test_raw_values_read_like_bytes() -> None:
    """A prefetch value left undecoded by the envelope reads like a page that was fetched."""
    assert read([msgspec.Raw(as_json(allergy()))], KIND, PATIENT).resources == [allergy()]


def test_included_resources_are_kept_apart() -> None:
    """A Medication that came along is no MedicationRequest, and costs the list nothing."""
    order = {"resourceType": "MedicationRequest", "id": "o"}
    reading = read([as_json(bundle(order, MEDICATION))], "MedicationRequest", PATIENT)
    assert (reading.resources, reading.included, reading.reason) == ([order], [MEDICATION], None)


def test_pages_are_one_list() -> None:
    """Pages add up in order, and one bad page costs only its own entries."""
    pages = [as_json(bundle(allergy())), b"{", as_json(bundle(allergy(id="a2")))]
    reading = read(pages, KIND, PATIENT)
    assert [resource["id"] for resource in reading.resources] == ["a1", "a2"]
    assert reading.reason == Reason.MALFORMED


@pytest.mark.parametrize(
    ("resources", "kept"),
    [
        (versions("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"), [1]),
        (versions("2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), [0]),
        (versions(None, "2020-01-01T00:00:00Z"), [1]),
        (versions("2020-01-01T05:00:00+09:00", "2019-12-31T21:00:00Z"), [1]),
        (versions("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), [0]),
        ([allergy(id=None, code={"text": name}) for name in "ab"], [0, 1]),
        ([allergy(id="", code={"text": name}) for name in "ab"], [0, 1]),
        ([allergy(id=["v"]), allergy(id=["v"], code={"text": "b"})], [0, 1]),
        (
            [allergy(), *versions("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"), allergy(id="z")],
            [0, 2, 3],
        ),
    ],
)
def test_a_repeated_resource_counts_once(resources: list[Json], kept: list[int]) -> None:
    """Of several versions over pages the newest stays (ORA-15); those without an id all stay."""
    pages = [as_json(bundle(resource)) for resource in resources]
    reading = read(pages, KIND, PATIENT)
    assert reading.resources == [resources[index] for index in kept]
    assert reading.reason is None


@pytest.mark.parametrize(
    ("id_", "count", "reason"),
    [("p1", 1, None), (None, 1, None), ("p2", 0, Reason.WRONG_PATIENT)],
)
def test_the_patient_is_the_one_in_context(
    id_: str | None, count: int, reason: Reason | None
) -> None:
    """Another patient's own record is refused, by itself or among others."""
    patient = {"resourceType": "Patient"} | ({"id": id_} if id_ else {})
    for value in (patient, bundle(patient)):
        reading = read([as_json(value)], "Patient", "p1")
        assert (len(reading.resources), reading.reason) == (count, reason)
    both = bundle({"resourceType": "Patient", "id": "p1"}, {"resourceType": "Patient", "id": "p2"})
    assert read([as_json(both)], "Patient", "p1").resources == []


@pytest.mark.parametrize(
    ("meta", "redacted"),
    [
        ({"security": [{"code": "REDACTED"}]}, True),
        ({"security": {"code": "MASKED"}}, True),
        ({"security": [{"code": "R"}, {"code": "REDACTED"}]}, True),
        ({"security": [{"code": "R"}]}, False),
        ({"security": [{"code": ["REDACTED"]}, "REDACTED", None]}, False),
        ({"security": None}, False),
        ("REDACTED", False),
        (None, False),
    ],
)
def test_security_labels(meta: Any, redacted: bool) -> None:
    """A label for withheld content is found in any shape of `meta`."""
    assert is_redacted({"meta": meta}) is redacted


def _none(value: Any) -> bool:
    """Whether a value says, as far as anything can, that there is none."""
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    if value.get("resourceType") == "OperationOutcome":
        return "4101" in json.dumps(value)
    entries = value.get("entry") or []
    resources = [
        entry.get("resource") if isinstance(entry, dict) else None
        for entry in (entries if isinstance(entries, list) else [entries])
    ]
    outcomes = [r for r in resources if isinstance(r, dict)]
    return value.get("resourceType") == "Bundle" and all(
        r.get("resourceType") == "OperationOutcome" and "59204" not in json.dumps(r.get("details"))
        for r in outcomes
    )


def _check(body: bytes) -> None:
    reading = read([body], KIND, PATIENT)
    assert all(resource["resourceType"] == KIND for resource in reading.resources)
    if not reading.resources and reading.reason is None:
        assert _none(json.loads(body))


@given(json_values() | odd_bundles() | odd_resources() | odd_resources(KIND))
@quick
def test_any_value_is_read_and_is_not_taken_for_none(value: Any) -> None:
    """No JSON under a key raises, and only null, an empty Bundle or "none found" is empty."""
    _check(as_json(value))


@given(odd_bodies() | odd_text().map(str.encode))
@quick
def test_any_bytes_are_read_and_are_not_taken_for_none(body: bytes) -> None:
    """No bytes under a key raise, and no garbage means that there is none."""
    _check(body)


@given(st.lists(odd_resources(KIND), max_size=5))
@quick
def test_any_resources_are_read(resources: list[Json]) -> None:
    """Resources with anything for an id, label or patient are read or left out with a reason."""
    reading = read([as_json(bundle(*resources))], KIND, PATIENT)
    assert all(resource in resources for resource in reading.resources)
    if len(reading.resources) < len(resources):
        ids = [json.dumps(r.get("id")) for r in resources]
        assert reading.reason or len(set(ids)) < len(ids)

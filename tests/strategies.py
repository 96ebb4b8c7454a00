"""Data as odd as senders make it: Hypothesis strategies that the property tests share."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st

from prefetch.systems import LOINC, RXNORM, SNOMED

quick = settings(deadline=None, max_examples=50)
Json = dict[str, Any]

# Names and words that steer odd JSON into every branch of a tolerant reader.
_MEMBERS = (
    *("resourceType", "id", "meta", "security", "lastUpdated", "contained", "status", "type"),
    *("code", "coding", "system", "display", "text", "details", "severity", "issue", "total"),
    *("entry", "resource", "fullUrl", "link", "relation", "url", "patient", "subject", "reference"),
    *("clinicalStatus", "verificationStatus", "reaction", "substance", "manifestation"),
    *("category", "criticality", "onsetDateTime", "recordedDate", "doNotPerform", "reasonCode"),
    *("medicationCodeableConcept", "medicationReference", "ingredient", "itemCodeableConcept"),
    *("birthDate", "gender", "class", "period", "start", "onsetPeriod", "abatementDateTime"),
    *("valueQuantity", "value", "comparator", "unit", "valueString", "valueCodeableConcept"),
    *("interpretation", "component", "effectiveDateTime", "effectivePeriod", "issued"),
)
_WORDS = (
    *("Bundle", "OperationOutcome", "AllergyIntolerance", "MedicationRequest", "Medication"),
    *("Patient", "Patient/p1", "Patient/p2", "p1", "#m", "m", "urn:uuid:1", "Medication/m"),
    *("error", "4101", "59204", "4119", "REDACTED", "next", "active", "refuted", "1900-01-01"),
    *("https://ehr.test/fhir?page=2", "//[", RXNORM, "2020-13", "33914-3", LOINC, "<", "mg/dL"),
)


def odd_text() -> st.SearchStrategy[str]:
    """Any text that JSON can hold (a lone surrogate is none)."""
    return st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def scalars() -> st.SearchStrategy[Any]:
    """JSON values that hold no others."""
    numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    return st.none() | st.booleans() | numbers | odd_text() | st.sampled_from(_WORDS)


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value, often with names and words that mean something to us."""
    names = st.sampled_from(_MEMBERS) | odd_text()
    return st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    )


def odd_resources(kind: str = "") -> st.SearchStrategy[Json]:
    """Resources (of one type, if it is given) whose members hold anything at all."""
    members = st.dictionaries(st.sampled_from(_MEMBERS), json_values(), max_size=5)
    return members.map(lambda found: {**found, "resourceType": kind} if kind else found)


def odd_bundles() -> st.SearchStrategy[Json]:
    """Bundles with entries of every kind, and with members that hold anything."""
    kinds = (
        *("AllergyIntolerance", "MedicationRequest", "OperationOutcome", "Patient", "Medication"),
        *("Condition", "Observation"),
    )
    resources = st.sampled_from(kinds).flatmap(odd_resources)
    entries = st.lists(st.fixed_dictionaries({"resource": resources}) | json_values(), max_size=4)
    return st.fixed_dictionaries(
        {"resourceType": st.just("Bundle")},
        optional={"entry": entries | json_values(), "link": json_values(), "total": json_values()},
    )


def odd_bodies() -> st.SearchStrategy[bytes]:
    """Bytes that may be JSON, may have been, or never were."""
    whole = (json_values() | odd_bundles() | odd_resources()).map(as_json)
    cut = st.tuples(whole, st.integers(0, 80)).map(lambda pair: pair[0][: pair[1]])
    deep = st.integers(500, 3000).map(lambda depth: b"[" * depth + b"]" * depth)
    known = st.sampled_from(
        [b"", b'"\xff"', b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"9" * 5000, b"1e999", b"NaN", b"{}x"]
    )
    return whole | cut | st.binary(max_size=40) | known | deep


def as_json(value: Any) -> bytes:
    """The value as it would be sent."""
    return json.dumps(value, ensure_ascii=False).encode()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and item below a value."""
    items = enumerate(value) if isinstance(value, list) else value.items()
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, list | dict):
            yield from places(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of the value with something else at a place; without the place for `...`."""
    if not path:
        return new
    copy = dict(enumerate(value)) if isinstance(value, list) else dict(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    kept = {key: inner for key, inner in copy.items() if inner is not ...}
    return [*kept.values()] if isinstance(value, list) else kept


def fhir_ids() -> st.SearchStrategy[str]:
    """Ids as FHIR has them, and as Epic sends them in drafts: dots, dashes, up to 190 long."""
    return st.from_regex(r"[A-Za-z0-9\-.]{1,190}", fullmatch=True)


class SaidDate(NamedTuple):
    """A date as it was written, and what it says."""

    text: str
    parts: tuple[int, int | None, int | None]


@st.composite
def partial_dates(draw: st.DrawFn) -> SaidDate:
    """Years, months, days and instants, at any precision."""
    day = draw(st.dates())
    iso = day.isoformat()
    instant = iso + draw(st.sampled_from(["T00:00:00Z", "T23:59:59.123-05:00", "T09:30"]))
    return draw(
        st.sampled_from(
            [
                SaidDate(iso[:4], (day.year, None, None)),
                SaidDate(iso[:7], (day.year, day.month, None)),
                SaidDate(iso, (day.year, day.month, day.day)),
                SaidDate(instant, (day.year, day.month, day.day)),
            ]
        )
    )


class SaidConcept(NamedTuple):
    """A CodeableConcept as it was sent, and what it says."""

    value: Any
    codings: tuple[tuple[str, str, str], ...]
    text: str


_SYSTEMS = {
    RXNORM: (RXNORM, "urn:oid:2.16.840.1.113883.6.88", "2.16.840.1.113883.6.88", RXNORM + "/"),
    SNOMED: (SNOMED, "urn:oid:2.16.840.1.113883.6.96", f" {SNOMED} "),
    LOINC: (LOINC, "urn:oid:2.16.840.1.113883.6.1"),
    "urn:of:a:site": ("urn:of:a:site",),
    "": ("", None, 7),
}
_NO_CODING: tuple[Any, ...] = (
    {},
    None,
    "x",
    5,
    {"extension": [{"url": "absent"}]},
    {"code": 7, "display": ""},
)


@st.composite
def concepts(draw: st.DrawFn) -> SaidConcept:
    """CodeableConcepts in sloppy shapes: OIDs, padding, nulls, one object where a list is due."""
    words = st.text("abcXYZ123 ", min_size=1, max_size=8).map(str.strip).filter(bool)
    coding = st.tuples(st.sampled_from(list(_SYSTEMS)), words, words | st.just(""))
    said = draw(st.lists(coding, max_size=4, unique=True))
    text = draw(words | st.just(""))
    sent: list[Any] = [
        {
            "system": draw(st.sampled_from(_SYSTEMS[system])),
            "code": draw(st.sampled_from([code, f" {code}\n"])),
            "display": display or draw(st.sampled_from(["", None, 3])),
        }
        for system, code, display in said
    ]
    sent += sent[: draw(st.integers(0, 1))]  # some senders repeat a coding
    sent.insert(draw(st.integers(0, len(sent))), draw(st.sampled_from(_NO_CODING)))
    member = sent[0] if len(sent) == 1 and isinstance(sent[0], dict) else sent
    return SaidConcept({"coding": member, "text": text or None}, tuple(said), text)

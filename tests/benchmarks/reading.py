"""Ways to read the same FHIR JSON: from whole bodies as dicts to full models of every resource.

Each takes the bytes that arrived and ends with what a rule could use. "Typed structs" reads the
fields a rule is likely to ask for; "the service" is what `hooks.request` and `prefetch` do.
"""

import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Final

import msgspec
import orjson
from fhir.resources.R4B import get_fhir_model_class

import hooks
from hooks.request import read_request
from prefetch import needs
from prefetch.data import Data
from prefetch.recognise import recognise
from tests.benchmarks.body import PATIENT, Json, body, resources

_KEYS: Final = (needs.allergies, needs.medications)


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""
    display: str = ""


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []
    text: str = ""


class _Reference(msgspec.Struct):
    reference: str = ""


class _Quantity(msgspec.Struct):
    value: float | None = None
    unit: str = ""


class _Reaction(msgspec.Struct):
    manifestation: list[_Concept] = []
    severity: str = ""


class _Resource(msgspec.Struct, tag_field="resourceType"):
    id: str = ""


class Patient(_Resource):
    """A patient."""

    birthDate: str = ""  # noqa: N815
    gender: str = ""


class AllergyIntolerance(_Resource):
    """An entry of the allergy list."""

    clinicalStatus: _Concept | None = None  # noqa: N815
    verificationStatus: _Concept | None = None  # noqa: N815
    category: list[str] = []
    criticality: str = ""
    code: _Concept | None = None
    patient: _Reference | None = None
    reaction: list[_Reaction] = []


class MedicationRequest(_Resource):
    """A medication order."""

    status: str = ""
    medicationCodeableConcept: _Concept | None = None  # noqa: N815
    subject: _Reference | None = None
    authoredOn: str = ""  # noqa: N815


class Condition(_Resource):
    """A problem."""

    clinicalStatus: _Concept | None = None  # noqa: N815
    code: _Concept | None = None
    subject: _Reference | None = None


class Observation(_Resource):
    """A result."""

    status: str = ""
    code: _Concept | None = None
    subject: _Reference | None = None
    effectiveDateTime: str = ""  # noqa: N815
    valueQuantity: _Quantity | None = None  # noqa: N815


_Any = AllergyIntolerance | MedicationRequest | Condition | Observation


class _Entry(msgspec.Struct):
    resource: _Any


class _Bundle(msgspec.Struct, tag_field="resourceType", tag="Bundle"):
    entry: list[_Entry] = []


class _Request(msgspec.Struct):
    hook: str
    prefetch: dict[str, Patient | _Bundle]


_TYPED: Final = msgspec.json.Decoder(_Request)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read, and how long it takes in microseconds."""

    name: str
    microseconds: float


def compare(rounds: int) -> list[Way]:
    """Every way over the same body, in turns; the median of the rounds. orjson comes first."""
    content = body()
    ways: dict[str, Callable[[bytes], object]] = {
        "orjson, whole body to dicts": orjson.loads,
        "json (standard library) to dicts": json.loads,
        "msgspec, whole body to dicts": msgspec.json.decode,
        "msgspec, envelope only": _envelope,
        "the service: envelope, keys asked for": _asked_for,
        "msgspec, typed structs of everything": _TYPED.decode,
        "fhir.resources models of everything": _models,
    }
    for way in ways.values():
        way(content)  # the first run imports and compiles
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(_seconds(way, content, 1 if way is _models else 20))
    return [Way(name, median(found) * 1e6) for name, found in times.items()]


def _envelope(content: bytes) -> object:
    return read_request(content, hooks.contexts())


def _asked_for(content: bytes) -> object:
    request = read_request(content, hooks.contexts())
    values = recognise(request.prefetch, _KEYS)
    return [Data(need, PATIENT, [values[need.key]]).typed for need in _KEYS]


def _models(content: bytes) -> object:
    return [_model(resource) for resource in resources(orjson.loads(content))]


def _model(resource: Json) -> object:
    return get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def _seconds(way: Callable[[bytes], object], content: bytes, times: int) -> float:
    """Seconds of one run, without the collector, whose share depends on what else is held."""
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        for _ in range(times):
            way(content)
        return (time.perf_counter() - began) / times
    finally:
        gc.enable()

"""A chart as its summary shows it; what is missing is said, never guessed."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from prefetch.allergy import Allergy
from prefetch.coding import as_list, as_text, concept
from service.demo.fhir import Fhir
from service.demo.orders import Order, shown

Json = dict[str, Any]

MOST_RESULTS: Final = 8
_FULL_DATE: Final = 10


@dataclass(frozen=True, slots=True)
class Person:
    """Who it is.

    Attributes:
        id: FHIR id.
        name: as it is used first.
        other_names: the rest, each once.
        born: FHIR date, perhaps of the year alone.
        age: in words; "" when it cannot be told.
        gender: FHIR's.
    """

    id: str
    name: str
    other_names: tuple[str, ...]
    born: str
    age: str
    gender: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary: what, details, and a word that stands out."""

    what: str
    details: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A chart; orders that are drafts or over are left to those who want them."""

    person: Person
    allergies: list[Line]
    problems: list[Line]
    results: list[Line]
    results_in_all: int
    orders: list[Order]


async def summary(fhir: Fhir, patient: str, today: date) -> Summary | None:
    """The patient's chart as the server has it; None when there is no such patient.

    Raises:
        httpx.HTTPError: the server does not answer.
    """
    resource = await fhir.read(f"Patient/{patient}")
    if resource is None:
        return None
    allergies, problems, found, (results, in_all) = await asyncio.gather(
        fhir.search(f"AllergyIntolerance?patient={patient}"),
        fhir.search(f"Condition?patient={patient}"),
        fhir.search(f"MedicationRequest?patient={patient}"),
        fhir.first(f"Observation?patient={patient}&_sort=-date&_count={MOST_RESULTS}"),
    )
    return Summary(
        person=person(resource, today),
        allergies=[_allergy(each) for each in allergies],
        problems=[_problem(each) for each in problems],
        results=[_result(each) for each in results],
        results_in_all=in_all,
        orders=[shown(each) for each in found],
    )


def person(resource: Json, today: date) -> Person:
    """Who a Patient resource is about."""
    names = list(dict.fromkeys(filter(None, map(_name, as_list(resource.get("name"))))))
    born = as_text(resource.get("birthDate"))
    return Person(
        id=as_text(resource.get("id")),
        name=names[0] if names else "no name on file",
        other_names=tuple(names[1:]),
        born=born,
        age=_age(born, today),
        gender=as_text(resource.get("gender")),
    )


def _name(name: Any) -> str:
    if not isinstance(name, dict):
        return ""
    given = " ".join(map(as_text, as_list(name.get("given"))))
    family = as_text(name.get("family"))
    return as_text(name.get("text")) or ", ".join(filter(None, (family, given)))


def _age(born: str, today: date) -> str:
    if len(born) != _FULL_DATE:
        return ""
    try:
        birthday = date.fromisoformat(born)
    except ValueError:
        return ""
    had_it = (today.month, today.day) >= (birthday.month, birthday.day)
    years = today.year - birthday.year - (not had_it)
    return f"{years} years" if years >= 0 else ""


def _allergy(resource: Json) -> Line:
    entry = Allergy(resource)
    parts = [*entry.manifestations, *sorted(entry.severities)]
    is_high = entry.criticality == "high"
    parts += [f"criticality {entry.criticality}"] if entry.criticality and not is_high else []
    parts += ["intolerance"] if entry.is_intolerance else []
    status = " ".join(filter(None, (entry.clinical_status, entry.verification_status)))
    parts += [] if entry.counts else [f"does not stand: {status}"]
    parts += [f"since {entry.since}"] if entry.since else []
    mark = "high criticality" if is_high else ""
    return Line(entry.substance.label or "nothing named", ", ".join(parts), mark)


def _problem(resource: Json) -> Line:
    code = concept(resource.get("code"))
    codes = " ".join(coding.code for coding in code.codings)
    since = as_text(resource.get("onsetDateTime"))
    parts = filter(None, (codes, f"since {since}" if since else ""))
    return Line(code.label or "nothing named", ", ".join(parts))


def _result(resource: Json) -> Line:
    quantity = resource.get("valueQuantity")
    value = as_text(resource.get("valueString"))
    if isinstance(quantity, dict):
        value = f"{quantity.get('value')} {as_text(quantity.get('unit'))}"
    label = concept(resource.get("code")).label
    return Line(label, as_text(resource.get("effectiveDateTime"))[:_FULL_DATE], value)

"""The ways in which the same case reaches the service; its cards must be the same in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from rules._rule import Rule
from service.cases.case import Case
from service.cases.chart import split
from service.fhir_server import FhirServer

Json = dict[str, Any]

# An order of a kind that hardly any rule is about, and that no rule may stumble over.
_BESIDE: Final = {"resourceType": "NutritionOrder", "id": "beside", "status": "draft"}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way.

    Attributes:
        name: as reports have it.
        prefetched: whether the data comes with the request.
        lacking: the key that neither comes nor can be read; "" for none.
        required: whether the rule cannot run without that key.
    """

    name: str
    prefetched: bool = False
    lacking: str = ""
    required: bool = True

    def server(self, case: Case) -> FhirServer:
        """The EHR's FHIR server."""
        if self.name == "paged":
            return case.chart.paging_server
        if self.name == "referenced list":
            return case.chart.referring_server
        return case.chart.server

    def drafts(self, case: Case) -> list[Json]:
        """The draft orders, with what comes beside them in their Bundle."""
        drafts = case.drafts()
        if self.name == "referenced":
            return [
                part for number, draft in enumerate(drafts) for part in split(draft, f"m{number}")
            ]
        if self.name == "beside another":
            subject = {"reference": f"Patient/{case.chart.patient}"}
            return [_BESIDE | {"patient": subject, "intent": "order"}, *drafts]
        return drafts


FETCHED: Final = Variant("fetched")


def variants(case: Case, rule: Rule) -> Iterator[Variant]:
    """The variants of a case that make sense for it.

    | variant | what is different |
    |---|---|
    | fetched | nothing is prefetched; all is read with the token |
    | prefetched | all is prefetched, and nothing can be read |
    | paged | as fetched, one entry on a page |
    | referenced | each drafted drug is a reference to a Medication beside it |
    | referenced list | each drug of the medication list is a reference that must be read |
    | beside another | an order of another kind lies on the pad |
    | without (key) | a key cannot be had: where it is required, or the case has a card to give, the
    answer must not be silent |

    Rows of a table are fetched only, and so are cases known to be wrong.
    """
    yield FETCHED
    if case.written.known_wrong or case.line:
        return
    yield Variant("prefetched", prefetched=True)
    yield Variant("paged")
    if case.written.orders:
        yield Variant("beside another")
        if all("medicationCodeableConcept" in draft for draft in case.drafts()):
            yield Variant("referenced")
    if any(need.key == "medications" for need in rule.needs):
        yield Variant("referenced list")
    for need in rule.queries:
        name = f"without {need.words}"
        yield Variant(name, prefetched=True, lacking=need.key, required=need in rule.needs)

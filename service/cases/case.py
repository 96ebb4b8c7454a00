"""One case: a patient's chart, a hook, draft orders, a day, and the cards that are expected."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

import hooks
from hooks.errors import CaseError
from prefetch.systems import RXNORM
from rules._knowledge.knowledge import Knowledge
from rules._places import shown
from service.cases.chart import CaseChart, find

Json = dict[str, Any]


class Expected(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A card, as far as it matters; what is left out may be anything.

    Attributes:
        indicator: info, warning or critical.
        summary: the whole summary.
        suggestions: the labels of all suggestions, in order.
        says: phrases that the detail holds.
    """

    indicator: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    suggestions: list[str] | UnsetType = UNSET
    says: list[str] | UnsetType = UNSET


class Written(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A case as its file has it, in the order in which a rewritten file has it.

    Attributes:
        why: what the case shows, in one sentence.
        known_wrong: why the rule is wrong here today; the case fails once it is right.
        chart: the name of a chart in `_charts`; or else
        bundle: the path of a FHIR Bundle, from the folder of the case.
        patient: the patient's id; needed when a Bundle holds several.
        hook: the hook that fires.
        today: the day.
        context: further members of the hook's context, such as encounterId.
        orders: draft orders, each as an RxNorm code or as the elements that differ from the usual.
        selections: for order-select, the orders picked; all when there are none.
        cards: the expected cards.
    """

    why: str
    known_wrong: str = ""
    chart: str = ""
    bundle: str = ""
    patient: str = ""
    hook: str
    today: date
    context: Json = {}
    orders: list[str | Json] = []
    selections: list[str] = []
    cards: list[Expected]


@dataclass(frozen=True)
class Case:
    """A case that was read.

    Attributes:
        path: its file.
        written: what the file says.
        chart: the patient's chart.
        line: its line, where it is a row of a table of cases; else 0.
        verdict: what such a row expects of its most urgent card.
    """

    path: Path
    written: Written
    chart: CaseChart = field(repr=False)
    line: int = 0
    verdict: str = ""

    @property
    def rule(self) -> str:
        """The name of the rule's folder."""
        return self.path.parent.parent.name

    @property
    def id(self) -> str:
        """`rule/name`, and the line of a row."""
        return f"{self.rule}/{self.name}"

    @property
    def name(self) -> str:
        """The file's name, and the line of a row."""
        return f"{self.path.stem}:{self.line}" if self.line else self.path.stem

    def drafts(self) -> list[Json]:
        """The draft orders, complete."""
        usual = {
            "resourceType": "MedicationRequest",
            "status": "draft",
            "intent": "order",
            "subject": {"reference": f"Patient/{self.chart.patient}"},
        }
        numbered = enumerate(self.written.orders, 1)
        return [usual | {"id": f"draft-{n}"} | _order(order) for n, order in numbered]

    @property
    def picked(self) -> list[str]:
        """The `selections` of order-select: all drafts unless the case names some."""
        every = [f"{draft['resourceType']}/{draft['id']}" for draft in self.drafts()]
        return self.written.selections or every


def read(path: Path) -> Case:
    """Read a case.

    Raises:
        CaseError: it is no case; the message says where and what was expected.
    """
    try:
        written = msgspec.json.decode(path.read_bytes(), type=Written)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise CaseError(f"{shown(path)}: {error}") from None
    require_hook(written.hook, f"{shown(path)}: `hook`")
    if not written.why.strip().endswith("."):
        raise CaseError(
            f"{shown(path)}: expected `why` to be a sentence that says what the case shows"
        )
    if bool(written.chart) == bool(written.bundle):
        raise CaseError(f"{shown(path)}: expected either `chart` or `bundle`")
    return Case(path, written, find(path, written.chart, written.bundle, written.patient))


def require_hook(name: str, where: str) -> None:
    """Check that a hook is one of those understood.

    Raises:
        CaseError: it is not.
    """
    if name not in hooks.contexts():
        known = ", ".join(sorted(hooks.contexts()))
        raise CaseError(f"{where}: expected one of {known}; found {name!r}")


def cases_of(folder: Path) -> Iterator[Case]:
    """The cases of the rule in a folder, by name."""
    yield from map(read, sorted((folder / "cases").glob("*.json")))


def _order(order: str | Json) -> Json:
    """The elements of an order; a code stands for its drug."""
    if isinstance(order, dict):
        return order
    name = Knowledge.shipped().name(order)
    coding = {"system": RXNORM, "code": order, "display": name}
    return {"medicationCodeableConcept": {"coding": [coding], "text": name}}

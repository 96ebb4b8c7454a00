"""The Chart: what a rule may ask about the patient. Read-only, typed, and never a guess.

Reading a list that was not obtained raises `NotObtained`, which the evaluator turns into an honest
"not checked"; a rule need not, and cannot by accident, treat it as "none".
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from hooks.errors import (
    ConfigurationError,
    NotKnown,
    NotObtained,
    NotRead,
    RuleError,
)
from hooks.request import Context
from prefetch import fhirpath, needs
from prefetch.administration import Administration
from prefetch.aliases import NO_ALIASES, Aliases
from prefetch.allergy import Allergy
from prefetch.coding import as_text, concept
from prefetch.condition import Condition
from prefetch.data import Data
from prefetch.drafts import medication_requests, selected_drafts, sibling_medications
from prefetch.encounter import Encounter
from prefetch.frozen import Frozen, put
from prefetch.full import full_model
from prefetch.lazy import lazy
from prefetch.medication import MedicationOrder
from prefetch.needs import LabNeed, Need
from prefetch.not_on_file import NotOnFile
from prefetch.observation import Lab, labs
from prefetch.patient import Patient
from prefetch.references import Resource, name_of
from prefetch.states import Reason

Charted = Administration | Allergy | Condition | Encounter | Lab | MedicationOrder | Patient
_OF_DRUGS: Final = (needs.medications, needs.past_medications, needs.administrations)
# What was read of the record stays as it is whatever lies on the pad.
_OF_RECORD: Final = (
    *("allergies", "conditions", "encounter", "patient"),
    *("medications", "past_medications", "administrations"),
)


class Chart(Frozen):
    """One patient, as this call shows them.

    Attributes:
        today: the day of the call.
        is_trial: whether an order of the pad is one that is only tried, in place of another.
    """

    today: date
    is_trial: bool
    _context: Context
    _data: Mapping[str, Data]
    _references: Mapping[str, Resource]
    _unread: Mapping[str, Need]
    _aliases: Aliases
    _labs: dict[str, tuple[Lab, ...]]
    _models: dict[str, Any]

    def __init__(  # noqa: PLR0913 - each is a fact of one call
        self,
        context: Context,
        data: Mapping[str, Data],
        references: Mapping[str, Resource] | None = None,
        aliases: Aliases = NO_ALIASES,
        *,
        today: date,
        unread: Iterable[Need] = (),
    ) -> None:
        """Make a chart.

        Args:
            context: the hook's context, with the draft orders if it has any.
            data: what is known under each prefetch key.
            references: Medication resources found outside of these, by `Type/id`.
            aliases: the site's names for code systems in draft orders.
            today: the day of the call.
            unread: what can be had, and is read once a rule comes to it.
        """
        put(self, "_context", context)
        put(self, "_data", data)
        put(self, "_references", references or {})
        put(self, "_unread", {need.key: need for need in unread})
        put(self, "_aliases", aliases)
        put(self, "_labs", {})
        put(self, "_models", {})
        put(self, "today", today)
        put(self, "is_trial", False)

    @property
    def patient_id(self) -> str:
        """FHIR id of the patient in context."""
        return self._context.patient_id

    @property
    def encounter_id(self) -> str:
        """FHIR id of the encounter in context; "" outside one."""
        return self._context.encounter_id or ""

    @lazy
    def patient(self) -> Patient:
        """Who the patient is: age, gender.

        Raises:
            NotObtained: the record could not be read.
        """
        return Patient(self._only(needs.patient), self.today)

    @lazy
    def encounter(self) -> Encounter:
        """The visit or stay in which the hook fired.

        Raises:
            NotObtained: it could not be read, or the call is not in one.
        """
        return Encounter(self._only(needs.encounter))

    @lazy
    def allergies(self) -> tuple[Allergy, ...]:
        """The allergy list without entries that do not stand (refuted, in error, resolved).

        Raises:
            NotObtained: the list could not be read.
        """
        found = (Allergy(r) for r in self._typed(needs.allergies))
        return tuple(allergy for allergy in found if allergy.counts)

    @lazy
    def conditions(self) -> tuple[Condition, ...]:
        """Problems and diagnoses, without those that do not stand (refuted, in error, resolved).

        Raises:
            NotObtained: the list could not be read.
        """
        found = (Condition(r) for r in self._typed(needs.conditions))
        return tuple(condition for condition in found if condition.counts)

    @lazy
    def medications(self) -> tuple[MedicationOrder, ...]:
        """Orders on the patient's list that are current, drafts excluded.

        Raises:
            NotObtained: the list could not be read.
        """
        found = self._orders(self._typed(needs.medications))
        return tuple(order for order in found if order.is_current)

    @lazy
    def past_medications(self) -> tuple[MedicationOrder, ...]:
        """Orders that were carried out to their end.

        Raises:
            NotObtained: the list could not be read.
        """
        found = self._orders(self._typed(needs.past_medications))
        return tuple(order for order in found if order.is_completed)

    @lazy
    def administrations(self) -> tuple[Administration, ...]:
        """Doses that were given.

        Raises:
            NotObtained: they could not be read.
        """
        listed = self._typed(needs.administrations)
        found = (Administration(r, self._medications) for r in listed)
        return tuple(dose for dose in found if dose.is_completed)

    def labs(self, need: LabNeed) -> tuple[Lab, ...]:
        """The results of a test, the newest first; those that were withdrawn are left out.

        Raises:
            NotObtained: they could not be read.
        """
        if need.key not in self._labs:
            found = (lab for r in self._typed(need) for lab in labs(r, need.name, need.codes))
            counted = (lab for lab in found if lab.counts)
            newest = sorted(counted, key=lambda lab: lab.moment, reverse=True)
            self._labs[need.key] = tuple(newest)
        return self._labs[need.key]

    def latest(self, need: LabNeed, *, days: int) -> Lab | NotOnFile:
        """The newest result of a test, if it is not older than so many days.

        Raises:
            NotObtained: the results could not be read.
        """
        since = self.today - timedelta(days=days)
        dated = ((lab, lab.date) for lab in self.labs(need))
        for lab, day in dated:
            if day is not None and day.latest >= since:
                return lab
        return NotOnFile(f"no {need.name} of the last {days} days is on file")

    @lazy
    def drafts(self) -> tuple[MedicationOrder, ...]:
        """Every unsigned medication order of the session, selected or not."""
        return tuple(order for order in self._drafted.values() if not order.is_prohibition)

    @lazy
    def selected(self) -> tuple[MedicationOrder, ...]:
        """The unsigned medication orders to advise on: those just picked, or all at signing."""
        chosen = (self._drafted.get(id(draft)) for draft in selected_drafts(self._context))
        return tuple(order for order in chosen if order and not order.is_prohibition)

    def knows(self, need: Need) -> bool:
        """Whether all of this data was obtained: what a rule asks before it uses optional data."""
        found = self._found(need)
        return found is not None and found.complete

    def is_drafted(self, kind: str, system: str, code: str) -> bool:
        """Whether an order of this type for this code is already among the unsigned ones."""
        return any(
            draft.get("resourceType") == kind
            and concept(draft.get("code") or draft.get("medicationCodeableConcept")).is_a(
                system, code
            )
            for draft in self._context.draft_resources
        )

    def data(self, key: str) -> Data | None:
        """The data under a prefetch key with its state; None when no rule came to need it."""
        return self._data.get(key)

    def unread(self, needs: Iterable[Need]) -> tuple[Need, ...]:
        """Those of some needs that nobody has read yet."""
        return tuple(need for need in needs if need.key in self._unread)

    def with_read(self, data: Mapping[str, Data], references: Mapping[str, Resource]) -> "Chart":
        """The same chart once more has been read; `references` are the drugs referred to."""
        return Chart(
            self._context,
            {**self._data, **data},
            {**self._references, **references},
            self._aliases,
            today=self.today,
            unread=[need for need in self._unread.values() if need.key not in data],
        )

    def full(self, item: Charted) -> Any:
        """The whole resource as a model of fhir.resources (R4B), made once for each call.

        Args:
            item: what was read of it: an allergy, an order, a result, …

        Raises:
            NotKnown: the resource is not valid FHIR.
        """
        sent = item._sent  # noqa: SLF001 - rules are not to see it, and the chart made the item
        key = item.reference if sent is None else str(id(sent))
        if key not in self._models:
            self._models[key] = full_model(self._listed(item) if sent is None else sent)
        return self._models[key]

    def path(self, need: Need, expression: str) -> tuple[str, ...]:
        """The values that a FHIRPath leads to from each resource of a need, as text.

        Args:
            need: one that the rule declares.
            expression: element names, `ofType(Type)` and `resolve()`, joined by dots; alternatives
                are joined by `|`. There is no `where()`: Python says it better.

        Raises:
            NotObtained: the data could not be read.
            NotKnown: the path leads into a resource that was not read.
            RuleError: the expression is not within this subset.
        """
        rooted = "|".join(f"%root.{part.strip()}" for part in expression.split("|"))
        try:
            paths = fhirpath.parse(rooted)
        except ConfigurationError:
            raise RuleError(
                f"chart.path({expression!r}) is no path: write element names, ofType(Type) and "
                "resolve(), joined by dots, and the rest in Python"
            ) from None
        data = self._of(need)
        known = {name_of(r): r for r in data.included} | self._medications
        scope = fhirpath.Scope({"root": list(data)}, known)
        found = tuple(fhirpath.evaluate(paths, scope))
        if scope.wanted:
            raise NotKnown("a resource that others refer to was not read")
        return found

    def _listed(self, item: Charted) -> Resource:
        """The resource of a list that an item was read of in passing."""
        kind, _, own = item.reference.partition("/")
        for data in self._data.values():
            for resource in data if data.obtained and data.need.resource == kind else ():
                if as_text(resource.get("id")) == own:
                    return resource
        raise NotKnown(f"the {kind} on file cannot be told from others")

    def trying(self, removed: str, resource: Resource) -> "Chart":
        """The same chart with an order in place of a draft: for what rules would say of it."""
        tried = Chart(
            self._context.trying(removed, resource),
            self._data,
            self._references,
            self._aliases,
            today=self.today,
            unread=self._unread.values(),
        )
        put(tried, "is_trial", True)
        put(tried, "_labs", self._labs)
        tried.__dict__.update((n, self.__dict__[n]) for n in _OF_RECORD if n in self.__dict__)
        return tried

    def _found(self, need: Need) -> Data | None:
        if need.key in self._unread:
            raise NotRead
        return self._data.get(need.key)

    def _of(self, need: Need) -> Data:
        found = self._found(need)
        if found is None:
            raise RuleError(f"the rule reads the {need.words}, which its needs do not name")
        return found

    def _typed(self, need: Need) -> Sequence[Any]:
        return self._of(need).typed

    def _only(self, need: Need) -> Resource:
        """The one resource of a read."""
        for resource in self._of(need):
            return resource
        raise NotObtained(need.key, Reason.NOT_FOUND)

    @lazy
    def _drafted(self) -> dict[int, MedicationOrder]:
        """The drafted medication orders by the identity of what was sent."""
        found = medication_requests(self._context.draft_resources)
        return {
            id(resource): order for resource, order in zip(found, self._orders(found), strict=True)
        }

    def _orders(self, resources: Iterable[Resource]) -> list[MedicationOrder]:
        return [MedicationOrder(r, self._medications, self._aliases) for r in resources]

    @lazy
    def _medications(self) -> dict[str, Resource]:
        """Medication resources by `Type/id`: siblings of the drafts, included, or read for us."""
        siblings = sibling_medications(self._context)
        known = {name: self._aliases.resource(each) for name, each in siblings.items()}
        for need in _OF_DRUGS:
            listed = self._data.get(need.key)
            known |= included_medications(listed) if listed is not None else {}
        return known | dict(self._references)


def included_medications(listed: Data) -> dict[str, Resource]:
    """The Medication resources that came along with a list of orders, by `Type/id`."""
    return {name_of(r): r for r in listed.included}

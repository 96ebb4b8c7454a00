"""AllergyIntolerance, read tolerantly (https://hl7.org/fhir/R4/allergyintolerance.html)."""

from typing import Any, Final, Literal

import msgspec

from prefetch.coding import NOTHING, Concept, as_list, as_text, concept, concepts
from prefetch.dates import PartialDate, first_known, last_known
from prefetch.item import Item, read_of
from prefetch.lazy import lazy
from prefetch.references import NOWHERE, Meta, Reference, Resource

_SILENT_VERIFICATION: Final = frozenset({"refuted", "entered-in-error"})
_SILENT_CLINICAL: Final = frozenset({"inactive", "resolved"})


class Reaction(msgspec.Struct, frozen=True, gc=False):
    """What is read of one reaction."""

    substance: Concept = NOTHING
    manifestation: tuple[Concept, ...] = ()
    description: str = ""
    onset: str = ""
    severity: str = ""


class AllergyIntolerance(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """What is read of an entry: the elements as FHIR has them, so that JSON becomes one at once."""

    resource_type: Literal["AllergyIntolerance"]
    id: str = ""
    meta: Meta | None = None
    who: Reference = msgspec.field(name="patient", default=NOWHERE)
    _also: None = msgspec.field(name="subject", default=None)
    code: Concept = NOTHING
    clinical_status: Concept = NOTHING
    verification_status: Concept = NOTHING
    type: str = ""
    category: tuple[str, ...] = ()
    criticality: str = ""
    reaction: tuple[Reaction, ...] = ()
    onset_date_time: str = ""
    recorded_date: str = ""
    last_occurrence: str = ""


def allergy_intolerance(resource: Resource) -> AllergyIntolerance:
    """The same of a resource of any shape: what is bent reads as what it must mean."""
    reactions = [r for r in as_list(resource.get("reaction")) if isinstance(r, dict)]
    return AllergyIntolerance(
        resource_type="AllergyIntolerance",
        id=as_text(resource.get("id")),
        code=concept(resource.get("code")),
        clinical_status=concept(resource.get("clinicalStatus")),
        verification_status=concept(resource.get("verificationStatus")),
        type=as_text(resource.get("type")),
        category=tuple(map(as_text, as_list(resource.get("category")))),
        criticality=as_text(resource.get("criticality")),
        reaction=tuple(map(_reaction, reactions)),
        onset_date_time=as_text(resource.get("onsetDateTime")),
        recorded_date=as_text(resource.get("recordedDate")),
        last_occurrence=as_text(resource.get("lastOccurrence")),
    )


class Allergy(Item[AllergyIntolerance]):
    """One entry of the allergy list. Absent parts read as empty, never as a value."""

    def __init__(self, resource: AllergyIntolerance | Resource) -> None:
        """Wrap the resource."""
        super().__init__(*read_of(resource, AllergyIntolerance, allergy_intolerance))

    @property
    def substance(self) -> Concept:
        """What the patient reacts to: `code`."""
        return self._read.code

    @lazy
    def substances(self) -> tuple[Concept, ...]:
        """`code`, then each distinct `reaction.substance`."""
        named = (self._read.code, *[reaction.substance for reaction in self._read.reaction])
        return tuple(dict.fromkeys(filter(None, named)))

    @property
    def clinical_status(self) -> str:
        """`active`, `inactive`, `resolved`, or "" when it is not said."""
        return self._read.clinical_status.status

    @property
    def verification_status(self) -> str:
        """`confirmed`, `unconfirmed`, `presumed`, `refuted`, `entered-in-error`, or ""."""
        return self._read.verification_status.status

    @property
    def counts(self) -> bool:
        """Whether the entry stands: not refuted, entered in error, resolved or inactive.

        An entry without any status stands: leaving it out would be the more dangerous error.
        """
        return (
            self.verification_status not in _SILENT_VERIFICATION
            and self.clinical_status not in _SILENT_CLINICAL
        )

    @property
    def is_intolerance(self) -> bool:
        """Whether the chart calls it an intolerance (a side effect), not an allergy."""
        return self._read.type.strip().lower() == "intolerance"

    @property
    def criticality(self) -> str:
        """`low`, `high`, `unable-to-assess`, or ""."""
        return self._read.criticality.strip().lower()

    @property
    def categories(self) -> frozenset[str]:
        """`food`, `medication`, `environment`, `biologic`; empty when it is not said."""
        return frozenset(filter(None, map(str.strip, self._read.category)))

    @lazy
    def manifestations(self) -> tuple[str, ...]:
        """What happened, in the chart's words, each once: "anaphylaxis", "hives"."""
        reactions = self._read.reaction
        named = [c.label for reaction in reactions for c in reaction.manifestation if c]
        described = [reaction.description.strip() for reaction in reactions if not named]
        return tuple(dict.fromkeys(filter(None, (*named, *described))))

    @lazy
    def told(self) -> tuple[str, ...]:
        """Every wording of the reactions, displays of codes included: to look up, not to show.

        A code without words stands for itself: it tells of something.
        """
        reactions = self._read.reaction
        named = [c for reaction in reactions for c in reaction.manifestation]
        texts = [text for c in named for text in (c.texts if any(c.texts) else (c.label,))]
        texts += [reaction.description for reaction in reactions]
        return tuple(filter(None, texts))

    @property
    def severities(self) -> frozenset[str]:
        """`mild`, `moderate`, `severe`, of every reaction recorded."""
        return frozenset(filter(None, (r.severity.strip().lower() for r in self._read.reaction)))

    @lazy
    def since(self) -> PartialDate | None:
        """When it began, or else when it was recorded; None when neither is said.

        1 January 1900 stands for "unknown" in some systems, and reads as None.
        """
        return first_known(self._read.onset_date_time, self._read.recorded_date)

    @lazy
    def last_told(self) -> PartialDate | None:
        """The last day of which the entry tells: a reaction, or that it was recorded."""
        read = self._read
        reactions = (reaction.onset for reaction in read.reaction)
        return last_known(
            read.onset_date_time, read.recorded_date, read.last_occurrence, *reactions
        )


def _reaction(reaction: dict[str, Any]) -> Reaction:
    return Reaction(
        concept(reaction.get("substance")),
        concepts(reaction.get("manifestation")),
        as_text(reaction.get("description")),
        as_text(reaction.get("onset")),
        as_text(reaction.get("severity")),
    )

"""AllergyIntolerance, read tolerantly (https://hl7.org/fhir/R4/allergyintolerance.html)."""

from typing import Final

from prefetch.coding import Concept, as_list, as_text, concept, concepts
from prefetch.dates import PartialDate, partial_date
from prefetch.lazy import lazy
from prefetch.references import Resource

_SILENT_VERIFICATION: Final = frozenset({"refuted", "entered-in-error"})
_SILENT_CLINICAL: Final = frozenset({"inactive", "resolved"})


class Allergy:
    """One entry of the allergy list. Absent parts read as empty, never as a value."""

    def __init__(self, resource: Resource) -> None:
        """Wrap the resource; nothing is read before it is asked for."""
        self.resource = resource

    @property
    def id(self) -> str:
        """The logical id; "" when there is none."""
        return as_text(self.resource.get("id"))

    @property
    def reference(self) -> str:
        """`AllergyIntolerance/id`."""
        return f"AllergyIntolerance/{self.id}"

    @lazy
    def substance(self) -> Concept:
        """What the patient reacts to: `code`."""
        return concept(self.resource.get("code"))

    @lazy
    def substances(self) -> tuple[Concept, ...]:
        """`code`, then each distinct `reaction.substance`."""
        named = [concept(reaction.get("substance")) for reaction in self._reactions]
        return tuple(dict.fromkeys(c for c in (self.substance, *named) if c))

    @lazy
    def clinical_status(self) -> str:
        """`active`, `inactive`, `resolved`, or "" when it is not said."""
        return _status(self.resource.get("clinicalStatus"))

    @lazy
    def verification_status(self) -> str:
        """`confirmed`, `unconfirmed`, `presumed`, `refuted`, `entered-in-error`, or ""."""
        return _status(self.resource.get("verificationStatus"))

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
        return as_text(self.resource.get("type")) == "intolerance"

    @property
    def criticality(self) -> str:
        """`low`, `high`, `unable-to-assess`, or ""."""
        return as_text(self.resource.get("criticality"))

    @lazy
    def categories(self) -> frozenset[str]:
        """`food`, `medication`, `environment`, `biologic`; empty when it is not said."""
        return frozenset(filter(None, map(as_text, as_list(self.resource.get("category")))))

    @lazy
    def manifestations(self) -> tuple[str, ...]:
        """What happened, in the chart's words, each once: "anaphylaxis", "hives"."""
        found = (c for r in self._reactions for c in concepts(r.get("manifestation")))
        named = [c.label for c in found]
        described = [as_text(r.get("description")) for r in self._reactions if not named]
        return tuple(dict.fromkeys(filter(None, (*named, *described))))

    @lazy
    def severities(self) -> frozenset[str]:
        """`mild`, `moderate`, `severe`, of every reaction recorded."""
        return frozenset(filter(None, (as_text(r.get("severity")) for r in self._reactions)))

    @lazy
    def since(self) -> PartialDate | None:
        """When it began, or else when it was recorded; None when neither is said.

        1 January 1900 stands for "unknown" in some systems, and reads as None.
        """
        for name in ("onsetDateTime", "recordedDate"):
            found = partial_date(self.resource.get(name))
            if found and found.year > 1900:  # noqa: PLR2004 - the placeholder year
                return found
        return None

    @lazy
    def _reactions(self) -> list[Resource]:
        return [r for r in as_list(self.resource.get("reaction")) if isinstance(r, dict)]


def _status(value: object) -> str:
    """A status' code: from its coding, or a bare code, or (as some send it) its text alone."""
    try:
        return value["coding"][0]["code"].lower()  # type: ignore[index, no-any-return]
    except (TypeError, KeyError, IndexError, AttributeError):
        pass  # not as FHIR has it: look closer
    found = concept(value)
    code = next((c.code for c in found.codings if c.code), found.text)
    return code.lower()

"""Encounter, read tolerantly (https://hl7.org/fhir/R4/encounter.html)."""

from prefetch.coding import Concept, as_text, concept, concepts
from prefetch.dates import PartialDate, partial_date, period
from prefetch.frozen import Frozen, put
from prefetch.references import Resource


class Encounter(Frozen):
    """The visit or stay in which the hook fired."""

    _sent: Resource

    def __init__(self, resource: Resource) -> None:
        """Wrap the resource."""
        put(self, "_sent", resource)

    @property
    def id(self) -> str:
        """The logical id; "" when there is none."""
        return as_text(self._sent.get("id"))

    @property
    def reference(self) -> str:
        """`Encounter/id`."""
        return f"Encounter/{self.id}"

    @property
    def setting(self) -> str:
        """The code of its class, such as `AMB`, `IMP`, `EMER`; "" when it is not said."""
        found = concept(self._sent.get("class"))
        return next((c.code for c in found.codings), "").upper()

    @property
    def status(self) -> str:
        """`planned`, `in-progress`, `finished`, … or ""."""
        return as_text(self._sent.get("status")).lower()

    @property
    def types(self) -> tuple[Concept, ...]:
        """What kind of visit it is."""
        return concepts(self._sent.get("type"))

    @property
    def since(self) -> PartialDate | None:
        """When it began."""
        return partial_date(period(self._sent.get("period")).start)

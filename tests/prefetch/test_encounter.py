"""Encounter: where the hook fired."""

from hypothesis import given

from prefetch.dates import PartialDate
from prefetch.encounter import Encounter
from tests.strategies import Json, odd_resources, quick


def test_a_plain_encounter() -> None:
    """Each part that rules ask for is read."""
    found = Encounter(
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
            "type": [{"text": "Stay"}],
            "period": {"start": "2026-11-20T08:00:00Z"},
        }
    )
    assert (found.id, found.reference, found.status) == ("e1", "Encounter/e1", "in-progress")
    assert (found.setting, [t.label for t in found.types]) == ("IMP", ["Stay"])
    assert found.since == PartialDate(2026, 11, 20)


@given(odd_resources("Encounter"))
@quick
def test_any_encounter_can_be_read(resource: Json) -> None:
    """No shape of any member makes one unreadable."""
    found = Encounter(resource)
    assert all(isinstance(text, str) for text in (found.id, found.setting, found.status))
    assert found.since is None or found.since.year >= 1
    assert all(found.types)

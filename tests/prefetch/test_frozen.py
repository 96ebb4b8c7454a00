"""Nothing a rule does changes what it read."""

from typing import Any

import pytest
from hypothesis import given

from hooks.errors import RuleError
from prefetch.allergy import Allergy
from prefetch.frozen import FrozenDict, frozen, thawed
from prefetch.medication import MedicationOrder
from tests import ehr
from tests.strategies import json_values, quick


def test_attributes_stay_as_they_were_made() -> None:
    """Setting or deleting one fails loudly, and says that a rule may not."""
    allergy = Allergy(ehr.allergy())
    with pytest.raises(RuleError, match=r"may not change the chart: it set Allergy\.id"):
        allergy.id = "x"  # type: ignore[misc]
    with pytest.raises(RuleError, match="it deleted"):
        del allergy.substances


def test_a_drafts_resource_cannot_be_changed() -> None:
    """Neither the draft nor anything inside it: arrays are tuples, objects refuse."""
    sent = ehr.draft()
    resource = MedicationOrder(sent, {}).resource
    with pytest.raises(RuleError, match="may not change a resource"):
        resource["status"] = "active"
    with pytest.raises(RuleError):
        resource["medicationCodeableConcept"].update(text="x")
    with pytest.raises(AttributeError):
        resource["medicationCodeableConcept"]["coding"].append({})
    assert sent == ehr.draft()


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.__setitem__("a", 1),
        lambda d: d.__delitem__("a"),
        lambda d: d.clear(),
        lambda d: d.pop("a"),
        lambda d: d.popitem(),
        lambda d: d.setdefault("b", 1),
        lambda d: d.update(a=2),
        lambda d: d.__ior__({"a": 2}),
    ],
)
def test_every_way_to_change_an_object_is_closed(change: Any) -> None:
    """All the methods of a dict that change it raise."""
    held = FrozenDict({"a": 1})
    with pytest.raises(RuleError):
        change(held)
    assert held == {"a": 1}


@given(json_values())
@quick
def test_what_is_frozen_can_be_thawed(value: Any) -> None:
    """A thawed copy equals what was frozen."""
    assert thawed(frozen(value)) == value

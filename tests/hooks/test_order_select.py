"""The order-select hook."""

from typing import Any

import pytest

import hooks
from hooks.errors import MalformedRequest
from hooks.order_select import OrderSelect
from hooks.request import read_request
from tests.ehr import draft, order_sign
from tests.strategies import as_json


def select(**members: Any) -> OrderSelect:
    """The context of an order-select request with some members changed."""
    request = order_sign(draft(), hook="order-select")
    request["context"] |= members
    found = read_request(as_json(request), hooks.contexts()).context
    assert isinstance(found, OrderSelect)
    return found


@pytest.mark.parametrize(
    ("sent", "selected"),
    [
        (["MedicationRequest/1"], {"MedicationRequest/1"}),
        ([" MedicationRequest/1 ", "2", "2"], {"MedicationRequest/1", "2"}),
        (["MedicationRequest/1", None, 5, {"reference": "x"}], {"MedicationRequest/1"}),
        ("MedicationRequest/1", {"MedicationRequest/1"}),
        ([], set()),
    ],
)
def test_selections(sent: Any, selected: set[str]) -> None:
    """Selections are read as they came; what is no text among them is passed over."""
    assert set(select(selections=sent).selected or ()) == selected


@pytest.mark.parametrize(
    ("members", "where"),
    [({}, "context.selections"), ({"selections": 7}, "context.selections")],
)
def test_selections_are_required(members: dict[str, Any], where: str) -> None:
    """Without a list of selections the request is refused, naming them."""
    with pytest.raises(MalformedRequest) as caught:
        select(**members)
    assert caught.value.problems[0].where == where

"""The order-sign hook."""

import hooks
from hooks.order_sign import OrderSign
from hooks.request import read_request
from tests.ehr import draft, order_sign
from tests.strategies import as_json


def test_all_drafts_are_about_to_be_signed() -> None:
    """order-sign has no selections: None says that every draft is meant."""
    found = read_request(as_json(order_sign(draft(), draft(id="2"))), hooks.contexts()).context
    assert isinstance(found, OrderSign)
    assert [resource["id"] for resource in found.draft_resources] == ["draft-1", "2"]
    assert found.selected is None

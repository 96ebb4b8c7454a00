"""What the order hooks share: the Bundle of drafts, in whatever shape it came."""

from typing import Any

import pytest
from hypothesis import given

import hooks
from hooks.errors import MalformedRequest
from hooks.request import Context, read_request
from tests.ehr import draft, order_sign
from tests.strategies import as_json, json_values, odd_bundles, quick

ORDER = draft()


def context(bundle: Any) -> Context:
    """The context of an order-sign request with this for its draftOrders."""
    request = order_sign()
    request["context"]["draftOrders"] = bundle
    return read_request(as_json(request), hooks.contexts()).context


@pytest.mark.parametrize(
    ("bundle", "entries"),
    [
        ({"resourceType": "Bundle", "entry": [{"resource": ORDER}]}, [("", ORDER)]),
        ({"entry": [{"resource": ORDER}]}, [("", ORDER)]),
        ({"entry": [{"fullUrl": "urn:uuid:7", "resource": ORDER}]}, [("urn:uuid:7", ORDER)]),
        ({"entry": [{"fullUrl": None, "resource": ORDER}]}, [("", ORDER)]),
        ({"entry": [{"resource": ORDER}, {}, None, 3, {"resource": []}]}, [("", ORDER)]),
        ({"entry": {"resource": ORDER}}, [("", ORDER)]),
        ({"entry": []}, []),
        ({"entry": None}, []),
        ({"resourceType": "Bundle", "type": "collection"}, []),
        ({}, []),
    ],
)
def test_drafts_are_found_in_any_bundle(
    bundle: Any, entries: list[tuple[str, dict[str, Any]]]
) -> None:
    """Entries come in order, with their fullUrl; those that hold no resource are passed over."""
    found = context(bundle)
    assert [(e.full_url, e.resource) for e in found.draft_entries] == entries
    assert found.draft_resources == [resource for _, resource in entries]


@pytest.mark.parametrize(
    ("bundle", "where"),
    [
        (ORDER, "context"),
        ({"resourceType": "Bundle", "entry": "x"}, "context"),
        ({"entry": [{"resource": {"id": "1"}}]}, "context"),
        ({"entry": [{"resource": {"resourceType": ["MedicationRequest"]}}]}, "context"),
        ([ORDER], "context.draftOrders"),
        (None, "context.draftOrders"),
    ],
)
def test_what_is_no_bundle_is_refused(bundle: Any, where: str) -> None:
    """Something else in place of the Bundle is refused: no drafts must not look like no orders."""
    with pytest.raises(MalformedRequest) as caught:
        context(bundle)
    assert caught.value.problems[0].where == where
    assert "draftOrders" in f"{caught.value.problems[0]}"


def test_drafts_are_required() -> None:
    """A request without draftOrders is refused, naming them."""
    request = order_sign()
    del request["context"]["draftOrders"]
    with pytest.raises(MalformedRequest) as caught:
        read_request(as_json(request), hooks.contexts())
    assert caught.value.problems[0].where == "context.draftOrders"


@given(json_values() | odd_bundles())
@quick
def test_any_bundle_is_read_or_refused(bundle: Any) -> None:
    """Whatever stands for the Bundle, every draft that is read is an object."""
    try:
        found = context(bundle)
    except MalformedRequest:
        return
    for place, full_url, resource in found.draft_entries:
        assert place >= 0
        assert isinstance(full_url, str)
        assert isinstance(resource, dict)


def test_an_entry_keeps_its_place() -> None:
    """The place of a draft is its index among all entries, those without a resource included."""
    found = context({"entry": [{}, {"resource": ORDER}, None, {"resource": ORDER}]})
    assert [entry.place for entry in found.draft_entries] == [1, 3]

"""Where a Bundle says that its next page is."""

from typing import Any

import pytest
from hypothesis import given

from prefetch.paging import next_link
from tests.ehr import Json
from tests.strategies import as_json, odd_bodies, odd_bundles, quick


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ([{"relation": "self", "url": "s"}, {"relation": "next", "url": "n"}], "n"),
        ({"relation": "next", "url": " n "}, "n"),
        ([{"relation": "next", "url": 3}], ""),
        ([{"relation": ["next"]}, None, "next", {"url": "n"}], ""),
        ([], ""),
        (None, ""),
    ],
)
def test_next_link(link: Any, url: str) -> None:
    """The next link is found in a list or alone; what is no text is none."""
    body: Json = {"resourceType": "Bundle", "link": link}
    assert next_link(as_json(body)) == url


@given(odd_bodies() | odd_bundles().map(as_json))
@quick
def test_any_body_has_a_next_link_or_none(body: bytes) -> None:
    """Looking for a next link never raises, and gives text."""
    assert isinstance(next_link(body), str)

"""The data under one key: its state, and what a rule gets when it reads it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.errors import NotObtained
from prefetch import needs
from prefetch.data import Data
from prefetch.states import Reason, State
from tests.ehr import PATIENT, allergy, bundle
from tests.strategies import as_json, odd_bodies, odd_bundles, quick

MINE, OTHERS = allergy(), allergy(id="a2", patient={"reference": "Patient/p2"})


def data(*values: Any, fetched: bool = False, reason: Reason | None = None) -> Data:
    """The allergy list as these pages."""
    pages = [as_json(value) for value in values]
    return Data(needs.allergies, PATIENT, pages, fetched=fetched, reason=reason)


@pytest.mark.parametrize(
    ("made", "state", "reason", "count"),
    [
        (data(bundle(MINE)), State.GIVEN, None, 1),
        (data(bundle(MINE), fetched=True), State.FETCHED, None, 1),
        (data(bundle(MINE), bundle(allergy(id="b"))), State.GIVEN, None, 2),
        (data(None), State.KNOWN_EMPTY, None, 0),
        (data(bundle()), State.KNOWN_EMPTY, None, 0),
        (data(bundle(), fetched=True), State.KNOWN_EMPTY, None, 0),
        (data(bundle(MINE, OTHERS)), State.NOT_OBTAINED, Reason.WRONG_PATIENT, 1),
        (data(bundle(MINE), reason=Reason.TRUNCATED), State.NOT_OBTAINED, Reason.TRUNCATED, 1),
        (data(bundle(OTHERS)), State.NOT_OBTAINED, Reason.WRONG_PATIENT, None),
        (data(reason=Reason.TIMEOUT), State.NOT_OBTAINED, Reason.TIMEOUT, None),
        (data(None, reason=Reason.TRUNCATED), State.NOT_OBTAINED, Reason.TRUNCATED, None),
        (data("x"), State.NOT_OBTAINED, Reason.MALFORMED, None),
    ],
)
def test_states(made: Data, state: State, reason: Reason | None, count: int | None) -> None:
    """Each way data can end has its state, its reason, and what can be read of it."""
    assert (made.state, made.reason) == (state, reason)
    assert made.complete is (reason is None)
    assert made.obtained is (count is not None)
    if count is None:
        with pytest.raises(NotObtained) as caught:
            iter(made)
        assert (caught.value.key, caught.value.reason) == ("allergies", reason)
    else:
        assert len(list(made)) == count


def test_nothing_at_all_is_not_none() -> None:
    """Data for which nothing came, and no reason was given, is not known to be empty."""
    made = data()
    assert made.state is State.NOT_OBTAINED
    with pytest.raises(NotObtained):
        iter(made)


def test_the_callers_reason_comes_first() -> None:
    """What went wrong on the way is said rather than what is odd in the part that came."""
    assert data(bundle(OTHERS), reason=Reason.TRUNCATED).reason is Reason.TRUNCATED


def test_included_resources() -> None:
    """Resources of other types are at hand beside the list."""
    medication = {"resourceType": "Medication", "id": "m"}
    assert data(bundle(MINE, medication)).included == [medication]


def test_nothing_is_decoded_before_it_is_read() -> None:
    """Making data costs nothing: pages stay bytes until a rule asks."""
    pages: list[bytes] = []
    made = Data(needs.allergies, PATIENT, pages)
    pages.append(as_json(bundle(MINE)))
    assert [resource["id"] for resource in made] == ["a1"]


@given(st.lists(odd_bodies() | odd_bundles().map(as_json), max_size=3), st.booleans())
@quick
def test_unobtained_data_cannot_be_taken_for_none(bodies: list[bytes], fetched: bool) -> None:
    """Whatever came, reading it gives the list, or says that it was not obtained."""
    made = Data(needs.allergies, PATIENT, bodies, fetched=fetched)
    assert (made.state is State.NOT_OBTAINED) is (made.reason is not None)
    try:
        found = list(made)
    except NotObtained:
        assert not made.obtained
    else:
        assert found or made.state is State.KNOWN_EMPTY

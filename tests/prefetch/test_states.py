"""The words for why data is missing."""

import pytest

from prefetch.states import Reason, State


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words_for_a_clinician(reason: Reason) -> None:
    """Each reason reads as a clause: no capital, no full stop, no code, no jargon."""
    assert reason.words[0].islower()
    assert reason.words[-1].isalpha()
    assert len(reason.words) < 60
    assert not any(term in reason.words for term in ("FHIR", "token", "HTTP", "prefetch", "-"))


def test_words_tell_reasons_apart() -> None:
    """No two reasons are said alike."""
    assert len({reason.words for reason in Reason}) == len(Reason)


def test_states_are_those_of_the_design() -> None:
    """There are four states, and only one of them lets anyone say "none"."""
    assert [*State] == ["given", "known-empty", "fetched", "not-obtained"]

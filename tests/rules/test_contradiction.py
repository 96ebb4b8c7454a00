"""An allergy list that denies drug allergies and names one."""

import pytest

from prefetch.allergy import Allergy
from rules import charted, contradiction
from rules._knowledge import Knowledge
from tests.ehr import Json, allergy

KNOW = Knowledge.shipped()
PENICILLIN = allergy()


def told(*entries: Json) -> str:
    """What is said of a list of these entries."""
    return contradiction(charted(map(Allergy, entries), KNOW))


@pytest.mark.parametrize("words", ["No Known Allergies", "NKDA"])
def test_a_denial_beside_a_drug_is_told(words: str) -> None:
    """The card quotes the entry that denies what another one says."""
    assert f'"{words}"' in told(allergy({"text": words}), PENICILLIN)


def test_a_denial_without_words_of_its_own_is_told_in_ours() -> None:
    """Where the entry denies in what its reaction names, and its own code is empty."""
    denial = allergy({}, reaction=[{"substance": {"text": "NKDA"}}])
    assert '"no known allergies"' in told(denial, PENICILLIN)


@pytest.mark.parametrize(
    "entries",
    [
        (PENICILLIN,),
        (allergy({"text": "No Known Allergies"}),),
        (allergy({"text": "No known food allergies"}), PENICILLIN),
        (allergy({"text": "No Known Allergies"}), allergy({"text": "Peanut"})),
    ],
    ids=["no denial", "no drug", "a denial of food", "food alone"],
)
def test_what_fits_together_is_not_told(entries: tuple[Json, ...]) -> None:
    """Without both, there is no contradiction about drugs."""
    assert told(*entries) == ""

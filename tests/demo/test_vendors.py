"""Vendors' habits: whatever the shape of the call, the order is checked, or said not to be."""

import pytest

from service.demo import vendors
from tests.demo.conftest import Visit

ANA = "penicillin-anaphylaxis"


@pytest.mark.parametrize("prefetch", ["all", "none"])
@pytest.mark.parametrize("vendor", vendors.names())
def test_no_vendor_gets_silence(visit: Visit, vendor: str, prefetch: str) -> None:
    """For amoxicillin at anaphylaxis to penicillin, each gets the card, or "Not checked"."""
    hand = visit(ANA)
    hand.act("switch", vendor=vendor, prefetch=prefetch)
    hand.order("308191")
    cards = hand.page[hand.page.index('id="cards"') : hand.page.index('id="glass"')]
    blind = vendor == "oracle-health" or (vendor in ("meditech", "sandbox") and prefetch == "none")
    assert ("Not checked" in cards) == blind
    assert ("card critical" in cards) != blind


def test_the_presets_say_what_is_carried_out() -> None:
    """Epic and the sandbox carry out one action of a suggestion; Epic no update."""
    update = {"type": "update", "description": "b"}
    both = {"label": "x", "actions": [{"type": "delete", "description": "a"}, update]}
    assert vendors.named("standard").honoured(both) == (both, [])
    for name in ("epic", "sandbox"):
        kept, left = vendors.named(name).honoured(both)
        assert ([a["description"] for a in kept["actions"]], left) == (["a"], ["b"])
    kept, left = vendors.named("epic").honoured({"label": "x", "actions": [update]})
    assert (kept["actions"], left) == ([], ["b"])


def test_feedback_in_the_vendors_words() -> None:
    """Epic writes overrideReasons; all else stays."""
    piece = {"card": "c", "outcome": "overridden", "overrideReason": {"userComment": "x"}}
    assert vendors.named("standard").feedback([piece]) == [piece]
    (written,) = vendors.named("epic").feedback([piece])
    assert written["overrideReasons"] == {"userComment": "x"}
    assert "overrideReason" not in written

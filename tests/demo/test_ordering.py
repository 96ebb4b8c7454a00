"""Orders: drafted, edited, removed and signed in a browser, and each on the FHIR server once."""

from playwright.sync_api import expect

from tests.demo.desk import AMOXICILLIN, EXAMPLE, Desk

PHARYNGITIS = "Streptococcal pharyngitis (J02.0)"


def test_an_accepted_removal_takes_the_order_off_the_server(desk: Desk) -> None:
    """Card, accept: the draft is gone from the FHIR server, and the service was told once."""
    desk.open().order("amoxicillin 500", AMOXICILLIN)
    (draft,) = desk.site.orders(EXAMPLE, "draft")
    assert draft["medicationCodeableConcept"]["coding"][0]["code"] == "308191"
    card = desk.cards("critical")
    expect(card).to_have_count(1)
    desk.press("Remove amoxicillin", card)
    assert desk.site.fhir.get(f"/MedicationRequest/{draft['id']}").status_code == 410
    (stored,) = desk.site.feedback()
    assert stored["outcome"] == "accepted"
    expect(desk.page.locator("#orders")).to_contain_text("No drafts")
    expect(desk.cards("accepted")).to_have_count(1)


def test_an_alternative_takes_the_place_of_the_order_once(desk: Desk) -> None:
    """With a reason said, the cited alternative replaces the order: one new draft, then signed."""
    desk.open().order("amoxicillin 500", AMOXICILLIN)
    desk.page.get_by_label("Reason").first.select_option(label=PHARYNGITIS)
    desk.press("Save")
    desk.press("Replace by clindamycin", desk.cards("critical"))
    (draft,) = desk.site.orders(EXAMPLE, "draft")
    assert draft["medicationCodeableConcept"]["text"] == "clindamycin"
    assert draft["reasonCode"][0]["coding"][0]["code"] == "J02.0"
    desk.press("Sign 1 order")
    texts = [o["medicationCodeableConcept"]["text"] for o in desk.site.orders(EXAMPLE, "active")]
    assert sorted(texts) == ["clindamycin", "lisinopril 10 MG Oral Tablet"]
    assert desk.site.orders(EXAMPLE, "draft") == []
    expect(desk.page.locator("#listed")).to_contain_text("clindamycin")


def test_a_critical_card_stops_signing_until_it_is_dismissed_with_a_reason(desk: Desk) -> None:
    """Signing fires order-sign; without a decision nothing is signed, with a reason it is."""
    desk.open().order("amoxicillin 500", AMOXICILLIN).press("Sign 1 order")
    desk.press("Sign 1 order")
    expect(desk.notices).to_contain_text("1 critical card to decide on")
    assert len(desk.site.orders(EXAMPLE, "draft")) == 1
    desk.dismiss(desk.cards("critical"))
    expect(desk.notices).to_contain_text("give a reason")
    reason = "Recipient assessment of risk/benefit ratio"
    card = desk.cards("critical")
    card.get_by_label("Reason").select_option(label=reason)
    desk.press("Dismiss the card", card).press("Sign 1 order")
    expect(desk.notices).to_contain_text("Signed: amoxicillin")
    assert len(desk.site.orders(EXAMPLE, "active")) == 2
    (stored,) = desk.site.feedback()
    assert (stored["outcome"], stored["reason_code"]) == ("overridden", "risk-benefit-ratio")


def test_an_override_is_not_asked_for_twice(desk: Desk) -> None:
    """What was overridden when the drug was picked does not ask again when it is signed."""
    desk.open().order("amoxicillin 500", AMOXICILLIN)
    desk.dismiss(desk.cards("critical"), comment="Tolerated last year")
    desk.press("Sign 1 order")
    expect(desk.notices).to_contain_text("Signed: amoxicillin")
    (stored,) = desk.site.feedback()
    assert stored["comment"] == "Tolerated last year"


def test_a_change_elsewhere_is_shown_and_nothing_is_lost(desk: Desk) -> None:
    """Another EHR changed the draft: If-Match refuses, the page shows both its state and ours."""
    desk.open().order("lisinopril 10", "lisinopril 10 MG Oral Tablet")
    (draft,) = desk.site.orders(EXAMPLE, "draft")
    theirs = draft | {"dosageInstruction": [{"text": "1 tablet at night"}]}
    desk.site.fhir.put(f"/MedicationRequest/{draft['id']}", json=theirs).raise_for_status()
    desk.page.get_by_label("Directions").fill("2 tablets at noon")
    desk.press("Save")
    expect(desk.notices).to_contain_text("Somebody else has changed it")
    expect(desk.notices).to_contain_text("2 tablets at noon")
    expect(desk.page.get_by_label("Directions")).to_have_value("1 tablet at night")
    (now,) = desk.site.orders(EXAMPLE, "draft")
    assert now["dosageInstruction"] == [{"text": "1 tablet at night"}]


def test_what_was_typed_is_not_signed_past(desk: Desk) -> None:
    """Directions that were typed and not saved stop the signing, and stay in their field."""
    desk.open("no-known-allergies").order("lisinopril 10", "lisinopril 10 MG Oral Tablet")
    desk.page.get_by_label("Directions").fill("1 tablet every morning")
    desk.press("Sign 1 order")
    expect(desk.notices).to_contain_text("Save the changes")
    desk.press("Save").press("Sign 1 order")
    (order,) = desk.site.orders("no-known-allergies", "active")
    assert order["dosageInstruction"] == [{"text": "1 tablet every morning"}]
    assert order["authoredOn"] == "2026-11-21T09:30:00+00:00"


def test_a_chart_is_put_back_as_it_came(desk: Desk) -> None:
    """Stopped and new orders are undone on the server, and the page shows it."""
    desk.open().press("Stop lisinopril").order("lisinopril 10", "lisinopril 10 MG Oral Tablet")
    assert [o["status"] for o in desk.site.orders(EXAMPLE)] == ["stopped", "draft"]
    desk.press("Put this chart back")
    (order,) = desk.site.orders(EXAMPLE)
    assert (order["id"], order["status"]) == ("ana-lisinopril", "active")


def test_drafts_are_checked_anew_when_the_chart_is_opened_again(desk: Desk) -> None:
    """Loading the page again keeps the draft, and its card is there."""
    desk.open().order("amoxicillin 500", AMOXICILLIN).open()
    expect(desk.page.locator("#orders h3")).to_have_text(AMOXICILLIN)
    expect(desk.cards("critical")).to_have_count(1)

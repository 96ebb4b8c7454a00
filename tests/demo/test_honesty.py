"""The switches: whatever data cannot be had, the page says "Not checked", and nothing is lost."""

import pytest
from playwright.sync_api import expect

from tests.demo.desk import AMOXICILLIN, EXAMPLE, Desk


@pytest.mark.parametrize("server", ["slow", "failing", "expired", "unoffered"])
def test_not_checked_is_said(desk: Desk, server: str) -> None:
    """With nothing sent along and a FHIR server that cannot be read, the order is "Not checked"."""
    desk.open().order("amoxicillin 500", AMOXICILLIN)
    desk.switch(prefetch="none", server=server)
    card = desk.cards("warning").filter(has_text="Drug allergies: the allergy list could not")
    expect(card).to_contain_text("Not checked")
    desk.press("Sign 1 order")
    expect(desk.notices).to_contain_text("Not signed yet")
    assert len(desk.site.orders(EXAMPLE, "draft")) == 1


@pytest.mark.parametrize("server", ["failing", "slow"])
def test_the_panel_says_why(desk: Desk, server: str) -> None:
    """Behind the glass, each key has its state and reason, and each read its status and time."""
    desk.open().switch(prefetch="none", server=server)
    call = desk.page.locator("#glass .call").first
    expect(call.locator(".state.not-obtained").first).to_be_visible()
    told = {"failing": "500", "slow": "no answer"}[server]
    expect(call.locator(".reads li").first).to_contain_text(told)
    expect(call).to_contain_text("left out: switched off")


def test_an_expired_token_is_not_shown_and_not_sent_again(desk: Desk) -> None:
    """A refused token is told as 401; the request on the page has it masked."""
    desk.open().switch(prefetch="none", server="expired")
    call = desk.page.locator("#glass .call").first
    expect(call.locator(".reads li").first).to_contain_text("401")
    call.locator(".raw > summary").first.click()
    expect(call.locator("pre").first).to_contain_text('"access_token": "…"')


def test_part_of_the_data_is_read_by_the_service(desk: Desk) -> None:
    """With some keys sent along, the rest is read with the token, and the card comes as ever."""
    desk.open().order("amoxicillin 500", AMOXICILLIN)
    desk.page.get_by_label("medications", exact=True).check()
    desk.switch(prefetch="some")
    expect(desk.cards("critical")).to_have_count(1)
    call = desk.page.locator("#glass .call").filter(has_text="order-select").first
    expect(call.locator(".state.fetched")).to_have_count(1)
    expect(call.locator(".state.given")).to_have_count(1)
    expect(call.locator(".reads")).to_contain_text("GET /AllergyIntolerance?patient=")


def test_a_lost_answer_writes_nothing_twice(desk: Desk) -> None:
    """Orders whose answers are lost: the server says on being asked that it has them, once each."""
    desk.open().switch(server="lost")
    desk.order("amoxicillin 500", AMOXICILLIN)
    expect(desk.notices).to_contain_text("answer of the server was lost, but it has the change")
    desk.page.get_by_label("Reason").first.select_option(value="J02.0")
    desk.press("Save").press("Replace by clindamycin", desk.cards("critical"))
    desk.press("Sign 1 order")
    expect(desk.page.locator("#listed .active")).to_have_count(2)
    signed = [o for o in desk.site.orders(EXAMPLE) if o["id"] != "ana-lisinopril"]
    assert [(o["status"], o["meta"]["versionId"]) for o in signed] == [("active", "2")]
    assert [piece["outcome"] for piece in desk.site.feedback()] == ["accepted"]


def test_a_server_that_fails_keeps_the_drafts(desk: Desk) -> None:
    """Nothing can be written: the page says so, keeps the drafts, and signs them later."""
    desk.open("no-known-allergies").order("lisinopril 10", "lisinopril 10 MG Oral Tablet")
    desk.switch(server="failing").press("Sign 1 order").press("Sign 1 order")
    expect(desk.notices).to_contain_text("not known whether it was written")
    expect(desk.page.locator("#orders h3")).to_have_count(1)
    desk.switch(server="working").press("Sign 1 order")
    expect(desk.notices).to_contain_text("Signed")
    assert len(desk.site.orders("no-known-allergies", "active")) == 1


def test_an_ehr_that_does_not_call_says_so(desk: Desk) -> None:
    """Oracle Health lists patient-view only: an order there is shown as not checked."""
    desk.open().order("amoxicillin 500", AMOXICILLIN).switch(vendor="oracle-health")
    expect(desk.cards("warning")).to_contain_text("Oracle Health does not call this service")


def test_one_action_of_a_suggestion(desk: Desk) -> None:
    """Epic's habits: drug beside the order, own keys, one action; what is left out is said."""
    desk.open().order("amoxicillin 500", AMOXICILLIN)
    desk.page.get_by_label("Reason").first.select_option(value="J02.0")
    desk.press("Save").switch(vendor="epic")
    desk.press("Replace by clindamycin", desk.cards("critical"))
    expect(desk.notices).to_contain_text("Epic carries out only a part")
    assert desk.site.orders(EXAMPLE, "draft") == []
    (stored,) = desk.site.feedback()
    assert stored["outcome"] == "accepted"

"""Behind the glass: what is told of a call, and to whom."""

import json
import shlex
from collections.abc import Callable
from html import unescape
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.demo.conftest import Visit
from tests.demo.desk import AMOXICILLIN, EXAMPLE, Desk
from tests.demo.site import Site


def test_the_panel_tells_all_of_a_call(desk: Desk) -> None:
    """Keys with their fate on both sides, rules with their outcome, readings, feedback."""
    desk.open().order("amoxicillin 500", AMOXICILLIN)
    call = desk.page.locator("#glass .call").first
    expect(call.locator("summary").first).to_contain_text(
        "order-select to order-safety: 200, 1 card"
    )
    expect(call.locator("tbody tr").first).to_contain_text("allergies")
    expect(call).to_contain_text("drug-allergy ran: 1 card")
    expect(call.locator(".readings")).to_contain_text("amoxicillin (by code)")
    desk.press("Remove amoxicillin", desk.cards("critical"))
    told = desk.page.locator("#glass .call").filter(has_text="Feedback: 200")
    expect(told).to_have_count(1)


def test_the_curl_line_gives_the_same_cards(desk: Desk) -> None:
    """What "Copy" takes is a line that works by itself, long after the call's token is gone."""
    desk.open().order("amoxicillin 500", AMOXICILLIN).switch(prefetch="none")
    call = desk.page.locator("#glass .call").first
    call.locator(".raw > summary").last.click()
    line = call.locator("[id^=line-]").text_content() or ""
    command = shlex.split(line)
    assert command[:3] == ["curl", "-s", f"{desk.site.url}/cds-services/order-safety"]
    body = command[command.index("-d") + 1]
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(command[2], content=body, headers=headers).json()
    assert [card["indicator"] for card in answer["cards"]] == ["critical"]
    desk.press("Copy", call)
    expect(call.get_by_role("button", name="opied")).to_be_visible()


def test_others_get_nothing_more(site: Site, visit: Visit) -> None:
    """A call that the demo did not announce is neither watched nor answered differently."""
    hand = visit(EXAMPLE)
    hand.order("308191")
    line = unescape(hand.page[hand.page.index("curl -s") :].split("</pre>")[0])
    command = shlex.split(line)
    body = json.loads(command[command.index("-d") + 1]) | {"hookInstance": "of-another"}
    answer = httpx.post(command[2], json=body)
    assert set(answer.json()) == {"cards"}
    witness: Callable[..., Any] | None = site.state.witness
    assert witness is not None
    assert witness.explanation("of-another") is None  # type: ignore[attr-defined]

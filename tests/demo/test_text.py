"""Text from charts, orders and cards: whatever it holds, it stays text."""

import pytest
from playwright.sync_api import expect

from service.demo.rendering import markdown, web_link
from tests.demo.desk import Desk
from tests.ehr import AMOXICILLIN, Json, allergy, draft

SCRIPT = "<script>alert(1)</script>"
PICTURE = '"><img src=x onerror="alert(2)">'
LINK = "[a](javascript:alert(3)) ![b](http://example.org/c.png) <b>d</b>"


def planted() -> list[Json]:
    """A patient whose every text is an attack."""
    patient = {"reference": "Patient/planted"}
    name = [{"family": SCRIPT, "given": [PICTURE]}, {"text": LINK}]
    reaction = [{"manifestation": [{"text": SCRIPT + LINK}]}]
    order = draft(AMOXICILLIN, id="planted-order", status="active", subject=patient)
    order["dosageInstruction"] = [{"text": PICTURE}]
    order["medicationCodeableConcept"]["text"] = f"amoxicillin {SCRIPT}"
    problem = {"resourceType": "Condition", "id": "c", "code": {"text": LINK}, "subject": patient}
    return [
        {"resourceType": "Patient", "id": "planted", "name": name, "birthDate": SCRIPT},
        allergy(id="planted-1", patient=patient, reaction=reaction),
        allergy({"text": f"{PICTURE} {LINK}"}, id="planted-2", patient=patient),
        order,
        problem,
    ]


def test_planted_markup_stays_text(desk: Desk) -> None:
    """Names, allergies, orders, directions and comments with markup are read as what they are."""
    for resource in planted():
        url = f"/{resource['resourceType']}/{resource['id']}"
        desk.site.fhir.put(url, json=resource).raise_for_status()
    desk.page.goto(f"{desk.site.url}/demo/")
    expect(desk.page.locator(".people")).to_contain_text(SCRIPT)
    desk.open("planted")
    expect(desk.page.locator("h1")).to_contain_text(f"{SCRIPT}, {PICTURE}")
    expect(desk.page.locator("#summary")).to_contain_text(PICTURE)
    expect(desk.cards("warning")).to_contain_text("alert(1)")
    desk.order(f"{SCRIPT} {PICTURE}")
    expect(desk.page.locator("#orders h3")).to_have_text(f"{SCRIPT} {PICTURE}")
    desk.page.get_by_label("Directions").fill(PICTURE)
    desk.press("Save")
    expect(desk.page.get_by_label("Directions")).to_have_value(PICTURE)
    desk.dismiss(desk.cards("warning").first, comment=SCRIPT)
    expect(desk.cards("overridden").first).to_contain_text(SCRIPT)
    assert desk.page.locator("#main img, #main script, #main b").count() == 0


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        (SCRIPT, "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("a <b>b</b>", "<p>a &lt;b&gt;b&lt;/b&gt;</p>"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>"),
        ("~~a~~", "<p><s>a</s></p>"),
    ],
)
def test_markdown_is_made_harmless(text: str, harmless: str) -> None:
    """No HTML, no link but to the web; what GitHub-flavoured Markdown adds is understood."""
    assert markdown(text).strip() == harmless


def test_links_open_elsewhere_and_pictures_are_not_fetched() -> None:
    """A link says noopener, a picture is no picture, a table is a table."""
    linked = markdown("[a](https://example.org) ![b](https://example.org/c.png)")
    assert linked.count('rel="noopener noreferrer"') == 2
    assert "<img" not in linked
    assert "<table>" in markdown("| a |\n|---|\n| b |")
    assert (web_link("https://a.test"), web_link("javascript:a"), web_link(None)) == (
        "https://a.test",
        "",
        "",
    )

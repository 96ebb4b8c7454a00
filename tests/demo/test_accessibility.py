"""Every page by axe-core's rules, light and dark, wide and narrow; an order by keyboard alone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # has no stubs
from playwright.sync_api import Browser, Page, expect

from tests.demo.desk import AMOXICILLIN, EXAMPLE, Desk
from tests.demo.site import Site


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """A colour scheme."""
    return str(request.param)


@pytest.fixture(params=[1280, 390])
def window(
    request: pytest.FixtureRequest, site: Site, browser: Browser, scheme: str
) -> Iterator[Desk]:
    """A window of one width and scheme."""
    size = {"width": request.param, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    desk = Desk(context.new_page(), site)
    yield desk
    context.close()
    assert desk.faults == []


def findings(page: Page) -> list[str]:
    """What axe finds serious or critical, by rule and place."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in violations
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def assert_sound(page: Page) -> None:
    """Nothing serious is found, and nothing runs out of the window."""
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_pages_are_accessible(window: Desk) -> None:
    """The list, a chart with search, drafts, open and settled cards, and all details unfolded."""
    window.page.goto(f"{window.site.url}/demo/")
    assert_sound(window.page)
    window.open("taking-what-they-are-allergic-to").order("amoxicillin 500", AMOXICILLIN)
    window.page.fill("#sought", "amox")
    expect(window.page.locator("#found button").first).to_be_visible()
    window.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert_sound(window.page)
    window.dismiss(window.cards("warning").first)
    window.press("Sign 1 order").press("Sign 1 order")
    window.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert_sound(window.page)


def test_a_long_key_leaves_room_for_what_became_of_it(window: Desk) -> None:
    """A key of many codes is broken into lines: no column is squeezed to a letter's width."""
    window.open("penicillin-anaphylaxis").order("amoxicillin 500", AMOXICILLIN)
    key = "labs-" + "-".join(f"{number}-{number % 10}" for number in range(33914, 33926))
    cell = window.page.locator("#glass th[scope=row]").first
    cell.evaluate("(cell, key) => { cell.textContent = key }", key)
    row = cell.locator("xpath=..").locator("th, td")
    widths = [each.bounding_box() for each in row.all()]
    assert len(widths) == 3
    assert all(box and box["width"] >= 60 for box in widths)


def test_other_pages_are_accessible(window: Desk) -> None:
    """A chart of many scripts and a long one, and the page for what cannot be done."""
    for patient in ("names-in-several-scripts", "long-chart"):
        window.open(patient)
        assert_sound(window.page)
    window.page.goto(f"{window.site.url}/demo/patients/nobody")
    assert_sound(window.page)
    window.faults.clear()  # the browser notes the 404 itself


def test_an_order_by_keyboard_alone(desk: Desk) -> None:
    """Find, draft, read, accept, all without a mouse; the focus is never lost."""
    page = desk.open().page
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator("#sought").focus()
    page.keyboard.type("amoxicillin 500 caps")
    expect(page.locator("#found button").first).to_contain_text(AMOXICILLIN)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(desk.cards("critical")).to_have_count(1)
    desk.settled()
    assert page.evaluate("document.activeElement !== document.body")
    accept = desk.cards("critical").get_by_role("button", name="Remove amoxicillin")
    for _ in range(60):
        if accept.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(desk.cards("accepted")).to_have_count(1)
    assert desk.site.orders(EXAMPLE, "draft") == []
    assert page.evaluate("document.activeElement !== document.body")


def test_nothing_depends_on_script(site: Site, browser: Browser) -> None:
    """Without script the same forms work by page loads: search, draft, card, accept."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/demo/patients/{EXAMPLE}")
    page.get_by_role("button", name="Check the chart again").click()
    page.fill("#sought", "amoxicillin 500")
    page.get_by_role("button", name="Search").click()
    page.locator("#found button").filter(has_text=AMOXICILLIN).first.click()
    expect(page.locator(".card.critical")).to_have_count(1)
    page.get_by_role("button", name="Remove amoxicillin").last.click()
    expect(page.locator(".card.accepted")).to_have_count(1)
    context.close()
    assert site.orders(EXAMPLE, "draft") == []

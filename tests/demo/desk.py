"""The demo's page as somebody uses it in a browser, and what must never happen on it."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.demo.site import Site

EXAMPLE = "penicillin-anaphylaxis"
AMOXICILLIN = "amoxicillin 500 MG Oral Capsule"


class Desk:
    """A chart in a browser window."""

    def __init__(self, page: Page, site: Site) -> None:
        """Use `page` to visit `site`, and note whatever should not happen there."""
        self.page = page
        self.site = site
        self.faults: list[str] = []
        page.set_default_timeout(8000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def open(self, patient: str = EXAMPLE) -> "Desk":
        """Open a chart, and wait until patient-view is answered."""
        self.page.goto(f"{self.site.url}/demo/patients/{patient}")
        expect(self.page.locator("#glass .call").first).to_be_visible()
        return self.settled()

    def settled(self) -> "Desk":
        """Wait until nothing is under way."""
        expect(self.page.locator("#desk")).not_to_have_attribute("aria-busy", "true", timeout=15000)
        return self

    def order(self, words: str, product: str = "") -> "Desk":
        """Search for a drug, and draft the product of exactly that name, or else the words."""
        self.page.fill("#sought", words)
        name = product or f"Order “{words}” in words"
        found = self.page.locator("#found .drug").get_by_text(name, exact=True)
        found.click()
        return self.settled()

    def press(self, name: str, within: Locator | None = None) -> "Desk":
        """Press a button by its name."""
        (within or self.page.locator("#desk")).get_by_role(
            "button", name=re.compile(f"^{re.escape(name)}")
        ).first.click()
        return self.settled()

    def switch(self, **chosen: str) -> "Desk":
        """Set switches, and have the service asked again."""
        for name, value in chosen.items():
            self.page.select_option(f"#{name}", value)
        return self.press("Switch, and ask again")

    def cards(self, kind: str = "") -> Locator:
        """The cards shown, all or of one urgency or state."""
        return self.page.locator(f"#cards .card{f'.{kind}' if kind else ''}")

    @property
    def notices(self) -> Locator:
        """What the page says has happened."""
        return self.page.locator("#notices")

    def dismiss(self, card: Locator, reason: str = "", comment: str = "") -> "Desk":
        """Dismiss a card."""
        if not card.get_by_label("Comment").is_visible():
            card.locator(".dismissal > summary").click()
        if reason:
            card.get_by_label("Reason").select_option(label=reason)
        card.get_by_label("Comment").fill(comment)
        return self.press("Dismiss the card", card)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith((f"{self.site.url}/", "data:")):
            self.faults.append(f"external request: {request.url}")

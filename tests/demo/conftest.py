"""A running service with its demo EHR, and Debian's Chromium to look at it.

Without Chromium the tests in the browser are skipped; under CARDWISE_CI=1 they fail instead.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.demo.desk import Desk
from tests.demo.hand import Hand
from tests.demo.site import Site, served

Visit = Callable[[str], Hand]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The service and its demo EHR, as they start."""
    with served(tmp_path) as running:
        yield running


@pytest.fixture
def visit(site: Site) -> Iterator[Visit]:
    """Opens charts by hand, each in a session of its own."""
    opened: list[Hand] = []

    def one(patient: str) -> Hand:
        opened.append(Hand(site, patient))
        return opened[-1]

    yield one
    for hand in opened:
        hand.client.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window.

    While it runs, so does Playwright's event loop: a module that uses it has no async tests.
    """
    if CHROMIUM is None:
        told = "chromium is not installed (apt install chromium)"
        if os.environ.get("CARDWISE_CI") == "1":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def desk(site: Site, browser: Browser) -> Iterator[Desk]:
    """A browser window at the demo; no error, no dialog and no request elsewhere is let pass."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    desk = Desk(context.new_page(), site)
    yield desk
    context.close()
    assert desk.faults == []

"""The demo's forms sent by hand, as a browser sends them but without one."""

import re
from html import unescape
from typing import Any

import httpx

from tests.demo.site import Json, Site


class Hand:
    """One browser session at one chart."""

    def __init__(self, site: Site, patient: str) -> None:
        """Open the chart."""
        self.site = site
        self.patient = patient
        headers = {"Origin": site.url, "Content-Type": "application/x-www-form-urlencoded"}
        self.client = httpx.Client(base_url=site.url, headers=headers, timeout=20)
        self.page = self.client.get(f"/demo/patients/{patient}").text
        self.act("open")

    def act(self, name: str, **fields: Any) -> httpx.Response:
        """Send a form; the page is then the desk as it stands."""
        address = f"/demo/patients/{self.patient}/{name}"
        answer = self.client.post(address, data=fields, headers={"X-Part": "desk"})
        self.page = answer.text
        return answer

    def order(self, code: str) -> httpx.Response:
        """Draft an order for a product."""
        return self.act("draft", key=self.key, code=code)

    @property
    def key(self) -> str:
        """The key of the next act of ordering."""
        return self._found(r'name="key" value="([0-9a-f-]{36})"')

    @property
    def card(self) -> str:
        """The id of the first card."""
        return self._found(r'id="card-([^"]+)"')

    @property
    def notices(self) -> str:
        """What the page says has happened."""
        return " ".join(
            unescape(text) for text in re.findall(r'class="notice \w+">([^<]*)', self.page)
        )

    def drafts(self) -> list[Json]:
        """The drafts on the server."""
        return self.site.orders(self.patient, "draft")

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.page)
        assert found is not None
        return found[1]

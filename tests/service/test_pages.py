"""The pages: every rule has one, made from its docstring, and none asks for anything elsewhere."""

import pytest

from rules._load import load
from rules._rule import Rule
from tests.ehr import EHR


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.id)
async def test_a_rule_has_a_page(ehr: EHR, rule: Rule) -> None:
    """The page shows title, every heading, version and source."""
    page = await ehr.client.get(f"/rules/{rule.id}")
    assert page.status_code == 200
    for text in (rule.title, rule.version, rule.source.label, *rule.page):
        assert text in page.text


@pytest.mark.parametrize("path", ["/", "/rules", "/rules/drug-allergy"])
async def test_pages_load_nothing(ehr: EHR, path: str) -> None:
    """A page has a strict policy, no script, and nothing it would fetch."""
    page = await ehr.client.get(path)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert not any(word in page.text for word in ("<script", "<img", "<link", "src="))


async def test_the_list_leads_to_every_rule(ehr: EHR) -> None:
    """Each rule is linked from the list of rules."""
    page = await ehr.client.get("/rules")
    assert all(f'href="/rules/{rule.id}"' in page.text for rule in load())

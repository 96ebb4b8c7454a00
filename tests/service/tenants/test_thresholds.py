"""A site's own numbers: within what the rule declares, and in force for that site alone."""

import logging
from pathlib import Path

import pytest

from hooks.errors import ConfigurationError
from rules._load import load_folder
from rules._rule import Rule
from service.settings import Settings
from service.tenants.load import load_sites
from service.tenants.reload import Tenants
from tests.conftest import NOW
from tests.rules.folders import PAGE, RULE, write_rule

CODE = (
    RULE.replace("needs, rule", "Threshold, needs, rule")
    .replace("know: Knowledge)", "know: Knowledge, limits: object)")
    .replace(
        'version="1.0.0",',
        'version="1.0.0",\n    thresholds={"low": Threshold(30, "mL/min", "a source", 15, 60)},',
    )
)
SITE = """
[tenants.{0}]
fhir = [{{ base = "https://{0}.test/fhir" }}]
[tenants.{0}.trust]
issuers = ["https://{0}.test"]
jku = ["https://{0}.test/keys"]
"""


@pytest.fixture
def rule(tmp_path: Path) -> Rule:
    """A site's rule that decides by one number."""
    return load_folder(write_rule(tmp_path, code=PAGE + CODE))


def config(folder: Path, more: str = "") -> Path:
    """Two sites, the first with more."""
    file = folder / "sites.toml"
    file.write_text(SITE.format("mercy") + more + SITE.format("north"))
    return file


def test_a_number_of_the_sites_own(tmp_path: Path, rule: Rule) -> None:
    """One site has its number, the other the default."""
    file = config(tmp_path, "[tenants.mercy.thresholds.something-odd]\nlow = 25.5")
    sites = load_sites(file, Settings(), [rule]).by_id
    found = {
        name: site.catalog.rules("order-safety", "order-sign")[0].limits.low
        for name, site in sites.items()
    }
    assert found == {"mercy": 25.5, "north": 30}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("something-od]\nlow = 20", "something-od: there is none; use something-odd"),
        ("something-odd]\nhigh = 20", "something-odd.high: there is none; use low"),
        ("something-odd]\nlow = 14", "something-odd.low: write 15 to 60, in mL/min"),
        ("something-odd]\nlow = nan", "something-odd.low: write 15 to 60, in mL/min"),
        ("something-odd]\nlow = 'x'", "something-odd.low: Input should be a valid number"),
    ],
)
def test_a_number_that_cannot_be(tmp_path: Path, rule: Rule, table: str, told: str) -> None:
    """The line names the key and what may stand there."""
    file = config(tmp_path, f"[tenants.mercy.thresholds.{table}")
    with pytest.raises(ConfigurationError) as refusal:
        load_sites(file, Settings(), [rule])
    assert f"tenants.mercy.thresholds.{told}" in str(refusal.value)


async def test_sites_keep_the_rules_that_their_numbers_fit(
    tmp_path: Path, rule: Rule, caplog: pytest.LogCaptureFixture
) -> None:
    """When an edit takes a rule away that the configuration names, the sites go on as they were."""
    file = config(tmp_path, "[tenants.mercy.thresholds.something-odd]\nlow = 25")
    tenants = Tenants(Settings(config=file), [rule], lambda: NOW)
    with caplog.at_level(logging.ERROR):
        tenants.use([])
    assert "tenants keep the earlier rules: " in caplog.text
    assert tenants.gate.sites is not None
    kept = tenants.gate.sites.by_id["mercy"].catalog
    assert [r.id for r in kept.rules("order-safety", "order-sign")] == ["something-odd"]
    assert not tenants.gate.everyone.catalog.rules("order-safety", "order-sign")
    tenants.use([rule])
    assert tenants.gate.everyone.catalog.rules("order-safety", "order-sign") == [rule]
    await tenants.gate.keys.aclose()

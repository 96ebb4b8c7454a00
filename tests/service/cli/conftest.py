"""What tests of cases need: a site's directory of rules."""

from pathlib import Path

import pytest

from tests.site_rules import SiteRules


@pytest.fixture
def site(tmp_path: Path) -> SiteRules:
    """A directory with one rule and no cases yet."""
    return SiteRules(tmp_path / "our_rules")

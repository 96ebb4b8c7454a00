"""A tenant's own cells in the policy of how urgent an allergy conflict is."""

from pathlib import Path

import pytest

from tests.ehr import allergy, draft
from tests.ehr_double import EhrDouble
from tests.ehr_site import tenant


@pytest.mark.parametrize(
    ("cells", "indicators"),
    [
        ("", ["critical"]),
        ('[tenants.mercy.urgency]\n"same-class/high" = { plain = "info" }\n', ["info"]),
        ('[tenants.mercy.urgency]\n"same-class/high" = { plain = "silent" }\n', []),
        ('[tenants.mercy.urgency]\n"same-class/high" = { minor = "silent" }\n', ["critical"]),
    ],
    ids=["none", "lowered", "silenced", "another cell"],
)
async def test_a_site_has_its_own_policy(tmp_path: Path, cells: str, indicators: list[str]) -> None:
    """The cell that a site changed decides its card; a cell that is not met changes nothing."""
    double = EhrDouble()
    double.load(allergy())
    async with tenant(double, tmp_path, "", tables=cells) as site:
        answer = await site.sign(draft())
    assert [card["indicator"] for card in answer.json()["cards"]] == indicators

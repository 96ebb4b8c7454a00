"""Suggestions keep to what the tenant's EHR carries out; what they leave out is told in words.

EPIC-23, EPIC-24, ORA-03 and SBX-09 of the list of vendor behaviours the service has to live with.
"""

from pathlib import Path
from typing import Any

import pytest

from prefetch.systems import ICD10CM, RXNORM, renamed
from tests.ehr import Json, allergy, draft
from tests.ehr_double import EhrDouble
from tests.ehr_site import tenant

REMOVE = "Remove amoxicillin 500 MG Oral Capsule"
REPLACE = "Replace by clindamycin"
BY_HAND = "To do by hand, if wanted:\n\n"
LOCAL = "https://site.test/icd"
OID = "urn:oid:2.16.840.1.113883.6."


def sore_throat(system: str = ICD10CM) -> Json:
    """Amoxicillin for a streptococcal sore throat, for which there is an alternative."""
    return draft(reasonCode=[{"coding": [{"system": system, "code": "J02.0"}]}])


async def card(folder: Path, table: str = "", tables: str = "", *, reason: str = ICD10CM) -> Json:
    """The one card that a tenant gets for it."""
    double = EhrDouble()
    # what would be the second alternative is on the list already
    taken = draft(medicationCodeableConcept={"text": "azithromycin"}, id="m1", status="active")
    double.load(allergy(), taken)
    on = '[tenants.mercy.services]\norder-safety = "on"\n'
    async with tenant(double, folder, table, tables=on + tables) as site:
        answer = await site.sign(sore_throat(reason))
    (found,) = answer.json()["cards"]
    assert bool(found.get("suggestions")) == bool(found.get("selectionBehavior"))
    assert found["indicator"] == "critical"
    return dict(found)


def offers(found: Json) -> list[tuple[str, list[str]]]:
    """Each suggestion's label, with the types of its actions."""
    suggestions = found.get("suggestions", [])
    return [(s["label"], [a["type"] for a in s["actions"]]) for s in suggestions]


def systems(value: Any) -> set[str]:
    """Every code system that is named anywhere in a value."""
    found: set[str] = set()

    def note(system: str) -> str:
        found.add(system)
        return system

    renamed(value, note)
    return found


async def test_the_standard_is_the_default(tmp_path: Path) -> None:
    """A tenant that says nothing gets every suggestion, whole, and at most one to accept."""
    found = await card(tmp_path)
    assert offers(found) == [(REMOVE, ["delete"]), (REPLACE, ["delete", "create"])]
    assert found["selectionBehavior"] == "at-most-one"
    assert BY_HAND not in found["detail"]


async def test_epic_23_one_action_of_a_suggestion(tmp_path: Path) -> None:
    """EPIC-23, EPIC-24: one action each, described, of a type it has; "any" is all it knows."""
    found = await card(tmp_path, 'preset = "epic"')
    assert offers(found) == [(REMOVE, ["delete"])]
    assert found["selectionBehavior"] == "any"
    assert found["suggestions"][0]["actions"][0]["description"]
    assert found["suggestions"][0]["uuid"]
    assert found["source"]["topic"]["code"].isalnum()
    assert not {s for s in systems(found["suggestions"]) if s.startswith("http")}


async def test_never_half_of_what_a_label_says(tmp_path: Path) -> None:
    """EPIC-23: "replace" is not offered where only its first half would happen, but it is told."""
    found = await card(tmp_path, 'preset = "epic"')
    assert found["detail"].endswith(f"{BY_HAND}- {REPLACE}")
    assert "- Alternative: clindamycin" in found["detail"]


async def test_sbx_09_the_first_action_is_all(tmp_path: Path) -> None:
    """SBX-09: the sandbox stops after an action that clears its form, so nothing follows one."""
    found = await card(tmp_path, 'preset = "sandbox"')
    assert offers(found) == [(REMOVE, ["delete"])]


async def test_ora_03_no_suggestions_at_all(tmp_path: Path) -> None:
    """ORA-03: where suggestions are ignored, the card's text is complete without them."""
    found = await card(tmp_path, 'preset = "oracle-health"')
    assert offers(found) == []
    assert found["detail"].endswith(f"{BY_HAND}- {REMOVE}\n- {REPLACE}")


@pytest.mark.parametrize(
    ("types", "offered"),
    [
        ('["create"]', []),
        ('["update"]', []),
        ('["delete"]', [(REMOVE, ["delete"])]),
        ('["delete", "create"]', [(REMOVE, ["delete"]), (REPLACE, ["delete", "create"])]),
    ],
)
async def test_a_type_that_is_not_carried_out(
    tmp_path: Path, types: str, offered: list[tuple[str, list[str]]]
) -> None:
    """A suggestion needs all of its types of action; without one, it is told and not offered."""
    found = await card(tmp_path, tables=f"[tenants.mercy.actions]\ntypes = {types}")
    assert offers(found) == offered
    for label in {REMOVE, REPLACE} - {label for label, _ in offered}:
        assert label in found["detail"].partition(BY_HAND)[2]


async def test_users_who_may_take_several(tmp_path: Path) -> None:
    """Suggestions that exclude each other are not left to be ticked together."""
    found = await card(tmp_path, tables="[tenants.mercy.actions]\nat_most_one = false")
    assert offers(found) == [(REMOVE, ["delete"])]
    assert found["selectionBehavior"] == "any"
    assert found["detail"].endswith(f"{BY_HAND}- {REPLACE}")


OIDS_WANTED = "[tenants.mercy.actions]\noid_systems = true\n"
OWN_NAMES = f'[tenants.mercy.code_systems]\n"{LOCAL}" = "{ICD10CM}"\n'


@pytest.mark.parametrize(
    ("tables", "reason", "written"),
    [
        ("", ICD10CM, {RXNORM, ICD10CM}),
        (OIDS_WANTED, ICD10CM, {f"{OID}88", f"{OID}90"}),
        (OIDS_WANTED, f"{OID}90", {f"{OID}88", f"{OID}90"}),
        (OWN_NAMES, LOCAL, {RXNORM, LOCAL}),
        (OIDS_WANTED + OWN_NAMES, LOCAL, {f"{OID}88", LOCAL}),
        (
            OIDS_WANTED + OWN_NAMES + f'"urn:oid:1.2.3" = "{RXNORM}"',
            LOCAL,
            {"urn:oid:1.2.3", LOCAL},
        ),
    ],
)
async def test_what_code_systems_are_called(
    tmp_path: Path, tables: str, reason: str, written: set[str]
) -> None:
    """What we write has canonical names, or OIDs, the site's own first; what it sent, stays."""
    found = await card(tmp_path, tables=tables, reason=reason)
    assert offers(found)[1] == (REPLACE, ["delete", "create"])
    assert systems(found["suggestions"]) == written

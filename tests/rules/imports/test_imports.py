"""Imported knowledge: one file, put in place whole, asked before the shipped tables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hooks.errors import KnowledgeError
from prefetch.coding import Coding, Concept
from prefetch.systems import NDC, RXNORM, SNOMED, UNII
from rules._knowledge import Knowledge
from rules._knowledge.imports import imported
from rules._knowledge.imports.allergen_lists import read_list
from rules._knowledge.imports.database import import_list, import_release
from rules._knowledge.imports.rxnorm import read_release
from tests.rules.imports.rrf import release

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
LATER = datetime(2026, 12, 5, 8, tzinfo=UTC)
AMOXICILLIN = "723"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with the small release in it."""
    path = tmp_path / "knowledge.sqlite"
    import_small(path, release(tmp_path / "r.zip"))
    return path


def import_small(path: Path, archive: Path, now: datetime = NOW) -> None:
    """Import a release."""
    import_release(path, read_release(archive), archive.name, "2026-01-05", now)


def concept(*codings: tuple[str, str], text: str = "") -> Concept:
    """A concept of these systems and codes."""
    return Concept(tuple(Coding(system, code) for system, code in codings), text)


def in_file(folder: Path, resource: dict[str, Any]) -> Path:
    """A FHIR resource in a file."""
    path = folder / f"{resource['resourceType']}.json"
    path.write_bytes(msgspec.json.encode(resource))
    return path


@pytest.mark.parametrize(
    ("order", "ingredients"),
    [
        (concept((RXNORM, "900031")), ("900001", "900002")),
        (concept((UNII, "AB12CD34EF")), ("900001",)),
        (concept((NDC, "0001-0001-01")), ("900001",)),
        (concept(text="Alphamentin 625 mg tablet"), ("900001", "900002")),
        (concept(text="alpha acid"), ("900001",)),
        (concept((RXNORM, "308191")), (AMOXICILLIN,)),
        (concept(text="Augmentin"), ("48203", AMOXICILLIN)),
    ],
    ids=["product", "unii", "ndc", "brand", "synonym", "shipped code", "shipped name"],
)
def test_orders_are_known_by_the_release_and_the_tables(
    file: Path, order: Concept, ingredients: tuple[str, ...]
) -> None:
    """What was imported is recognised in every coding, and what ships still is."""
    found = imported(file).drug(order)
    assert found is not None
    assert found.ingredients == ingredients


def test_imported_drugs_are_searched_with_the_shipped(file: Path) -> None:
    """Search finds both, each code once."""
    know = imported(file)
    assert ("900020", "alphacillin 500 MG Oral Tablet") in know.search("alphacillin oral tablet", 5)
    assert know.search("amoxicillin 500 oral capsule", 1)[0][0] == "308191"


def test_a_conflict_across_the_release(file: Path) -> None:
    """An allergy in a synonym meets an order of an imported pack."""
    know = imported(file)
    drug = know.drug(concept((RXNORM, "900041")))
    assert drug is not None
    found = know.conflict(drug, know.allergen(concept(text="alpha acid")))
    assert found is not None
    assert found.ingredient_name == "alphacillin"


def test_a_value_set_of_allergens(file: Path, tmp_path: Path) -> None:
    """A code is what its display is known to be; what is not known is counted and left out."""
    resource = {
        "resourceType": "ValueSet",
        "url": "https://lists.test/allergens",
        "version": "7",
        "expansion": {
            "total": 3,
            "contains": [
                {"system": SNOMED, "code": "1", "display": "Allergy to alphacillin"},
                {
                    "abstract": True,
                    "contains": [{"system": SNOMED, "code": "2", "display": "Penicillins"}],
                },
                {"system": SNOMED, "code": "3", "display": "Moon dust"},
            ],
        },
    }
    found = read_list(in_file(tmp_path, resource), imported(file))
    import_list(file, found, "ValueSet.json", NOW)
    know = imported(file)
    assert know.allergen(concept((SNOMED, "1"))).ingredients == ("900001",)
    assert know.allergen(concept((SNOMED, "2"))).classes == ("penicillins",)
    assert know.allergen(concept((SNOMED, "3"))).kind == "unknown"
    assert (len(found.entries), found.unknown) == (2, 1)


def test_a_concept_map_of_allergens(file: Path, tmp_path: Path) -> None:
    """A local code is what it is mapped to as the same; wider and narrower targets are not."""
    resource = {
        "resourceType": "ConceptMap",
        "url": "https://lists.test/map",
        "group": [
            {
                "source": "https://local.test/allergens",
                "target": RXNORM,
                "element": [
                    {"code": "A", "target": [{"code": "900001", "equivalence": "equivalent"}]},
                    {"code": "B", "target": [{"code": "900001", "equivalence": "wider"}]},
                ],
            }
        ],
    }
    import_list(file, read_list(in_file(tmp_path, resource), imported(file)), "map.json", NOW)
    know = imported(file)
    local = "https://local.test/allergens"
    assert know.allergen(concept((local, "A"))).ingredients == ("900001",)
    assert know.allergen(concept((local, "B"))).kind == "unknown"


def test_the_reviewed_tables_win_over_a_list(file: Path, tmp_path: Path) -> None:
    """A list cannot change what a shipped allergen code means."""
    coded = {"system": SNOMED, "code": "91936005", "display": "Allergy to alphacillin"}
    resource = {
        "resourceType": "ValueSet",
        "compose": {"include": [{"system": SNOMED, "concept": [coded]}]},
    }
    import_list(file, read_list(in_file(tmp_path, resource), imported(file)), "v.json", NOW)
    assert imported(file).allergen(concept((SNOMED, "91936005"))).classes == ("penicillins",)


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"resourceType": "Patient"}, "found Patient"),
        (
            {"resourceType": "ValueSet", "expansion": {"total": 9, "contains": []}},
            "has 0 codes of 9",
        ),
    ],
    ids=["another resource", "a part of an expansion"],
)
def test_a_list_that_is_none_or_not_whole_is_refused(
    tmp_path: Path, resource: dict[str, Any], said: str
) -> None:
    """The message says what was found."""
    with pytest.raises(KnowledgeError, match=said):
        read_list(in_file(tmp_path, resource), Knowledge.shipped())


def test_a_new_release_takes_the_place_of_the_old(file: Path, tmp_path: Path) -> None:
    """Whoever reads goes on with the old file; opened anew, it is the new one, with its source."""
    before = imported(file)
    added = [("900099", "ENG", "RXNORM", "IN", "900099", "gammamycin", "N")]
    import_small(file, release(tmp_path / "new.zip", concepts=added), LATER)
    assert before.name("900099") == "900099"
    assert before.name("900001") == "alphacillin"
    assert imported(file).name("900099") == "gammamycin"


def test_an_import_that_fails_leaves_the_file_as_it_was(file: Path, tmp_path: Path) -> None:
    """A list that cannot be written changes nothing, and nothing is left beside the file."""
    read = read_release(release(tmp_path / "again.zip"))
    read.uniis = {None: "900001"}  # type: ignore[dict-item]  # no code: the table refuses it
    before = file.read_bytes()
    with pytest.raises(KnowledgeError, match="left as it was"):
        import_release(file, read, "again.zip", "2026-02-02", LATER)
    assert file.read_bytes() == before
    assert not list(file.parent.glob(".*"))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """No file, no database, and another format: each says how to make one."""
    none, text = tmp_path / "none.sqlite", tmp_path / "text.sqlite"
    text.write_text("hello, this is not a database at all")
    for path in (none, text):
        with pytest.raises(KnowledgeError, match="cardwise knowledge import"):
            imported(path)

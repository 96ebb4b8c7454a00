"""The shipped knowledge tables agree with each other, and the builder writes such tables."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from rules._knowledge import Knowledge, build, tables
from rules._knowledge.allergens import Allergens
from rules._knowledge.drugs import Drugs
from rules._knowledge.names import words
from rules._knowledge.terms import ShippedTerms

NAMES = (
    "ingredients",
    "products",
    "classes",
    "class_members",
    "allergens",
    "allergens_seen",
    "cross_reactivity",
    "alternatives",
    "excipients",
    "indications",
    "form_words",
    "brands",
)
STRENGTHS = {"high", "moderate", "low", "very-low", "none"}


def column(name: str, place: int) -> list[str]:
    """One column of a shipped table."""
    return [row[place] for row in tables.rows(tables.SHIPPED, name)]


INGREDIENTS = set(column("ingredients", 0))
BASES = {row[0] for row in tables.rows(tables.SHIPPED, "ingredients") if row[1] == "IN"}
CLASSES = set(column("classes", 0))
# The classes that take part in allergy.
OF_ALLERGY = Allergens(tables.SHIPPED, Drugs(tables.SHIPPED, ShippedTerms(tables.SHIPPED))).classes


def unknown(targets: Iterable[str]) -> set[str]:
    """Targets such as rxcui:723 or class:penicillins that no shipped table defines."""
    known = {f"rxcui:{code}" for code in INGREDIENTS} | {f"class:{name}" for name in CLASSES}
    return {t for t in targets if t.startswith(("rxcui:", "class:"))} - known


@pytest.mark.parametrize("path", sorted(tables.SHIPPED.glob("*.tsv")), ids=lambda path: path.stem)
def test_every_table_names_its_source(path: Path) -> None:
    """Each file begins with its provenance, and the share-alike ones say so."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert ("CC BY-SA" in path.read_text(encoding="utf-8")) == path.stem.endswith("_cc_by_sa")


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_distinct_and_complete(name: str) -> None:
    """No row stands twice, all have the same columns, and the last, the source, is given."""
    rows = list(tables.rows(tables.SHIPPED, name))
    assert len({tuple(row) for row in rows}) == len(rows)
    assert len({len(row) for row in rows}) == 1
    assert all(row[-1] for row in rows)


def test_a_code_stands_once() -> None:
    """No RxNorm code is both ingredient and product, or listed twice."""
    counts = Counter([*column("ingredients", 0), *column("products", 0)])
    assert counts.most_common(1)[0][1] == 1


@pytest.mark.parametrize(("name", "place"), [("ingredients", 3), ("products", 3), ("brands", 1)])
def test_drugs_resolve_to_shipped_ingredients(name: str, place: int) -> None:
    """Every ingredient a product or salt names is shipped."""
    assert {code for codes in column(name, place) for code in codes.split("|")} <= INGREDIENTS


def test_unii_belongs_to_one_substance() -> None:
    """No UNII stands for two base ingredients."""
    pairs = {(row[4], row[3]) for row in tables.rows(tables.SHIPPED, "ingredients") if row[4]}
    assert Counter(unii for unii, _ in pairs).most_common(1)[0][1] == 1


def test_class_members_are_base_ingredients() -> None:
    """Members are confident base ingredients of shipped classes, each once per class."""
    assert set(column("class_members", 0)) == CLASSES
    assert set(column("class_members", 1)) <= BASES
    assert set(column("class_members", 2)) <= {"high", "medium"}
    pairs = list(zip(column("class_members", 0), column("class_members", 1), strict=True))
    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize("name", ["allergens", "allergens_seen"])
def test_allergens_point_to_what_ships(name: str) -> None:
    """Targets exist, a drug has one, and no code stands twice."""
    rows = list(tables.rows(tables.SHIPPED, name))
    assert not unknown(target for row in rows for target in row[4].split("|"))
    assert all(row[4] for row in rows if row[3] == "drug")
    assert all(bool(row[5]) == (row[3] == "none-known") for row in rows)
    assert len({(row[0], row[1]) for row in rows}) == len(rows)


def test_cross_reactivity_is_cited() -> None:
    """Both ends exist, the strength is one of five, and each row has a reference."""
    rows = list(tables.rows(tables.SHIPPED, "cross_reactivity"))
    assert not unknown(end for row in rows for end in row[:2])
    assert {row[3] for row in rows} <= STRENGTHS
    assert all(row[5] for row in rows)
    assert {row[4] for row in rows} == {"", "reaction", "side-chain"}
    own = [row for row in rows if row[0].startswith("class:") and row[1].startswith("rxcui:")]
    assert own
    assert all(row[3] in {"high", "moderate", "low"} and row[6] != "low" for row in own)


def test_alternatives_are_shipped_drugs_outside_what_they_replace() -> None:
    """Each alternative bears its shipped name, is not what is avoided, and is cited."""
    members = {(f"class:{row[0]}", row[1]) for row in tables.rows(tables.SHIPPED, "class_members")}
    limits = {"not-if-severe", "not-in-pregnancy", "min-age"}
    know = Knowledge.shipped()
    for avoided, _, rxcui, name, limited, _, *source in tables.rows(tables.SHIPPED, "alternatives"):
        assert not unknown([avoided])
        assert know.name(rxcui) == name
        assert (avoided, rxcui) not in members
        assert avoided != f"rxcui:{rxcui}"
        assert {limit.partition("=")[0] for limit in limited.split()} <= limits
        label, url, fact = source
        assert label
        assert fact
        assert url.startswith("http")


def test_excipients_are_cited_and_in_products_that_there_are() -> None:
    """Each product is there by its name and ends as told; what is avoided exists; all is cited."""
    rows = list(tables.rows(tables.SHIPPED, "excipients"))
    foods = {
        target for row in tables.rows(tables.SHIPPED, "allergens") for target in row[4].split("|")
    }
    know = Knowledge.shipped()
    names = [(row[3], row[2]) for row in tables.rows(tables.SHIPPED, "products")]
    for codes, name, form, contains, avoid, only, strength, *cited in rows:
        found = sorted(map(know.name, codes.split("|")))
        assert " / ".join(found) == name
        same = "|".join(sorted(codes.split("|"), key=int))
        assert any(
            {*have.split("|")} == {*same.split("|")} and of.endswith(form) for have, of in names
        )
        assert not unknown(avoid.split("|"))
        assert {t for t in avoid.split("|") if t.startswith("food:")} <= foods
        assert contains
        assert only in ("", "severe")
        assert strength in ("high", "moderate", "none")
        assert all(cited)


def test_each_class_that_takes_part_in_allergy_has_words_for_one_member() -> None:
    """With an article, and for no other class."""
    rows = list(tables.rows(tables.SHIPPED, "class_words"))
    assert {row[0] for row in rows} == OF_ALLERGY
    assert all(re.fullmatch(r"an? \S.*", row[1]) for row in rows)


def test_indications_have_codes_and_are_used() -> None:
    """Each indication of an alternative has codes with meaning and source; no other is there."""
    rows = list(tables.rows(tables.SHIPPED, "indications"))
    used = {one for named in column("alternatives", 1) for one in named.split("|")}
    assert {row[0] for row in rows} == used
    assert all(all(row) for row in rows)
    assert len({(row[2], row[3]) for row in rows}) == len(rows)


def test_reading_a_products_own_name_never_invents_an_ingredient() -> None:
    """Read as text, 97 of 100 product names give their ingredients, almost none give others.

    Those that do name a substance that the sources list under two base ingredients.
    """
    drugs = Drugs(tables.SHIPPED, ShippedTerms(tables.SHIPPED))
    verdicts: Counter[str] = Counter()
    for _, _, name, codes, *_ in tables.rows(tables.SHIPPED, "products"):
        found = drugs.read(name)
        right = found == tuple(sorted(codes.split("|")))
        verdicts["right" if right else "other" if found else "unread"] += 1
    assert verdicts["other"] <= 20
    assert verdicts["right"] > 0.95 * verdicts.total()


def test_form_words_name_no_drug() -> None:
    """No ingredient's or brand's whole name is a word that text reading skips."""
    forms = set(column("form_words", 0))
    brands = [row[2] for row in tables.rows(tables.SHIPPED, "products") if row[1] == "BN"]
    names = [*column("ingredients", 2), *brands]
    assert not [name for name in names if words(name) and set(words(name)) <= forms]


def table(folder: Path, name: str, header: str, *rows: str) -> None:
    """Write a collected CSV file."""
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(line.split(",") for line in (header, *rows))


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """A tiny folder of collected CSV files, with a row of each kind that must stay behind."""
    table(
        tmp_path,
        "ingredients",
        "rxcui,name,tty,unii,base_in_rxcuis,status,n_sources,sources,confidence",
        "10,alpha,IN,U1,,current,2,rxnorm-20251006|cpic,high",
        "11,alpha sodium,PIN,,10,current,1,rxnorm-20251006,high",
        "20,beta,IN,U1,,current,1,ema-2025,medium",
        "30,gamma,IN,,,current,1,ohdsi,low",
        "40,delta,IN,,,current,1,ohdsi,low",
    )
    table(
        tmp_path,
        "products",
        "rxcui,tty,name,ingredient_rxcuis,status,basis,sources,confidence",
        "100,SCD,alpha 5 MG Oral Tablet,10,current,relation+name,rxnorm-20251006,high",
        "101,BN,Gammex,30,historic,relation,ohdsi,medium",
        "102,SCD,beta 1 MG Oral Film,20,current,name,ema-2025,medium",
        "103,SCD,delta 1 MG,40,current,name,ohdsi,low",
        "105,SBD,alpha 5 MG Oral Tablet [Alphax],10,current,relation,rxnorm-20251006,high",
        "106,SBD,gamma 5 MG Oral Tablet [Gammex],30,historic,relation,rxnorm-20251006,high",
        "104,SCD,omega 1 MG,99,current,name,ohdsi,high",
    )
    table(
        tmp_path,
        "classes",
        "class_id,name,member_rxcuis",
        "greeks,Greeks (curated),10|20",
        "letters,Letters (union),10|30",
        "empty,Empty,",
    )
    table(
        tmp_path,
        "class_members",
        "class_id,ingredient_rxcui,evidence,confidence",
        "greeks,10,curated,high",
        "greeks,20,atc|chem,medium",
        "greeks,40,atc,low",
    )
    table(
        tmp_path,
        "allergens",
        "system,code,display,kind,maps_to,licence,sources,confidence",
        "s,1,Alpha (substance),ingredient,rxcui:10,CC BY 4.0 (GPS),gps-2020,high",
        "s,2,Beta,ingredient,rxcui:20,SNOMED CT licence,fhir-r4-vs,high",
        "s,3,Delta,ingredient,rxcui:40,CC BY 4.0 (GPS),gps-2020,high",
        "s,4,No known food allergy (situation),none,,CC BY 4.0 (GPS),gps-2020,high",
    )
    table(
        tmp_path,
        "allergens_ips_absent",
        "system,code,display,kind,confidence",
        "ips,no-allergy-info,No information about allergies,none,high",
    )
    table(
        tmp_path,
        "cross_reactivity",
        "class_a,class_b,basis,strength,reference,confidence",
        "rxcui:10,rxcui:20,identical R1 *C=O,high,computed from SMILES; Someone 2018,high",
        "class:greeks,class:letters,risk set by R1 side chain,low,Someone 2022,medium",
        "rxcui:10,rxcui:40,identical R1,high,Someone 2018,high",
    )
    table(tmp_path, "ndc", "ndc11,rxcui", "00001000102,100", "00001000101,100", "00001000103,999")
    return tmp_path


def built(collected: Path, target: Path) -> dict[str, list[str]]:
    """Build, and return every written table's rows by file stem."""
    build.main(collected, target)
    return {
        path.stem: [line for line in path.read_text().splitlines() if not line.startswith("#")][1:]
        for path in target.glob("*.tsv")
    }


def test_build_ships_what_is_confident_and_free(collected: Path, tmp_path: Path) -> None:
    """Low, unlicensed, and dangling rows stay behind; share-alike rows stand apart."""
    found = built(collected, tmp_path / "out")
    assert found["ingredients"] == [
        "10\tIN\talpha\t10\tU1\tc\th\tcx",
        "11\tPIN\talpha sodium\t10\t\tc\th\tx",
        "30\tIN\tgamma\t30\t\tc\tl\to",
    ]
    assert found["ingredients_cc_by_sa"] == ["20\tIN\tbeta\t20\t\tc\tm\tm"]
    assert [line.split("\t")[0] for line in found["products"]] == ["100", "101", "105", "106"]
    assert found["brands"] == ["alphax\t10\tRxNorm"]
    assert [line.split("\t")[0] for line in found["products_cc_by_sa"]] == ["102"]
    assert found["classes"] == ["greeks\tGreeks", "letters\tLetters"]
    assert found["class_members"] == ["greeks\t10\thigh\tcurated", "letters\t10\thigh\tcurated"]
    assert found["class_members_cc_by_sa"] == ["greeks\t20\tmedium\tatc|chem"]


def test_build_reads_scope_and_side_chains(collected: Path, tmp_path: Path) -> None:
    """Denials get their scope, and class rows that hang on a side chain are marked."""
    found = built(collected, tmp_path / "out")
    assert found["allergens"] == [
        "ips\tno-allergy-info\tNo information about allergies\tunspecified\t\t\thigh\thl7-ips",
        "s\t1\tAlpha (substance)\tdrug\trxcui:10\t\thigh\tgps-2020",
        "s\t4\tNo known food allergy (situation)\tnone-known\t\tfood\thigh\tgps-2020",
    ]
    assert [line.split("\t")[:5] for line in found["cross_reactivity"]] == [
        ["class:greeks", "class:letters", "risk set by R1 side chain", "low", "side-chain"]
    ]
    assert [line.split("\t")[2] for line in found["cross_reactivity_cc_by_sa"]] == ["identical R1"]


def test_build_ships_the_package_codes_of_shipped_products(collected: Path, tmp_path: Path) -> None:
    """National Drug Codes are sorted, and those of products that stay behind stay behind."""
    built(collected, tmp_path / "out")
    lines = (tmp_path / "out" / "ndc.txt").read_text().split()
    assert lines == ["00001000101", "100", "00001000102", "100"]


def test_build_gives_the_same_bytes_twice(collected: Path, tmp_path: Path) -> None:
    """The output depends on nothing but the input."""
    assert built(collected, tmp_path / "one") == built(collected, tmp_path / "two")

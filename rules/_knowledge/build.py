"""Writes the shipped tables from a folder of collected CSV files: facts and sources, not the files.

Run `python -m rules._knowledge.build SOURCE_DIR`. Rows of low confidence stay behind, except an
ingredient that a confident product needs a name for. Rows that rest on share-alike sources alone
go to a `*_cc_by_sa.tsv` beside the table. The output depends on nothing but the input.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from rules._knowledge import ndc, notices, tables
from rules._knowledge.names import denial, normal, words

TABLES: Final = Path(__file__).parent / "tables"
INGREDIENT_SOURCES: Final = frozenset({"pharmgkb", "pharmgkb-2025", "ema-2025"})
CLASS_SOURCES: Final = frozenset({"atc", "chem", "medrt"})  # read through PharmGKB and DrugCentral
COMPUTED: Final = "computed from SMILES"
OPEN_LICENCES: Final = frozenset({"CC BY 4.0 (GPS)", "public domain"})
NO_INFORMATION: Final = "no-allergy-info"
BRAND: Final = re.compile(r"\[([^\[\]]+)\]$")
BRANDED: Final = frozenset({"SBD", "BPCK"})
MISREAD: Final = {
    "373206009": "a class of substances collected as one ingredient",
    "202559": "a brand of azathioprine, Imuran, collected as an ingredient",
    "404872": "a brand of azathioprine, Azasan, collected as an ingredient",
}

Row = dict[str, str]
Lines = list[Sequence[str]]


def read(source: Path, name: str) -> list[Row]:
    """All rows of a collected CSV file."""
    with (source / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(target: Path, name: str, notice: Sequence[str], header: str, lines: Lines) -> None:
    """Write one table: notice as `#` lines, one line of column names, sorted rows."""
    ordered = sorted({"\t".join(line) for line in lines}, key=_order)
    head = [f"# {line}".rstrip() for line in notice]
    text = "\n".join([*head, header.replace(" ", "\t"), *ordered])
    (target / f"{name}.tsv").write_text(text + "\n", encoding="utf-8")


def _order(line: str) -> tuple[int, str]:
    first = line.partition("\t")[0]
    return (int(first) if first.isdecimal() else 0, line)


def _confident(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["confidence"] in ("high", "medium")]


def _split(text: str) -> list[str]:
    return text.split("|") if text else []


def _letters(sources: str) -> str:
    return "".join(sorted(notices.SOURCES[source] for source in _split(sources)))


def ingredients(source: Path) -> tuple[list[Row], list[Row]]:
    """The ingredients and products to ship, each naming only ingredients that ship too."""
    rows = (row for row in read(source, "ingredients") if row["rxcui"] not in MISREAD)
    found = {row["rxcui"]: row for row in rows}
    products = _confident(read(source, "products"))
    needed = {code for row in products for code in _split(row["ingredient_rxcuis"])}
    kept = {row["rxcui"]: row for row in _confident(found.values())}
    needed |= {code for row in kept.values() for code in _split(row["base_in_rxcuis"])}
    kept |= {code: found[code] for code in needed if code in found}
    return _one_unii(kept.values()), [p for p in products if _known(p, kept)]


def _known(product: Row, kept: dict[str, Row]) -> bool:
    codes = _split(product["ingredient_rxcuis"])
    return bool(codes) and all(code in kept for code in codes)


def _one_unii(rows: Iterable[Row]) -> list[Row]:
    """Leave a UNII, which FDA gives to one substance, on the best attested of rival ingredients."""
    best: dict[str, Row] = {}
    ranked = sorted(rows, key=_attested)
    for row in ranked:
        best.setdefault(row["unii"], row)
    return [row | {"unii": row["unii"] if _same(row, best[row["unii"]]) else ""} for row in ranked]


def _attested(row: Row) -> tuple[bool, bool, int, int]:
    doubt = (row["confidence"] != "high", row["status"] != "current")
    return (*doubt, -int(row["n_sources"]), int(row["rxcui"]))


def _base(row: Row) -> str:
    return row["base_in_rxcuis"] or row["rxcui"]


def _same(row: Row, other: Row) -> bool:
    return _base(row) == _base(other)


def build_drugs(source: Path, target: Path) -> set[str]:
    """Write ingredients, products and form words; return the codes of the base ingredients."""
    rows, products = ingredients(source)
    header = "rxcui tty name base_rxcuis unii status confidence sources"
    _write_split(target, "ingredients", header, [(_share_alike(r), _ingredient(r)) for r in rows])
    header = "rxcui tty name ingredient_rxcuis status confidence basis sources"
    _write_split(target, "products", header, [(_share_alike(p), _product(p)) for p in products])
    write(target, "brands", notices.BRANDS, "name ingredient_rxcuis source", brands(products))
    names = [p["name"] for p in products if p["tty"] == "SCD" and p["status"] == "current"]
    forms: Lines = [(word, "RxNorm") for word in form_words(names, rows)]
    write(target, "form_words", notices.FORM_WORDS, "word source", forms)
    return {r["rxcui"] for r in rows if not r["base_in_rxcuis"]}


def _share_alike(row: Row) -> bool:
    return set(_split(row["sources"])) <= INGREDIENT_SOURCES


def _write_split(
    target: Path, name: str, header: str, lines: Iterable[tuple[bool, Sequence[str]]]
) -> None:
    """Write a table, and its share-alike rows as a table of their own when there are any."""
    known = list(lines)
    write(
        target, name, notices.HEADERS[name], header, [line for shared, line in known if not shared]
    )
    if shared := [line for shared, line in known if shared]:
        notice = [*notices.HEADERS[name], *notices.SHARE_ALIKE]
        write(target, f"{name}_cc_by_sa", notice, header, shared)


def _ingredient(row: Row) -> list[str]:
    head = [row["rxcui"], row["tty"], row["name"], _base(row), row["unii"]]
    return [*head, row["status"][0], row["confidence"][0], _letters(row["sources"])]


def _product(row: Row) -> list[str]:
    head = [row["rxcui"], row["tty"], row["name"], row["ingredient_rxcuis"]]
    basis = "".join(sorted(part[0] for part in row["basis"].split("+")))
    return [*head, row["status"][0], row["confidence"][0], basis, _letters(row["sources"])]


def brands(products: Iterable[Row]) -> Lines:
    """Brands that have no code here but end a product's name, all its products agreeing."""
    coded = {normal(row["name"]) for row in products if row["tty"] == "BN"}
    found: dict[str, set[str]] = defaultdict(set)
    for row in products:
        if row["tty"] in BRANDED and (brand := BRAND.search(row["name"])):
            found[normal(brand[1])].add(row["ingredient_rxcuis"])
    return [
        (name, next(iter(codes)), "RxNorm")
        for name, codes in found.items()
        if len(codes) == 1 and name not in coded
    ]


def form_words(names: Iterable[str], ingredients: Iterable[Row]) -> set[str]:
    """Words that follow a strength in RxNorm's clinical drug names and name no ingredient."""
    substances = {word for row in ingredients for word in words(row["name"])}
    found: set[str] = set()
    for name in names:
        found.update(_after_strength(words(name)) if " / " not in name else ())
    return {word for word in found if word.isalpha()} - (substances - notices.FORMS_IN_NAMES)


def _after_strength(name: list[str]) -> list[str]:
    last = max((place for place, word in enumerate(name) if word.isdecimal()), default=len(name))
    return name[last + 1 :] if last else []


def build_classes(source: Path, target: Path, known: set[str]) -> set[str]:
    """Write classes and their members among the shipped ingredients; return the class ids."""
    classes, listed = read(source, "classes"), _confident(read(source, "class_members"))
    members = [m for m in [*listed, *_unions(classes, listed)] if m["ingredient_rxcui"] in known]
    ids = {m["class_id"] for m in members}
    lines: Lines = [_class(row) for row in classes if row["class_id"] in ids]
    write(target, "classes", notices.HEADERS["classes"], "class name", lines)
    split = [(set(_split(m["evidence"])) <= CLASS_SOURCES, _member(m)) for m in members]
    header = "class ingredient_rxcui confidence evidence"
    _write_split(target, "class_members", header, split)
    return ids


def _class(row: Row) -> list[str]:
    return [row["class_id"], row["name"].partition(" (")[0]]  # without the collector's remark


def _unions(classes: Iterable[Row], listed: list[Row]) -> Iterator[Row]:
    """Members of classes that only unite others: each keeps the evidence it has elsewhere."""
    own = {row["class_id"] for row in listed}
    first = {row["ingredient_rxcui"]: row for row in reversed(listed)}
    for union in (c for c in classes if c["class_id"] not in own):
        codes = _split(union["member_rxcuis"])
        yield from (first[c] | {"class_id": union["class_id"]} for c in codes if c in first)


def _member(row: Row) -> list[str]:
    return [row["class_id"], row["ingredient_rxcui"], row["confidence"], row["evidence"]]


def build_allergens(source: Path, target: Path, known: set[str]) -> None:
    """Write the allergen codes that may ship and whose targets ship."""
    rows = [r for r in _confident(read(source, "allergens")) if r["licence"] in OPEN_LICENCES]
    rows = [r for r in rows if r["code"] not in MISREAD and _resolves(r, known)]
    absent = [
        r | {"maps_to": "", "sources": "hl7-ips"} for r in read(source, "allergens_ips_absent")
    ]
    header = "system code display kind targets scope confidence source"
    lines: Lines = [_allergen(row) for row in [*rows, *absent]]
    write(target, "allergens", notices.HEADERS["allergens"], header, lines)


def _resolves(row: Row, known: set[str]) -> bool:
    targets = [t for t in _split(row["maps_to"]) if t.startswith(("rxcui:", "class:"))]
    return all(target.partition(":")[2] in known for target in targets)


def _allergen(row: Row) -> list[str]:
    kind = {"ingredient": "drug", "class": "drug", "none": "none-known"}.get(
        row["kind"], row["kind"]
    )
    kind = "unspecified" if row["code"] == NO_INFORMATION else kind
    scope = denial(row["display"]) if kind == "none-known" else ""
    head = [row["system"], row["code"], row["display"], kind, row["maps_to"], scope]
    return [*head, row["confidence"], row["sources"]]


def build_reactions(source: Path, target: Path, known: set[str]) -> None:
    """Write cross-reactivity between shipped ingredients or classes."""
    header = "a b basis strength only_with reference confidence"
    rows = [
        r for r in read(source, "cross_reactivity") if _side(r, "a", known) and _side(r, "b", known)
    ]
    lines = [(COMPUTED in row["reference"], _reaction(row)) for row in rows]
    _write_split(target, "cross_reactivity", header, lines)


def _side(row: Row, side: str, known: set[str]) -> bool:
    return row[f"class_{side}"].partition(":")[2] in known


def _reaction(row: Row) -> list[str]:
    conditions = {"risk set by R1 side chain": "side-chain", "COX-1 inhibition": "reaction"}
    only = next((name for words, name in conditions.items() if words in row["basis"]), "")
    basis = row["basis"].partition(" *")[0]  # without the structure's SMILES
    head = [row["class_a"], row["class_b"], basis, row["strength"], only]
    return [*head, row["reference"], row["confidence"]]


def build_ndc(source: Path, target: Path) -> None:
    """Write the National Drug Codes of shipped products, in lines of one width."""
    shipped = {row[0] for row in tables.rows(target, "products")}
    lines = [ndc.line(r["ndc11"], r["rxcui"]) for r in read(source, "ndc") if r["rxcui"] in shipped]
    (target / "ndc.txt").write_bytes(b"".join(sorted(lines)))


def main(source: Path, target: Path = TABLES) -> None:
    """Build every generated table."""
    target.mkdir(parents=True, exist_ok=True)
    known = build_drugs(source, target)
    known |= build_classes(source, target, known)
    build_allergens(source, target, known)
    build_reactions(source, target, known)
    build_ndc(source, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

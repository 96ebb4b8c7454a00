"""A made RxNorm release, of the prescribable one's structure and size, from the shipped tables."""

from collections import defaultdict
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import count, cycle
from pathlib import Path
from typing import Final, NamedTuple, ParamSpec, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile

from rules._knowledge import tables
from rules._knowledge.tables import SHIPPED
from rules._knowledge.terms import Ingredients, Term, base_of

# Bytes of each file in the prescribable release.
SIZES: Final = {"RXNCONSO": 30_000_000, "RXNREL": 195_000_000, "RXNSAT": 275_000_000}
# Both names of each relation that leads to ingredients; a release has both rows.
INVERSE: Final = {
    "consists_of": "constitutes",
    "contains": "contained_in",
    "form_of": "has_form",
    "has_ingredient": "ingredient_of",
    "has_part": "part_of",
    "isa": "inverse_isa",
    "tradename_of": "has_tradename",
}
_STRAIGHT: Final = {  # types that lead to ingredients in one step
    "PIN": "form_of",
    "MIN": "has_part",
    "BN": "tradename_of",
    "SCDC": "has_ingredient",
    "SCDF": "has_ingredient",
}
P = ParamSpec("P")
T = TypeVar("T")


class Shipped(NamedTuple):
    """What the shipped tables hold, by code, each with its base ingredients.

    Attributes:
        ingredients: ingredients, salts and combinations.
        products: products, brands and packs.
        official: those products whose ingredients were read from RxNorm's relations.
        uniis: the ingredients of each UNII.
        ndcs: the product of each National Drug Code.
    """

    ingredients: dict[str, Term]
    products: dict[str, Term]
    official: dict[str, Ingredients]
    uniis: dict[str, str]
    ndcs: dict[str, str]

    @classmethod
    def read(cls) -> "Shipped":
        """Read the tables; salts without a known ingredient lead nowhere, and stay out."""
        rows = list(tables.rows(SHIPPED, "ingredients"))
        known = {code for code, tty, *_ in rows if tty == "IN"}
        rows = [row for row in rows if known.issuperset(base_of(row[3]))]
        products = list(tables.rows(SHIPPED, "products"))
        lines = (SHIPPED / "ndc.txt").read_text(encoding="ascii").splitlines()
        return cls(
            {code: Term(tty, name, base_of(base)) for code, tty, name, base, *_ in rows},
            {code: Term(tty, name, base_of(base)) for code, tty, name, base, *_ in products},
            {row[0]: base_of(row[3]) for row in products if "r" in row[6]},
            {row[4]: row[0] for row in rows if row[4]},
            dict(line.split() for line in lines),
        )


class Rrf:
    """Rows of RRF files, each with an identifier of its own."""

    def __init__(self) -> None:
        self._ids = count(1_000_000)

    def atom(self, rxcui: str, source: str, name: str, suppress: str = "N") -> str:
        """A row of RXNCONSO; `source` is its SAB, TTY and CODE."""
        return f"{rxcui}|ENG||||||{next(self._ids)}||||{source}|{name}||{suppress}|4096|\n"

    def relation(self, subject: str, name: str, target: str, source: str = "RXNORM") -> str:
        """A row of RXNREL, which is read from right to left."""
        number = next(self._ids)
        return f"{target}||CUI|RO|{subject}||CUI|{name}|{number}||{source}|||||4096|\n"

    def between_atoms(self, name: str, source: str) -> str:
        """A row of RXNREL that ties two atoms."""
        one, other = next(self._ids), next(self._ids)
        return f"|{one}|AUI|SY||{other}|AUI|{name}|{other}||{source}|||||4096|\n"

    def attribute(self, rxcui: str, name: str, value: str, suppress: str = "N") -> str:
        """A row of RXNSAT; `name` is its ATN and SAB."""
        number = next(self._ids)
        return f"{rxcui}|||{number}|AUI|{rxcui}|||{name}|{value}|{suppress}|4096|\n"


class Concepts:
    """The shipped concepts, and those between them and their ingredients, with the relations."""

    def __init__(self, shipped: Shipped) -> None:
        self.terms = shipped.ingredients | shipped.products
        self.relations: list[tuple[str, str, str]] = []
        self._codes = count(max(map(int, self.terms)) + 1)
        self._found = {term: code for code, term in self.terms.items()}
        self._brands = {term.name: code for code, term in self.terms.items() if term.tty == "BN"}
        self._components: dict[Ingredients, list[str]] = defaultdict(list)
        for code, term in self.terms.items():
            if term.tty == "SCDC":
                self._components[term.base].append(code)
        for code, term in list(self.terms.items()):
            self._lead(code, term)

    def _lead(self, code: str, term: Term) -> None:
        """Relate a concept to those it leads to."""
        tty, name, base = term
        if tty in _STRAIGHT:
            steps = [(_STRAIGHT[tty], one) for one in base]
        elif tty == "SCD":
            steps = [("consists_of", self._component(one, name)) for one in base]
            steps.append(("isa", self._code(Term("SCDF", f"{name} (form)", base))))
        elif tty == "SBDC":
            steps = [("tradename_of", self._component(one, name)) for one in base]
        elif tty in ("SBD", "BPCK", "GPCK"):
            steps = list(self._branded(term) if tty == "SBD" else self._packed(term))
        else:
            steps = []
        self.relations.extend((code, relation, target) for relation, target in steps)

    def _branded(self, term: Term) -> Iterator[tuple[str, str]]:
        name, _, brand = term.name.removesuffix("]").rpartition(" [")
        yield "has_ingredient", self._brand(brand, term.base)
        yield "tradename_of", self._code(Term("SCD", name, term.base))
        yield "consists_of", self._code(Term("SBDC", f"{term.name} (component)", term.base))

    def _packed(self, term: Term) -> Iterator[tuple[str, str]]:
        """A tablet of each ingredient."""
        brand = term.name.rpartition("[")[2] if term.tty == "BPCK" else ""
        if brand:
            yield "has_ingredient", self._brand(brand.removesuffix("]"), term.base)
        for one in term.base:
            name = f"{self.terms[one].name} 1 MG Oral Tablet"
            tablet = Term("SBD", f"{name} [{brand}", (one,)) if brand else Term("SCD", name, (one,))
            yield "contains", self._code(tablet)

    def _component(self, ingredient: str, product: str) -> str:
        """The component with the product's strength, else any of the ingredient."""
        known = self._components[ingredient,]
        if not known:
            known.append(
                self._code(Term("SCDC", f"{self.terms[ingredient].name} 1 MG", (ingredient,)))
            )
        return next((code for code in known if self.terms[code].name in product), known[0])

    def _brand(self, name: str, base: Ingredients) -> str:
        if name not in self._brands:
            self._brands[name] = self._code(Term("BN", name, base))
        return self._brands[name]

    def _code(self, term: Term) -> str:
        """The code of a concept; one beyond the shipped ones when they do not have it."""
        if term not in self._found:
            self._found[term] = code = str(next(self._codes))
            self.terms[code] = term
            self._lead(code, term)
        return self._found[term]


class Release:
    """A release: of each file the rows to be imported, and further rows without end."""

    def __init__(self, shipped: Shipped) -> None:
        self._shipped = shipped
        self._rrf = Rrf()
        self._concepts = Concepts(shipped)

    def write(self, path: Path, part: float) -> None:
        """Write the zip, with this part of a real one's further rows."""
        files = {
            "RXNCONSO": (self._atoms(), self._other_atoms()),
            "RXNREL": (self._relations(), self._other_relations()),
            "RXNSAT": (self._attributes(), self._other_attributes()),
        }
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            archive.writestr("scripts/mysql/Table_scripts_mysql_rxn.sql", "-- tables\n")
            for name, (rows, others) in files.items():
                with archive.open(f"rrf/{name}.RRF", "w") as file:
                    text = TextIOWrapper(file, "utf-8", newline="\n")
                    text.writelines(_among(list(rows), others, SIZES[name], part))
                    text.flush()

    def _atoms(self) -> Iterator[str]:
        for code, term in self._concepts.terms.items():
            yield self._rrf.atom(code, f"RXNORM|{term.tty}|{code}", term.name)
        for unii, code in self._shipped.uniis.items():
            yield self._rrf.atom(code, f"MTHSPL|SU|{unii}", self._concepts.terms[code].name.upper())

    def _relations(self) -> Iterator[str]:
        for code, relation, target in self._concepts.relations:
            yield self._rrf.relation(code, relation, target)
            yield self._rrf.relation(target, INVERSE[relation], code)

    def _attributes(self) -> Iterator[str]:
        for ndc, code in self._shipped.ndcs.items():
            yield self._rrf.attribute(code, "NDC|RXNORM", ndc)

    def _other_atoms(self) -> Iterator[str]:
        """Withdrawn names of RxNorm's own, other names of products, and names of other sources."""
        for number, (code, term) in enumerate(cycle(self._concepts.terms.items())):
            yield self._rrf.atom(code, f"RXNORM|IN|{code}", term.name.title(), "OY"[number % 2])
            yield self._rrf.atom(code, f"VANDF|CD|{number:07}", term.name.upper())
            yield self._rrf.atom(code, f"MTHSPL|DP|{number:010}", f"{term.name} [label]")
            yield self._rrf.atom(code, f"ATC|IN|X{number % 99:02}XX01", term.name)
            yield self._rrf.atom(code, f"RXNORM|PSN|{code}", term.name)

    def _other_relations(self) -> Iterator[str]:
        """Relations to other concepts: not towards ingredients, or as another source has them."""
        leading = cycle(INVERSE)
        for code, other in _pairs(list(self._concepts.terms)):
            yield self._rrf.relation(code, "has_dose_form", other)
            yield self._rrf.relation(other, "quantified_form_of", code)
            yield self._rrf.relation(code, "has_ingredients", other)
            yield self._rrf.relation(code, next(leading), other, "MTHSPL")
            yield self._rrf.between_atoms("has_active_ingredient", "MTHSPL")
            yield self._rrf.between_atoms("", "RXNORM")

    def _other_attributes(self) -> Iterator[str]:
        """What else is said of products, withdrawn NDCs, and NDCs as another source has them."""
        for (ndc, code), (_, other) in _pairs(list(self._shipped.ndcs.items())):
            label = f"{int(ndc):032x}"
            yield self._rrf.attribute(other, "NDC|RXNORM", ndc, "O")
            yield self._rrf.attribute(other, "NDC|MTHSPL", f"{ndc[:5]}-{ndc[5:9]}-{ndc[9:]}")
            yield self._rrf.attribute(other, "NDC|VANDF", f"0{ndc}")
            yield self._rrf.attribute(code, "RXN_AVAILABLE_STRENGTH|RXNORM", "500 MG / 125 MG")
            yield self._rrf.attribute(code, "RXN_HUMAN_DRUG|RXNORM", "US")
            yield self._rrf.attribute(code, "SPL_SET_ID|MTHSPL", label)
            yield self._rrf.attribute(code, "DM_SPL_ID|MTHSPL", ndc)
            yield self._rrf.attribute(code, "LABELER|MTHSPL", "A Labeler of Drugs, Inc.")


def _pairs(each: list[T]) -> Iterator[tuple[T, T]]:
    """Each with one that has little to do with it, again and again."""
    return zip(cycle(each), cycle(reversed(each)), strict=True)


def _among(rows: list[str], others: Iterator[str], size: int, part: float) -> Iterator[str]:
    """The rows, with others evenly among them: so many as make up the size, or this part of it."""
    lack = part * (size - sum(map(len, rows)))
    written = 0
    for place, row in enumerate(rows, 1):
        yield row
        while written * len(rows) < lack * place:
            other = next(others)
            yield other
            written += len(other)


def make(path: Path, part: float) -> None:
    """Make a release of the shipped tables."""
    Release(Shipped.read()).write(path, part)

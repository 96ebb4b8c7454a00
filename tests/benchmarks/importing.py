"""`python -m tests.benchmarks.importing [RELEASE.zip]`: import an RxNorm release of full size.

Without a release, one of the prescribable release's structure and size is made of the shipped
tables: their concepts, led to ingredients by RxNorm's relations, among rows that an import must
not take. What was imported is then compared with the tables, without anything behind it. A made
release must come back equal, else the exit status is 1; with NLM's own, what differs is to be read:
real changes since the tables' release, and mistakes.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple, ParamSpec, TypeVar
from zipfile import ZipFile

from prefetch.coding import Coding, Concept
from prefetch.systems import NDC, RXNORM, SNOMED, UNII
from rules._knowledge.drugs import Drugs
from rules._knowledge.imports.terms import ImportedTerms
from rules._knowledge.tables import SHIPPED
from rules._knowledge.terms import Ingredients, Term
from service.cli.importing import import_file
from service.knowledge import KnowledgeInUse
from tests.benchmarks.rxnorm_release import SIZES, Shipped, make
from tests.benchmarks.startup import resident

SMALL: Final = 0.1
STARTS: Final = 5
SHOWN: Final = 10
ASKED: Final = (  # what a service may be asked first
    Concept((Coding(RXNORM, "308191"),)),
    Concept((Coding(NDC, "0002-0152-01"),)),
    Concept((Coding(SNOMED, "91936005"),)),
    Concept(text="Augmentin 875 mg tablet"),
)
P = ParamSpec("P")
T = TypeVar("T")


class Import(NamedTuple):
    """What an import said, its seconds, and the most megabytes it held."""

    told: str
    seconds: float
    megabytes: float


def measure(release: Path, into: Path) -> Import:
    """Import a release, as `cardwise knowledge import` does."""
    began = time.perf_counter()
    told = import_file(release, into, lambda _file, _lines: None)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Import(told, seconds, peak / (1024**2 if sys.platform == "darwin" else 1024))


class Nothing:
    """Knows no terms: what stands behind an imported file that is to answer alone."""

    longest = 0

    def term(self, _rxcui: str) -> Term | None:
        """No code stands for anything."""
        return None

    def named(self, _name: str) -> Ingredients:
        """No name is known."""
        return ()

    def unii(self, _code: str) -> Ingredients:
        """No UNII is known."""
        return ()

    def ndc(self, _code: str) -> str:
        """No National Drug Code is known."""
        return ""

    def names(self) -> Iterator[tuple[str, str]]:
        """None."""
        return iter(())


class Compared(NamedTuple):
    """How codes of one kind came back: how many equal, which not, and how many not at all."""

    kind: str
    equal: int
    different: list[str]
    missing: int


def compare(path: Path) -> list[Compared]:
    """Ask an imported file for all that the tables hold."""
    shipped = Shipped.read()
    terms = ImportedTerms(path, Nothing())
    drugs = Drugs(SHIPPED, terms)
    its = shipped.ingredients | shipped.products
    expected = {
        ("products", RXNORM): shipped.official,
        ("ingredients", RXNORM): {code: term.base for code, term in shipped.ingredients.items()},
        ("UNIIs", UNII): {unii: its[code].base for unii, code in shipped.uniis.items()},
        ("NDCs", NDC): {ndc: its[code].base for ndc, code in shipped.ndcs.items()},
    }
    found = [
        _compared(kind, codes, {code: drugs.coded(Coding(system, code)) for code in codes})
        for (kind, system), codes in expected.items()
    ]
    terms.close()
    return found


def _compared(
    kind: str, expected: dict[str, Ingredients], found: dict[str, Ingredients]
) -> Compared:
    different = [
        f"{code}: {'|'.join(base)} in the tables, {'|'.join(found[code])} in the release"
        for code, base in expected.items()
        if found[code] not in ((), base)
    ]
    missing = sum(not base for base in found.values())
    return Compared(kind, len(expected) - len(different) - missing, different, missing)


def answer(path: Path | None) -> float:
    """Open the knowledge in use, ask it a few things, and return its resident megabytes."""
    knowledge = KnowledgeInUse(path).read()
    for concept in ASKED:
        drug, allergen = knowledge.drug(concept), knowledge.allergen(concept)
        if drug is not None:
            knowledge.conflict(drug, allergen)
    return resident(os.getpid())


def starts(path: Path) -> Iterator[str]:
    """Start processes that answer from the file and from the tables, in turns."""
    figures: dict[Path | None, list[tuple[float, float]]] = {path: [], None: []}
    for _ in range(STARTS):
        for each, found in figures.items():
            began = time.perf_counter()
            megabytes = _apart(answer, each)
            found.append((time.perf_counter() - began, megabytes))
    with_file, shipped = ([median(each) for each in zip(*f, strict=True)] for f in figures.values())
    measures = ("start to answers", "s"), ("resident after", "MB")
    for (name, unit), one, other in zip(measures, with_file, shipped, strict=True):
        yield f"{name:<20}{one:.2f} {unit}, shipped {other:.2f} {unit}: {one / other:.2f}"


def _apart(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function returns that runs in a fresh process.

    A system may count what its parent held as the child's own peak, so nothing large is done here.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def main() -> int:
    """Make a release unless one is given, import it, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.importing")
    parser.add_argument("release", type=Path, nargs="?", help="NLM's zip; made if not given")
    parser.add_argument("--small", action="store_true", help="make a tenth of the further rows")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        release = options.release or Path(folder, "RxNorm_made.zip")
        if not options.release:
            began = time.perf_counter()
            _apart(make, release, SMALL if options.small else 1)
            _say([f"{'made in':<20}{time.perf_counter() - began:.1f} s"])
        equal = _report(release, Path(folder, "knowledge.sqlite"))
    return 0 if equal or options.release else 1


def _report(release: Path, file: Path) -> bool:
    """Print how the import went; return whether all came back equal."""
    with ZipFile(release) as archive:
        sizes = {Path(each.filename).stem: each.file_size for each in archive.infolist()}
    inside = ", ".join(f"{name} {_megabytes(sizes[name])}" for name in SIZES if name in sizes)
    _say([f"{'release':<20}{_megabytes(release.stat().st_size)}: {inside}"])
    found = _apart(measure, release, file)
    _say(
        [
            f"{'import':<20}{found.seconds:.1f} s, {found.megabytes:.0f} MB resident at most",
            f"{'imported':<20}{found.told}, {_megabytes(file.stat().st_size)} in SQLite",
        ]
    )
    compared = _apart(compare, file)
    for kind, equal, different, missing in compared:
        _say([f"{kind:<20}{equal} equal, {len(different)} different, {missing} missing"])
        _say(f"  {each}" for each in different[:SHOWN])
    _say(starts(file))
    return not any(each.different or each.missing for each in compared)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

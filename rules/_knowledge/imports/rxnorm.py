"""RxNorm releases: the RRF files in NLM's zip, read into concepts with their base ingredients.

Format: NLM, "RxNorm Technical Documentation", sections on RXNCONSO, RXNREL and RXNSAT. Fields are
split by `|` and never quoted; each line ends with one. A row of RXNREL reads from right to left:
RXCUI2 RELA RXCUI1.
"""

import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import IO, Final
from zipfile import BadZipFile, ZipFile

from hooks.errors import KnowledgeError
from rules._knowledge.terms import Ingredients, Term

# By which relation each type of concept leads to its ingredients.
_ROUTES: Final = {
    "PIN": "form_of",
    "MIN": "has_part",
    "BN": "tradename_of",
    "SCDC": "has_ingredient",
    "SCDF": "has_ingredient",
    "SCDG": "has_ingredient",
    "SCD": "consists_of",
    "SBDC": "tradename_of",
    "SBDF": "tradename_of",
    "SBDG": "tradename_of",
    "SBD": "tradename_of",
    "GPCK": "contains",
    "BPCK": "contains",
}
_KEPT: Final = frozenset({"IN", *_ROUTES})
_SYNONYMS: Final = frozenset({"SY", "TMSY"})
_NAMING: Final = frozenset({"IN", "PIN", "BN"})  # only these names say a drug and nothing more
_UNII: Final = re.compile(r"[A-Z0-9]{10}")
_NDC: Final = re.compile(r"\d{11}")
_DEEPEST: Final = 8  # a pack holds branded products: four steps
_FIELDS: Final = {"CONSO": 18, "REL": 16, "SAT": 13}
# The columns that are read of RXNREL and RXNSAT; some 7 million rows, so by the shortest way.
_OF_RELATION: Final = itemgetter(0, 4, 7, 10, 14)
_OF_ATTRIBUTE: Final = itemgetter(0, 8, 9, 10, 11)
_GONE: Final = frozenset({"O", "E", "Y"})  # SUPPRESS: obsolete, or not to be used; else N or empty
_OFTEN: Final = 200_000  # lines between two reports of progress
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Release:
    """What was read of a release.

    Attributes:
        terms: each concept, by its code.
        synonyms: further names, each with the code it names.
        uniis: substances' UNIIs with the code of their ingredient.
        ndcs: National Drug Codes (11 digits) with the code of their product.
    """

    terms: dict[str, Term] = field(default_factory=dict)
    synonyms: list[tuple[str, str]] = field(default_factory=list)
    uniis: dict[str, str] = field(default_factory=dict)
    ndcs: dict[str, str] = field(default_factory=dict)


def read_release(path: Path, progress: Progress = lambda _file, _lines: None) -> Release:
    """Read NLM's full or prescribable zip.

    Args:
        path: the zip, as it was downloaded.
        progress: told now and then how many lines of which file were read.

    Raises:
        KnowledgeError: it is no such zip; says what was expected and found.
    """
    try:
        with ZipFile(path) as archive:
            release = Release()
            named = _concepts(_rows(archive, "CONSO", progress), release)
            steps = _steps(_rows(archive, "REL", progress), named)
            _attributes(_rows(archive, "SAT", progress), named, release)
    except (BadZipFile, OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path}: expected NLM's RxNorm zip; {error}") from None
    for code, (tty, name) in named.items():
        if base := _base(code, named, steps):
            release.terms[code] = Term(tty, name, base)
    if not release.terms:
        raise KnowledgeError(f"{path}: its RRF files hold no RxNorm concept with an ingredient")
    return release


Named = dict[str, tuple[str, str]]
Steps = dict[str, set[str]]


def _member(archive: ZipFile, name: str) -> str:
    """The path of a file in the zip: in `rrf/`, not in the `prescribe/` copy beside it."""
    found = [n for n in archive.namelist() if n.upper().endswith(f"RXN{name}.RRF")]
    if not found:
        raise KnowledgeError(
            f"{archive.filename}: expected RXN{name}.RRF in it, as in RxNorm_full_*.zip or "
            "RxNorm_full_prescribe_*.zip"
        )
    return min(found, key=lambda n: ("prescribe" in n.lower(), len(n)))


def _rows(archive: ZipFile, name: str, progress: Progress) -> Iterator[list[str]]:
    """The rows of one file, split; `progress` is told of them."""
    member = _member(archive, name)
    with archive.open(member) as file:
        yield from _split(file, member, _FIELDS[name], progress)


def _split(file: IO[bytes], member: str, fields: int, progress: Progress) -> Iterator[list[str]]:
    number = 0
    for number, line in enumerate(io.TextIOWrapper(file, "utf-8", newline="\n"), 1):
        if number % _OFTEN == 0:
            progress(member, number)
        row = line.rstrip("\r\n").split("|")
        if len(row) < fields:
            raise KnowledgeError(
                f"{member} line {number}: expected {fields} fields or more, found {len(row)}; "
                "was the download cut off?"
            )
        yield row
    progress(member, number)


def _concepts(rows: Iterator[list[str]], release: Release) -> Named:
    """Every kept concept; synonyms and UNIIs go to the release."""
    named: Named = {}
    synonyms: list[tuple[str, str]] = []
    for row in rows:
        code, language, source, tty, its_code, name, suppressed = (
            row[place] for place in (0, 1, 11, 12, 13, 14, 16)
        )
        if language != "ENG" or suppressed != "N":
            continue
        if source == "RXNORM" and tty in _KEPT:
            named[code] = (tty, name)
        elif source == "RXNORM" and tty in _SYNONYMS:
            synonyms.append((name, code))
        elif source == "MTHSPL" and tty == "SU" and _UNII.fullmatch(its_code):
            release.uniis[its_code] = code
    release.synonyms = [(n, c) for n, c in synonyms if c in named and named[c][0] in _NAMING]
    return named


def _steps(rows: Iterator[list[str]], named: Named) -> Steps:
    """From each concept to those that its type's relation leads to."""
    steps: Steps = defaultdict(set)
    for row in rows:
        target, code, relation, source, suppressed = _OF_RELATION(row)
        if source != "RXNORM" or suppressed in _GONE or code not in named:
            continue
        if _ROUTES.get(named[code][0]) == relation:
            steps[code].add(target)
    return steps


def _attributes(rows: Iterator[list[str]], named: Named, release: Release) -> None:
    for row in rows:
        code, attribute, source, value, suppressed = _OF_ATTRIBUTE(row)
        if attribute == "NDC" and source == "RXNORM" and suppressed == "N" and code in named:
            digits = value.replace("-", "")
            if _NDC.fullmatch(digits):
                release.ndcs[digits] = code


def _base(code: str, named: Named, steps: Steps) -> Ingredients:
    """The base ingredients; none when the release leads nowhere, or only part of the way."""
    reached, todo = set(), {code}
    for _ in range(_DEEPEST):
        ends = {each for each in todo if each in named and named[each][0] == "IN"}
        reached |= ends
        todo -= ends
        if not todo:
            return tuple(sorted(reached))
        if any(each not in steps for each in todo):
            return ()
        todo = {further for each in todo for further in steps[each]}
    return ()

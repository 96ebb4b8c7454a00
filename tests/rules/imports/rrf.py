"""A small RxNorm release as NLM zips it, for tests: made-up codes, real structure."""

from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

# code, type, name
CONCEPTS = [
    ("900001", "IN", "alphacillin"),
    ("900002", "IN", "betavulanate"),
    ("900003", "PIN", "alphacillin sodium"),
    ("900004", "MIN", "alphacillin / betavulanate"),
    ("900010", "SCDC", "alphacillin 500 MG"),
    ("900011", "SCDC", "betavulanate 125 MG"),
    ("900020", "SCD", "alphacillin 500 MG Oral Tablet"),
    ("900021", "SCD", "alphacillin 500 MG / betavulanate 125 MG Oral Tablet"),
    ("900022", "SCDF", "alphacillin Oral Tablet"),
    ("900030", "BN", "Alphamentin"),
    ("900031", "SBD", "alphacillin 500 MG / betavulanate 125 MG Oral Tablet [Alphamentin]"),
    ("900040", "GPCK", "{14 (alphacillin 500 MG Oral Tablet) } Pack"),
    ("900041", "BPCK", "Alphapack"),
    ("900050", "SCD", "a product that leads nowhere any more"),
]
# subject, relation, object, as a person says it; last, what suppresses it
RELATIONS: list[tuple[str, ...]] = [
    ("900003", "form_of", "900001"),
    ("900004", "has_part", "900001"),
    ("900004", "has_part", "900002"),
    ("900010", "has_ingredient", "900001"),
    ("900010", "has_precise_ingredient", "900003"),
    ("900011", "has_ingredient", "900002"),
    ("900020", "consists_of", "900010"),
    ("900021", "consists_of", "900010"),
    ("900021", "consists_of", "900011"),
    ("900022", "has_ingredient", "900001"),
    ("900030", "tradename_of", "900001"),
    ("900030", "tradename_of", "900002"),
    ("900031", "tradename_of", "900021"),
    ("900031", "has_ingredient", "900030"),
    ("900040", "contains", "900020"),
    ("900041", "contains", "900031"),
    ("900050", "consists_of", "900010", "O"),
]
MORE = [  # rows that must be left out, and names besides
    ("900090", "ENG", "RXNORM", "IN", "900090", "withdrawn drug", "O"),
    ("900091", "SPA", "RXNORM", "IN", "900091", "alfacilina", "N"),
    ("900092", "ENG", "MMSL", "BD", "1", "someone else's words", "N"),
    ("900001", "ENG", "RXNORM", "SY", "900001", "alpha acid", "N"),
    ("900020", "ENG", "RXNORM", "PSN", "900020", "alphacillin tablet", "N"),
    ("900001", "ENG", "MTHSPL", "SU", "AB12CD34EF", "ALPHACILLIN", "N"),
    ("900001", "ENG", "MTHSPL", "SU", "not-a-unii", "ALPHACILLIN", "N"),
]
NDCS = [("900020", "00001000101", "N"), ("900020", "00001000102", "O"), ("900031", "bad", "N")]


def release(path: Path, folder: str = "rrf/", concepts: Iterable[tuple[str, ...]] = ()) -> Path:
    """Write the zip, with a smaller copy under `prescribe/` as the full release has one."""
    rows = [(code, "ENG", "RXNORM", tty, code, name, "N") for code, tty, name in CONCEPTS]
    conso = "".join(map(_conso, [*rows, *MORE, *concepts]))
    rel = "".join(map(_rel, RELATIONS))
    sat = "".join(map(_sat, NDCS))
    with ZipFile(path, "w") as archive:
        for name, text in (("RXNCONSO", conso), ("RXNREL", rel), ("RXNSAT", sat)):
            archive.writestr(f"prescribe/rrf/{name}.RRF", "")
            archive.writestr(f"{folder}{name}.RRF", text)
    return path


def _conso(row: tuple[str, ...]) -> str:
    code, language, source, tty, its_code, name, suppressed = row
    fields = [code, language, *[""] * 9, source, tty, its_code, name, "", suppressed, "4096", ""]
    return "|".join(fields) + "\n"


def _rel(relation: tuple[str, ...]) -> str:
    subject, name, target, *gone = relation  # read from right to left: RXCUI2 RELA RXCUI1
    fields = [target, "", "CUI", "RO", subject, "", "CUI", name, "", "", "RXNORM", *[""] * 3]
    fields += [*(gone or [""]), "", ""]
    return "|".join(fields) + "\n"


def _sat(ndc: tuple[str, str, str]) -> str:
    code, digits, suppressed = ndc
    fields = [code, *[""] * 7, "NDC", "RXNORM", digits, suppressed, "4096", ""]
    return "|".join(fields) + "\n"

"""Reading NLM's RxNorm zip."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from hooks.errors import KnowledgeError
from rules._knowledge.imports.rxnorm import read_release
from tests.rules.imports.rrf import release

ALPHA, BETA = "900001", "900002"


@pytest.mark.parametrize(
    ("code", "base"),
    [
        (ALPHA, (ALPHA,)),
        ("900003", (ALPHA,)),
        ("900004", (ALPHA, BETA)),
        ("900011", (BETA,)),
        ("900020", (ALPHA,)),
        ("900021", (ALPHA, BETA)),
        ("900022", (ALPHA,)),
        ("900030", (ALPHA, BETA)),
        ("900031", (ALPHA, BETA)),
        ("900040", (ALPHA,)),
        ("900041", (ALPHA, BETA)),
    ],
)
def test_every_type_leads_to_its_ingredients(
    tmp_path: Path, code: str, base: tuple[str, ...]
) -> None:
    """Salts, combinations, components, products, brands and packs end at base ingredients."""
    assert read_release(release(tmp_path / "r.zip")).terms[code].base == base


def test_what_is_left_out(tmp_path: Path) -> None:
    """Suppressed, foreign and others' concepts, and products that lead nowhere, are not terms."""
    found = read_release(release(tmp_path / "r.zip"))
    assert found.terms.keys().isdisjoint({"900090", "900091", "900092", "900050"})
    assert len(found.terms) == 13


def test_names_and_other_codes(tmp_path: Path) -> None:
    """Synonyms of drugs, well-formed UNIIs and current NDCs are kept, and no others."""
    found = read_release(release(tmp_path / "r.zip"))
    assert found.synonyms == [("alpha acid", ALPHA)]
    assert found.uniis == {"AB12CD34EF": ALPHA}
    assert found.ndcs == {"00001000101": "900020"}


def test_the_whole_release_is_read_and_not_its_part(tmp_path: Path) -> None:
    """Beside `prescribe/` the full files count; alone in the zip, whatever its folder, they do."""
    assert read_release(release(tmp_path / "r.zip", "RxNorm_full_01052026/rrf/")).terms


def test_progress_is_told(tmp_path: Path) -> None:
    """Each file's lines are reported at its end."""
    told: dict[str, int] = {}
    read_release(release(tmp_path / "r.zip"), told.__setitem__)
    assert told == {"rrf/RXNCONSO.RRF": 21, "rrf/RXNREL.RRF": 17, "rrf/RXNSAT.RRF": 3}


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    """No zip, a zip without RRF files, and a release without concepts: each says what is wrong."""
    text, other, empty = (tmp_path / name for name in ("a.zip", "b.zip", "c.zip"))
    text.write_text("hello")
    with ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with ZipFile(empty, "w") as archive:
        for name in ("CONSO", "REL", "SAT"):
            archive.writestr(f"rrf/RXN{name}.RRF", "")
    for path, said in ((text, "not a zip"), (other, "RXNCONSO.RRF"), (empty, "no RxNorm concept")):
        with pytest.raises(KnowledgeError, match=said):
            read_release(path)


def test_a_line_that_is_too_short_is_refused(tmp_path: Path) -> None:
    """A file cut off in the middle of a line is told, with its line."""
    cut = tmp_path / "cut.zip"
    with ZipFile(cut, "w") as archive:
        archive.writestr("rrf/RXNCONSO.RRF", "900001|ENG|\n")
        archive.writestr("rrf/RXNREL.RRF", "")
        archive.writestr("rrf/RXNSAT.RRF", "")
    with pytest.raises(KnowledgeError, match=r"RXNCONSO\.RRF line 1"):
        read_release(cut)

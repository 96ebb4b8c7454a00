"""Imports one official release, by what kind of file it is."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rules._knowledge import Knowledge
from rules._knowledge.imports import imported
from rules._knowledge.imports.allergen_lists import read_list
from rules._knowledge.imports.database import import_list, import_release
from rules._knowledge.imports.rxnorm import Progress, read_release

_DATED: Final = re.compile(r"_(\d{2})(\d{2})(\d{4})\.zip$")  # NLM's names end in MMDDYYYY


def import_file(file: Path, into: Path, progress: Progress) -> str:
    """Put a release into the file of imported knowledge; return what it gave.

    Args:
        file: an RxNorm zip, or else a ValueSet or ConceptMap.
        into: the file of imported knowledge.
        progress: told now and then how many lines of which file were read.

    Raises:
        KnowledgeError: it cannot be read; what was imported before stays.
    """
    now = datetime.now(UTC)
    if file.suffix.lower() == ".zip":
        release = read_release(file, progress)
        import_release(into, release, file.name, version_of(file), now)
        return f"{len(release.terms)} RxNorm concepts, {len(release.ndcs)} package codes"
    found = read_list(file, imported(into) if into.exists() else Knowledge.shipped())
    import_list(into, found, file.name, now)
    left = (
        f"; {found.unknown} codes are of nothing known and were left out" if found.unknown else ""
    )
    return f"{len(found.entries)} allergens{left}"


def version_of(file: Path) -> str:
    """The day of a release as its name tells it, ISO; "" when it does not."""
    match = _DATED.search(file.name)
    return f"{match[3]}-{match[1]}-{match[2]}" if match else ""

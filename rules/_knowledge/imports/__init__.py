"""Official releases read into one SQLite file, which is asked before the shipped tables."""

from pathlib import Path

from rules._knowledge.imports.terms import ImportedTerms
from rules._knowledge.knowledge import Knowledge
from rules._knowledge.tables import SHIPPED
from rules._knowledge.terms import ShippedTerms


def imported(path: Path) -> Knowledge:
    """The shipped knowledge with a file of imported releases in front of it.

    Raises:
        KnowledgeError: the file is not there, or not of this format.
    """
    terms = ImportedTerms(path, ShippedTerms(SHIPPED))
    return Knowledge(SHIPPED, terms, terms)

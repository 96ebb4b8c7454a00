"""Urgency: the written policy of how urgent a conflict between an order and an allergy is."""

from pathlib import Path
from typing import Final, Literal, get_args

from hooks.cards import Indicator
from rules._knowledge import tables

Standing = Literal["severe", "plain", "minor", "tolerated"]
STANDINGS: Final[tuple[Standing, ...]] = get_args(Standing)
SILENT: Final = "silent"


class Urgency:
    """The policy table: a row for each way of conflicting, a column for what the chart says."""

    def __init__(self, folder: Path) -> None:
        """Read the table."""
        self._cells: dict[tuple[str, str, str], str] = {}
        for kind, strength, *cells, _ in tables.rows(folder, "urgency"):
            for standing, cell in zip(STANDINGS, cells, strict=True):
                self._cells[kind, strength, standing] = cell

    def of(self, kind: str, strength: str, standing: Standing) -> Indicator | None:
        """How urgent a conflict is; None when it is to stay silent."""
        cell = self._cells[kind, strength, standing]
        return None if cell == SILENT else cell  # type: ignore[return-value]  # a test reads each cell

"""Urgency: the written policy of how urgent a conflict between an order and an allergy is."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, Self, get_args

from hooks.cards import Indicator
from hooks.errors import ConfigurationError
from rules._knowledge import tables

Standing = Literal["severe", "plain", "minor", "severe_tolerated", "tolerated"]
Cell = Literal["critical", "warning", "info", "silent"]
STANDINGS: Final[tuple[Standing, ...]] = get_args(Standing)
CELLS: Final[tuple[Cell, ...]] = get_args(Cell)


class Urgency:
    """The policy table: a row for each way of conflicting, a column for what the chart says."""

    def __init__(self, cells: Mapping[tuple[str, Standing], Cell]) -> None:
        """Hold the cells, each under its row (`kind/strength`) and column."""
        self._cells = cells

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The table of a folder."""
        rows = tables.rows(folder, "urgency")
        return cls({place: _cell(said) for row in rows for place, said in _places(row)})

    def of(self, kind: str, strength: str, standing: Standing) -> Indicator | None:
        """How urgent a conflict is; None when it is to stay silent."""
        cell = self._cells[f"{kind}/{strength}", standing]
        return None if cell == "silent" else cell

    def changed(self, changes: Mapping[str, Mapping[str, str]]) -> "Urgency":
        """The table with some cells of a site's own.

        Args:
            changes: for a row, such as "same-class/moderate", its changed columns and their cells.

        Raises:
            ConfigurationError: there is no such row, column or cell; says which there are.
        """
        wanted = {
            (row, column): cell for row, cells in changes.items() for column, cell in cells.items()
        }
        known = sorted({row for row, _ in self._cells})
        for (row, column), cell in wanted.items():
            if (row, column) not in self._cells or cell not in CELLS:
                raise ConfigurationError(
                    f'urgency."{row}".{column} = "{cell}": rows are {", ".join(known)}; '
                    f"columns {', '.join(STANDINGS)}; cells {', '.join(CELLS)}"
                )
        return Urgency({**self._cells, **wanted})  # type: ignore[dict-item]  # just checked


def _places(row: list[str]) -> Iterator[tuple[tuple[str, Standing], str]]:
    kind, strength, *cells, _ = row
    for standing, cell in zip(STANDINGS, cells, strict=True):
        yield (f"{kind}/{strength}", standing), cell


def _cell(said: str) -> Cell:
    return CELLS[CELLS.index(said)]

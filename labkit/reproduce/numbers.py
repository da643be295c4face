"""The printed numbers: cells of the papers' tables, each number once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..ledger import ITEMS, cells

SAME = ("dataset", "net", "rate", "method", "settings", "criterion")  # and the noise: what cells with one number share


@dataclass(frozen=True)
class Number:
    """A printed number. cells: the cells of the paper's tables that have it, rows of labkit.ledger.cells as dicts."""

    cells: list[dict[str, Any]] = field(repr=False)

    @property
    def cell(self) -> dict[str, Any]:
        """The first of its cells."""
        return self.cells[0]

    @property
    def paper(self) -> str:
        """The paper, as labkit.ledger calls it."""
        return self.cell["paper"]

    @property
    def column(self) -> tuple:
        """What the number shares with those of the other methods in its column."""
        cell = self.cell
        return cell["paper"], cell["item"], cell["dataset"], cell["net"], cell["noise"], str(cell["rate"])


def printed_numbers(papers: Sequence[str] = tuple(ITEMS)) -> list[Number]:
    """Return the different printed numbers of the papers, in the order of their tables.

    Two tables may print the result of the same runs, such as RMNW-Net's Tables 1 and 2 at a noise rate of 0: that is
    one number. Cells without a number are left out. Raises ValueError for an unknown paper.
    """
    numbers = {}
    for paper in papers:
        table = cells(paper)
        for cell in table[table["mean"].notna()].to_dict("records"):
            numbers.setdefault((paper, _result(cell)), []).append(cell)
    return [Number(group) for group in numbers.values()]


def _result(cell):
    """Return what identifies the result that a cell prints. Without noise, it does not matter which noise it is."""
    noise = cell["noise"] if cell["rate"] else "none"
    return str([str(cell[name]) for name in SAME] + [noise])

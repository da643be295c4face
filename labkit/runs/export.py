"""Results tables for a paper: mean and standard error over the seeds, written as CSV, LaTeX or HTML.

table = pivot(labkit.results("runs/first"), columns=("noise", "rate"), y="last10")
write(table, "table1.tex")
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import pandas as pd

from .. import pages
from ..errors import must, need
from ..state import atomic_write
from . import groups

MEAN = "mean ± standard error"
TEX = {sign: f"\\{sign}" for sign in "&%$#_{}"}
TEX |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
TEX |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "±": r"$\pm$", "−": "$-$", "\n": " "}
TEX |= {"[": "{[}", "*": "{*}"}  # after the end of a row, these would be its options
TEX = str.maketrans(TEX)


@dataclass(frozen=True)
class Table:
    """A results table, made by `pivot`.

    cells: a row per cell: the parameters `rows` and `columns`, mean, error (standard error, empty with one seed) and n.
    y: the criterion. caption: criterion, n, data and noise in words. percent: people read percent.
    """

    cells: pd.DataFrame = field(repr=False)
    rows: list
    columns: list
    y: str
    caption: str
    percent: bool

    @property
    def wide(self) -> pd.DataFrame:
        """Lay out the table for people: "81.2 ± 0.4", with n where it is not the same everywhere."""
        labels = {}
        for name in self.rows + self.columns:
            labels[name] = self._written(name)
        long = pd.DataFrame(labels).rename(columns=groups.title)
        long[MEAN] = list(map(self._text, self.cells.itertuples()))
        rows = _titles(self.rows)
        columns = _titles(self.columns)
        if not columns:
            return long.set_index(rows)
        wide = long.pivot(index=rows, columns=columns, values=MEAN).fillna("")
        across = self.cells.sort_values(self.columns, key=groups.places).index  # the cells are in the order of the rows
        return wide.reindex(index=_index(long[rows]), columns=_index(long.loc[across, columns]))

    def _written(self, name):
        """Write the values of a parameter. -> list of texts, one for each cell"""
        return [groups.written(name, value) for value in self.cells[name]]

    def _text(self, cell):
        """Write a cell: mean, error if it has one, n if the cells differ in it."""
        scale, digits = (100, 1) if self.percent else (1, 3)
        text = f"{scale * cell.mean:.{digits}f}"
        if cell.n > 1:
            text += f" ± {scale * cell.error:.{digits}f}"
        if self.cells["n"].nunique() > 1:
            text += f" (n = {cell.n})"
        return text.replace("-", "−")

    def _repr_html_(self) -> str:
        tag, _, content = self.wide.to_html(border=0).partition(">")
        return f"{tag}><caption>{html.escape(self.caption)}</caption>{content}"


def _titles(names):
    """Return parameters as titles. -> list of texts"""
    return list(map(groups.title, names))


def _index(frame):
    """Return an index with an entry for each different row of a frame, in their order."""
    return frame.drop_duplicates().set_index(list(frame)).index


def pivot(
    table: pd.DataFrame,
    rows: str | Sequence[str] = "method",
    columns: str | Sequence[str] = ("noise", "rate"),
    y: str = "last10",
) -> Table:
    """Average over the seeds: a row per value of `rows`, a column per value of `columns`, with standard errors.

    table: of labkit.results. rows, columns: a parameter or several, by the names that labkit.plot.over takes ("rate",
    "method.q", "recipe.lr"). y: a criterion, one of labkit.fit.CRITERIA.
    Raises ValueError for a name that does not exist, for a table without runs, and where runs of one cell differ in
    more than their seeds: `layout` finds rows and columns that hold all of them apart.
    """
    rows = _listed(rows)
    columns = _listed(columns)
    criterion = groups.criterion(table, y)
    description = groups.described(table)
    names = rows + columns
    need(rows, "rows", rows, "one parameter or more")
    need(len(set(names)) == len(names), "columns", columns, "other parameters than the rows, none twice")
    values = {}
    for name in rows:
        values[name] = groups.parameter(table, name, "rows")
    for name in columns:
        values[name] = groups.parameter(table, name, "columns")
    must(table["run"].is_unique, "table", "one with a run twice", "one row per run, as labkit.results makes it")
    mixed = groups.differing(table, names)
    need(not mixed, "columns", columns, f"such that runs of a cell differ in their seeds only: add {', '.join(mixed)}")
    frame = pd.DataFrame(values).assign(score=table[y])
    cells = groups.spread(frame, names, "score").drop(columns=["low", "high"])
    need(len(cells), "y", y, "a criterion that these runs have: they have no validation split")
    cells = cells.sort_values(names, key=groups.places, ignore_index=True)
    percent = groups.score_of(table) == "test accuracy"
    unit = ", in %" if percent else ""
    caption = f"{criterion[0].upper()}{criterion[1:]}{unit}; {_errors(cells)}. {description}."
    return Table(cells, rows, columns, y, caption, percent)


def _listed(names):
    """Return one name or several as a list."""
    return [names] if isinstance(names, str) else list(names)


def _errors(cells):
    """Say what stands in a cell, and of how many seeds. -> text"""
    if cells["n"].max() == 1:
        return "one seed a cell, hence no error"
    return f"{MEAN}, {groups.seeds(cells['n'])} a cell"


def layout(table: pd.DataFrame, by: str = "method", x: str = "rate", limit: int = 6) -> tuple[list[str], list[str]]:
    """Choose rows and columns of `pivot` that hold apart all that differs. -> rows, columns

    `by`, hyperparameters and parameters of more than `limit` values become rows, the others columns.
    """
    further = groups.separating(table, [by, x], None)
    rows = []
    columns = []
    for name in dict.fromkeys([by, x, *further]):
        count = groups.parameter(table, name, "x").nunique(dropna=False)
        if name == by or name.startswith("method.") or count > limit:
            rows.append(name)
        else:
            columns.append(name)
    return rows, columns


def write(table: Table, path: str | PathLike) -> Path:
    """Write a Table by the ending of `path`, whole or not at all, and make the folder. -> the path

    .csv has every digit, a line per cell; .tex is for booktabs; .html is a page that needs no other. Raises ValueError
    for another ending.
    """
    path = Path(path)
    make = {".csv": csv, ".tex": tex, ".html": page}.get(path.suffix.lower())
    need(make and not path.is_dir(), "path", str(path), "the path of a file, ending in .csv, .tex or .html")
    text = make(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, text.encode(errors="backslashreplace"))
    return path


def csv(table: Table) -> str:
    """Write a line per cell: parameters, mean, error, n, criterion; floats come back with every bit."""
    return table.cells.assign(criterion=table.y).to_csv(index=False, lineterminator="\n")


def tex(table: Table) -> str:
    """Write a table for LaTeX's booktabs."""
    wide = table.wide.map(escaped)
    wide.index = _escaped_labels(wide.index)
    wide.columns = _escaped_labels(wide.columns)
    columns = "l" * wide.index.nlevels + "r" * wide.shape[1]
    style = {"escape": False, "multirow": False, "multicolumn_format": "c", "column_format": columns}
    return "% \\usepackage{booktabs}\n" + wide.to_latex(caption=escaped(table.caption), **style)


def page(table: Table) -> str:
    """Write a page that holds the table alone and needs no other file. -> HTML"""
    title = table.caption.partition(";")[0]
    return pages.render("table.html.j2", title=title, table=pages.html(table._repr_html_()))


def escaped(text: object) -> str:
    """Write any text as LaTeX that prints it."""
    return str(text).translate(TEX)


def _escaped_labels(axis):
    """Escape the labels and names of an index for LaTeX. -> index"""
    names = [name and escaped(name) for name in axis.names]
    if axis.nlevels == 1:
        return pd.Index(list(map(escaped, axis)), name=names[0])
    rows = []
    for labels in axis:
        rows.append(tuple(map(escaped, labels)))
    return pd.MultiIndex.from_tuples(rows, names=names)

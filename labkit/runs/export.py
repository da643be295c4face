"""A results table for a paper: mean and standard error over the seeds, written as CSV, LaTeX or HTML.

table = pivot(labkit.results("runs/first"), columns=("noise", "rate"), y="last10")
write(table, "table1.tex")
"""

import html
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .. import pages
from ..errors import must, need
from ..state import atomic_write
from . import groups

TEX = str.maketrans(
    {sign: rf"\{sign}" for sign in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "±": r"$\pm$", "−": "$-$", "\n": " "}
    | {"[": "{[}", "*": "{*}"}  # after the end of a row, these would be its options
)


@dataclass(frozen=True)
class Table:
    """What `pivot` makes.

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
    def wide(self):
        """The table for people: "81.2 ± 0.4", with n where it is not the same everywhere. -> DataFrame of texts"""
        words = [self._words(cell) for cell in self.cells.itertuples()]
        keys = {name: [groups.written(name, value) for value in self.cells[name]] for name in self.rows + self.columns}
        of = pd.DataFrame(keys | {"mean ± standard error": words}).rename(columns=groups.title)
        rows, columns = (list(map(groups.title, names)) for names in (self.rows, self.columns))
        if not columns:
            return of.set_index(rows)
        wide = of.pivot(index=rows, columns=columns, values="mean ± standard error").fillna("")
        across = self.cells.sort_values(self.columns, key=groups.places).index  # the cells are in the order of the rows
        order = of[rows].drop_duplicates(), of.loc[across, columns].drop_duplicates()
        index, header = (frame.set_index(list(frame)).index for frame in order)
        return wide.reindex(index=index, columns=header)

    def _words(self, cell):
        """A cell as text."""
        scale, digits = (100, 1) if self.percent else (1, 3)
        error = f" ± {scale * cell.error:.{digits}f}" if cell.n > 1 else ""
        many = f" (n = {cell.n})" if self.cells["n"].nunique() > 1 else ""
        return f"{scale * cell.mean:.{digits}f}{error}{many}".replace("-", "−")

    def _repr_html_(self):
        opening, _, rest = self.wide.to_html(border=0).partition(">")
        return f"{opening}><caption>{html.escape(self.caption)}</caption>{rest}"


def pivot(table, rows="method", columns=("noise", "rate"), y="last10"):
    """Mean and standard error over the seeds, a row per value of `rows`, a column per value of `columns`.

    table: of labkit.results. rows, columns: a parameter or several, by the names that labkit.plot.over takes ("rate",
    "method.q", "recipe.lr"). y: last, last10, best_val or oracle_best.
    -> Table. Raises ValueError for a name that does not exist, for a table without runs, and where runs of one cell
    differ in more than their seeds: `layout` finds rows and columns that hold all of them apart.
    """
    rows, columns = ([names] if isinstance(names, str) else list(names) for names in (rows, columns))
    said, about = groups.criterion(table, y), groups.described(table)
    need(rows, "rows", rows, "one parameter or more")
    need(
        len({*rows, *columns}) == len(rows + columns), "columns", columns, "other parameters than the rows, none twice"
    )
    keys = {name: groups.parameter(table, name, "rows" if name in rows else "columns") for name in rows + columns}
    must(table["run"].is_unique, "table", "one with a run twice", "one row per run, as labkit.results makes it")
    mixed = groups.differing(table, rows + columns)
    need(not mixed, "columns", columns, f"such that runs of a cell differ in their seeds only: add {', '.join(mixed)}")
    frame = pd.DataFrame(keys).assign(score=table[y])
    cells = groups.spread(frame, rows + columns, "score").drop(columns=["low", "high"])
    need(len(cells), "y", y, "a criterion that these runs have: they have no validation split")
    cells = cells.sort_values(rows + columns, key=groups.places, ignore_index=True)
    percent, one = groups.score_of(table) == "test accuracy", cells["n"].max() == 1
    many = "one seed a cell, hence no error" if one else f"mean ± standard error, {groups.seeds(cells['n'])} a cell"
    said = f"{said[0].upper()}{said[1:]}{', in %' * percent}; {many}. {about}."
    return Table(cells, rows, columns, y, said, percent)


def layout(table, by="method", x="rate", most=6):
    """Rows and columns of `pivot` that hold apart all that differs: `by`, hyperparameters and what has more than `most`
    values go down, the rest across. -> rows, columns"""
    found = list(dict.fromkeys([by, x, *groups.separating(table, [by, x], None)]))
    many = lambda name: groups.parameter(table, name, "x").nunique(dropna=False) > most
    down = [name for name in found if name == by or name.startswith("method.") or many(name)]
    return down, [name for name in found if name not in down]


def write(table, path):
    """Write a Table by the ending of `path`, whole or not at all: .csv (every digit, a line per cell), .tex (booktabs)
    or .html (a page that needs no other). The folder is made. -> Path. Raises ValueError for another ending."""
    path = Path(path)
    make = {".csv": csv, ".tex": tex, ".html": page}.get(path.suffix.lower())
    need(make and not path.is_dir(), "path", str(path), "the path of a file, ending in .csv, .tex or .html")
    text = make(table)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, text.encode(errors="backslashreplace"))
    return path


def csv(table):
    """A line per cell: parameters, mean, error, n, criterion; floats come back with every bit. -> text"""
    return table.cells.assign(criterion=table.y).to_csv(index=False, lineterminator="\n")


def tex(table):
    """A table for LaTeX's booktabs. -> text"""
    wide = table.wide.map(escaped)
    wide.index, wide.columns = (_escaped_labels(axis) for axis in (wide.index, wide.columns))
    shape = "l" * wide.index.nlevels + "r" * wide.shape[1]
    looks = {"escape": False, "multirow": False, "multicolumn_format": "c", "column_format": shape}
    return "% \\usepackage{booktabs}\n" + wide.to_latex(caption=escaped(table.caption), **looks)


def page(table):
    """A page that holds the table alone and asks for nothing else. -> text"""
    title = table.caption.partition(";")[0]
    return pages.render("table.html.j2", title=title, table=pages.html(table._repr_html_()))


def escaped(text):
    """Any text as LaTeX that prints it."""
    return str(text).translate(TEX)


def _escaped_labels(axis):
    """The labels and names of an index for LaTeX."""
    names = [name and escaped(name) for name in axis.names]
    if axis.nlevels == 1:
        return pd.Index([escaped(label) for label in axis], name=names[0])
    return pd.MultiIndex.from_tuples([tuple(map(escaped, labels)) for labels in axis], names=names)

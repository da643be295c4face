"""Tables for notebooks and pages, whose texts are escaped: names of files, folders and parameters are never markup.

`DataFrame.style` writes texts as they are, so that a name like <img onerror=...> would run in the reader's browser.
"""

import html
import re
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler


def escape(value: Any) -> Any:
    """Escape a text for HTML. Numbers, truth values, dates and missing values are returned as they are."""
    if value is None or isinstance(value, (bool, int, float, pd.Timestamp)) or pd.api.types.is_number(value):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return value
    return html.escape(str(value), quote=False)  # for the content of elements, not for attributes


EMPTY_HEADER = re.compile(r"<th((?:\s[^>]*)?)>(?:\s|&nbsp;)*</th>")


def without_empty_headers(table: str) -> str:
    """Return the HTML of a table whose empty headers are plain cells: pandas writes some in the corner above an index.

    A header without a text is read out as the name of a column that has none.
    """
    return EMPTY_HEADER.sub(lambda match: f"<td{match[1]}></td>", table)


class Styled(Styler):
    """A Styler of escaped texts, which escapes its caption too."""

    def set_caption(self, caption: str) -> "Styled":
        """Set the caption, escaped."""
        return super().set_caption(escape(caption))


def styled(table: pd.DataFrame | pd.Series) -> Styler:
    """Return a table for display, its cells, labels and names escaped. -> Styler, to be used as `DataFrame.style`

    A name in `subset=` or in a dict of formats is the escaped one.
    """
    if isinstance(table, pd.Series):
        table = table.to_frame()
    columns = {}
    for position in range(table.shape[1]):
        columns[position] = _escaped_column(table.iloc[:, position])
    escaped = pd.DataFrame(columns, index=_escaped_labels(table.index))
    escaped.columns = _escaped_labels(table.columns)
    return Styled(escaped)


def _escaped_column(column):
    """Return the values of a column, escaped; numbers, truth values and dates have nothing to escape."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column.array
    return column.astype(object).map(escape).array


def _escaped_labels(index):
    """Return the labels of rows or columns, and the names of their levels, escaped. -> Index"""
    names = [escape(name) for name in index.names]
    if isinstance(index, pd.MultiIndex) and len(index):
        tuples = []
        for labels in index:
            tuples.append(tuple(map(escape, labels)))
        return pd.MultiIndex.from_tuples(tuples, names=names)
    if pd.api.types.is_numeric_dtype(index) or not len(index):
        return index.set_names(names)
    return pd.Index([escape(label) for label in index], name=names[0])

"""Tables for notebooks and pages: what comes from a file, a folder or a parameter is text in them, and never markup.

`DataFrame.style` writes texts as they are, so that a name like <img onerror=...> would run in the reader's browser.
"""

import html
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler


def escape(value: Any) -> Any:
    """Escape a text for HTML; numbers, truths, dates and what is missing stay as they are."""
    if value is None or isinstance(value, (bool, int, float, pd.Timestamp)) or pd.api.types.is_number(value):
        return value
    missing = pd.api.types.is_scalar(value) and pd.isna(value)
    return value if missing else html.escape(str(value), quote=False)  # of elements, not of attributes


class Styled(Styler):
    """A Styler of texts that are escaped, with a caption that is."""

    def set_caption(self, caption: str) -> "Styled":
        """Set the caption, escaped."""
        return super().set_caption(escape(caption))


def styled(table: pd.DataFrame | pd.Series) -> Styled:
    """Style a table whose cells, labels and names are escaped. -> Styler, to be used as that of `DataFrame.style`

    A name in `subset=` or in a dict of formats is the escaped one.
    """
    table = table.to_frame() if isinstance(table, pd.Series) else table
    cells = {place: _column(table.iloc[:, place]) for place in range(table.shape[1])}
    safe = pd.DataFrame(cells, index=_labels(table.index))
    safe.columns = _labels(table.columns)
    return Styled(safe)


def _column(values):
    """A column; one of numbers or truths has nothing to escape."""
    plain = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)
    return values.array if plain else values.astype(object).map(escape).array


def _labels(index):
    """The labels of rows or columns, and their names."""
    names = [escape(name) for name in index.names]
    if isinstance(index, pd.MultiIndex) and len(index):
        return pd.MultiIndex.from_tuples([tuple(map(escape, labels)) for labels in index], names=names)
    if pd.api.types.is_numeric_dtype(index) or not len(index):
        return index.set_names(names)
    return pd.Index([escape(label) for label in index], name=names[0])

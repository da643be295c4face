"""Numbers that a lesson quotes: what five seeds measured, stored in the lesson's room.

A room has a part `measured` with SETTINGS, {name: keyword arguments}, and measure(seed, **arguments) -> {what: value}.
`python -m labkit.lessons.seeds 02` runs every setting on SEEDS and stores the rows beside it, as measured.csv. Text
quotes the ranges that `ranges` returns, because a mean of a few seeds hides how far they lie apart.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch

from .. import rooms
from ..errors import choose
from ..state import atomic_write

__all__ = ["SEEDS", "ranges", "stored"]

SEEDS = range(5)


def stored(lesson: str) -> pd.DataFrame:
    """Return the stored rows of a lesson: columns setting, seed, and what was measured.

    Raises ValueError for a lesson that stores none.
    """
    choose("lesson", lesson, dict.fromkeys(rooms.lessons("measured")))
    return pd.read_csv(file_of(lesson))


def ranges(
    lesson: str, columns: Sequence[str], settings: Sequence[str] | None = None, *, numbers: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the lowest and the highest seed of each setting in words, e.g. "85 to 92 %".

    columns: what was measured. Fractions are written in percent; a column of whole numbers, e.g. epochs, as it is.
    settings: rows of the table, in this order; None: all. numbers: columns that are written as numbers with two
    decimals instead, e.g. R2. Raises ValueError for names that are not stored.
    """
    rows = stored(lesson)
    measured = dict.fromkeys(rows.columns.drop(["setting", "seed"]))
    names = dict.fromkeys(rows["setting"])
    chosen = list(names) if settings is None else settings
    for column in (*columns, *numbers):
        choose("column", column, measured)
    for name in chosen:
        choose("setting", name, names)
    table = {}
    for column in columns:
        groups = rows.groupby("setting")[column]
        write = in_numbers if column in numbers else in_words
        table[column] = {name: write(groups.get_group(name)) for name in chosen}
    return pd.DataFrame(table).rename_axis(f"lowest to highest of {rows['seed'].nunique()} seeds")


def in_words(values: pd.Series) -> str:
    """Return a range: "3 to 5" for whole numbers, "85 to 92 %" for fractions, one number where both ends agree,
    a dash where nothing was measured."""
    if values.isna().all():
        return "–"
    low, high = values.min(), values.max()
    if pd.api.types.is_integer_dtype(values):
        return _span(str(low), str(high))
    span = _span(f"{100 * low:.0f}", f"{100 * high:.0f}")
    return f"{span} %"


def in_numbers(values: pd.Series) -> str:
    """Return a range as numbers: "-0.21 to 0.01", one number where both ends agree."""
    low = _two_decimals(values.min())
    high = _two_decimals(values.max())
    return _span(low, high)


def _two_decimals(value):
    """Return a number with two decimals, never "-0.00"."""
    rounded = round(value, 2) + 0.0
    return f"{rounded:.2f}"


def _span(low, high):
    """Return two ends as "3 to 5", or one of them where both are written alike."""
    return low if low == high else f"{low} to {high}"


def measure(lesson: str, setting: str, seed: int) -> dict:
    """Measure one row anew. -> {"setting": .., "seed": .., what: value}"""
    room = rooms.lesson_part(lesson, "measured")
    values = room.measure(seed, **room.SETTINGS[setting])
    return {"setting": setting, "seed": seed, **values}


def file_of(lesson: str) -> Path:
    """Return where a lesson's rows are stored."""
    return rooms.lesson_folder(lesson) / "measured.csv"


def store(lesson: str) -> pd.DataFrame:
    """Measure every setting on every seed and store the rows, all or none."""
    settings = rooms.lesson_part(lesson, "measured").SETTINGS
    rows = []
    for setting in settings:
        for seed in SEEDS:
            rows.append(measure(lesson, setting, seed))
    table = pd.DataFrame(rows)
    text = table.to_csv(index=False, float_format="%.4f")
    atomic_write(file_of(lesson), text.encode())
    return table


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:]:
        groups = store(name).groupby("setting")
        print(groups.agg(["min", "max"]).T.to_string())

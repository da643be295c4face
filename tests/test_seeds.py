"""Numbers that lessons quote: measured on five seeds, ranges say what is stored, and rows can be made again."""

import numpy as np
import pandas as pd
import pytest

from labkit import rooms
from labkit.lessons import seeds

LESSONS = rooms.lessons("measured")
EARLY = 0.05  # what few steps may differ by on another CPU


def rows_of(lesson):
    return seeds.stored(lesson)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_setting_is_stored_on_every_seed(lesson):
    settings = rooms.lesson_part(lesson, "measured").SETTINGS
    rows = rows_of(lesson)
    assert list(zip(rows["setting"], rows["seed"])) == [(name, seed) for name in settings for seed in seeds.SEEDS]
    assert rows.notna().all().all()


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_stored_row_is_made_again(lesson):
    """Early epochs nearly to the digit. What follows differs on another CPU, as much as from seed to seed."""
    rows = rows_of(lesson)
    stored = rows[rows["seed"] == 3].iloc[0]
    again = seeds.measure(lesson, stored["setting"], 3)
    assert list(again) == list(rows.columns)
    same_setting = rows[rows["setting"] == stored["setting"]]
    for name in rows.columns[2:]:
        values = same_setting[name]
        room = EARLY if name.endswith("epoch 1") else EARLY + (values.max() - values.min())
        if pd.api.types.is_integer_dtype(values):
            room = 2 + 2 * (values.max() - values.min())
        assert again[name] == pytest.approx(float(stored[name]), abs=float(room)), name


def test_ranges_are_the_lowest_and_the_highest_seed():
    rows = rows_of("02")
    table = seeds.ranges("02", ["last", "epoch of the best test accuracy"], ["symmetric 40 %"])
    mine = rows[rows["setting"] == "symmetric 40 %"]
    last, epoch = table.loc["symmetric 40 %"]
    assert last == f"{100 * mine['last'].min():.0f} to {100 * mine['last'].max():.0f} %"
    best = mine["epoch of the best test accuracy"]
    assert epoch == f"{best.min()} to {best.max()}"


def test_a_range_of_one_value_is_one_number():
    assert seeds.in_words(pd.Series([0.504, 0.496])) == "50 %"
    assert seeds.in_words(pd.Series([1, 1])) == "1" and seeds.in_words(pd.Series([1, 13])) == "1 to 13"
    assert seeds.in_words(pd.Series(np.array([0.1, 0.25]))) == "10 to 25 %"


def test_columns_of_numbers_keep_their_decimals():
    table = seeds.ranges("10", ["R2, last", "AUC of the loss"], ["linadv, PRL(L)"], numbers=["R2, last"])
    rows = rows_of("10")
    mine = rows[rows["setting"] == "linadv, PRL(L)"]["R2, last"]
    assert (
        table["R2, last"].item() == f"{mine.min():.2f} to {mine.max():.2f}" and "%" in table["AUC of the loss"].item()
    )
    assert seeds.in_numbers(pd.Series([1.001, 1.0])) == "1.00"
    assert seeds.in_numbers(pd.Series([-0.211, -0.001])) == "-0.21 to 0.00"


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: seeds.stored("2"), "lesson is '2'"),
        (lambda: seeds.ranges("02", ["lats"]), "column is 'lats'"),
        (lambda: seeds.ranges("02", ["last"], numbers=["R2"]), "column is 'R2'"),
        (lambda: seeds.ranges("02", ["last"], ["symmetric 40%"]), "setting is 'symmetric 40%'"),
    ],
)
def test_names_that_are_not_stored_are_refused(call, words):
    with pytest.raises(ValueError, match="it may be") as raised:
        call()
    assert words in str(raised.value)

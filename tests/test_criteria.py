"""The criteria of accuracy stand in one place, and everything that names them reads it."""

import ast
from pathlib import Path

import pytest

import labkit
from labkit.fit import CRITERIA, criteria
from labkit.fit.accuracy import best_epoch, in_words

NAN = float("nan")
FILES = sorted(Path(labkit.__file__).parent.rglob("*.py"))


def listed(path):
    """Lines of a file in which all criteria are written as literals in one list, tuple, set or dict."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        entries = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", ())
        values = [entry.value for entry in entries if isinstance(entry, ast.Constant)]
        if set(CRITERIA) <= {value for value in values if isinstance(value, str)}:
            lines.append(node.lineno)
    return lines


def test_one_file_lists_the_criteria():
    places = {path.name for path in FILES if listed(path)}
    assert places == {"accuracy.py"}, f"read labkit.fit.CRITERIA in {places - {'accuracy.py'}}"


def test_a_history_is_scored_by_each_criterion():
    rows = [{"test": score, "val_noisy": val} for score, val in ((0.2, 0.1), (0.5, 0.4), (0.9, 0.4), (0.4, NAN))]
    scores = criteria(rows)
    assert list(scores) == list(CRITERIA)
    assert scores == {"last": 0.4, "last10": pytest.approx(0.5), "best_val": 0.5, "oracle_best": 0.9}


def test_the_first_highest_score_wins_and_nan_never_does():
    assert best_epoch([NAN, 0.3, 0.7, 0.7, NAN]) == 2
    assert best_epoch([-float("inf"), NAN]) == 0
    assert best_epoch([NAN, NAN]) is None


@pytest.mark.parametrize("name", CRITERIA)
def test_a_caption_names_score_and_criterion(name):
    assert in_words(name, "test R2") == f"test R2, {CRITERIA[name]}"

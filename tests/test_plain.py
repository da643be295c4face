"""Plain code: the core and its machinery are as easy to read, statement by statement, as the models of the field."""

import ast
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles

import pytest
import style

import labkit

ROOT = Path(labkit.__file__).parent


@pytest.fixture(scope="module")
def core():
    """What tests/style.py measures of labkit without the rooms of lessons and papers."""
    return style.measure(style.core_files(ROOT))


@pytest.fixture(scope="module")
def sklearn():
    """What it measures of scikit-learn's linear models, as installed."""
    return style.measure(style.python_files(Path(find_spec("sklearn.linear_model").origin).parent))


def test_statements_are_about_as_short_as_those_of_scikit_learn(core, sklearn):
    assert median(core["sizes"]) <= 1.2 * median(sklearn["sizes"])
    assert quantiles(core["sizes"], n=10)[-1] <= 1.2 * quantiles(sklearn["sizes"], n=10)[-1]


def test_comprehensions_are_few_and_stand_in_no_other(core):
    assert 100 * len(core["comprehensions"]) / core["code"] <= 2.7
    assert max(core["comprehensions"]) == 0


def test_names_are_nouns_and_verbs(core):
    assert core["vague"] / core["bound"] < 0.01


def test_public_functions_are_annotated(core):
    assert all(core["arguments"]) and all(core["returns"])


def test_no_name_is_bound_to_a_lambda():
    for path in style.core_files(ROOT):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda)), f"{path}:{node.lineno}"


def test_the_measures_count_what_they_say():
    text = "def f(words, x: int) -> int:\n    '''Doc.'''\n    y = [[a for a in x] for x in words]\n    return y\n"
    tree = ast.parse(text)
    total = style.measure([])
    style.add(total, text, tree)
    assert total["comprehensions"] == [0, 1] and total["arguments"] == [False, True] and total["returns"] == [True]
    assert total["sizes"] == [11, 2], "y = [[...]] has eleven nodes, return y has two"
    assert total["vague"] == 1 and total["bound"] == 6 and total["code"] == 3

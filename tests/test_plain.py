"""Plain code: the core and the rooms of lessons are as easy to read, statement by statement, as the field's models."""

import ast
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles

import pytest
import style

import labkit
from labkit import rooms

ROOT = Path(labkit.__file__).parent


LESSONS = [path.name for path in sorted(rooms.LESSONS.glob("*/")) if (path / "__init__.py").exists()]


@pytest.fixture(scope="module", params=["core", *LESSONS])
def part(request):
    """What tests/style.py measures of labkit without the rooms of lessons and papers, and of each lesson's room."""
    if request.param == "core":
        return style.measure(style.core_files(ROOT))
    return style.measure(style.python_files(rooms.LESSONS / request.param))


@pytest.fixture(scope="module")
def sklearn():
    """What it measures of scikit-learn's linear models, as installed."""
    return style.measure(style.python_files(Path(find_spec("sklearn.linear_model").origin).parent))


def test_statements_are_about_as_short_as_those_of_scikit_learn(part, sklearn):
    assert median(part["sizes"]) <= 1.2 * median(sklearn["sizes"])
    assert quantiles(part["sizes"], n=10)[-1] <= 1.2 * quantiles(sklearn["sizes"], n=10)[-1]


def test_comprehensions_are_few_and_stand_in_no_other(part):
    assert 100 * len(part["comprehensions"]) / part["code"] <= 2.7
    assert max(part["comprehensions"]) == 0


def test_names_are_nouns_and_verbs(part):
    assert part["vague"] / part["bound"] < 0.01


def test_public_functions_are_annotated(part):
    assert all(part["arguments"]) and all(part["returns"])


def test_no_name_is_bound_to_a_lambda():
    for path in [*style.core_files(ROOT), *style.python_files(rooms.LESSONS)]:
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

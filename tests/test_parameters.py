"""A notebook's parameters: what its cell says is what fits, for values of any origin, wherever they are checked."""

import json
import math
import random
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import labkit
from labkit.notebook import parameters

CELL = """\
rate: float = 0.4  # noise rate, in [0, 1)
rates: list[float] = [0.2, 0.5]  # in (0, 1]
epochs: int = 10  # in [1, 200]
seeds: list[int] = [0, 1]  # in [0, inf)
n: int = 0  # in [10, 1437] or 0; 0 is all
dataset: str = "digits"  # digits | mnist | cifar10
network: str = ""  # empty is its own: "" | a name in labkit.nets.ALL
methods: list[str] = ["ERM", "CDR"]  # 2 to 3 of: names in labkit.methods.ALL
rows: list[str] = []  # [] is all; CDR and one or more of: [] | ERM | CDR | AUX
long: list[str] = [
    "one",
]  # one or more of: one | two  # noqa: E501
note: str | None = None
fast: bool = False"""
RIGHT = {
    "rate": [0.0, 0, 0.999, 1e-9],
    "rates": [[1], [1.0, 0.5], (0.1, 0.2)],
    "epochs": [1, 200],
    "seeds": [[0], [2**40, 3]],
    "n": [0, 10, 1437],
    "dataset": ["mnist"],
    "network": ["", "mlp", "resnet32"],
    "methods": [["ERM", "SPL"], ["ERM", "SPL", "CDR"]],
    "rows": [[], ["CDR", "ERM"], ["ERM", "AUX", "CDR"]],
    "long": [["two"], ["two", "one"]],
    "note": [None, "", "anything"],
    "fast": [True, False],
}
WRONG = {
    "rate": [1, 1.0, -0.1, math.nan, math.inf, True, None, "0.4", [0.4], 10**400],
    "rates": [[], [0], [0.2, 0.2], [1, 1.0], 0.4, None, [[0.4]], [math.nan], [True], ["0.4"], [None], {}],
    "epochs": [0, 201, 2.0, True, None, "10", [10], math.nan, 10**400],
    "seeds": [[], [1, 1], [-1], [1.0], [True, 2], 1, None, "01", [10**400]],
    "n": [1, 9, -1, 1438, False, 10.0],
    "dataset": ["minst", "", None, 3, ["digits"], "Digits"],
    "network": ["mpl", None, 0, "None"],
    "methods": [["ERM"], ["ERM", "ERM"], ["ERM", "SPL", "CDR", "AUX"], [], "ERM", ["ERM", "SPLL"], ["ERM", 3]],
    "rows": [["CDR"], ["ERM", "AUX"], ["CDR", "CDR"], "CDR", None],
    "long": [["three"], []],
    "note": [3, ["a"], True],
    "fast": [1, 0, "yes", None, [True]],
}


@pytest.fixture
def notebook(tmp_path):
    """A notebook with parameters."""
    cells = [new_code_cell("import labkit"), new_code_cell(CELL, metadata={"tags": ["parameters"]})]
    nbformat.write(new_notebook(cells=cells), tmp_path / "tiny.ipynb")
    return tmp_path / "tiny.ipynb"


@pytest.fixture
def known(notebook):
    return parameters.read(notebook)


@pytest.fixture
def namespace():
    """What the cell leaves behind."""
    exec(CELL, space := {"In": ["", CELL]})
    return space


def pairs(values):
    return [pytest.param(name, value, id=f"{name}={str(value)[:30]}") for name in values for value in values[name]]


@pytest.mark.parametrize("name, value", pairs(RIGHT))
def test_what_fits_comes_back_as_what_it_is_meant_to_be(name, value, known):
    (got,) = parameters.fit(known, {name: value}).values()
    assert got == (list(value) if isinstance(value, tuple) else value)
    each = got if isinstance(got, list) else [got]
    kinds = {"rate": float, "rates": float, "epochs": int, "seeds": int}
    assert all(type(one) is kinds.get(name, type(one)) for one in each)


@pytest.mark.parametrize("name, value", pairs(WRONG))
def test_what_does_not_fit_is_named(name, value, known):
    with pytest.raises(ValueError) as said:
        parameters.fit(known, {name: value})
    assert str(said.value).startswith(f"{name} is ") and ("must be" in str(said.value) or "may be" in str(said.value))


@pytest.mark.parametrize(
    "name, value, words",
    [
        ("rats", [0.1], "the parameter is 'rats'; it may be rate, rates, .*did you mean 'rates'"),
        ("dataset", "mnits", "dataset is 'mnits'; it may be digits, mnist, cifar10 .did you mean 'mnist'"),
        ("network", "mpl", "network is 'mpl'; .*did you mean 'mlp'"),
        ("seeds", [], "seeds is .*list of int, for example .0, 1., each in .0, inf., and not empty"),
        ("seeds", [2, 2], r"seeds is \[2, 2\]; it must be a list without repeats"),
        ("rates", [0.5, 2.0], r"rates is \[0.5, 2.0\]; it must be list of float.* each in \(0, 1\]"),
        ("methods", ["ERM"], "2 to 3 of names in labkit.methods.ALL"),
        ("rows", ["ERM"], r"\(CDR and one or more of \[\] | ERM | CDR | AUX\)"),
        ("seeds", "[0, 1]", r"list of int, .*; papermill takes a list as -y 'seeds: \[0, 1\]'"),
        ("n", 1, r"n is 1; it must be int, in \[10, 1437\] or 0"),
        ("fast", "true", "fast is 'true'; it must be bool"),
    ],
)
def test_the_words(name, value, words, known):
    with pytest.raises(ValueError, match=words):
        parameters.fit(known, {name: value})


def test_what_is_edited_by_hand_does_not_change_what_fits(notebook):
    """JupyterLab saves the value that somebody typed: the default says nothing about what is right."""
    spoilt = CELL.replace("= 0.4", '= "a lot"').replace("= [0, 1]", "= []").replace('= "digits"', "= 3")
    nb = nbformat.read(notebook, 4)
    nb.cells[1].source = spoilt
    nbformat.write(nb, notebook)
    exec(spoilt, space := {})
    with pytest.raises(ValueError, match="rate is 'a lot'; it must be float, in "):
        labkit.parameters(str(notebook), space)
    for name, right in {"rate": 0.1, "seeds": [0], "dataset": "mnist"}.items():
        space[name] = right
    labkit.parameters(str(notebook), space)


@pytest.mark.parametrize("name, value", pairs({name: WRONG[name][:3] for name in WRONG}))
def test_the_cell_says_what_the_command_line_says(name, value, notebook, known, namespace):
    with pytest.raises(ValueError) as of_cell:
        labkit.parameters(str(notebook), namespace | {name: value})
    if "str" not in known[name].types:  # there a text stands for itself
        with pytest.raises(ValueError) as of_command_line:
            parameters.check(known, [(name, json.dumps(value))])
        assert str(of_cell.value) == str(of_command_line.value)


def test_values_take_their_type_in_the_notebook(notebook, namespace):
    namespace |= {"rate": 0, "rates": (1, 0.5)}
    assert labkit.parameters(str(notebook), namespace) is None
    assert type(namespace["rate"]) is float and namespace["rates"] == [1.0, 0.5]
    before = dict(namespace)
    labkit.parameters(str(notebook), namespace)
    assert namespace == before, "it can be run again"


def test_a_missing_parameter_is_named(notebook, namespace):
    del namespace["seeds"]
    with pytest.raises(ValueError, match="seeds"):
        labkit.parameters(str(notebook), namespace)


INJECTED = "# Parameters\nrate = 0.2\nsedes = [3]\n"


@pytest.mark.parametrize(
    "ran, refused",
    [
        ([CELL, INJECTED, "labkit.parameters(...)"], True),  # papermill
        ([CELL, "# Parameters\nrate = 0.2\n"], False),
        ([CELL], False),
        ([CELL, INJECTED, CELL], False),  # by hand: defaults set anew
        ([CELL, INJECTED, "# Parameters\nseeds = [3]\n"], False),  # by hand: mended and run again
        ([CELL, INJECTED, "1 +", "print(rate)"], True),
        ([CELL, INJECTED, re.sub(r": [^=\n]*=", " =", CELL)], True),  # a later cell that changes them sets no default
        ([], False),  # nbval: nothing is kept
    ],
)
def test_names_that_papermill_injects_are_known_to_the_notebook(ran, refused, notebook, namespace):
    namespace["In"] = ["", *ran]
    if refused:
        with pytest.raises(ValueError, match=r"the parameter is 'sedes'; .*did you mean 'seeds'"):
            labkit.parameters(str(notebook), namespace)
    else:
        labkit.parameters(str(notebook), namespace)


def test_without_a_history_there_is_no_injected_cell(notebook, namespace):
    del namespace["In"]
    labkit.parameters(str(notebook), namespace)
    with pytest.raises(ValueError, match="rate is 2"):
        labkit.parameters(str(notebook), namespace | {"rate": 2})


def test_an_unknown_notebook_is_named_with_its_neighbour(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"did you mean .notebooks/crust\.ipynb'"):
        labkit.parameters("notebooks/crast", {})


@pytest.mark.parametrize("brackets", ["[]", "[)", "(]", "()"])
def test_an_interval_holds_what_it_says(brackets, notebook):
    """Against the definition, for drawn ends and numbers, ends included."""
    draw = random.Random(0)
    for _ in range(50):
        low, high = sorted(draw.sample(range(-9, 10), 2))
        cell = f"x: float = 0.5  # in {brackets[0]}{low}, {high}{brackets[1]}"
        notebook.write_text(
            nbformat.writes(new_notebook(cells=[new_code_cell(cell, metadata={"tags": ["parameters"]})]))
        )
        known = parameters.read(notebook)
        for x in (low, high, draw.uniform(-10, 10), low - 1e-9, high + 1e-9):
            inside = (low < x or (x == low and brackets[0] == "[")) and (x < high or (x == high and brackets[1] == "]"))
            try:
                parameters.fit(known, {"x": x})
            except ValueError:
                assert not inside, (x, cell)
            else:
                assert inside, (x, cell)


def test_a_path_beside_alternatives(tmp_path, monkeypatch):
    source = 'dataset: str = "digits"  # digits | mnist | a path\noptions: dict = {}  # of labkit.load'
    cell = new_code_cell(source, metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "own.ipynb")
    known = parameters.read(tmp_path / "own.ipynb")
    monkeypatch.chdir(tmp_path)
    values = parameters.check(known, [["dataset", "photos/zoo"], ["options", '{"size": 8}']])
    assert values == {"dataset": str(tmp_path / "photos" / "zoo"), "options": {"size": 8}}
    assert parameters.check(known, [["dataset", "mnist"]]) == {"dataset": "mnist"}
    for wrong in ("a path", "photos", ""):
        with pytest.raises(ValueError, match="dataset is"):
            parameters.fit(known, {"dataset": wrong})

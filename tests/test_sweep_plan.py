"""Plans of sweeps: the points are those of a brute-force enumeration, what cannot run is refused before anything
starts, and a point becomes what one would hand to `fit`."""

import itertools
import json
import random
from pathlib import Path

import nbformat
import pytest
import yaml

import labkit
from labkit.cli import main
from labkit.fit import identity
from labkit.fit.check import net_name
from labkit.fit.config import configuration
from labkit.methods import CDR, ERM, GCE, MNWNet, MWNet, SModel
from labkit.runs.sweep import points as grids
from labkit.runs.sweep.entry import entry
from labkit.runs.sweep.plan import Plan, label

ROOT = Path(__file__).parents[1]
FIT = {"data": "digits", "noise": "symmetric", "rate": 0.4, "net": "mlp", "epochs": 3, "seed": 0, "method": "ERM"}
PLAN = """\
fit:
  data: digits
  noise: symmetric
  net: mlp
  epochs: 30
  recipe.lr: 1e-2
grid:
  method: [ERM, CDR, GCE]
  rate: [0.2, 0.4]
  seed: [0, 1, 2]
when:
  - {if: {method: GCE}, grid: {method.q: [0.5, 0.7]}}
exclude:
  - {method: CDR, rate: [0.2, 0.3]}
store: runs/first
threads: 2
retries: 0
checkpoint_every: 10
resources: {GPU: 0.25}
gpu_memory: 4
as_notebooks: true
"""


def plan(fit=(), without=(), **sections):
    """A plan of one training, with other values."""
    fixed = {name: value for name, value in (FIT | dict(fit)).items() if name not in without}
    return Plan.read({"fit": fixed} | sections)


def written(tmp_path, text):
    """The plan of a file with this text."""
    (tmp_path / "plan.yml").write_text(text, encoding="utf-8")
    return Plan.read(tmp_path / "plan.yml")


def test_a_file_and_the_dict_of_it_are_the_same_plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read = written(tmp_path, PLAN)
    assert read == Plan.read(yaml.safe_load(PLAN.replace("1e-2", "0.01"))) == Plan.read(str(tmp_path / "plan.yml"))
    fixed = {"data": "digits", "noise": "symmetric", "net": "mlp", "epochs": 30, "recipe.lr": 0.01}
    by_hand = [
        fixed | {"method": method, "rate": rate, "seed": seed} | own
        for method in ("ERM", "CDR", "GCE") for rate in (0.2, 0.4) for seed in (0, 1, 2)
        for own in ([{"method.q": 0.5}, {"method.q": 0.7}] if method == "GCE" else [{}])
        if (method, rate) != ("CDR", 0.2)
    ]  # fmt: skip
    assert read.points == by_hand and len(by_hand) == 21
    assert json.loads(json.dumps(read.points)) == read.points
    assert (read.kind, read.notebook, read.store) == ("fit", None, tmp_path / "runs" / "first")
    assert (read.threads, read.retries, read.checkpoint_every) == (2, 0, 10)
    assert (read.resources, read.gpu_memory, read.as_notebooks) == ({"GPU": 0.25}, 4, True)


def random_sections(rng):
    """A grid (or several), conditions and exclusions over names a to d. -> four sections"""
    some = lambda: rng.sample([0, 1, 2.5, "x", None, True, [1, 2]], rng.randint(1, 3))
    all_grids = [{name: some() for name in rng.sample("abc", rng.randint(1, 3))} for _ in range(rng.randint(1, 2))]
    grid = all_grids if len(all_grids) > 1 or rng.random() < 0.5 else all_grids[0]
    a, b = rng.choice(all_grids), rng.choice(all_grids)
    name = rng.choice(list(a))
    when = [{"if": {name: rng.choice([a[name], a[name][0]])}, "grid": {"d": some()}}]
    when += [{"if": {"d": when[0]["grid"]["d"][0]}, "grid": {"e": some(), "f": some()}}] * (rng.random() < 0.5)
    exclude = [{name: values[0] if rng.random() < 0.5 else [*values[:2], "never"] for name, values in b.items()}]
    return {"z": 9}, grid, when, exclude


def is_one_of(value, wanted):
    """By their JSON, whether the wanted one is the value itself or a list with it. The oracle of a match."""
    text = json.dumps(value)
    return text == json.dumps(wanted) or (isinstance(wanted, list) and text in map(json.dumps, wanted))


def enumerated(fixed, grid, when, exclude):
    """The points as a recursion over names finds them, by filtering the whole product of conditions' values."""
    holds = lambda point, rule: all(name in point and is_one_of(point[name], rule[name]) for name in rule)

    def conditions(point, left):
        if not left:
            return [point]
        names = list(left[0]["grid"])
        if not holds(point, left[0]["if"]):
            return conditions(point, left[1:])
        each = itertools.product(*(left[0]["grid"][name] for name in names))
        return [end for values in each for end in conditions(point | dict(zip(names, values)), left[1:])]

    found = []
    for one in grid if isinstance(grid, list) else [grid]:
        for values in itertools.product(*one.values()):
            found += conditions(fixed | dict(zip(one, values)), when)
    kept = [p for p in found if not any(holds(p, rule) for rule in exclude)]
    return [p for k, p in enumerate(kept) if json.dumps(p, sort_keys=True) not in map(as_text, kept[:k])]


def as_text(point):
    return json.dumps(point, sort_keys=True)


def test_random_grids_conditions_and_exclusions_are_those_of_an_enumeration():
    empty = expected_some = 0
    for seed in range(400):
        sections = random_sections(random.Random(seed))
        expected = enumerated(*sections)
        if expected:
            assert list(map(as_text, grids.points(*sections))) == list(map(as_text, expected))
            expected_some += 1
        else:
            with pytest.raises(ValueError, match="no point of the grid is left"):
                grids.points(*sections)
            empty += 1
    assert empty > 20 and expected_some > 100  # both kinds were met


def test_a_truth_is_no_number_and_a_list_may_be_a_value():
    assert not grids.meets({"a": True}, {"a": 1}) and grids.meets({"a": 1.0}, {"a": 1})
    assert not grids.meets({"a": 0}, {"a": [False]}) and not grids.meets({}, {"a": None})
    assert grids.meets({"a": [0.2]}, {"a": [0.2]}) and grids.meets({"a": [0.2]}, {"a": [[0.4], [0.2]]})


def test_a_list_of_grids_gives_pairs_and_none_twice():
    two = [{"seed": [0, 1], "epochs": [1]}, {"seed": (1, 2), "epochs": [1]}, {"seed": range(2), "epochs": [2]}]
    found = plan(without=["seed", "epochs"], grid=two).points
    assert [(p["seed"], p["epochs"]) for p in found] == [(0, 1), (1, 1), (2, 1), (0, 2), (1, 2)]


GRID = {"grid": {"seed": [0, 1]}, "without": ["seed"]}
BOTH = {"grid": {"method": ["ERM", "GCE"]}, "without": ["method"]}
REFUSED = {
    "an unknown section": ({"grids": {}}, ["grids", "did you mean 'grid'"]),
    "an unknown option": ({"thread": 2}, ["thread", "did you mean 'threads'"]),
    "a derived field": ({"points": []}, ["points", "it may be fit"]),
    "threads": ({"threads": 0}, ["threads is 0"]),
    "threads of another type": ({"threads": 1.0}, ["threads is 1.0", "whole number"]),
    "retries": ({"retries": -1}, ["retries is -1"]),
    "checkpoint_every": ({"checkpoint_every": "often"}, ["checkpoint_every", "often"]),
    "resources": ({"resources": {"GPU": "one"}}, ["resources", "GPU: 0.25"]),
    "gpu_memory": ({"gpu_memory": 0}, ["gpu_memory is 0"]),
    "as_notebooks": ({"as_notebooks": "no"}, ["as_notebooks is 'no'", "true or false"]),
    "store": ({"store": 5}, ["store is 5", "path"]),
    "set without a notebook": ({"set": {}}, ["set", "notebook"]),
    "fit with a notebook": ({"notebook": "cdr_aux"}, ["fit is", "left out", "`set`"]),
    "a value that is not finite": ({"fit": {"n": float("inf")}}, ["inf", "finite"]),
    "a value that is no JSON": ({"fit": {"n": {1, 2}}}, ["{1, 2}", "texts"]),
    "no grid": ({"grid": []}, ["grid is []"]),
    "a bare value": ({"grid": {"seed": 3}, "without": ["seed"]}, ["grid: seed is 3", "list", "[3]"]),
    "a bare text": ({"grid": {"method": "GCE"}, "without": ["method"]}, ["method is 'GCE'", '["GCE"]']),
    "no value": ({"grid": {"seed": []}, "without": ["seed"]}, ["seed is []", "one or more"]),
    "a name twice": ({"grid": {"seed": [1]}}, ["grid: seed", "has a value already"]),
    "nothing left": (GRID | {"exclude": [{"seed": [0, 1]}]}, ["exclude", "no point"]),
    "an exclusion that meets nothing": (GRID | {"exclude": [{"seed": 2}]}, ["exclude, number 1, seed is 2", "0, 1"]),
    "an exclusion of a typo": (GRID | {"exclude": [{"sed": 0}]}, ["sed", "did you mean 'seed'"]),
    "an exclusion that is no list": (GRID | {"exclude": {"seed": 0}}, ["exclude is", "a list", "dash"]),
    "an exclusion of everything": (GRID | {"exclude": [{}]}, ["exclude, number 1, is {}"]),
    "no such combination": (
        {"grid": [{"seed": [0], "epochs": [1]}, {"seed": [1], "epochs": [2]}], "without": ["seed", "epochs"],
         "exclude": [{"seed": 0, "epochs": 2}]},
        ["exclude, number 1", "a combination that occurs"],
    ),
    "a condition that meets nothing": (
        BOTH | {"when": [{"if": {"method": "GC"}, "grid": {"method.q": [1]}}]}, ["when, number 1: if method is 'GC'"]),
    "a condition on an unknown name": (
        BOTH | {"when": [{"if": {"methd": "GCE"}, "grid": {"method.q": [1]}}]}, ["methd", "did you mean 'method'"]),
    "a condition that sets twice": (
        BOTH | {"when": [{"if": {"method": "GCE"}, "grid": {"seed": [1]}}]}, ["when, number 1: seed", "already"]),
    "a condition without a grid": (BOTH | {"when": [{"if": {"method": "GCE"}}]}, ["when, number 1 is"]),
    "a condition with more": (
        BOTH | {"when": [{"if": {"method": "GCE"}, "grids": {"method.q": [1]}}]}, ["grids", "did you mean 'grid'"]),
    "a bare value of a condition": (
        BOTH | {"when": [{"if": {"method": "GCE"}, "grid": {"method.q": 0.5}}]}, ["method.q is 0.5", "[0.5]"]),
    "a missing name": ({"without": ["net"]}, ["net is None", "given, in fit or in grid"]),
    "an unknown name": ({"fit": {"epoch": 3}}, ["epoch", "did you mean 'epochs'"]),
    "an unknown method": ({"fit": {"method": "GCEE"}}, ["GCEE", "did you mean 'GCE'"]),
    "a method that is a list": ({"fit": {"method": ["GCE"]}}, ["method is ['GCE']", "one of"]),
    "a hyperparameter out of range": ({"fit": {"method": "GCE", "method.q": 2}}, ["method.q is 2", 'method: "GCE"']),
    "a hyperparameter's name": ({"fit": {"method": "GCE", "method.truncat": 0.1}}, ["did you mean 'truncate'"]),
    "a hyperparameter of another method": ({"fit": {"method.q": 0.5}}, ["method.q is 0.5", "ERM has no"]),
    "a hyperparameter's type": ({"fit": {"method": "CDR", "method.strict": "no"}}, ["method.strict is 'no'", "true"]),
    "a number in quotes": ({"fit": {"method": "GCE", "method.truncate": "0.5"}}, ["method.truncate is '0.5'"]),
    "an unknown noise": ({"fit": {"noise": "symetric"}}, ["symetric", "did you mean 'symmetric'"]),
    "a rate of 1": ({"fit": {"rate": 1}}, ["rate is 1", "[0, 1)"]),
    "a rate that is a text": ({"fit": {"rate": "0.4"}}, ["rate is '0.4'"]),
    "a rate without a noise": ({"without": ["noise"]}, ["noise is None", "symmetric"]),
    "a noise without a rate": ({"without": ["rate"]}, ["rate is None", "0: clean labels"]),
    "noise for the other kind": ({"fit": {"noise": "signflip"}}, ["signflip", "digits"]),
    "a method for the other kind": (
        {"fit": {"data": "faces", "noise": "signflip", "method": "GCE"}}, ["GCE", "numbers", "faces"]),
    "an unknown network": ({"fit": {"net": "mpl"}}, ["mpl", "did you mean 'mlp'"]),
    "a network for larger images": ({"fit": {"net": "lenet"}}, ["lenet needs 12 x 12", 'data: "digits"']),
    "unknown data": ({"fit": {"data": "digitz"}}, ["digitz", "did you mean 'digits'"]),
    "data that are not there": ({"fit": {"data": "no/such.csv"}}, ["no/such.csv", "that exists"]),
    "too many samples": ({"fit": {"n": 5000}}, ["n is 5000", "1437"]),
    "no samples": ({"fit": {"n": 0}}, ["n is 0", "above 0"]),
    "too many samples without noise": ({"fit": {"n": 5000, "rate": 0, "method": "MAE"}}, ["n is 5000", "n: 5000"]),
    "no epoch": ({"fit": {"epochs": 0}}, ["epochs is 0"]),
    "epochs that are no whole number": ({"fit": {"epochs": 3.0}}, ["epochs is 3.0", "whole number"]),
    "a seed below 0": ({"fit": {"seed": -1}}, ["seed is -1"]),
    "a seed that is a truth": ({"fit": {"seed": True}}, ["seed is True", "whole number"]),
    "a noise seed": ({"fit": {"noise_seed": 0.5}}, ["noise_seed is 0.5"]),
    "a meta set nobody takes": ({"fit": {"meta": 50}}, ["meta is 50", "ERM takes no meta set"]),
    "a meta set that is too large": ({"fit": {"method": "MW-Net", "meta": 5000}}, ["meta: n is 5000", "1..1293"]),
    "a meta set with too few of a class": ({"fit": {"method": "MW-Net", "meta": 1293}}, ["meta: n is 1293", "class"]),
    "a meta set in too few samples": ({"fit": {"method": "MW-Net", "n": 100}}, ["meta: n is 100", "n: 100"]),
    "life": ({"fit": {"life": "yes"}}, ["life is 'yes'", "true or false"]),
    "a recipe's value": ({"fit": {"recipe.lr": -1}}, ["recipe.lr is -1"]),
    "a recipe's type": ({"fit": {"recipe.nesterov": "yes"}}, ["recipe.nesterov is 'yes'", "true or false"]),
    "a recipe's name": ({"fit": {"recipe.lrate": 1}}, ["lrate", "did you mean 'lr'"]),
}  # fmt: skip


@pytest.mark.parametrize("sections, words", REFUSED.values(), ids=REFUSED)
def test_what_cannot_run_is_named(sections, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as error:
        plan(**sections)
    assert all(word in str(error.value) for word in words), str(error.value)
    assert not list(tmp_path.iterdir())


YAML = {
    "a key twice": ("fit: {data: digits}\ngrid: {}\nfit: {data: faces}", ["line 3", "'fit'", "line 1"]),
    "a key twice below": ("fit:\n  rate: 0.2\n  seed: 1\n  rate: 0.4", ["line 4", "'rate'", "line 2"]),
    "a key twice in a line": ("grid: {rate: [0.2], rate: [0.4]}", ["line 1", "'rate'"]),
    "no YAML": ("fit: {data: digits\ngrid: {}", ["line 2"]),
    "no text": ("fit: \x00", ["plan.yml", "not text"]),
    "no dict": ("- 1\n- 2", ["the plan is [1, 2]"]),
    "empty": ("", ["the plan is None"]),
    "no as a truth": ("fit:\n  life: no", ["line 2", '"no"', "true, false"]),
    "an octal": ("fit:\n\n  seed: 010", ["line 3", "010"]),
    "a clock": ("fit: {seed: 1:30}", ["line 1", "1:30"]),
    "no number": ("fit: {rate: .nan}", ["line 1", ".nan"]),
    "a date": ("fit: {seed: 2026-01-01}", ["fit is", "date", "texts"]),
    "a key that is a list": ("fit: {[1]: 2}", ["line 1", "unhashable"]),
    "a section that is empty": ("fit:\ngrid: {seed: [1]}", ["fit is None", "{name: value}"]),
}


@pytest.mark.parametrize("text, words", YAML.values(), ids=YAML)
def test_yaml_that_is_read_differently_names_file_and_line(text, words, tmp_path):
    with pytest.raises(ValueError) as error:
        written(tmp_path, text)
    assert all(word in str(error.value) for word in words), str(error.value)
    if any("line" in word for word in words):
        assert "plan.yml" in str(error.value)


def test_a_plan_that_is_not_there_and_one_in_other_letters(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.yml'; it must be a YAML file that exists"):
        Plan.read(tmp_path / "nowhere.yml")
    (tmp_path / "latin.yml").write_bytes(b"fit: {data: gr\xfcn}")
    with pytest.raises(ValueError, match=r"latin\.yml is not text"):
        Plan.read(tmp_path / "latin.yml")


def test_numbers_in_yaml_are_numbers(tmp_path):
    text = "fit: {data: digits, net: mlp, method: ERM, epochs: 1, recipe.lr: 1e-3, recipe.weight_decay: 5.0e-4}\n"
    (point,) = written(tmp_path, text + "grid: {seed: [+1]}").points
    assert (point["recipe.lr"], point["recipe.weight_decay"], point["seed"]) == (1e-3, 5e-4, 1)


def test_anchors_may_be_merged_and_overridden(tmp_path):
    fixed = "{data: digits, net: mlp, method: ERM, epochs: 1}"
    found = written(tmp_path, f"grid:\n  - &one {{seed: [0, 1], n: [90]}}\n  - {{<<: *one, n: [80]}}\nfit: {fixed}")
    assert [(p["seed"], p["n"]) for p in found.points] == [(0, 90), (1, 90), (0, 80), (1, 80)]


def test_a_store_is_the_plans_or_the_usual_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABKIT_RUNS", "elsewhere")
    assert plan().store == tmp_path / "elsewhere" and plan(store="here").store == tmp_path / "here"
    assert plan(store=str(tmp_path / "there")).store == tmp_path / "there"


# -- a point becomes what one would hand to fit


def name(method, task, net, epochs, seed, recipe, meta, life):
    """The name of the run that `fit` would make of these."""
    recipe = labkit.Recipe.of(recipe)
    return identity(configuration(method, task, net_name(net), epochs, seed, recipe, meta, life))


def noisy(data, model, rate, seed, n=None):
    return labkit.corrupt(labkit.load(data, n=n), labkit.noise.ALL[model](rate), seed)


def with_meta(task, n, trusted, balanced, seed):
    return labkit.data.meta_split(task, n, trusted=trusted, balanced=balanced, seed=seed)


def made_by_hand():
    """Points beside what a reader would write for them."""
    erm, digits, faces = ERM(), noisy("digits", "symmetric", 0.4, 0), noisy("faces", "signflip", 0.2, 1)
    numbers = {"data": "faces", "noise": "signflip", "rate": 0.2, "seed": 1}
    few, given = noisy("digits", "pairflip", 0.3, 7, 300), {"noise": "pairflip", "rate": 0.3, "n": 300, "noise_seed": 7}
    yield {}, (erm, digits, "mlp", 3, 0, None, None, False)
    yield {"rate": 0}, (erm, labkit.load("digits"), "mlp", 3, 0, None, None, False)
    yield {"method": "CDR"}, (CDR(rate=0.4), digits, "mlp", 3, 0, None, None, False)
    yield {"method": "CDR", "method.rate": 0.1}, (CDR(rate=0.1), digits, "mlp", 3, 0, None, None, False)
    yield {"method": "S-Model", "method.rate": None}, (SModel(rate=None), digits, "mlp", 3, 0, None, None, False)
    own, recipe = {"method": "GCE", "method.q": 0.5, "life": True}, {"recipe.lr": 0.01, "recipe.milestones": [1, 2]}
    changed = labkit.Recipe(lr=0.01, milestones=(1, 2))
    yield own | recipe, (GCE(q=0.5), digits, "mlp", 3, 0, changed, None, True)
    yield given | {"seed": 2}, (erm, few, "mlp", 3, 2, None, None, False)
    rest, meta = with_meta(digits, 100, True, "true", 0)
    yield {"method": "MW-Net"}, (MWNet(), rest, "mlp", 3, 0, None, meta, False)
    rest, meta = with_meta(few, 40, False, "true", 2)
    yield given | {"method": "MNW-Net", "seed": 2, "meta": 40}, (MNWNet(), rest, "mlp", 3, 2, None, meta, False)
    yield numbers | {"method": "CDR"}, (CDR(rate=0.2), faces, "mlp", 3, 1, None, None, False)
    rest, meta = with_meta(faces, 100, True, False, 1)
    tuned = labkit.methods.FineTuning()
    yield numbers | {"method": "Fine-tuning"}, (tuned, rest, "mlp", 3, 1, None, meta, False)


@pytest.mark.parametrize("changes, by_hand", list(made_by_hand()), ids=lambda value: str(value)[:60])
def test_a_point_is_the_run_that_one_would_make_by_hand(changes, by_hand):
    (point,) = plan(changes).points
    assert name(*entry(point)) == name(*by_hand)


def test_every_name_of_a_point_makes_another_run():
    changes = [{}, {"n": 500}, {"noise": "pairflip"}, {"rate": 0.2}, {"noise_seed": 1}, {"method": "MAE"}, {"seed": 1}]
    changes += [{"net": "small_cnn"}, {"epochs": 4}, {"life": True}, {"recipe.batch": 64}, {"data": "faces", "rate": 0}]
    changes += [{"method": "GCE", "method.q": 0.6}, {"method": "MW-Net"}, {"method": "MW-Net", "meta": 90}]
    names = [name(*entry(plan(each).points[0])) for each in changes]
    assert len(set(names)) == len(names)


def test_a_race_and_a_sweep_enter_the_same_run():
    race = labkit.Race(["CDR", "MNW-Net", "L2RW"], n=300, epochs=3, rate=0.3)
    for method in race.methods:
        own = {} if method != "MNW-Net" else {"method.meta_lr": 0.01}  # what ./lab methods gives it
        (point,) = plan({"method": method, "n": 300, "rate": 0.3, "seed": 4, **own}).points
        mine, task, meta = race._entry(method, 4)
        assert name(mine, task, "mlp", 3, 4, None, meta, False) == name(*entry(point))
        assert meta is None or meta.trusted == (method in ("MW-Net", "L2RW"))


# -- notebooks


def test_a_notebook_gets_whole_values_of_the_type_it_takes():
    found = Plan.read({"notebook": "cdr_aux", "set": {"epochs": 5}, "grid": {"rates": [[0.2], [0.4]], "lam": [0, 0.0]}})
    assert found.points == [{"epochs": 5, "rates": [0.2], "lam": 0.0}, {"epochs": 5, "rates": [0.4], "lam": 0.0}]
    assert type(found.points[0]["lam"]) is float
    assert (found.kind, found.notebook) == ("notebook", ROOT / "notebooks" / "cdr_aux.ipynb")
    assert [label(point, found) for point in found.points] == ["rates [0.2]", "rates [0.4]"]


NOTEBOOKS = {
    "an unknown notebook": ({"notebook": "cdr_axu"}, ["cdr_axu", "did you mean 'notebooks/cdr_aux.ipynb'"]),
    "a notebook that is a number": ({"notebook": 3}, ["notebook is 3", "path or name"]),
    "an unknown parameter": ({"set": {"epoch": 5}}, ["epoch", "did you mean 'epochs'"]),
    "a value of another type": ({"set": {"epochs": "five"}}, ["epochs is 'five'", "int"]),
    "an element where a list is taken": ({"grid": {"rates": [0.2, 0.4]}}, ["rates is 0.2", "list of float"]),
    "a value outside": ({"grid": {"rates": [[0.2], [1.0]]}}, ["rates is [1.0]", "[0, 1)"]),
}


@pytest.mark.parametrize("sections, words", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_what_a_notebook_does_not_take_is_named(sections, words):
    with pytest.raises(ValueError) as error:
        Plan.read({"notebook": "cdr_aux"} | sections)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_notebook_without_parameters_takes_none(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), tmp_path / "bare.ipynb")
    bare = {"notebook": str(tmp_path / "bare.ipynb")}
    assert Plan.read(bare).points == [{}] and label({}, Plan.read(bare)) == "bare"
    with pytest.raises(ValueError, match="n'; it must be left out: this notebook has no cell"):
        Plan.read(bare | {"set": {"n": 1}})


# -- names for tables, and the command


def test_a_label_says_what_differs_and_nothing_else(tmp_path):
    found = written(tmp_path, PLAN)
    labels = [label(point, found) for point in found.points]
    assert len(set(labels)) == len(labels)
    assert labels[0] == "ERM, rate 0.2, seed 0" and labels[-1] == "GCE q=0.7, rate 0.4, seed 2"
    assert [label(point, plan()) for point in plan().points] == ["ERM"]
    several = plan(without=["net", "seed"], grid={"net": ["mlp", "small_cnn"], "recipe.lr": [0.1], "seed": [0, 1]})
    assert [label(point, several) for point in several.points][1:3] == ["mlp, seed 1", "small_cnn, seed 0"]
    rates = plan(grid={"recipe.lr": [0.1, 0.2], "method.lam": [0, 1]}, fit={"method": "AUX"})
    assert label(rates.points[1], rates) == "lam=1, lr 0.1"


def test_the_example_is_24_short_trainings(capsys, tmp_path):
    found = Plan.read(ROOT / "notebooks" / "sweep.yml")
    assert len(found.points) == 24 and {point["data"] for point in found.points} == {"digits"}
    assert main(["sweep", str(ROOT / "notebooks" / "sweep.yml"), "--dry", "--store", str(tmp_path / "s")]) == 0
    said = capsys.readouterr().out
    assert f"24 trainings -> {tmp_path / 's'}" in said and "ERM, rate 0.2, seed 0" in said and "19 more" in said
    assert not list(tmp_path.iterdir())


WRONG = {
    "no such file": (["nowhere.yml"], "nowhere.yml"),
    "no workers": (["sweep.yml", "--workers", "0"], "--workers is 0"),
    "an empty store": (["sweep.yml", "--dry", "--store", ""], "store is ''"),
    "no address": (["sweep.yml", "--address", "here"], "--address is 'here'"),
}


@pytest.mark.parametrize("words, said", WRONG.values(), ids=WRONG)
def test_the_command_refuses_with_status_2(words, said, capsys, monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    assert main(["sweep", *words]) == 2
    assert said in capsys.readouterr().err

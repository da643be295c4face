"""With a store, a run is found again only if everything that can move its numbers is the same."""

import itertools
import os
import random
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from functools import partial, wraps
from io import StringIO
from pathlib import Path
from types import MethodType, ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import labkit
from labkit import Task, noise
from labkit.data import Scale
from labkit.fingerprint import Unidentified, fingerprint, network, observes
from labkit.methods import ERM, L2RW
from labkit.runs import entry

CLEAN = labkit.load("digits", n=60)
NOISY = labkit.corrupt(CLEAN, noise.symmetric(0.3), 0)
HEAD = """
import labkit, math, torch
from dataclasses import dataclass
from labkit import noise
from labkit.methods import ERM
from torch import nn
def wide(w, shape=None, classes=10, act=nn.ReLU):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, w), act(), nn.Linear(w, classes))
"""


def fit(store, method="ERM", net="mlp", task=NOISY, **how):
    return labkit.fit(method, task, net, **{"epochs": 1, "seed": 0, "progress": False, "store": store, **how})


def cell(text, name="made", **values):
    """What a cell of a notebook defines: code without a file."""
    space = {"__name__": "__main__", **values}
    exec(HEAD, space)
    exec(text, space)
    return space[name]


def curve(run):
    return run.history.drop(columns="seconds")


def wide(w, shape=None, classes=10, act=torch.nn.ReLU):
    layers = torch.nn.Flatten(), torch.nn.Linear(64, w), act(), torch.nn.Linear(w, classes)
    return torch.nn.Sequential(*layers)


class Factory:
    def __init__(self, width):
        self.width = width

    def __call__(self, shape, classes):
        return wide(self.width)

    def make(self, shape, classes):
        return wide(self.width)


def numbered(text, *numbers):
    return [text.replace("{w}", str(number)) for number in numbers]


def net(text, **values):
    return {"net": cell(text, **values)}


def method(text, **values):
    return {"method": cell(text, **values)()}


MINE = "@dataclass(kw_only=True, eq=False)\nclass made(ERM):\n    "
NETWORKS = {
    "an edited function": numbered("def made(shape, classes): return wide({w})", 64, 1),
    "two lambdas": numbered("made = lambda shape, classes: wide({w})", 64, 1),
    "closures": numbered("def make(w): return lambda shape, classes: wide(w)\nmade = make({w})", 2, 50),
    "a closure's function": [
        f"def make(f): return lambda shape, classes: wide(9, act=f)\nmade = make({act})"
        for act in ("nn.ReLU", "nn.Tanh")
    ],
    "default arguments": numbered("def made(shape, classes, w={w}): return wide(w)", 3, 4),
    "keyword-only defaults": numbered("def made(shape, classes, *, w={w}): return wide(w)", 3, 4),
    "a global number": numbered("W = {w}\ndef made(shape, classes): return wide(W)", 3, 4),
    "a global list": numbered("W = [[{w}]]\ndef made(shape, classes): return wide(W[0][0])", 3, 4),
    "an edited helper": numbered(
        "def helper(): return {w}\ndef middle(): return helper()\ndef made(shape, classes): return wide(middle())", 3, 4
    ),
    "a helper that calls itself": numbered(
        "def depth(n): return 0 if n < 1 else {w} + depth(n - 1)\ndef made(shape, classes): return wide(depth(2))", 3, 4
    ),
    "a constant of an inner function": numbered(
        "def made(shape, classes):\n    def inner(): return {w}\n    return wide(inner())", 3, 4
    ),
    "an edited forward": [
        f"""class made(nn.Module):
    def __init__(self, classes): super().__init__(); self.a = nn.Linear(64, classes)
    def forward(self, x): return self.a(x.flatten(1)){end}"""
        for end in ("", " * 3")
    ],
    "an edited base class": [
        f"""class Base(nn.Module):
    def forward(self, x): return self.a(x.flatten(1)) * {factor}
class made(Base):
    def __init__(self, classes): super().__init__(); self.a = nn.Linear(64, classes)"""
        for factor in (1, 2)
    ],
    "attributes of an instance": [
        f"class Made:\n    w = {w}\n    def __call__(self, shape, classes): return wide(self.w)\nmade = Made()"
        for w in (3, 4)
    ],
}
METHODS = {
    "an edited update": ["pass", "def update(self): pass"],
    "an edited loss": [f"def loss(self, logits, y, i): return {k} * super().loss(logits, y, i)" for k in (1, 2)],
    "an attribute of the class": [
        f"factor = {k}\n    def loss(self, logits, y, i): return self.factor * super().loss(logits, y, i)"
        for k in (1, 2)
    ],
    "a property": [
        f"@property\n    def k(self): return {k}\n    def penalty(self): return self.k * 0.0 + {k}" for k in (1, 2)
    ],
}


def texts(table, make):
    for name, pair in table.items():
        yield pytest.param(*(partial(make, text) for text in pair), id=name)


def own_method(body):
    return method(MINE + body)


def scaled(scale):
    x = np.random.default_rng(0).integers(0, 255, (60, 64), dtype=np.uint8)
    return {"task": Task.of(x, np.arange(60) % 10, x[:20], np.arange(20) % 10, scale=scale)}


def own_scale(factor):
    text = f"class made(labkit.data.Scale):\n    def __call__(self, x): return {factor} * super().__call__(x)"
    return scaled(cell(text)(top=255.0))


def shaped(shape, kind="float32"):
    x, y = np.random.default_rng(0).normal(size=(60, 64)).astype("float32"), np.arange(60) % 10
    x = x.view(kind).reshape(60, *shape)
    return {"task": Task.of(x, y, x[:20], y[:20])}


def true_labels(kept):
    truth = NOISY.truth
    known = torch.arange(len(truth.y)) < kept
    return {"task": replace(NOISY, truth=replace(truth, y=torch.where(known, truth.y, NOISY.train.y)))}


def meta(trusted, top=None):
    task, held = labkit.data.meta_split(NOISY, 20, trusted=trusted, balanced=False)
    held.y = held.y.clone().fill_(1) if trusted is None else held.y
    if top:
        held = replace(held, scale=replace(held.scale, top=top))
    return {"method": L2RW(), "task": task, "meta": held}


def same_meta_labels(trusted):
    task, held = labkit.data.meta_split(labkit.load("digits", n=60), 20, trusted=trusted, balanced=False)
    return {"method": L2RW(), "task": task, "meta": held}


def own_noise(text):
    made = cell("class made(noise.Noise):\n    def draw(self, clean, rng): " + text)
    return {"task": labkit.corrupt(CLEAN, with_matrix(made)(0.2), 0)}


def with_matrix(cls):
    cls.matrix = lambda self, classes, dataset: torch.eye(classes, dtype=torch.float64)
    return cls


def recipe(factor):
    return {"recipe": cell(f"class made(labkit.Recipe):\n    def lr_at(self, epoch): return {factor} * self.lr")()}


def callback(text):
    return {"on_epoch": cell(f"def made(run): {text}")}


def of_module(width):
    module = ModuleType("module_of_a_user")
    module.WIDTH, sys.modules["module_of_a_user"] = width, module
    return net("def made(shape, classes): return wide(module.WIDTH)", module=module)


def imported_inside(width):
    of_module(width)
    return net("def made(shape, classes):\n    import module_of_a_user as m\n    return wide(m.WIDTH)")


def decorated(width):
    @wraps(labkit.nets.mlp)
    def mlp(shape, classes):
        return wide(width)

    return {"net": mlp}


def objects(width, kind):
    factory = Factory(width)
    return {"net": {"object": factory, "method": factory.make, "partial": partial(factory, shape=3)}[kind]}


def hyperparameter(text):
    body = "f: object = None\n    def loss(self, logits, y, i): return self.f(super().loss(logits, y, i))"
    return {"method": cell(MINE + body)(f=cell(f"made = lambda loss: {text}"))}


PAIRS = [
    *texts(NETWORKS, net),
    *texts(METHODS, own_method),
    *[
        pytest.param(partial(make, one), partial(make, other), id=name)
        for name, make, one, other in (
            ("positional arguments of partial", lambda w: {"net": partial(wide, w)}, 64, 1),
            ("a class given to partial", lambda act: {"net": partial(wide, 9, act=act)}, torch.nn.ReLU, torch.nn.Tanh),
            ("a callable object", lambda w: objects(w, "object"), 3, 4),
            ("a bound method", lambda w: objects(w, "method"), 3, 4),
            ("partial of an object", lambda w: objects(w, "partial"), 3, 4),
            ("a module of the user's", of_module, 3, 4),
            ("a module imported in a function", imported_inside, 3, 4),
            ("a function that bears labkit's name", decorated, 3, 4),
            ("a hyperparameter that is a function", hyperparameter, "loss", "3 * loss"),
            ("a recipe of the user's", recipe, 1, 0.1),
            ("scale", scaled, Scale(255.0, (0.5,), (0.25,)), Scale(1.0, (0.0,), (1e4,))),
            ("a scale of the user's", own_scale, 1, 2),
            ("truth", true_labels, 100, 10),
            ("shape", shaped, (64,), (1, 8, 8)),
            ("a meta set's labels", meta, True, False),
            ("a meta set's trust", same_meta_labels, True, False),
            ("a meta set's scale", lambda top: meta(True, top), 16.0, 8.0),
            ("a noise model", own_noise, "return clean.y.clone()", "return (clean.y + 1) % 10"),
            ("a noise model of the same labels", own_noise, "return clean.y.clone()", "return clean.y + 0"),
            (
                "a callback that changes weights",
                callback,
                *(f"run.method.nets[0][1].weight.data.mul_({k})" for k in (0, 2)),
            ),
            ("a callback that changes rows", callback, *(f"run.rows[-1].update(test={k})" for k in (0, 1))),
        )
    ],
]


@pytest.mark.parametrize("one, other", PAIRS)
def test_two_runs_that_differ_do_not_share_a_name(one, other, tmp_path):
    first, second, alone = fit(tmp_path, **one()), fit(tmp_path, **other()), fit(None, **other())
    assert first.name != second.name and second.method is not None and len(list(tmp_path.iterdir())) == 2
    assert curve(second).equals(curve(alone)) and second.name == alone.name
    assert fit(tmp_path, **one()).method is None  # the first one is found again


def test_a_file_that_the_network_reads_is_part_of_it(tmp_path):
    def made(shape, classes):
        net = wide(3)
        net[1].weight.data = torch.load(tmp_path / "weights.pt", weights_only=True)
        return net

    runs = []
    for value in (0.0, 0.1):
        torch.save(torch.full((3, 64), value), tmp_path / "weights.pt")
        runs.append(fit(tmp_path / "runs", net=made))
    assert runs[0].name != runs[1].name and runs[1].method is not None


def test_labkit_code_that_was_replaced_is_the_users(tmp_path, monkeypatch):
    first = fit(tmp_path)
    monkeypatch.setattr(ERM, "update", lambda self: None)
    second = fit(tmp_path)
    monkeypatch.undo()
    monkeypatch.setitem(labkit.nets.ALL, "mlp", lambda shape, classes: wide(2))
    third = fit(tmp_path)
    assert len({first.name, second.name, third.name}) == 3 and None not in (second.method, third.method)


SAME = {
    "the same text": ("W = 3\ndef made(shape, classes): return wide(W)",) * 2,
    "a comment and a docstring": (
        "def made(shape, classes): return wide(3)",
        'def made(shape, classes):\n    """Make it."""\n    # a comment\n\n    return wide(3)',
    ),
    "a docstring of a class": (
        "class made(nn.Module):\n    def __init__(self, classes): super().__init__(); self.a = nn.Linear(64, classes)\n"
        "    def forward(self, x): return self.a(x.flatten(1))",
        "class made(nn.Module):\n    'A network.'\n\n    def __init__(self, classes):\n        'Layers.'\n"
        "        super().__init__(); self.a = nn.Linear(64, classes)\n\n    def forward(self, x):\n"
        "        return self.a(x.flatten(1))  # logits",
    ),
    "a global that it does not use": ("W = 3\ndef made(): return wide(3)", "W = 4\ndef made(): return wide(3)"),
}  # fmt: skip


@pytest.mark.parametrize("one, other", SAME.values(), ids=SAME)
def test_the_same_code_is_found_again(one, other, tmp_path):
    first = fit(tmp_path, net=cell(one))
    second = fit(tmp_path, net=cell(other))
    assert first.name == second.name and second.method is None


@pytest.mark.parametrize(
    "observer",
    ["len(run.rows) >= 9", "seen.append(run.history.test.max())", "next(calls) == 5", "file.write(str(run))"],
)
def test_a_callback_that_only_looks_is_no_part_of_a_run(observer, tmp_path):
    made = cell(f"def made(run): return {observer}", seen=[], calls=itertools.count(), file=StringIO())
    assert fit(tmp_path).name == fit(tmp_path, on_epoch=made).name


PATIENCE = """
class Patience:
    def __init__(self, patience=2):
        self.patience, self.best, self.bad, self.seen = patience, 0.0, 0, []
    def __call__(self, run):
        score = run.rows[-1]["val_noisy"]
        self.seen.append(score)
        if score > self.best:
            self.best, self.bad = score, 0
        else:
            self.bad += 1
        return self.late()
    def late(self):
        return self.bad >= self.patience
made = Patience()
"""


def test_an_object_that_changes_itself_only_looks():
    assert observes(cell(PATIENCE)) and observes(cell(PATIENCE).late)
    for before, after in (
        ("self.seen.append(score)", "self.seen = run.rows; self.seen.append(score)"),
        ("self.bad += 1", "run.rows += [1]"),
        ("self.best, self.bad = score, 0", "run.finished = True"),
        ("self.best, self.bad = score, 0", "self.run = run; self.run.method.opts.clear()"),
        ("return self.late()", "return self.late(run.method)"),
        ("class Patience:", "class Patience(labkit.Recipe):"),
        ("def late(self)", "def __getattr__(self, name)"),
    ):
        assert before in PATIENCE and not observes(cell(PATIENCE.replace(before, after)))


def generate():
    yield 1


HARMFUL = [
    "run.method", "torch.manual_seed(0)", "run.rows.append(1)", "list.append(run.rows, 1)", "setattr(run, 'rows', [])",
    "next(generator)", "run.rows.clear()", "functions[0](run)", "eval('1')", "__import__('torch')", "helper(run)",
    "seen.append(1) or run.method.nets", "run.accuracy and vars(run)",
]  # fmt: skip


@pytest.mark.parametrize("text", HARMFUL)
def test_a_callback_that_could_change_a_run_is_part_of_it(text):
    values = {"generator": generate(), "functions": [print], "helper": lambda run: run.method.train_mode(), "seen": []}
    assert not observes(cell(f"def made(run): return {text}", **values))
    assert observes(cell("def made(run): return len(run.rows) > 3", **values))


OPAQUE = {
    "a lock": threading.Lock(),
    "an open file": sys.stdout,
    "a generator": generate(),
    "a scan": os.scandir("."),
}


@pytest.mark.parametrize("thing", OPAQUE.values(), ids=OPAQUE)
@pytest.mark.parametrize("argument", ["net", "method", "on_epoch"])
def test_what_cannot_be_identified_is_refused_before_training(argument, thing, tmp_path):
    def made(*args):
        return thing and wide(3)

    @dataclass(kw_only=True, eq=False)
    class Mine(ERM):
        def loss(self, logits, y, i):
            return super().loss(logits, y, i) + 0 * bool(thing)

    def look(run):
        bool(thing) and wide(3)

    given = {"net": {"net": made}, "method": {"method": Mine()}, "on_epoch": {"on_epoch": look}}[argument]
    with pytest.raises(ValueError, match=rf"{argument}.*variable thing is a.*labkit.named\("):
        fit(tmp_path / "runs", **given)
    assert not (tmp_path / "runs").exists()
    run = fit(None, **given)  # without a store it trains
    assert None in run.config["code"].values()
    named = {
        argument: labkit.named("mine-v1", given[argument]) if argument != "method" else labkit.named("mine-v1", Mine)()
    }
    first, second = fit(tmp_path / "runs", **named), fit(tmp_path / "runs", **named)
    assert first.name == second.name and second.method is None
    assert curve(first).equals(curve(run))


def test_another_name_is_another_run(tmp_path):
    lock = threading.Lock()
    named = [labkit.named(f"wide-{w}", lambda shape, classes, w=w: lock and wide(w)) for w in (3, 4)]
    runs = [fit(tmp_path, net=net) for net in named]
    assert runs[0].name != runs[1].name and runs[1].config["net"] == "wide-4"
    for wrong in ("", 3, None):
        with pytest.raises(ValueError, match="name is"):
            labkit.named(wrong, wide)
    with pytest.raises(ValueError, match="code is"):
        labkit.named("x", 3)


def test_a_resume_does_not_continue_edited_code(tmp_path):
    stop = cell("class Stop(Exception): pass\ndef made(run):\n    if len(run.rows) == 2: raise Stop('at epoch 2')")
    for body in METHODS["an edited update"]:
        with pytest.raises(Exception, match="at epoch 2"):
            fit(tmp_path, **own_method(body), epochs=4, on_epoch=stop, checkpoint_every=0)
    for body in METHODS["an edited update"]:
        run, alone = fit(tmp_path, **own_method(body), epochs=4), fit(None, **own_method(body), epochs=4)
        assert curve(run).equals(curve(alone))
        assert "goes on after 1 epochs" in (run.folder / "log.txt").read_text()


def test_a_race_keeps_the_runs_of_one_network_apart():
    scores = []
    for text in NETWORKS["an edited function"]:
        race = labkit.Race(["ERM", "GCE"], epochs=2, net=cell(text), n=60)
        scores.append(race.run()["ERM"][0])
        assert race.run()["ERM"][0] is scores[-1]
    assert scores[0].name != scores[1].name and not curve(scores[0]).equals(curve(scores[1]))


def pictures(folder, n):
    for name in "ab":
        (folder / name).mkdir(parents=True, exist_ok=True)
        for k in range(n):
            Image.fromarray(np.full((8, 8, 3), 10 * k, np.uint8)).save(folder / name / f"{k}.png")
    return folder


@pytest.mark.parametrize("change", ["more files", "another image", "another name"])
def test_a_folder_that_changed_is_read_again(change, tmp_path):
    folder = pictures(tmp_path / "images", 10)
    image = folder / "a" / "0.png"
    first = labkit.Race(["ERM", "GCE"], data=str(folder), epochs=1).clean
    assert labkit.Race(["ERM", "GCE"], data=str(folder), epochs=1).clean is first
    if change == "more files":
        pictures(folder, 14)
    elif change == "another image":
        Image.fromarray(np.full((8, 8, 3), 250, np.uint8)).save(image)
    else:
        image.rename(folder / "b" / "x.png")
    second = labkit.Race(["ERM", "GCE"], data=str(folder), epochs=1).clean
    assert second.hash() == labkit.load(folder).hash() != first.hash()


def test_another_process_finds_the_run(tmp_path):
    body = "def made(shape, classes): return wide(5)\n" + MINE.replace("made", "Mine") + "k = {1, 'a', math.pi}"
    script = tmp_path / "script.py"
    script.write_text(
        f"# a script\n{HEAD}{body}\nimport sys\ntask = labkit.load('digits', n=60)\n"
        "run = labkit.fit(Mine(), task, made, 1, 0, store=sys.argv[1], progress=False)\nprint(run.method is None)\n"
    )
    fit(tmp_path / "runs", cell(body, "Mine")(), cell(body), CLEAN)
    env = os.environ | {"PYTHONPATH": str(Path(labkit.__file__).parents[1]), "PYTHONHASHSEED": "7"}
    call = [sys.executable, str(script), str(tmp_path / "runs")]
    assert subprocess.run(call, env=env, capture_output=True, text=True, check=True).stdout == "True\n"


def test_identity_leaves_the_generators_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    network(wide, lambda: wide(3))
    assert torch.equal(before[0], torch.get_rng_state()) and (before[1] == np.random.get_state()[1]).all()


def test_fingerprints_of_values():
    values = [1, 1.0, True, "1", b"1", None, (1,), [1], {1: 1}, {1}, 0.0, -0.0, np.float32(1), np.float64(1),
              torch.tensor(1), torch.tensor([1]), torch.tensor(1.0), np.arange(3), np.arange(3.0), np.sin, np.cos,
              torch.relu, torch.sigmoid, torch.float32, torch.nn.Linear, SimpleNamespace(a=1), SimpleNamespace(a=2),
              int | str, range(3), range(4), labkit.Recipe(), labkit.Recipe(lr=0.1), torch.Generator().manual_seed(1),
              torch.Generator().manual_seed(2), Path("a"), Path("b"), np.random.default_rng(0)]  # fmt: skip
    assert len({fingerprint(value) for value in values}) == len(values)
    assert fingerprint({1, "a", (2, 3)}) == fingerprint({(2, 3), "a", 1})
    loop = [1]
    loop.append(loop)
    assert fingerprint(loop) != fingerprint([1, [1]])
    with pytest.raises(Unidentified, match=r"value is a _thread\.lock"):
        fingerprint(threading.Lock())


INTERRUPT = "def made(run):\n    if len(run.rows) == 2: raise KeyboardInterrupt"
RANDOM_NETS = {
    "numpy": "def made(shape, classes): return wide(int(np.random.randint(2, 99)))",
    "python": "def made(shape, classes): return wide(random.randrange(2, 99))",
}


@pytest.mark.parametrize("text", RANDOM_NETS.values(), ids=RANDOM_NETS)
def test_a_seed_decides_what_a_network_draws_from_any_global_generator(text, tmp_path):
    runs, drawn = [], []
    for state in (1, 2):
        np.random.seed(state), random.seed(state)
        runs.append(fit(None, net=cell(text, np=np, random=random)))
        drawn.append((np.random.rand(), random.random()))
    assert curve(runs[0]).equals(curve(runs[1]))
    assert drawn == [(np.random.RandomState(state).rand(), random.Random(state).random()) for state in (1, 2)]
    widths = {
        fit(None, net=cell(text, np=np, random=random), seed=seed).method.nets[0][1].out_features for seed in (0, 1)
    }
    assert len(widths) == 2


def test_a_resume_goes_on_with_the_generators_of_numpy_and_python(tmp_path):
    loss = "def loss(self, *given): return super().loss(*given) * (np.random.rand() + random.random())"
    made = "@dataclass(kw_only=True, eq=False)\nclass made(ERM):\n    " + loss
    drawing, stop = cell(made, np=np, random=random), cell(INTERRUPT)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, drawing(), epochs=4, on_epoch=stop)
    np.random.seed(9), random.seed(9)
    assert curve(fit(tmp_path, drawing(), epochs=4)).equals(curve(fit(None, drawing(), epochs=4)))


OVERRIDES = {
    "a hook": lambda method: setattr(method, "loss", lambda logits, y, i: 0 * logits.sum(-1)),
    "an attribute of the class": lambda method: setattr(method, "networks", 2),
    "what no field is": lambda method: setattr(method, "temperature", 2.0),
    "a bound hook": lambda method: setattr(method, "update", MethodType(lambda self: None, method)),
}


@pytest.mark.parametrize("change", OVERRIDES.values(), ids=OVERRIDES)
def test_what_is_set_on_a_method_and_would_be_lost_is_refused(change, tmp_path):
    method = ERM()
    change(method)
    with pytest.raises(ValueError, match=r"method's (loss|networks|temperature|update) is .*a field of the dataclass"):
        fit(tmp_path, method)
    assert not list(tmp_path.iterdir())


def test_a_trained_method_is_taken_again_and_a_hook_on_it_is_not():
    trained = fit(None, epochs=2).method
    assert curve(fit(None, trained)).equals(curve(fit(None)))
    trained.loss = lambda logits, y, i: 0 * logits.sum(-1)
    with pytest.raises(ValueError, match="method's loss"):
        fit(None, trained)


def test_a_named_set_is_read_again_after_its_files_changed(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    before = entry.identity("mnist")
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-labels-idx1-ubyte").write_bytes(b"a")
    first = entry.identity("mnist")
    (raw / "train-labels-idx1-ubyte").write_bytes(b"changed")
    assert len({before, first, entry.identity("mnist")}) == 3
    assert entry.identity("digits") == entry.identity("digits")


def test_a_torch_class_that_was_replaced_is_the_users(tmp_path, monkeypatch):
    make = cell("def made(shape, classes): return wide(4)")
    first = fit(tmp_path, net=make)
    monkeypatch.setattr(torch.nn.ReLU, "forward", lambda self, x: x)
    second = fit(tmp_path, net=make)
    assert first.name != second.name and not curve(first).equals(curve(second))


FORWARD = """
class made(nn.Module):
    def __init__(self, classes): super().__init__(); self.a = nn.Linear(64, classes)
    def forward(self, x): return self.a(x.flatten(1)) * {factor}
"""
LOSS = """
@dataclass(kw_only=True, eq=False)
class made(ERM):
    path: object = None
    def loss(self, *given): return super().loss(*given) * {factor}
"""
FACTORS = {
    "a text of the code": "float(open('factor.txt').read())",
    "a global": "float(open(PATH).read())",
    "a Path": "float({'w': PLACE.read_text()}['w'])",
    "the environment": "float(os.environ['FACTOR'])",
    "the environment, by a global": "float(os.getenv(NAME, '1'))",
}


def factor(folder, monkeypatch, value):
    """Set what the network and the method read."""
    monkeypatch.setenv("FACTOR", str(value))
    (folder / "factor.txt").write_text(str(value))


@pytest.mark.parametrize("read", FACTORS.values(), ids=FACTORS)
@pytest.mark.parametrize("text", [FORWARD, LOSS], ids=["forward", "loss"])
def test_what_code_reads_from_outside_is_part_of_it(text, read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = {"os": os, "PATH": "factor.txt", "PLACE": tmp_path / "factor.txt", "NAME": "FACTOR"}
    made, names = cell(text.replace("{factor}", read), **values), []
    for value in (1, 0, 1):
        factor(tmp_path, monkeypatch, value)
        names.append(fit(tmp_path / "s", **({"net": made} if text is FORWARD else {"method": made()})).name)
    assert names[0] == names[2] != names[1]


def test_a_file_that_a_hyperparameter_names_is_part_of_a_method(tmp_path, monkeypatch):
    made, names = cell(LOSS.format(factor="float(open(self.path).read())")), []
    for value in (1, 0, 1):
        factor(tmp_path, monkeypatch, value)
        names.append(fit(tmp_path / "s", made(path=str(tmp_path / "factor.txt"))).name)
    assert names[0] == names[2] != names[1]


def test_a_file_that_code_writes_is_no_input(tmp_path):
    log = tmp_path / "log.txt"
    made = cell(LOSS.format(factor="(open(LOG, 'a').write('.') or 1)"), LOG=log)
    first = fit(tmp_path / "s", made())
    assert log.read_text() and fit(tmp_path / "s", made()).name == first.name


RECURRENT = """
class made(nn.Module):
    def __init__(self, classes): super().__init__(); self.a, self.b = nn.GRU(8, 5, {layers}), nn.Linear(5, classes)
    def forward(self, x): return self.b(self.a(x[:, 0].transpose(0, 1))[0][-1])
"""


def test_a_recurrent_network_has_a_name(tmp_path):
    runs = [fit(tmp_path, net=cell(RECURRENT.replace("{layers}", str(layers)))) for layers in (1, 2, 1)]
    assert runs[0].name == runs[2].name != runs[1].name and runs[2].method is None


def test_a_traced_network_has_a_name(tmp_path):
    text = "def made(classes): return torch.fx.symbolic_trace(wide({width}, classes=classes))"
    runs = [fit(tmp_path, net=cell(text.replace("{width}", str(width)), torch=torch)) for width in (3, 4, 3)]
    assert runs[0].name == runs[2].name != runs[1].name

"""A fuzz over everything that takes arguments: each value has a sensible meaning and is kept, or is refused by name.

What is sensible is said here once more, by hand, and compared with what labkit does. `python tests/test_fuzz.py` prints
how many values were tried, taken and refused.
"""

import json
import os
import tempfile
from collections import Counter
from dataclasses import dataclass, fields
from functools import cache, partial
from math import inf, isfinite, nan
from pathlib import Path

import numpy as np
import pytest
import torch

import labkit
from labkit import noise
from labkit.fit import Recipe
from labkit.methods import ALL, ERM
from labkit.notebook import parameters
from labkit.runs.race import Race
from labkit.runs.sweep import Plan

ROOT = Path(labkit.__file__).parent.parent
METHODS = list(dict.fromkeys(ALL.values()))
VALUES = [
    *(None, True, False, 0, 1, 2, 3, -1, 0.0, -0.0, 0.5, 0.99, 1.0, -0.5, 3.0, 1e300, 10**30, 10**400, nan, inf, -inf),
    *("", "0.5", "False", "None", "paper", "x\0y", b"1", [], [0.5], (1, 2), {}, {True: 2}, {1, 2}, object(), len),
    *(np.float32(0.5), np.int64(3), np.True_, np.float64(nan), np.array(0.5), np.ones(2), np.array([[1, 2]])),
    *(torch.tensor(0.5), torch.tensor(3), torch.tensor(True), torch.ones(2), 1 + 0j, range(1, 3), "1", 2**32),
]


# -- what is sensible, by hand


def plain(value):
    """One number of numpy or torch as Python's."""
    return value.item() if isinstance(value, (torch.Tensor, np.ndarray, np.generic)) and value.ndim == 0 else value


def real(value):
    """The number that a value is, None for what is no number."""
    value = plain(value)
    if isinstance(value, (bool, complex)) or not isinstance(value, (int, float, np.number)):
        return None
    return value


def number(low=-inf, high=1e9, open_low=False, open_high=False):
    def fine(value):
        x = real(value)
        if x is None or (isinstance(x, int) and abs(x) > 10**300) or not isfinite(x):
            return False
        return (x > low or (x == low and not open_low)) and (x < high or (x == high and not open_high))

    return fine


def whole(low=0, high=10**9):
    return lambda value: isinstance(real(value), (int, np.integer)) and low <= int(real(value)) <= high


def flag(value):
    kind = value.item() if isinstance(value, torch.Tensor) and value.ndim == 0 else value
    return isinstance(kind, (bool, np.bool_))


def word(*words):
    return lambda value: isinstance(value, str) and value in words


def text(value):
    return isinstance(value, str) and value != "" and "\0" not in value


def optional(fine):
    return lambda value: value is None or fine(value)


def either(*several):
    return lambda value: any(fine(value) for fine in several)


def many(fine, length=None):
    def listed(value):
        if not isinstance(value, (list, tuple, range, np.ndarray, torch.Tensor)) or np.ndim(value) != 1:
            return False
        each = list(value)
        return (length is None or len(each) == length) and all(fine(one) for one in each)

    return listed


RATE, SHARE, PART = number(0, 1, open_high=True), number(0, 1), number(0, 1, open_low=True)
INSIDE, POSITIVE, NOT_NEGATIVE = number(0, 1, True, True), number(0, open_low=True), number(0)
EPOCHS, DURATION, COUNT, SEED = whole(1, 10**6), whole(0, 10**6), whole(1), whole(0, 2**32 - 1)
VARIANT, OR_FLAG, PERCENT = word("paper", "released"), optional(flag), number(0, 100)
FIRST = optional(whole(0, 1))
EVERY = {
    "rate": RATE, "variant": VARIANT, "ramp": DURATION, "divide_twice": OR_FLAG, "first_epoch": FIRST,
    "lam": NOT_NEGATIVE,
    "meta_batch": optional(COUNT), "draw": word("passes", "fresh"), "shared_array": flag, "quantile": optional(PART),
    "start": DURATION, "batch_size": COUNT, "clip": number(0, inf, open_low=True),
}  # fmt: skip
OWN = {
    "Huber": {"delta": POSITIVE}, "BootstrapSoft": {"beta": SHARE}, "BootstrapHard": {"beta": SHARE},
    "NormClip": {"clip": lambda value: POSITIVE(value) or number(0, inf, True)(value) or real(value) == inf},
    "Ignormclip": {"clip": lambda value: number(0, inf, True)(value) or real(value) == inf},
    "Focal": {"gamma": NOT_NEGATIVE}, "Mixup": {"alpha": NOT_NEGATIVE}, "RDI": {"scale": word("mean", "sum")},
    "AUX": {"b_lr": word("matched", "same")}, "GCE": {"q": SHARE, "truncate": optional(INSIDE), "every": EPOCHS},
    "SCE": {"alpha": NOT_NEGATIVE, "beta": NOT_NEGATIVE, "A": optional(number(-1e9, 0, open_high=True))},
    "NCE_RCE": {"alpha": NOT_NEGATIVE, "beta": NOT_NEGATIVE, "A": optional(number(-1e9, 0, open_high=True))},
    "JS": {"pi": RATE}, "GJS": {"pi": INSIDE},
    "PeerLoss": {"alpha": NOT_NEGATIVE, "warmup": DURATION, "eps": optional(RATE), "divide": OR_FLAG},
    "CE_eps_MAE": {"m": NOT_NEGATIVE, "alpha": NOT_NEGATIVE, "beta": NOT_NEGATIVE, "floor": optional(RATE)},
    "CORES2": {"beta": NOT_NEGATIVE, "warmup": DURATION, "sieve": optional(word("epoch", "batch")), "renew": OR_FLAG,
               "eps": optional(RATE), "divide": OR_FLAG},
    "LabelSmoothing": {"alpha": SHARE},
    "SPL": {"rate": RATE, "mode": word("fraction", "threshold"), "ramp": optional(DURATION), "first": POSITIVE,
            "growth": POSITIVE},
    "PRL_G": {"ramp": optional(DURATION)},
    "PRL_L": {"ramp": optional(DURATION), "mode": word("fraction"), "first": POSITIVE, "growth": POSITIVE,
              "reforward": OR_FLAG},
    "CoTeaching": {"exponent": POSITIVE, "exponent_of": optional(word("time", "rate"))},
    "CoPRL_L": {"reforward": OR_FLAG},
    "JoCoR": {"lam": RATE},
    "CoTeachingPlus": {"softmax_twice": OR_FLAG, "drop_first": OR_FLAG, "agreeing": optional(word("always", "early")),
                       "least": optional(word("one", "all"))},
    "Decoupling": {"floor": PART, "buffer": flag},
    "INCV": {"rounds": whole(0, 1000), "selection_epochs": EPOCHS, "noise": word("symmetric", "asymmetric"),
             "warmup": optional(DURATION), "warm_up": optional(DURATION), "ramp": EPOCHS},
    "CRUST": {"keep": PART, "selector": optional(word("facility_location", "kmedoids", "centrality")),
              "group_by": optional(word("prediction", "label")), "space": optional(word("logit", "feature")),
              "weights": optional(word("cluster", "radius", "none")), "radius": POSITIVE, "start": optional(DURATION),
              "mixup": optional(word("cluster", "same_label", "none")), "partners": whole(1, 1000),
              "alpha": optional(either(number(1e-3, 1e4), many(number(1e-3, 1e4), 2))), "mode": word("eval", "train"),
              "mixup_after": optional(DURATION)},
    "MentorNetPD": {"percentile": SHARE, "decay": RATE, "burn_in": PERCENT, "soft": PERCENT, "gamma": POSITIVE,
                    "dropout": many(many(PERCENT, 2))},
    "MentorNetDD": {"corruption": INSIDE},
    "O2UNet": {"first_epochs": optional(EPOCHS), "cyclic_epochs": optional(EPOCHS), "high": POSITIVE, "low": POSITIVE,
               "period": EPOCHS, "restart": optional(word("init", "first")), "phase": FIRST},
    "CDR": {"scope": optional(word("weights", "all")), "strict": OR_FLAG, "norm": word("l2", "l1")},
    "CDR_RDI": {"rdi_on": word("critical", "all")},
    "FCorrection": {"T": lambda value: value is None},
    "SModel": {"rate": optional(RATE), "layer_lr": either(word("same", "matched"), NOT_NEGATIVE)},
    "CrowdLayer": {"layer_lr": either(word("same", "matched"), NOT_NEGATIVE)},
    "GLC": {"gold_batch": optional(COUNT)},
    "TRevision": {"estimate": optional(EPOCHS), "revise": optional(EPOCHS), "revise_lr": POSITIVE,
                  "accumulate": OR_FLAG, "scale_columns": OR_FLAG, "shared_array": OR_FLAG, "revise_decay": OR_FLAG},
    "L_DMI": {"warmup": optional(EPOCHS), "warm_up": optional(EPOCHS), "lr": POSITIVE,
              "divide": OR_FLAG, "offset": optional(NOT_NEGATIVE)},
    "D2L": {"init_epoch": DURATION, "window": EPOCHS, "neighbours": whole(2), "batch_size": whole(3), "batches": COUNT,
            "turn_at": optional(DURATION), "rollback": OR_FLAG},
    "FineTuning": {"tune": DURATION, "tune_lr": POSITIVE, "freeze_statistics": flag},
    "L2RW": {"meta_batch": COUNT},
    "MWNet": {"normalise": OR_FLAG, "meta_loss": word("ce", "mae"), "meta_optimiser": word("sgd", "adam"),
              "meta_lr": NOT_NEGATIVE, "meta_weight_decay": NOT_NEGATIVE, "draw": optional(word("passes", "fresh"))},
    "ELR": {"beta": RATE, "clip": optional(number(0, 0.5, open_high=True))},
    "SOP": {"lr_u": NOT_NEGATIVE, "lr_v": NOT_NEGATIVE, "std": NOT_NEGATIVE, "both_terms": OR_FLAG},
    "DivideMix": {"warmup": DURATION, "lam_u": NOT_NEGATIVE, "threshold": RATE, "temperature": number(0.1, 100),
                  "alpha": POSITIVE, "confidence": NOT_NEGATIVE, "memory": EPOCHS, "one_mix": OR_FLAG},
    "PES": {"warmup": EPOCHS, "parts": many(whole(1, 1000)), "refine": many(EPOCHS), "refine_lr": POSITIVE,
            "balance": flag, "still": OR_FLAG, "views": optional(whole(1, 2)),
            "renewed": optional(word("learn", "still"))},
    "ConfidentLearning": {"folds": whole(2, 1000), "fold_epochs": optional(EPOCHS), "keep": word("last", "best_val"),
                          "prune": word("prune_by_class", "prune_by_noise_rate", "both"), "reweight": flag},
}  # fmt: skip
# arguments that another one may forbid
ARRAYS = {"x", "y", "x_test", "y_test", "ids", "val", "net"}
JOINT = {"low", "high", "dropout", "burn_in", "parts", "refine", "cosine", "nesterov", "milestones", "momentum"}
RECIPE = {
    "optimiser": word("sgd", "adam"), "lr": POSITIVE, "momentum": RATE, "nesterov": flag, "weight_decay": NOT_NEGATIVE,
    "batch": COUNT, "milestones": many(EPOCHS), "gamma": number(0, 10, open_low=True), "drop_last": flag,
    "betas": many(RATE, 2), "cosine": optional(EPOCHS), "augment": optional(word("crop_flip", "reflect_crop_flip")),
}  # fmt: skip
POINTS = optional(lambda value: isinstance(value, (list, tuple)) and value == [])
NOISE = {
    "rate": RATE, "exact": flag, "points": POINTS, "std": POSITIVE, "x_scale": word("raw", "unit", "standard"),
    "map_seed": SEED, "superclass": flag, "inplace_bug": flag, "times": POSITIVE, "parts": whole(3, 4),
    "pairs": optional(word("patrini", "jocor", "one-way")), "groups": optional(many(whole(0, 10**6))),
    "labels": text, "file": optional(text), "key": optional(either(text, lambda value: value is False)),
    "sep": optional(text), "encoding": optional(text), "columns": lambda value: many(text)(value) and len(value) > 0,
    "aggregate": word("majority", "dawid_skene"), "T": lambda value: False,
}  # fmt: skip


def predicate(cls, name):
    """What is sensible for a field of a method: of the class, else of its parents, else of all."""
    for parent in cls.__mro__:
        if name in OWN.get(parent.__name__, {}):
            return OWN[parent.__name__][name]
    return EVERY[name]


# -- the trial


def outcome(make, name, value, sensible, read=None):
    """-> "taken", "refused", or what is wrong"""
    try:
        got = make()
    except ValueError as error:
        said = str(error)
        shown = " ".join(repr(value).split())[:60] if not isinstance(value, int) or abs(value) < 10**300 else ""
        told = any(way in said for way in (shown, *ways(value)))
        told = told or name in ARRAYS  # whose length, type or shape is told
        named = (name in said or name in ARRAYS) and ("must be" in said or "may be" in said) and told
        if not named:
            return f"{name}={shown}: not named: {said[:150]}"
        return f"{name}={shown}: refused: {said[:150]}" if sensible and name not in JOINT else "refused"
    except Exception as error:
        return f"{name}={value!r:.60}: {type(error).__name__}: {error!s:.100}"
    if not sensible:
        return f"{name}={value!r:.60}: taken"
    return "taken" if read is None or same(read(got), value) else f"{name}={value!r:.60}: kept as {read(got)!r:.60}"


def ways(value):
    """Other texts by which a message may tell a value: its type, number, list, shape, keys or JSON."""
    yield type(value).__name__
    yield repr(plain(value))
    if real(value) is not None and abs(value) < 1e30:
        yield repr(float(real(value)) + 0.0)
    if isinstance(value, (list, tuple, range)):
        yield repr(tuple(value))
    if isinstance(value, dict):
        yield from [repr(key) for key in value] + [repr(json.loads(json.dumps(value)))]
    if np.ndim(value) == 2:
        yield f"{np.shape(value)}"


def same(kept, value):
    """Is what was kept what was asked for, in plain Python? None may stand for a default."""
    if value is None:
        return True
    if isinstance(kept, (list, tuple)):
        return all(type(one) in (int, float, bool, str, tuple, list) for one in kept)
    plain = type(kept) in (int, float, bool, str, dict, type(None))
    return plain and (isinstance(value, dict) or kept == (float(real(value)) if real(value) is not None else value))


def of_methods():
    for cls in METHODS:
        needed = {"rate": 0.2} if any(field.name == "rate" for field in fields(cls)) else {}
        for field in fields(cls):
            fine = predicate(cls, field.name)
            for value in VALUES:
                arguments = needed | {field.name: value}
                yield partial(cls, **arguments), field.name, value, fine(value), lambda m, n=field.name: getattr(m, n)


def of_recipes():
    for field in fields(Recipe):
        for value in VALUES:
            fine, read = RECIPE[field.name](value), lambda recipe, name=field.name: getattr(recipe, name)
            yield partial(Recipe, **{field.name: value}), field.name, value, fine, read
            yield partial(Recipe.of, {field.name: value}), field.name, value, fine, read


def of_noise():
    from labkit.arguments import described

    for model in (*noise.ALL.values(), noise.human, noise.annotators, noise.matrix_noise):
        for name in described(model):
            needed = {} if model in (noise.human, noise.annotators, noise.matrix_noise) else {"rate": 0.2}
            for value in VALUES:
                yield partial(model, **(needed | {name: value})), name, value, NOISE[name](value), None


class Reached(Exception):
    """Training would begin now."""


@dataclass(kw_only=True, eq=False)
class Stopper(ERM):
    """A method that never trains."""

    def bind(self, make_net, make_opt, train, meta, rng):
        raise Reached


@cache
def small():
    return labkit.load("digits", n=60)


def reaches(**arguments):
    """-> True where `fit` would train"""
    try:
        labkit.fit(**{"method": Stopper(), "task": small(), "net": "mlp", "epochs": 1, "seed": 0} | arguments)
    except Reached:
        return True


def is_path(value):
    return text(value)


FIT = {
    "epochs": EPOCHS, "seed": SEED, "life": flag, "store": optional(is_path), "on_epoch": optional(callable),
    "progress": OR_FLAG, "checkpoint_every": number(0, 1e6), "wait": flag, "device": lambda value: value is None,
    "recipe": optional(lambda value: isinstance(value, dict) and value == {}), "task": lambda value: False,
    "meta": lambda value: value is None, "net": lambda value: False, "method": lambda value: False,
}  # fmt: skip


def of_fit():
    for name, fine in FIT.items():
        for value in VALUES:
            yield partial(reaches, **{name: value}), name, value, fine(value), None


def of_corrupt():
    right = {"task": small(), "noise": noise.symmetric(0.2), "seed": 0}
    for name in right:
        for value in VALUES:
            fine = SEED(value) if name == "seed" else False
            yield partial(labkit.corrupt, **(right | {name: value})), name, value, fine, None


def built(net, arguments):
    with torch.device("meta"):
        return net(**arguments)


def of_nets():
    from labkit.arguments import described

    table = {"classes": whole(1, 10**6), "width": lambda v: whole(1, 10**5)(v) and real(v) % 4 == 0, "variant": VARIANT,
             "depth": whole(0, 1000), "always_dropout": OR_FLAG, "shape": lambda value: False}  # fmt: skip
    for net in (net for name, net in labkit.nets.ALL.items() if name != "inception_resnet_v2"):
        for name in described(net):
            if net.__name__ in ("mlp", "celeba_fc"):
                table |= {"shape": many(whole(1, 10**7)), "width": whole(1, 10**5)}
            built_once = net.__name__ not in ("mlp", "small_cnn", "celeba_fc", "cnn9")  # the others take long to make
            for value in VALUES:
                fine = table[name](value)
                if not (fine and built_once) or (type(value) is int and value == 3 and name == "classes"):
                    yield partial(built, net, {name: value}), name, value, fine, None
            table |= {"shape": lambda value: False, "width": lambda v: whole(1, 10**5)(v) and real(v) % 4 == 0}


def of_tasks():
    x, y = np.zeros((20, 4), np.uint8), np.arange(20) % 2
    table = {
        "x": lambda value: False, "y": lambda value: False, "x_test": lambda value: False,
        "y_test": lambda value: False,
        "name": text, "val": either(RATE, many(whole(0, 19))), "scale": lambda value: value is None, "split_seed": SEED,
        "standardise": lambda value: flag(value) and not value, "classes": optional(whole(2, 10**6)),
        "origin": optional(text),
        "class_names": lambda value: isinstance(value, list) and value == [], "shuffled": flag,
        "limit_bytes": optional(number(0, 1e18)), "test_trusted": OR_FLAG, "kind": optional(word("classes", "numbers")),
        "ids": lambda value: value is None,
    }  # fmt: skip
    right = {"x": x, "y": y, "x_test": x, "y_test": y}
    for name, fine in table.items():
        for value in VALUES:
            yield partial(labkit.Task.of, **(right | {name: value})), name, value, fine(value), None
    table = {"task": lambda value: False, "n": whole(1, 53), "trusted": flag, "seed": SEED,
             "balanced": lambda value: value is False}  # fmt: skip
    right = {"task": small(), "n": 10, "trusted": True, "balanced": False}
    for name, fine in table.items():
        for value in VALUES:
            yield partial(labkit.data.meta_split, **(right | {name: value})), name, value, fine(value), None


def of_races():
    table = {"rate": RATE, "epochs": EPOCHS, "noise": lambda value: False, "net": lambda value: False,
             "n": optional(COUNT),
             "recipe": optional(lambda value: isinstance(value, dict) and value == {}),
             "methods": lambda value: False}  # fmt: skip
    for name, fine in table.items():
        for value in VALUES:
            n = {} if name == "n" else {"n": 60}
            if name != "n" or not fine(value) or value is None:
                arguments = {"methods": ["ERM", "GCE"], "epochs": 1} | n | {name: value}
                yield partial(Race, **arguments), name, value, fine(value), None


def planned(name, value, method):
    entries = {"data": "digits", "net": "mlp", "epochs": 1, "method": method, "seed": 0} | {name: value}
    return Plan.read({"fit": entries})


def of_plans():
    plain = [value for value in VALUES if isinstance(value, (type(None), bool, int, float, str, list, dict))]
    named = {f"recipe.{name}": ("ERM", fine) for name, fine in RECIPE.items()}
    named |= {"epochs": ("ERM", EPOCHS), "seed": ("ERM", SEED), "noise_seed": ("ERM", SEED), "life": ("ERM", flag)}
    for label, cls in (("GCE", ALL["GCE"]), ("CDR", ALL["CDR"]), ("DivideMix", ALL["DivideMix"]), ("PES", ALL["PES"])):
        named |= {f"method.{field.name}": (label, predicate(cls, field.name)) for field in fields(cls)}
    for name, (method, fine) in named.items():
        for value in plain:
            yield partial(planned, name, value, method), name.split(".")[-1], value, fine(value), None
    options = {"threads": whole(1, 10**4), "retries": whole(0, 10**4), "as_notebooks": flag,
               "checkpoint_every": number(0, 1e6, True), "gpu_memory": optional(number(0, 1e6, True))}  # fmt: skip
    right = {"fit": {"data": "digits", "net": "mlp", "epochs": 1, "method": "ERM", "seed": 0}}
    for name, fine in options.items():
        for value in plain:
            yield partial(Plan.read, right | {name: value}), name, value, fine(value), None


def fits_types(parameter, value):
    """Has a value one of the types that a notebook's cell states? None: no; else it may be taken."""
    kinds = {"int": whole(-(2**63), 2**63), "float": number(-inf, inf), "bool": flag, "list": many(lambda one: True)}
    kinds |= {"str": lambda v: isinstance(v, str), "None": lambda v: v is None, "anything": lambda v: True}
    kinds |= {"dict": lambda v: isinstance(v, dict)}
    return any(kinds[kind](value) for kind in parameter.types) or (
        "float" in parameter.types and isinstance(real(value), float) and abs(real(value)) == inf
    )


def of_notebooks():
    for path in sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("lessons/*.ipynb")]):
        known = parameters.read(path)
        for name, parameter in known.items():
            for value in VALUES:
                yield partial(parameters.fit, known, {name: value}), name, value, fits_types(parameter, value), None


SECTIONS = {
    "methods": of_methods, "Recipe": of_recipes, "noise models": of_noise, "fit": of_fit, "corrupt": of_corrupt,
    "networks": of_nets, "Task.of and meta_split": of_tasks, "Race": of_races, "sweep plans": of_plans,
    "notebook parameters": of_notebooks,
}  # fmt: skip


def counts(section):
    """-> Counter of "taken", "refused" and of everything that is wrong"""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            found = Counter()
            for make, name, value, sensible, read in SECTIONS[section]():
                said = outcome(make, name, value, sensible, read)
                narrower = section == "notebook parameters" and ": refused: " in said  # by its interval or alternatives
                found["refused" if narrower else said] += 1
            return found
        finally:
            os.chdir(here)


LISTS = {"methods": "methods", "noise models": "noise"}  # sections that try every method, every noise model
MARKED = [
    pytest.param(section, marks=[pytest.mark.catalogue(LISTS[section])] if section in LISTS else [])
    for section in SECTIONS
]


@pytest.mark.parametrize("section", MARKED)
def test_every_value_is_taken_as_asked_or_refused_by_name(section):
    found = counts(section)
    wrong = [said for said in found if said not in ("taken", "refused")]
    assert not wrong, "\n".join(wrong[:40])
    assert found["taken"] > 5 and found["refused"] > 50


def main():
    """Print the table: tried, taken, refused, wrong."""
    total = Counter()
    for section in SECTIONS:
        found = counts(section)
        wrong = sum(n for said, n in found.items() if said not in ("taken", "refused"))
        line = {"tried": found.total(), "taken": found["taken"], "refused": found["refused"], "wrong": wrong}
        total.update(line)
        print(f"{section:24}" + "".join(f"{n:>9}" for n in line.values()), flush=True)
        for said in [said for said in found if said not in ("taken", "refused")][:25]:
            print("    ", said)
    print(f"{'all':24}" + "".join(f"{total[name]:>9}" for name in ("tried", "taken", "refused", "wrong")))


if __name__ == "__main__":
    main()

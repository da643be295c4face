"""Runs in groups: any parameter by its name, which parameters differ, and mean, band and n over the seeds."""

import json

import pandas as pd

from ..errors import choose, must
from ..fit.accuracy import CRITERIA, in_words
from ..fit.run import AS_GIVEN
from ..measure import t_quantile
from ..methods import ALL

# what a run was asked for, and where on_epoch stopped it
PLAIN = ("task", "samples", "noise", "rate", "net", "epochs", "method", "numbers", "stopped")
PACKED = {"method": "hyperparameters", "recipe": "recipe"}  # columns of JSON: "method.q", "recipe.lr"
HIDDEN = "something without a column (the number of samples, the meta set)"  # runs alike in all that the table shows
TITLES = {"rate": "noise rate", "numbers": "version of the numbers", "stopped": "stopped after epoch"}
SHARES = ("rate", "realised")  # written in percent
BANDS = {"range": "lowest to highest", "t": "95 % t interval of the mean"}


def settings(table):
    """All that the runs were asked for but their seeds, a column each: what labkit.results has as columns, and every
    entry of its JSON as "method.q" or "recipe.lr" (empty where a run has no such entry). -> DataFrame, a row per run"""
    parts = [table[[name for name in PLAIN if name in table]]]
    for prefix, column in PACKED.items():
        entries = pd.DataFrame([json.loads(text) for text in table.get(column, [])], index=table.index)
        parts.append(entries.map(_plain).add_prefix(f"{prefix}."))
    return pd.concat(parts, axis=1)


def _plain(value):
    """A list or dict as text, so that runs can be grouped by it."""
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def parameter(table, name, argument="x"):
    """A parameter of every run: one of `settings`, or another column, like "seed" or "hardware". -> Series

    Raises ValueError, with the nearest name, for what there is none of.
    """
    known = settings(table)
    others = [column for column in table if column not in known and column not in PACKED.values()]
    choose(argument, name, dict.fromkeys([*known, *others]))
    return known[name] if name in known else table[name]


def varied(table):
    """The settings with more than one value among the runs; a hyperparameter only where it differs between runs of one
    method that agree in all else, not because it follows the noise rate or is another method's. -> list of names"""
    known = settings(table)
    found = [name for name in known if known[name].nunique(dropna=False) > 1]
    asked = [name for name in found if not name.startswith("method.")]
    own = differing(table, ["method", *asked])
    return asked + [name for name in own if name in found]


def differing(table, keys):
    """The settings that differ between runs which agree in the parameters `keys`: a mean over such runs would mix
    them. "stopped" is one: runs that on_epoch stopped beside finished ones. -> list of names, empty where only seeds
    are left, with HIDDEN where the same seed is there twice"""
    known, keys = settings(table), list(dict.fromkeys(keys))
    by = [parameter(table, key, "keys").rename(None) for key in keys] or [pd.Series(0, table.index)]
    counts = known.groupby(by, dropna=False).nunique(dropna=False)
    found = [name for name in known if name not in keys and (counts[name] > 1).any()]
    seeds = [table[name] for name in ("seed", "noise_seed") if name in table]
    if pd.concat([known, *seeds], axis=1).duplicated().any():
        found.append(HIDDEN)
    return [name for name in found if not ("method" in found and name.startswith("method."))]  # methods have their own


def separating(table, keys, most=6, count=None):
    """What has to be held apart beside `keys` so that only seeds are left: settings of at most `most` values (None: any
    number), at most `count` of them, those of `PLAIN` first. -> list of names"""
    chosen, known = [], settings(table)
    few = [name for name in known if most is None or known[name].nunique(dropna=False) <= most]
    while count is None or len(chosen) < count:
        left = [name for name in differing(table, [*keys, *chosen]) if name in few]
        if not left:
            break
        chosen.append(left[0])
    return chosen


def spread(table, keys, y, band="range"):
    """Mean over the runs of every group, its standard error, its band and n. A group of one has no error and no band.

    keys: columns. band: "range" (lowest to highest) or "t" (the 95 % t interval of the mean).
    -> DataFrame with the columns keys, mean, error, low, high, n. Raises ValueError for another band.
    """
    choose("band", band, BANDS)
    of = table.groupby(list(keys), dropna=False, sort=False)[y].agg(["mean", "std", "min", "max", "count"])
    of = of[of["count"] > 0]
    made = pd.DataFrame({"mean": of["mean"], "error": of["std"] / of["count"] ** 0.5})
    if band == "t":
        half = t_quantile((of["count"] - 1).clip(lower=1)) * made["error"]
        made["low"], made["high"] = made["mean"] - half, made["mean"] + half
    else:
        made["low"], made["high"] = of["min"].where(of["count"] > 1), of["max"].where(of["count"] > 1)
    return made.assign(n=of["count"]).reset_index()


def ordered(values):
    """Values in the order in which people look for them: numbers ascending, methods as labkit.methods.ALL has them,
    other words by the alphabet, what is missing last. -> list without repeats"""
    places = {name: k for k, name in enumerate(ALL)}
    there = [value for value in dict.fromkeys(values) if not pd.isna(value)]
    rank = lambda v: (True, places.get(v, len(places)), v) if isinstance(v, str) else (False, v)
    return sorted(there, key=rank) + [float("nan")] * any(pd.isna(value) for value in values)


def places(values):
    """The place of every value of a column in its order, for sort_values. -> Series"""
    order = {value: k for k, value in enumerate(ordered(values)) if not pd.isna(value)}
    return values.map(order).fillna(len(order))


def written(name, value):
    """A value of a parameter as people write it. -> text"""
    if pd.isna(value):
        return "none"
    if pd.api.types.is_float(value):
        return f"{value:.0%}" if name in SHARES else f"{value:g}"
    return str(value)


def title(name, value=None):
    """A parameter in words, and its value if there is one: "lr (recipe)", "lr 0.1", "q missing". -> text"""
    if not name:
        return ""
    where, _, short = name.rpartition(".")
    short = TITLES.get(name, short)
    if value is None:
        return f"{short} ({'hyperparameter' if where == 'method' else where})" if where else short
    if pd.isna(value):
        return f"no {short}"
    plain = {"noise": f"{value} noise", "method": value, "task": value, "net": value, "epochs": f"{value} epochs"}
    return plain.get(name) or f"{short} {written(name, value)}"


def score_of(table):
    """What the criteria of these runs are: the column `score` of `scored` says it. -> text"""
    kinds = list(dict.fromkeys(table["score"])) if "score" in table else []
    return f"test {' or '.join(kinds)}" if kinds else "test score (accuracy; R2 for regression)"


def scored(table, histories):
    """The table with a column `score`: "accuracy", or "R2" for regression. histories: of labkit.runs.store.histories
    -> DataFrame"""
    if "r2_test" not in histories:
        return table.assign(score="accuracy")
    of_numbers = set(histories.loc[histories["r2_test"].notna(), "run"])
    return table.assign(score=["R2" if run in of_numbers else "accuracy" for run in table.get("run", [])])


def criterion(table, y):
    """The criterion in words, with what it is a score of: "test accuracy, last epoch". -> text. Raises ValueError for
    another name than last, last10, best_val, oracle_best."""
    choose("criterion", y, CRITERIA)
    return in_words(y, score_of(table))


def described(table):
    """Data, samples, networks, epochs and noise of all runs in words. -> text"""
    must(len(table), "table", "one without a run", "a table of finished runs, see labkit.results")
    each = lambda name: list(dict.fromkeys(map(str, ordered(table[name])))) if name in table else []
    samples = [f"n = {' or '.join(each('samples'))}"] if "samples" in table else []
    nets = dict.fromkeys(net.partition("(")[0] for net in each("net"))
    rates = [f"{rate:.0%}" for rate in ordered(table.loc[table["noise"] != AS_GIVEN, "rate"])]
    rates = rates if len(rates) < 6 else [f"{len(rates)} rates from {rates[0]} to {rates[-1]}"]
    data = [", ".join(each("task")), *samples, ", ".join(nets), f"{' or '.join(each('epochs'))} epochs"]
    return f"{', '.join(data)}; noise: {', '.join(each('noise'))} {', '.join(rates)}".rstrip()


def seeds(n):
    """How many runs are behind each point, in words; unequal numbers are said. n: of `spread`. -> text"""
    low, high = int(min(n)), int(max(n))
    return f"n = {high} seed{'s' * (high > 1)}" if low == high else f"n = {low} to {high} seeds, unequal"

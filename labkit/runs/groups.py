"""Runs in groups: any parameter by its name, which parameters differ, and mean, band and n over the seeds."""

import json
from collections.abc import Iterable, Sequence

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


def settings(table: pd.DataFrame) -> pd.DataFrame:
    """Return all settings of the runs but their seeds, a column each and a row per run.

    What labkit.results has as columns, and every entry of its JSON as "method.q" or "recipe.lr" (empty where a run has
    no such entry). table: of labkit.results
    """
    parts = [table.filter(items=PLAIN)]
    for prefix, column in PACKED.items():
        entries = list(map(json.loads, table.get(column, [])))
        frame = pd.DataFrame(entries, index=table.index)
        parts.append(frame.map(_hashable).add_prefix(f"{prefix}."))
    return pd.concat(parts, axis=1)


def _hashable(value):
    """Return a list or dict as text, so that runs can be grouped by it."""
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def parameter(table: pd.DataFrame, name: str, argument: str = "x") -> pd.Series:
    """Return a parameter of every run: one of `settings`, or another column, like "seed" or "hardware".

    argument: what a message calls `name`. Raises ValueError, with the nearest name, for an unknown one.
    """
    known = settings(table)
    columns = table.drop(columns=list(PACKED.values()), errors="ignore")
    choose(argument, name, dict.fromkeys([*known, *columns]))
    return known[name] if name in known else table[name]


def varied(table: pd.DataFrame) -> list[str]:
    """Return the settings with more than one value among the runs.

    A hyperparameter only where it differs between runs of one method that agree in all else; not because it follows
    the noise rate or is another method's.
    """
    names = several_values(settings(table))
    shared = _shared(names)
    hyperparameters = differing(table, ["method", *shared])
    return shared + [name for name in hyperparameters if name in names]


def several_values(table: pd.DataFrame) -> list[str]:
    """Return the columns with more than one value; a missing value counts as one."""
    counts = table.nunique(dropna=False)
    return list(counts[counts > 1].index)


def differing(table: pd.DataFrame, keys: Iterable[str]) -> list[str]:
    """Return the settings that differ between runs which agree in the parameters `keys`, and which a mean would mix.

    "stopped" is one: runs that on_epoch stopped beside finished ones. The list is empty where only seeds are left, and
    holds HIDDEN where the same seed is there twice.
    """
    known = settings(table)
    keys = list(dict.fromkeys(keys))
    columns = []
    for key in keys:
        columns.append(parameter(table, key, "keys").rename(None))
    by_keys = known.groupby(columns or [pd.Series(0, table.index)], dropna=False)
    counts = by_keys.nunique(dropna=False)
    mixed = (counts > 1).any()
    names = list(mixed[mixed].index.difference(keys, sort=False))
    seeds = table.filter(items=["seed", "noise_seed"])
    if pd.concat([known, seeds], axis=1).duplicated().any():
        names.append(HIDDEN)
    if "method" in names:  # methods have hyperparameters of their own
        names = _shared(names)
    return names


def _shared(names):
    """Return the settings that every method has: no hyperparameters. -> list of names"""
    return [name for name in names if not name.startswith("method.")]


def separating(table: pd.DataFrame, keys: Sequence[str], limit: int | None = 6, count: int | None = None) -> list[str]:
    """Return the settings that have to be held apart beside `keys` so that only seeds are left.

    Settings of at most `limit` values (None: any number), at most `count` of them, those of `PLAIN` first.
    """
    chosen = []
    counts = settings(table).nunique(dropna=False)
    candidates = counts.index if limit is None else counts[counts <= limit].index
    while count is None or len(chosen) < count:
        names = [name for name in differing(table, [*keys, *chosen]) if name in candidates]
        if not names:
            break
        chosen.append(names[0])
    return chosen


def spread(table: pd.DataFrame, keys: Iterable[str], y: str, band: str = "range") -> pd.DataFrame:
    """Return mean, standard error, band and number of the runs of every group. A group of one has no error and no band.

    keys: columns. band: "range" (lowest to highest) or "t" (the 95 % t interval of the mean).
    -> DataFrame with the columns keys, mean, error, low, high, n. Raises ValueError for another band.
    """
    choose("band", band, BANDS)
    measured = table.groupby(list(keys), dropna=False, sort=False)[y].agg(["mean", "std", "min", "max", "count"])
    measured = measured[measured["count"] > 0]
    n = measured["count"]
    mean = measured["mean"]
    result = pd.DataFrame({"mean": mean, "error": measured["std"] / n**0.5})
    if band == "t":
        half = t_quantile((n - 1).clip(lower=1)) * result["error"]
        result["low"] = mean - half
        result["high"] = mean + half
    else:
        result["low"] = measured["min"].where(n > 1)
        result["high"] = measured["max"].where(n > 1)
    return result.assign(n=n).reset_index()


def ordered(values: Iterable) -> list:
    """Return values in the order in which people look for them, none twice.

    Numbers ascending, methods as labkit.methods.ALL has them, other words by the alphabet, a missing value last.
    """
    positions = dict(zip(ALL, range(len(ALL))))

    def rank(value):
        if isinstance(value, str):
            return True, positions.get(value, len(positions)), value
        return False, value

    known = []
    missing = []
    for value in dict.fromkeys(values):
        if pd.isna(value):
            missing = [float("nan")]
        else:
            known.append(value)
    return sorted(known, key=rank) + missing


def places(values: pd.Series) -> pd.Series:
    """Return the place of every value of a column in its order, for sort_values."""
    order = ordered(values.dropna())
    positions = dict(zip(order, range(len(order))))
    return values.map(positions).fillna(len(order))


def written(name: str, value: object) -> str:
    """Write a value of a parameter for people: "40%", "0.1", "none"."""
    if pd.isna(value):
        return "none"
    if pd.api.types.is_float(value):
        return f"{value:.0%}" if name in SHARES else f"{value:g}"
    return str(value)


def title(name: str, value: object = None) -> str:
    """Name a parameter, with its value if there is one: "lr (recipe)", "lr 0.1", "no q"."""
    if not name:
        return ""
    owner, _, short = name.rpartition(".")
    short = TITLES.get(name, short)
    if value is None:
        owner = "hyperparameter" if owner == "method" else owner
        return f"{short} ({owner})" if owner else short
    if pd.isna(value):
        return f"no {short}"
    phrases = {"noise": f"{value} noise", "epochs": f"{value} epochs", "method": value, "task": value, "net": value}
    return phrases.get(name) or f"{short} {written(name, value)}"


def score_of(table: pd.DataFrame) -> str:
    """Name the score of these runs: the column `score` of `scored` holds it."""
    kinds = list(dict.fromkeys(table["score"])) if "score" in table else []
    return f"test {' or '.join(kinds)}" if kinds else "test score (accuracy; R2 for regression)"


def scored(table: pd.DataFrame, histories: pd.DataFrame) -> pd.DataFrame:
    """Add a column `score`: "accuracy", or "R2" for regression. histories: of labkit.runs.store.histories"""
    if "r2_test" not in histories:
        return table.assign(score="accuracy")
    regressions = set(histories.loc[histories["r2_test"].notna(), "run"])
    return table.assign(score=["R2" if run in regressions else "accuracy" for run in table.get("run", [])])


def criterion(table: pd.DataFrame, y: str) -> str:
    """Name a criterion and the score that it is of: "test accuracy, last epoch".

    Raises ValueError for another name than those of labkit.fit.CRITERIA.
    """
    choose("criterion", y, CRITERIA)
    return in_words(y, score_of(table))


def _architecture(net):
    """Return a network's name without its arguments."""
    return net.partition("(")[0]


def described(table: pd.DataFrame) -> str:
    """Describe data, samples, networks, epochs and noise of all runs."""
    must(len(table), "table", "one without a run", "a table of finished runs, see labkit.results")
    parts = [", ".join(_texts(table, "task"))]
    if "samples" in table:
        parts.append(f"n = {' or '.join(_texts(table, 'samples'))}")
    nets = map(_architecture, _texts(table, "net"))
    parts.append(", ".join(dict.fromkeys(nets)))
    parts.append(f"{' or '.join(_texts(table, 'epochs'))} epochs")
    added = table.loc[table["noise"] != AS_GIVEN, "rate"]
    rates = list(map("{:.0%}".format, ordered(added)))
    if len(rates) > 5:
        rates = [f"{len(rates)} rates from {rates[0]} to {rates[-1]}"]
    noises = ", ".join(_texts(table, "noise"))
    return f"{', '.join(parts)}; noise: {noises} {', '.join(rates)}".rstrip()


def _texts(table, name):
    """Return the values of a column as texts, in their order, none twice; none for a column that is not there."""
    return list(dict.fromkeys(map(str, ordered(table[name])))) if name in table else []


def seeds(n: Iterable[int]) -> str:
    """Say how many runs are behind each point, and whether the numbers are unequal. n: of `spread`"""
    low = int(min(n))
    high = int(max(n))
    if low == high:
        return f"n = {high} seed{'s' if high > 1 else ''}"
    return f"n = {low} to {high} seeds, unequal"

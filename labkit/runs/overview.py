"""The morning after a sweep: what ran, what failed and why, what is open, and how much of the best number is luck."""

import pandas as pd

from ..errors import need
from ..notebook import ROOT
from . import groups
from .store import failures, folder, histories, results, unfinished

KEYS = ("task", "noise", "rate", "method")  # a choice of settings is made within these


class Seen:
    """All that a store holds, read once.

    table: finished trainings (with `score`, see groups.scored), those of notebooks too; curves: their histories;
    notebooks: finished notebooks; failed: one row per failure; open: names of runs that were begun and go on when asked
    for again. store: the folder; raises ValueError for one that does not exist.
    """

    def __init__(self, store):
        self.store = folder(store).absolute()
        need(self.store.is_dir(), "store", str(self.store), "a folder that exists; ./lab sweep PLAN makes one")
        found, inside = results(self.store), self.store / "trainings"  # where the trainings of notebooks are
        books = found["notebook"].notna() if "notebook" in found else pd.Series(False, found.index)
        places = [inside] if books.all() else [self.store, inside]
        self.curves = pd.concat([histories(place) for place in places], ignore_index=True)
        own = found[~books].drop(columns=["notebook", "values", "seconds"], errors="ignore")
        trained = pd.concat([table for table in (own, results(inside)) if len(table)] or [own], ignore_index=True)
        self.table, self.notebooks = groups.scored(trained, self.curves), found[books]
        self.failed, self.open = failures(self.store), unfinished(self.store)

    @property
    def words(self):
        """How many runs there are of which kind, or what to do where there is none. -> text"""
        where = self.store.relative_to(ROOT) if self.store.is_relative_to(ROOT) else self.store
        many = {"trainings finished": self.table, "notebooks finished": self.notebooks, "failed": self.failed}
        many |= {"begun and not finished": self.open}
        said = [f"{len(runs)} {how}" for how, runs in many.items() if len(runs)]
        if not said:
            return f"{where} holds no run yet. To fill it: ./lab sweep notebooks/sweep.yml --store {where}"
        return f"{where}: {', '.join(said)}"


def ran(seen):
    """Finished runs, a row per method, a column per noise and rate, and those that failed. -> DataFrame of counts"""
    if seen.table.empty:
        return seen.failed.groupby("what").size().rename("failed").to_frame()
    counts = seen.table.groupby(["method", "noise", "rate"], dropna=False).size().unstack(["noise", "rate"])
    counts = counts.sort_index(axis=1)
    counts.columns = [f"{noise} {rate:.0%}" for noise, rate in counts.columns]
    counts = counts.assign(seeds=seen.table.groupby("method")["seed"].nunique())
    if len(seen.failed):
        counts = counts.join(seen.failed.groupby("what").size().rename("failed"), how="outer")
    return counts.fillna(0).astype(int).reindex(groups.ordered(counts.index)).rename_axis("method")


def spent(seen):
    """What it cost, when and where: a row per hardware and version. -> DataFrame"""
    if seen.table.empty:
        return pd.DataFrame(columns=["runs", "hours of training", "first", "last"])
    seconds = seen.curves.groupby("run")["seconds"].sum()
    table = seen.table.assign(hours=seen.table["run"].map(seconds) / 3600)
    by = table.groupby(["hardware", "threads", "torch", "numbers"], dropna=False)
    of = by.agg(runs=("run", "size"), hours=("hours", "sum"), first=("date", "min"), last=("date", "max"))
    return of.rename(columns={"hours": "hours of training"}).reset_index()


def failed(seen):
    """A row per failure, those of the same error together, the most frequent error first. -> DataFrame"""
    many = seen.failed["error"].map(seen.failed["error"].value_counts())
    table = seen.failed.assign(alike=many).sort_values(["alike", "error", "label"], ascending=[False, True, True])
    return table[["error", "alike", "what", "label", "cell", "attempts", "date", "traceback"]].reset_index(drop=True)


def traceback(seen, row=0):
    """The traceback of a failure. row: its number in `failed`. -> text. Raises ValueError where there is none."""
    table = failed(seen)
    if table.empty:
        return "Nothing failed."
    need(row in table.index, "row", row, f"a row of the table of failures, 0 to {len(table) - 1}")
    return f"{table['label'][row]}\n\n{table['traceback'][row]}"


def begun(seen):
    """Runs that were begun and not finished: the first and the last line of their logs. -> DataFrame"""
    rows = []
    for name in seen.open:
        log = seen.store / f"{name}.partial" / "log.txt"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        rows.append({"run": name, "first": lines[0] if lines else "", "last": lines[-1] if lines else ""})
    return pd.DataFrame(rows, columns=["run", "first", "last"])


def chosen(seen):
    """Settings chosen honestly beside settings chosen by the test set: a row per data, noise, rate and method.

    A setting is what is left beside those: hyperparameters, recipe, network. Honestly: the highest mean over seeds of
    the best noisy validation score, and the test score at that epoch (best_val). By the test set: the highest mean of
    oracle_best. optimism: how much higher the second number is; nobody could have had it.
    -> DataFrame
    """
    if seen.table.empty:
        return pd.DataFrame(columns=[*KEYS, "settings", "optimism"])
    watched = [name for name in ("val_noisy", "r2_val_noisy") if name in seen.curves]
    best = seen.curves[watched].max(axis=1).groupby(seen.curves["run"]).max()
    asked = groups.settings(seen.table)
    left = [name for name in groups.varied(seen.table) if name not in KEYS]
    frame = asked.assign(watched=seen.table["run"].map(best), **seen.table[["best_val", "oracle_best"]])
    rows = []
    for key, group in frame.groupby(list(KEYS), dropna=False):
        differ = [name for name in left if group[name].nunique(dropna=False) > 1]
        means = group.groupby(differ or (lambda _: "the only one"), dropna=False)
        means = means[["watched", "best_val", "oracle_best"]].mean()
        rows.append(dict(zip(KEYS, key)) | {"settings": len(means)} | _choice(means, differ))
    table = pd.DataFrame(rows)
    order = {name: k for k, name in enumerate(groups.ordered(table["method"]))}
    return table.sort_values(list(KEYS), key=lambda c: c.map(order) if c.name == "method" else c, ignore_index=True)


def _choice(means, differ):
    """The setting that validation chooses, and the one that the test set would. -> dict"""
    cheat, best = means["oracle_best"].idxmax(), means["oracle_best"].max()
    honest, score = "", float("nan")  # without a validation split
    if means["watched"].notna().any():
        at = means["watched"].idxmax()
        honest, score = _words(differ, at), means["best_val"][at]
    by_validation = {"chosen on noisy validation": honest, "best_val": score}
    return by_validation | {
        "chosen on the test set": _words(differ, cheat),
        "oracle_best": best,
        "optimism": best - score,
    }


def _words(differ, label):
    """The label of a group in words."""
    values = label if isinstance(label, tuple) else (label,)
    return ", ".join(groups.title(name, value) for name, value in zip(differ, values)) or "the only one"

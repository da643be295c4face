"""An overview of a store after a sweep: finished, failed and open runs, and how much of the best number is luck."""

from pathlib import Path

import pandas as pd

from ..errors import need
from ..fit.accuracy import VALIDATION
from ..notebook import ROOT
from . import groups
from .store import Store, failures, folder, histories, results, unfinished

KEYS = ("task", "noise", "rate", "method")  # a choice of settings is made within these
UNVARIED = "the only one"  # the setting of a group that has no other


class Contents:
    """The contents of a store, read once.

    table: finished trainings (with `score`, see groups.scored), those of notebooks too; curves: their histories;
    notebooks: finished notebooks; failed: one row per failure; open: names of runs that were begun and go on when the
    same is run again. store: the folder; raises ValueError for one that does not exist.
    """

    def __init__(self, store: Store) -> None:
        self.store = folder(store).absolute()
        need(self.store.is_dir(), "store", str(self.store), "a folder that exists; ./lab sweep PLAN makes one")
        stored = results(self.store)
        inside = self.store / "trainings"  # where the trainings of notebooks are
        of_notebooks = stored["notebook"].notna() if "notebook" in stored else pd.Series(False, stored.index)
        places = [inside] if of_notebooks.all() else [self.store, inside]
        self.curves = pd.concat(map(histories, places), ignore_index=True)
        trainings = stored[~of_notebooks].drop(columns=["notebook", "values", "seconds"], errors="ignore")
        tables = [table for table in (trainings, results(inside)) if len(table)] or [trainings]
        self.table = groups.scored(pd.concat(tables, ignore_index=True), self.curves)
        self.notebooks = stored[of_notebooks]
        self.failed = failures(self.store)
        self.open = unfinished(self.store)

    @property
    def summary(self) -> str:
        """Count the runs of each kind, or say how to get some."""
        place = self.store.relative_to(ROOT) if self.store.is_relative_to(ROOT) else self.store
        kinds = {"trainings finished": self.table, "notebooks finished": self.notebooks}
        kinds |= {"failed": self.failed, "begun and not finished": self.open}
        counts = []
        for kind, runs in kinds.items():
            if len(runs):
                counts.append(f"{len(runs)} {kind}")
        if not counts:
            return f"{place} holds no run yet. To fill it: ./lab sweep notebooks/sweep.yml --store {place}"
        return f"{place}: {', '.join(counts)}"


def ran(contents: Contents) -> pd.DataFrame:
    """Count the finished runs, a row per method, a column per noise and rate, and those that failed."""
    if contents.table.empty:
        return contents.failed.groupby("what").size().rename("failed").to_frame()
    by_setting = contents.table.groupby(["method", "noise", "rate"], dropna=False)
    counts = by_setting.size()
    counts = counts.unstack(["noise", "rate"]).sort_index(axis=1)
    counts.columns = [f"{noise} {rate:.0%}" for noise, rate in counts.columns]
    counts["seeds"] = contents.table.groupby("method")["seed"].nunique()
    if len(contents.failed):
        failed_runs = contents.failed.groupby("what").size()
        counts = counts.join(failed_runs.rename("failed"), how="outer")
    counts = counts.fillna(0).astype(int)
    return counts.reindex(groups.ordered(counts.index)).rename_axis("method")


def spent(contents: Contents) -> pd.DataFrame:
    """Return the hours of training and their dates, a row per hardware and version."""
    if contents.table.empty:
        return pd.DataFrame(columns=["runs", "hours of training", "first", "last"])
    seconds = contents.curves.groupby("run")["seconds"].sum()
    hours = contents.table["run"].map(seconds) / 3600
    table = contents.table.assign(hours=hours)
    by_machine = table.groupby(["hardware", "threads", "torch", "numbers"], dropna=False)
    costs = by_machine.agg(runs=("run", "size"), hours=("hours", "sum"), first=("date", "min"), last=("date", "max"))
    costs = costs.rename(columns={"hours": "hours of training"})
    return costs.reset_index()


def failed(contents: Contents) -> pd.DataFrame:
    """Return a row per failure, those of the same error together, the most frequent error first."""
    errors = contents.failed["error"]
    counts = errors.map(errors.value_counts())
    table = contents.failed.assign(alike=counts)
    table = table.sort_values(["alike", "error", "label"], ascending=[False, True, True])
    table = table[["error", "alike", "what", "label", "cell", "attempts", "date", "traceback"]]
    return table.reset_index(drop=True)


def traceback(contents: Contents, row: int = 0) -> str:
    """Return the traceback of a failure. row: its number in `failed`; raises ValueError for one that is not there."""
    table = failed(contents)
    if table.empty:
        return "Nothing failed."
    need(row in table.index, "row", row, f"a row of the table of failures, 0 to {len(table) - 1}")
    return f"{table['label'][row]}\n\n{table['traceback'][row]}"


def begun(contents: Contents) -> pd.DataFrame:
    """Return the runs that were begun and not finished, with the first and the last line of their logs."""
    rows = []
    for name in contents.open:
        lines = _lines(contents.store / f"{name}.partial" / "log.txt") or [""]
        rows.append({"run": name, "first": lines[0], "last": lines[-1]})
    return pd.DataFrame(rows, columns=["run", "first", "last"])


def _lines(path: Path):
    """Return the lines of a file; none of one that is not there."""
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def chosen(contents: Contents) -> pd.DataFrame:
    """Compare settings chosen on noisy validation with settings chosen on the test set.

    A row per data, noise, rate and method. A setting is all that differs beside those: hyperparameters, recipe,
    network. On noisy validation: the highest mean over seeds of the best noisy validation score, and the test score at
    that epoch (best_val). On the test set: the highest mean of oracle_best, which nobody can choose. optimism: how much
    higher the second number is.
    """
    if contents.table.empty:
        return pd.DataFrame(columns=[*KEYS, "settings", "optimism"])
    varied = [name for name in groups.varied(contents.table) if name not in KEYS]
    frame = groups.settings(contents.table).assign(
        validation=contents.table["run"].map(_best_validation(contents.curves)),
        best_val=contents.table["best_val"],
        oracle_best=contents.table["oracle_best"],
    )
    rows = []
    for key, group in frame.groupby(list(KEYS), dropna=False):
        names = groups.several_values(group[varied])
        keys = []
        for name in names:
            keys.append(group[name])
        by_setting = group.groupby(keys or [pd.Series(UNVARIED, group.index)], dropna=False)
        means = by_setting[["validation", "best_val", "oracle_best"]].mean()
        row = dict(zip(KEYS, key))
        row["settings"] = len(means)
        rows.append(row | _choice(means, names))
    table = pd.DataFrame(rows)

    def position(column):
        return groups.places(column) if column.name == "method" else column

    return table.sort_values(list(KEYS), key=position, ignore_index=True)


def _best_validation(curves):
    """Return the best score on noisy validation of every run. -> Series"""
    columns = [name for name in VALIDATION if name in curves]
    return curves[columns].max(axis=1).groupby(curves["run"]).max()


def _choice(means, names):
    """Return the setting that validation chooses, and the one that the test set would. -> dict"""
    honest = ""
    score = float("nan")  # without a validation split
    if means["validation"].notna().any():
        setting = means["validation"].idxmax()
        honest = _setting(names, setting)
        score = means["best_val"][setting]
    best = means["oracle_best"].max()
    return {
        "chosen on noisy validation": honest,
        "best_val": score,
        "chosen on the test set": _setting(names, means["oracle_best"].idxmax()),
        "oracle_best": best,
        "optimism": best - score,
    }


def _setting(names, values):
    """Write a setting, the label of a group. -> text"""
    values = values if isinstance(values, tuple) else (values,)
    return ", ".join(map(groups.title, names, values)) or UNVARIED

"""The ledger: what a paper printed, beside what was measured, and a verdict for every cell.

The measured side is a small parquet file, one row per run: its whole configuration, the passport of its noise, the test
accuracy by all criteria, hardware, threads, seconds, date, commit, and the curves over the epochs as lists.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock
from scipy.stats import t as student

from ..errors import choose, need
from ..methods import ALL
from ..runs.grid import CRITERIA
from ..state import atomic_write

__all__ = ["VERDICTS", "counted", "gains", "printed", "read", "record", "styled", "table"]

PAPERS = Path(__file__).parents[1] / "papers"
CELL = ["dataset", "architecture", "method", "noise", "rate"]
VERDICTS = ("reproduced", "within the band", "not reproduced", "paper's cell doubtful", "not run")
BAND, MOST = 1.0, 5.0  # percentage points, see `table`
WHOLE = {"mnist": 54_000}  # training samples of a run that counts: all but the tenth that is held out
TEST = 10_000  # test images


def printed(name="cdr_aux_table1"):
    """A table of labkit/papers, cell by cell. -> DataFrame. Raises ValueError for a name that is not there."""
    return pd.read_csv(choose("name", name, {path.stem: path for path in sorted(PAPERS.glob("*.csv"))}))


def read(path):
    """The measured runs in a parquet file, one row per run; no rows when there is no file yet. -> DataFrame"""
    return pd.read_parquet(path) if Path(path).exists() else pd.DataFrame(columns=["run"])


def record(runs, path):
    """Add runs to a parquet file: a run that is there already is replaced, every other row stays.

    runs: rows of labkit.runs.grid.grid. The file is replaced as a whole or not at all, and processes that record at the
    same time take turns. -> DataFrame, all rows of the file
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".lab-{path.name}.lock")):
        before = read(path)
        kept = before[~before["run"].isin(runs["run"])]
        rows = pd.concat([kept, runs], ignore_index=True) if len(kept) else runs.reset_index(drop=True)
        rows = rows.sort_values(["task", "noise", "rate", "method", "seed", "run"], ignore_index=True)
        atomic_write(path, rows.to_parquet(None))
    return rows


def table(printed, measured, criterion="best_val"):
    """Printed beside measured, with a verdict for every printed cell.

    printed: a table of `printed`, in percent. measured: rows of `read`. criterion: which epoch's test accuracy, "last",
    "last10", "best_val" or "oracle_best". Only runs on the whole training set count. Where a cell was run in several
    ways, the way with the most epochs counts (then the newest labkit.NUMBERS, the most seeds, the latest date).
    Returns a DataFrame, a row per printed cell, accuracies in percent: printed, measured (mean over seeds), low and
    high (its 95 % t-interval, empty with one seed), difference, allowed, n (seeds), epochs, hardware, minutes, verdict,
    and the criterion.

    The verdict. The printed number is one run on 10,000 images, so a fresh run may differ from it by chance alone:
    allowed = sqrt(2 (1.96 b)^2 + (t s)^2 (1 + 1/n)), b = sqrt(p (1 - p) / 10,000) the binomial standard error of the
    printed p, s the standard deviation over our n seeds, t Student's 97.5 % quantile. With one seed s is not known and
    its term is left out, which makes the rule strict; where few seeds scatter much, 5 points are allowed at most.
    - "reproduced": |difference| <= allowed.
    - "within the band": |difference| <= 1 percentage point: the same level, by a rule of thumb. The methods themselves
      differ by about as much on average, so such a cell says nothing about who is best.
    - "paper's cell doubtful": neither, and the paper prints the very same number for three or more methods here.
    - "not reproduced": neither. Epochs, lambda and the choice of the epoch are not in the paper, so this is no proof
      that the paper is wrong.
    - "not run": no run on the whole training set.
    """
    choose("criterion", criterion, dict.fromkeys(CRITERIA))
    need(set(CELL) < set(printed.columns), "printed", list(printed.columns), f"a table with {', '.join(CELL)}")
    alike = printed.groupby(["dataset", "architecture", "noise", "rate", "mean"])["mean"].transform("size") >= 3
    rows = [_cell(cell, twice, measured, criterion) for cell, twice in zip(printed.to_dict("records"), alike)]
    return pd.DataFrame(rows).assign(criterion=criterion)


def styled(table):
    """A table of `table` for the eye: percent with two decimals, verdicts in words and a coloured edge. -> Styler"""
    edges = dict(zip(VERDICTS, ("#009E73", "#56B4E9", "#D55E00", "#CC79A7", "#7f7f7f")))
    numbers = ["printed", "measured", "low", "high", "difference", "allowed"]
    shown = [*CELL[2:], *numbers, "n", "epochs", "verdict"]
    look = table[shown].style.format("{:.2f}", subset=numbers, na_rep="").format("{:.0%}", subset=["rate"])
    look = look.format("{:.0f}", subset=["n", "epochs"], na_rep="")
    return look.map(lambda verdict: f"border-left: 4px solid {edges[verdict]}", subset=["verdict"]).hide(axis="index")


def counted(printed, measured):
    """The runs behind the printed cells, as `table` counts them. -> DataFrame, rows of `measured`"""
    return pd.concat([_runs(cell, measured) for cell in printed.to_dict("records")], ignore_index=True)


def gains(rows, column, of="CDR+AUX"):
    """How much better a method is than every other on the same cells (and seeds, where rows have them), on average.

    rows: of `table` with a column in percent, or runs with a criterion. -> DataFrame, a row per other method: mean
    difference in percentage points, low and high (95 % t-interval over the cells, as if they were alike), n
    """
    cells = [key for key in ("noise", "rate", "seed") if key in rows]
    wide = rows.pivot_table(index=cells, columns="method", values=column).dropna()
    gain = (100 if column in CRITERIA else 1) * wide.rsub(wide[of], axis=0).drop(columns=of)
    n = len(gain)
    half = (student.ppf(0.975, n - 1) if n > 1 else np.nan) * gain.std() / n**0.5
    return pd.DataFrame({"mean": gain.mean(), "low": gain.mean() - half, "high": gain.mean() + half, "n": n})


def _cell(cell, doubtful, measured, criterion):
    """One printed cell beside its runs. -> dict"""
    runs, p = _runs(cell, measured), cell["mean"]
    mean, half, allowed = _compare(p, 100 * runs[criterion].to_numpy(float) if len(runs) else np.array([]))
    one = runs.iloc[0] if len(runs) else {"epochs": np.nan, "hardware": ""}
    return {key: cell[key] for key in CELL} | {
        "printed": p,
        "measured": mean,
        "low": mean - half,
        "high": mean + half,
        "difference": mean - p,
        "allowed": allowed,
        "n": len(runs),
        "epochs": one["epochs"],
        "hardware": one["hardware"],
        "minutes": runs["seconds"].sum() / 60 if len(runs) else 0.0,
        "verdict": _verdict(mean - p, allowed, doubtful),
        "note": cell.get("note"),
    }


def _compare(p, scores):
    """Mean of the scores (percent, one per seed), half of its 95 % t-interval, and how far from p chance may lead."""
    binomial = np.sqrt(p * (100 - p) / TEST)
    if len(scores) < 2:
        return scores.mean() if len(scores) else np.nan, np.nan, np.sqrt(2) * 1.96 * binomial
    n, spread = len(scores), student.ppf(0.975, len(scores) - 1) * scores.std(ddof=1)
    allowed = np.sqrt(2 * (1.96 * binomial) ** 2 + spread**2 * (1 + 1 / n))
    return scores.mean(), spread / n**0.5, min(allowed, MOST)


def _verdict(difference, allowed, doubtful):
    if np.isnan(difference):
        return "not run"
    if abs(difference) <= allowed:
        return "reproduced"
    if abs(difference) <= BAND:
        return "within the band"
    return "paper's cell doubtful" if doubtful else "not reproduced"


def _runs(cell, measured):
    """The runs of one printed cell: on all training samples, and all made in one way (but for the seed)."""
    if measured.empty:
        return measured
    dataset, cls = cell["dataset"].lower(), ALL.get(cell["method"])
    want = {"task": dataset, "net": cell["architecture"].lower(), "samples": WHOLE.get(dataset)}
    want |= {
        "noise": cell["noise"],
        "rate": cell["rate"],
        "method": next((n for n, c in ALL.items() if c is cls), None),
    }
    runs = measured[(measured[list(want)] == pd.Series(want)).all(axis=1)]
    if runs.empty:
        return runs
    ways = runs.groupby(["epochs", "hyperparameters", "recipe", "numbers"])
    best = lambda way: (way["epochs"].iloc[0], way["numbers"].iloc[0], len(way), way["date"].max())
    return max((way for _, way in ways), key=best)

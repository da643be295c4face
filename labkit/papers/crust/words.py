"""What the words of the paper on CRUST say about its own tables, and what the tables say. No training."""

import pandas as pd

from ...ledger import join_printed
from ...ledger import printed_tables as printed

# item, section, words, what is looked up in the table, the number in the words, how near is near enough
WORDS = (
    ("Table 1", "caption", "up to 6% improvement over the strongest baseline INCV", "largest gain", 6.0, 0.051),
    ("Table 1", "caption", "3.15% in average over the strongest baseline INCV", "mean gain", 3.15, 0.0051),
    ("Table 1", "caption", "the strongest baseline INCV", "columns led by INCV", 7, 0),
    ("Table 1", "5.1", "outperforms all the baselines", "columns led by CRUST", 7, 0),
    ("Table 1", "5.1", "the largest improvement of 6% under 80% noise", "gain at 80 %", 6.0, 0.051),
    ("Table 2", "5.2", "by greedily finding the coreset ... we can outperform INCV already", "least gain", 0.0, None),
    ("Table 2", "5.2", "mixup can further improve", "least gain of mixup", 0.0, None),
    ("Table 2", "5.2", "extracting by the predictions improves", "least gain of predictions", 0.0, None),
    ("Table 3", "caption", "up to 7.16% improvement in top-1 over INCV", "largest top-1 gain", 7.16, 0.0051),
    ("Table 3", "caption", "6.46% in average in top-1 over INCV", "mean top-1 gain", 6.46, 0.0051),
    ("Table 3", "5.3", "an average of 5% improvement over INCV", "mean gain", 5.0, 0.0051),
    ("Table 3", "5.3", "consistently outperforms other baselines", "columns led by CRUST", 4, 0),
    (
        "Fig. 1",
        "5.2",
        "subsets of size 70% contain at least 20% noisy labels",
        "least share of wrong labels",
        20,
        None,
    ),
)
SOURCES = {
    "Table 1": lambda: _table_1(_wide("Table 1", ["dataset", "noise", "rate"])),
    "Table 2": lambda: _table_2(),
    "Table 3": lambda: _table_3(_wide("Table 3", ["dataset", "metric"])),
    "Fig. 1": lambda: {"least share of wrong labels": 100 * (0.7 - 0.5) / 0.7},
}


def claims():
    """The paper's words, the number in its own table that they speak of, and whether they agree. -> DataFrame

    Columns: item, section, words, table (the number, with what it is), agree. Where `WORDS` has no
    distance, the number has to be above the one said. Fig. 1: of 70 % of the samples at most 50 / 70 can be right.
    """
    numbers = {item: source() for item, source in SOURCES.items()}
    rows = []
    for item, section, words, what, said, near in WORDS:
        number = numbers[item][what]
        agree = number > said if near is None else abs(number - said) <= near
        rows.append(
            {"item": item, "section": section, "words": words, "table": f"{what}: {number:.4g}", "agree": agree}
        )
    return pd.DataFrame(rows)


def _wide(item, columns):
    """A printed table with a row per method. -> DataFrame"""
    return printed.cells("CRUST", item).pivot(index="method", columns=columns, values="mean").sort_index(axis=1)


def _table_1(wide):
    gain, others = wide.loc["CRUST"] - wide.loc["INCV"], wide.drop(index="CRUST")
    return {
        "largest gain": gain.max(),
        "mean gain": gain.mean(),
        "columns led by INCV": (others.idxmax() == "INCV").sum(),
        "columns led by CRUST": (wide.idxmax() == "CRUST").sum(),
        "gain at 80 %": gain.xs(0.8, level="rate").max(),
    }


def _table_2():
    cells = printed.table("crust_table2").pivot(index=["coreset_labels", "mixup"], columns="rate", values="mean")
    incv = _wide("Table 1", ["dataset", "noise", "rate"]).loc["INCV", ("cifar10", "symmetric")]
    return {
        "least gain": (cells.loc["observed", "no"] - incv[cells.columns]).min(),
        "least gain of mixup": (cells.xs("yes", level="mixup") - cells.xs("no", level="mixup")).min(axis=None),
        "least gain of predictions": (cells.loc["predicted"] - cells.loc["observed"]).min(axis=None),
    }


def _table_3(wide):
    gain = wide.loc["CRUST"] - wide.loc["INCV"]
    top = gain.xs("test_top1", level="metric")
    return {
        "largest top-1 gain": top.max(),
        "mean top-1 gain": top.mean(),
        "mean gain": gain.mean(),
        "columns led by CRUST": (wide.idxmax() == "CRUST").sum(),
    }


def over_strongest():
    """CRUST's gain over INCV, and over whichever baseline is best in each column of Table 1, in points. -> DataFrame"""
    wide = _wide("Table 1", ["dataset", "noise", "rate"])
    best = wide.drop(index="CRUST")
    columns = {
        "CRUST": wide.loc["CRUST"],
        "over INCV": wide.loc["CRUST"] - wide.loc["INCV"],
        "strongest baseline": best.idxmax(),
        "over the strongest": wide.loc["CRUST"] - best.max(),
    }
    return pd.DataFrame(columns)


def orders(runs: pd.DataFrame, criterion: str) -> pd.DataFrame:
    """Rank the methods of Table 1 as printed (CIFAR-10, ResNet-32) and as measured, in every column. 1 is the best.

    runs: of `runs.grid.grid`. Returns a row per method and column of the table that was run: noise, rate, method,
    printed, measured (accuracies in percent, means over seeds), printed_rank, measured_rank (among the methods that
    have both).
    """
    cells = printed.cells("CRUST", "Table 1")
    cells = cells[cells["dataset"] == "cifar10"]
    asymmetric = {"noise": {"derangement": "asymmetric", "pairflip": "asymmetric"}}
    table = join_printed(runs.replace(asymmetric), cells.replace(asymmetric), criterion).reset_index()
    return table.sort_values(["noise", "rate"], ascending=[False, True], kind="stable")

"""What the words of the paper on CRUST say about its own tables, and what the tables say. No training."""

import pandas as pd

from ...ledger import printed_tables as printed

# item, section, sentence, quantity of the table, the number in the sentence, how near the table has to be to it; with
# None the table has to be above it
CLAIMS = (
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
    ("Fig. 1", "5.2", "subsets of size 70% contain at least 20% noisy labels", "least share of wrong labels", 20, None),
)


def claims() -> pd.DataFrame:
    """Compare the paper's sentences with the numbers of its own tables. -> a row per sentence of CLAIMS

    Columns: item, section, words (the sentence), table (the number, with what it is), agree. Fig. 1: of 70 % of the
    samples at most 50 / 70 can be right.
    """
    quantities = {
        "Table 1": table_1(),
        "Table 2": table_2(),
        "Table 3": table_3(),
        "Fig. 1": {"least share of wrong labels": 100 * (0.7 - 0.5) / 0.7},
    }
    rows = []
    for item, section, sentence, quantity, claimed, tolerance in CLAIMS:
        number = quantities[item][quantity]
        agree = number > claimed if tolerance is None else abs(number - claimed) <= tolerance
        text = f"{quantity}: {number:.4g}"
        rows.append({"item": item, "section": section, "words": sentence, "table": text, "agree": agree})
    return pd.DataFrame(rows)


def wide_table(item: str, columns: list[str]) -> pd.DataFrame:
    """Return a printed table with a row per method."""
    return printed.cells("CRUST", item).pivot(index="method", columns=columns, values="mean").sort_index(axis=1)


def wide_table_1() -> pd.DataFrame:
    """Return Table 1 with a row per method."""
    return wide_table("Table 1", ["dataset", "noise", "rate"])


def table_1() -> dict[str, float]:
    """Return the quantities of Table 1 that the paper speaks of."""
    wide = wide_table_1()
    gain = wide.loc["CRUST"] - wide.loc["INCV"]
    baselines = wide.drop(index="CRUST")
    return {
        "largest gain": gain.max(),
        "mean gain": gain.mean(),
        "columns led by INCV": (baselines.idxmax() == "INCV").sum(),
        "columns led by CRUST": (wide.idxmax() == "CRUST").sum(),
        "gain at 80 %": gain.xs(0.8, level="rate").max(),
    }


def table_2() -> dict[str, float]:
    """Return the quantities of Table 2 that the paper speaks of."""
    cells = printed.table("crust_table2").pivot(index=["coreset_labels", "mixup"], columns="rate", values="mean")
    incv = wide_table_1().loc["INCV", ("cifar10", "symmetric")]
    return {
        "least gain": (cells.loc["observed", "no"] - incv[cells.columns]).min(),
        "least gain of mixup": (cells.xs("yes", level="mixup") - cells.xs("no", level="mixup")).min(axis=None),
        "least gain of predictions": (cells.loc["predicted"] - cells.loc["observed"]).min(axis=None),
    }


def table_3() -> dict[str, float]:
    """Return the quantities of Table 3 that the paper speaks of."""
    wide = wide_table("Table 3", ["dataset", "metric"])
    gain = wide.loc["CRUST"] - wide.loc["INCV"]
    top_1 = gain.xs("test_top1", level="metric")
    return {
        "largest top-1 gain": top_1.max(),
        "mean top-1 gain": top_1.mean(),
        "mean gain": gain.mean(),
        "columns led by CRUST": (wide.idxmax() == "CRUST").sum(),
    }


def over_strongest() -> pd.DataFrame:
    """Return CRUST's gain over INCV, and over whichever baseline is best in each column of Table 1, in points."""
    wide = wide_table_1()
    baselines = wide.drop(index="CRUST")
    columns = {
        "CRUST": wide.loc["CRUST"],
        "over INCV": wide.loc["CRUST"] - wide.loc["INCV"],
        "strongest baseline": baselines.idxmax(),
        "over the strongest": wide.loc["CRUST"] - baselines.max(),
    }
    return pd.DataFrame(columns)

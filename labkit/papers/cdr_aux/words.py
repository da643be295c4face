"""The words of the paper on CDR+AUX, beside its own table."""

import pandas as pd

from ... import ledger

RIVALS = {"SGD": "ERM", "CDR": "CDR", "AUX": "AUX"}  # as printed: in labkit


def sentences() -> pd.DataFrame:
    """Return what the paper's words say. -> DataFrame, a row per claim: section, words, value, table"""
    return ledger.printed("cdr_aux_claims").set_index("id")


def claims() -> pd.DataFrame:
    """Compare what the paper's words say with its own Table 1. -> DataFrame: section, words, table, agree"""
    quotes = sentences()
    table = ledger.printed("cdr_aux_table1").pivot(index=["noise", "rate"], columns="method", values="mean")
    checks = {**_gains(quotes), **_leads(quotes, table), **_cells(quotes, table)}
    compared = quotes.loc[list(checks), ["section", "words"]]
    texts = [text for text, _ in checks.values()]
    return compared.assign(table=texts, agree=[bool(agrees) for _, agrees in checks.values()])


def _values(quotes, claim):
    """Return the numbers of a claim. -> list of floats"""
    return [float(number) for number in quotes.loc[claim, "value"].split()]


def _gains(quotes):
    """Compare the average gains of CDR+AUX over the others. -> {claim: (text, agrees)}"""
    gain = ledger.gains(ledger.printed("cdr_aux_table1"), "mean")["mean"]
    checks = {}
    for name in RIVALS:
        (printed,) = _values(quotes, f"gain over {name}")
        checks[f"gain over {name}"] = (f"{gain[name]:.2f} points", abs(gain[name] - printed) < 0.0051)
    return checks


def _leads(quotes, table):
    """Compare how far and where CDR+AUX leads. -> {claim: (text, agrees)}"""
    lead = table["CDR+AUX"] - table.drop(columns="CDR+AUX").max(axis=1)  # over the best of the other three
    lead_over_parts = table["CDR+AUX"] - table[["CDR", "AUX"]].max(axis=1)
    margin = lead["asymmetric", 0.7]
    (printed,) = _values(quotes, "margin")
    checks = {"margin": (f"{margin:.2f} points over the best other", abs(margin - printed) < 1)}
    for claim, leads in (("instance", lead["instance"]), ("everywhere", lead_over_parts)):
        is_first = leads > 0
        checks[claim] = (f"alone at the top in {is_first.sum()} of {len(leads)} columns", is_first.all())
    return checks


def _cells(quotes, table):
    """Compare single cells and the noise rates. -> {claim: (text, agrees)}"""
    bold, flipped = table.loc["asymmetric", 0.2], table.loc["pairflip", 0.7]
    checks = {"bold": (f"{bold.idxmax()} has {bold.max()}, AUX {bold['AUX']}", bold["AUX"] == bold.max())}
    rates = [float(rate) for rate in table.index.unique("rate")]
    listed = ", ".join([f"{rate:.0%}" for rate in rates])
    for claim in ("rates", "rates again"):
        checks[claim] = (listed, _values(quotes, claim) == rates)
    most_common = flipped.mode()[0]
    methods = (flipped == most_common).sum()
    text = f"{flipped.min()} to {flipped.max()}, {most_common} for {methods} methods"
    (printed,) = _values(quotes, "pairflip 70%")
    checks["pairflip 70%"] = (text, (flipped > printed).all())
    return checks

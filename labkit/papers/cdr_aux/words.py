"""The paper on CDR+AUX, item by item: what was measured of each, and where its words and its own table disagree."""

import pandas as pd

from ... import ledger

NEAR = 0.05  # "close to the ideal performance" (section 4): within 5 percentage points
OTHERS = {"SGD": "ERM", "CDR": "CDR", "AUX": "AUX"}  # as printed: in labkit


def verdicts(measured, criterion="best_val"):
    """A line per table, claim and figure of the paper: printed, measured, seeds, hardware, minutes, verdict.

    measured: rows of `ledger.read`. Table 1 is judged cell by cell, see `ledger.table`. A gain has the
    "same direction" where it is above 0 on average over the cells that were run. Fig. 1 is "reproduced" where every run
    of CDR+AUX ends with its training accuracy (with b) above the share of right labels, and its noisy validation
    accuracy within 5 points of that share.
    -> DataFrame
    """
    cells, words = ledger.table(ledger.cells("CDR+AUX"), measured, criterion), _claims()["words"]
    ran, counts = cells[cells["n"] > 0], cells["verdict"].value_counts()
    judged = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ledger.VERDICTS if verdict in counts)
    lines = [_line("Table 1", f"{len(cells)} cells", f"{len(ran)} cells, by {criterion}", ran, judged)]
    lines += [_gain(cells, ran, other) for other in OTHERS]
    lines.append(_line("Fig. 1", words["Fig. 1"], *_figure_1(ran, ledger.counted(ledger.cells("CDR+AUX"), measured))))
    for item in ("Fig. 2", "RDI and CDR+RDI"):
        lines.append(_line(item, words[item], "on the digits only, in its section", ran[:0], "not run"))
    return pd.DataFrame(lines)


def claims():
    """What the paper's words say about its Table 1, what the table says, and whether they agree. -> DataFrame"""
    table = ledger.printed("cdr_aux_table1")
    said, wide = _claims(), table.pivot(index=["noise", "rate"], columns="method", values="mean")
    gain = ledger.gains(table, "mean")["mean"]
    lead = wide["CDR+AUX"] - wide.drop(columns="CDR+AUX").max(axis=1)  # over the best of the other three
    over_parts = wide["CDR+AUX"] - wide[["CDR", "AUX"]].max(axis=1)
    margin, bold, flipped = lead["asymmetric", 0.7], wide.loc["asymmetric", 0.2], wide.loc["pairflip", 0.7]
    printed_rates = [float(rate) for rate in wide.index.unique("rate")]
    alone = lambda leads: (f"alone at the top in {(leads > 0).sum()} of {len(leads)} columns", (leads > 0).all())
    value = lambda name: [float(number) for number in said.loc[name, "value"].split()]
    table = {
        f"gain over {m}": (f"{gain[m]:.2f} points", abs(gain[m] - value(f"gain over {m}")[0]) < 0.0051) for m in OTHERS
    }
    table["margin"] = (f"{margin:.2f} points over the best other", abs(margin - value("margin")[0]) < 1)
    table["instance"], table["everywhere"] = alone(lead["instance"]), alone(over_parts)
    table["bold"] = (f"{bold.idxmax()} has {bold.max()}, AUX {bold['AUX']}", bold["AUX"] == bold.max())
    for name in ("rates", "rates again"):
        table[name] = (", ".join(f"{rate:.0%}" for rate in printed_rates), value(name) == printed_rates)
    most = flipped.mode()[0]
    level = f"{flipped.min()} to {flipped.max()}, {most} for {(flipped == most).sum()} methods"
    table["pairflip 70%"] = (level, (flipped > value("pairflip 70%")[0]).all())
    words = said.loc[list(table), ["section", "words"]]
    return words.assign(table=[text for text, _ in table.values()], agree=[bool(fits) for _, fits in table.values()])


def _claims():
    return ledger.printed("cdr_aux_claims").set_index("id")


def _line(item, printed, measured, ran, verdict):
    """One line of `verdicts`; `ran` are the cells of `ledger.table` behind it."""
    each = lambda column: ", ".join(f"{value:g}" for value in sorted(set(ran[column])))
    return {
        "item": item,
        "printed": printed,
        "measured": measured,
        "seeds": each("n"),
        "epochs": each("epochs"),
        "hardware": ", ".join(sorted(set(ran["hardware"]))),
        "minutes": round(ran["minutes"].sum(), 1),
        "verdict": verdict,
    }


def _gain(cells, ran, other):
    """The average gain of CDR+AUX over another method: in the whole printed table, and over the cells that were run."""
    name = OTHERS[other]
    whole = ledger.gains(cells, "printed").loc[name, "mean"]
    ran = ran[ran["method"].isin(["CDR+AUX", name])]
    pairs = ran.groupby(["noise", "rate"])["method"].transform("size") == 2
    if not pairs.any():
        return _line(f"gain over {other}", f"{whole:+.2f} points", "", ran[:0], "not run")
    here, measured = (ledger.gains(ran[pairs], column).loc[name, "mean"] for column in ("printed", "measured"))
    printed = f"{whole:+.2f} points ({here:+.2f} over the cells that were run)"
    verdict = "same direction" if measured > 0 else "not reproduced"
    return _line(f"gain over {other}", printed, f"{measured:+.2f} points", ran[pairs], verdict)


def _figure_1(ran, runs):
    """What the last epochs of CDR+AUX say about Fig. 1. -> measured, cells, verdict"""
    runs, own = runs[runs["method"] == "CDR+AUX"] if len(runs) else runs, ran[ran["method"] == "CDR+AUX"]
    if runs.empty:
        return "", own, "not run"
    last, right = {name: runs[name].str[-1] for name in ("train_aided", "val_noisy")}, 1 - runs["realised"]
    off = (last["val_noisy"] - right).abs()
    fits = (last["train_aided"] > right) & (off <= NEAR)
    rates = ", ".join(f"{rate:.0%}" for rate in sorted(set(runs["rate"])))
    aided, most = last["train_aided"].min(), 100 * off.max()
    words = f"at {rates}: with b at least {aided:.1%}, validation at most {most:.1f} points off"
    return words, own, "reproduced" if fits.all() else f"reproduced in {fits.sum()} of {len(fits)} runs"

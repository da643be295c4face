"""The claims of the paper on CDR+AUX about accuracies and figures, judged on runs.

Every function but `summary` adds findings to a report (labkit.ledger.findings.Findings), each with the rule that judges
it. runs: rows of labkit.runs.grid.grid. facts: setting and criterion, as Findings.add takes them.
"""

import pandas as pd

from ... import ledger
from ...errors import must
from ...ledger.findings import Findings
from .words import RIVALS, claims, sentences

METHOD = "CDR+AUX"
NEAR = 0.05  # "close to the ideal performance" (section 4): within 5 percentage points


def table_1(report: Findings, *, runs: pd.DataFrame, criterion: str, **facts: str | int) -> None:
    """Add the gains of CDR+AUX over its parts and over SGD, and who leads in which column."""
    scores = runs.groupby(["noise", "rate", "method"])[criterion].mean().unstack("method")
    must(METHOD in scores and scores.shape[1] > 1, "runs", f"of {', '.join(scores)}", f"{METHOD} and another method")
    printed = claims()["table"]
    facts["criterion"] = criterion
    _add_gains(report, runs, printed, facts)

    seeds = runs["seed"].nunique()
    lead = scores[METHOD] - scores.drop(columns=METHOD).max(axis=1)
    claim = "better than every other method, in all columns"
    _add_lead(report, claim, lead, printed=printed["everywhere"], n=seeds, **facts)
    if "instance" in lead.index:
        claim = "best at all rates of instance noise"
        _add_lead(report, claim, lead["instance"], printed=printed["instance"], n=seeds, **facts)
    if ("asymmetric", 0.7) in lead.index:
        points = 100 * lead["asymmetric", 0.7]
        claim, text = "far the best at asymmetric 70 %", f"{points:+.1f} points over the best other"
        facts |= {"printed": printed["margin"], "n": seeds}
        report.judge("Table 1", claim, text, points, rule="lead over the best other > 0 points", **facts)


def _add_gains(report, runs, printed, facts):
    """Add the average gain of CDR+AUX over each other method."""
    gains = ledger.gains(runs, facts["criterion"])
    n = len(runs[runs["method"] == METHOD])
    for rival, name in RIVALS.items():
        if name in gains.index:
            gain = gains.loc[name]
            interval = "" if pd.isna(gain["low"]) else f" ({gain['low']:+.2f} to {gain['high']:+.2f})"
            claim, text = f"{METHOD} gains over {rival}, on average", f"{gain['mean']:+.2f} points{interval}"
            row = facts | {"printed": printed[f"gain over {rival}"], "n": n}
            report.judge("Table 1", claim, text, gain["mean"], rule="average gain > 0 points", **row)


def _add_lead(report, claim, lead, **facts):
    """Add in how many columns CDR+AUX leads."""
    text, rule = f"{(lead > 0).sum()} of {len(lead)} columns", "lead over the best other, in every column > 0"
    report.judge("Table 1", claim, text, lead, rule=rule, **facts)


def figure_1(report: Findings, *, runs: pd.DataFrame, **facts: str | int) -> None:
    """Add training accuracy, with b, and noisy validation accuracy, without b, against the share of right labels."""
    method_runs = runs[runs["method"] == METHOD]
    right, n = 1 - method_runs["realised"], len(method_runs)
    excess = method_runs["train_aided"].str[-1] - right
    claim, text = "training accuracy, with b, is above 1 - tau", f"in {(excess > 0).sum()} of {n} runs"
    rule = "accuracy above 1 - tau, in every run > 0"
    report.judge("Fig. 1", claim, text, excess, rule=rule, n=n, **facts)

    off = method_runs.assign(off=method_runs["val_noisy"].str[-1] - right).groupby(["noise", "rate"])["off"].mean()
    near = (off.abs() <= NEAR).sum()
    text = f"{100 * off.min():+.1f} to {100 * off.max():+.1f} points off, near in {near} of {len(off)} columns"
    claim = f"noisy validation accuracy is within {100 * NEAR:.0f} points of 1 - tau"
    rule = f"distance from 1 - tau, in every column <= {NEAR}"
    report.judge("Fig. 1", claim, text, off.abs(), rule=rule, n=n, **facts)


def figure_2(report: Findings, *, sweep: pd.DataFrame, criterion: str = "last", **facts: str | int) -> None:
    """Add whether test accuracy rises with lambda and then falls: the best is neither the smallest nor the largest."""
    scores = sweep.groupby(["lam", "rate"])[criterion].mean().unstack("rate")
    best = scores.idxmax()
    text = "best lambda " + ", ".join([f"{best[rate]:g} at {rate:.0%}" for rate in best.index])
    positions = pd.Series([scores.index.get_loc(lam) for lam in best], index=best.index)
    to_largest = len(scores) - 1 - positions
    rule = "smaller lambdas than the best, at every rate > 0; larger lambdas > 0"
    claim, n = "test accuracy rises with lambda, then falls", sweep["seed"].nunique()
    report.judge("Fig. 2", claim, text, (positions, to_largest), rule=rule, n=n, criterion=criterion, **facts)


def rdi(report: Findings, *, runs: pd.DataFrame, criterion: str = "last", **facts: str | int) -> None:
    """Add whether RDI and CDR+RDI reach a good accuracy at the lambda that noisy validation chooses.

    runs: with `watched`, the noisy validation accuracy, beside ERM's.
    """
    runs = runs.assign(lam_eff=runs["lam_eff"].fillna(0.0))
    mean = runs.groupby(["method", "lam_eff"])[["watched", criterion]].mean()
    plain = mean.loc["ERM", criterion].iloc[0]
    facts |= {"n": runs["seed"].nunique(), "criterion": criterion}
    for method in ("RDI", "CDR+RDI"):
        chosen = mean.loc[method]["watched"].idxmax()
        score = mean.loc[(method, chosen), criterion]
        text = f"{score:.1%} at lambda {chosen:.3g}, plain training {plain:.1%}"
        claim = f"{method} does not reach a good accuracy: it is not above plain training"
        rule = "accuracy minus that of plain training <= 0"
        report.judge("Sec. 4", claim, text, score - plain, rule=rule, **facts)


def width(report: Findings, *, runs: pd.DataFrame, criterion: str = "last", **facts: str | int) -> None:
    """Add whether RDI needs width: what it gains over plain training grows with the width."""
    scores = runs.groupby(["method", "width"])[criterion].mean().unstack("width")
    gain = 100 * (scores.loc["RDI"] - scores.loc["ERM"])
    narrow, wide = gain.index[0], gain.index[-1]
    text = f"{gain[narrow]:+.1f} points at {narrow} units, {gain[wide]:+.1f} points at {wide} units"
    claim, rule = "what RDI gains over plain training grows with the width", "growth of the gain > 0 points"
    facts |= {"n": runs["seed"].nunique(), "criterion": criterion}
    report.judge("Sec. 5", claim, text, gain[wide] - gain[narrow], rule=rule, **facts)


def kernel(report: Findings, *, runs: pd.DataFrame, **facts: str | int) -> None:
    """Add whether wide networks end near kernel ridge regression, and what that is worth. runs: of kernel.towards."""
    facts["n"] = runs["seed"].nunique()
    distance = _by_width(runs, "distance", ["RDI", "AUX"])
    claim = "the wider, the nearer are RDI and AUX to kernel ridge"
    rule = "change of the distance with the width, at every step < 0"
    report.judge("Sec. 4", claim, _ends(distance), distance.diff(axis=1).iloc[:, 1:], rule=rule, **facts)
    moved = _by_width(runs, "kernel_moved", ["ERM", "RDI", "AUX"])
    claim = "the wider, the less moves the tangent kernel"
    rule = "change of its movement with the width, at every step < 0"
    report.judge("Sec. 4", claim, _ends(moved), moved.diff(axis=1).iloc[:, 1:], rule=rule, **facts)

    widest = runs["width"].max()
    scores = runs[runs["width"] == widest].pivot(index=["way", "seed"], columns="method", values="last")
    gains = {
        "kernel ridge is better than the kernel without ridge": scores["kernel ridge"] - scores["kernel, no ridge"],
        "wide, RDI is better than plain training that stops": scores["RDI"] - scores["ERM"],
    }
    for claim, gain in gains.items():
        text = f"{100 * gain.mean():+.1f} points at {widest} units, above 0 in {(gain > 0).sum()} of {len(gain)}"
        report.judge("Sec. 4", claim, text, gain, rule="gain in every network > 0", **facts)


def _by_width(runs, column, methods):
    """Return the means of a column over seeds. -> DataFrame [method and way, width]"""
    mean = runs.groupby(["method", "way", "width"])[column].mean()
    return mean.loc[methods].unstack("width")


def _ends(table):
    """Return the range of the first and the last width as a text."""
    texts = []
    for units in (table.columns[0], table.columns[-1]):
        texts.append(f"{table[units].min():.2g} to {table[units].max():.2g} at {units} units")
    return ", ".join(texts)


def summary(measured: pd.DataFrame, *, criterion: str = "best_val") -> pd.DataFrame:
    """Return a line per table, claim and figure: printed, measured, seeds, epochs, hardware, minutes, verdict.

    measured: rows of `ledger.read`. Table 1 is judged cell by cell, see `ledger.table`. A gain has the
    "same direction" where it is above 0 on average over the cells that were run. Fig. 1 is "reproduced" where every run
    of CDR+AUX ends with its training accuracy (with b) above the share of right labels, and its noisy validation
    accuracy within 5 points of that share.
    """
    printed = ledger.cells(METHOD)
    cells = ledger.table(printed, measured, criterion)
    ran, counts = cells[cells["n"] > 0], cells["verdict"].value_counts()
    verdict = ", ".join([f"{counts[verdict]} {verdict}" for verdict in ledger.VERDICTS if verdict in counts])
    lines = [_line("Table 1", f"{len(cells)} cells", f"{len(ran)} cells, by {criterion}", ran, verdict)]
    for rival in RIVALS:
        lines.append(_gain_line(cells, ran, rival))
    claims_in_words = sentences()["words"]
    lines.append(_figure_1_line(claims_in_words["Fig. 1"], ran, ledger.counted(printed, measured)))
    for item in ("Fig. 2", "RDI and CDR+RDI"):
        lines.append(_line(item, claims_in_words[item], "on the digits only, in its section", ran[:0], "not run"))
    return pd.DataFrame(lines)


def _line(item, printed, measured, cells, verdict):
    """Return one line of `summary`. cells: of `ledger.table`, those behind it."""
    return {
        "item": item,
        "printed": printed,
        "measured": measured,
        "seeds": _distinct(cells["n"]),
        "epochs": _distinct(cells["epochs"]),
        "hardware": ", ".join(sorted(set(cells["hardware"]))),
        "minutes": round(cells["minutes"].sum(), 1),
        "verdict": verdict,
    }


def _distinct(numbers):
    """Return the different numbers of a column as a text."""
    return ", ".join([f"{number:g}" for number in sorted(set(numbers))])


def _gain_line(cells, ran, rival):
    """Return the line of the average gain over another method: in the whole printed table, and over the cells run."""
    name = RIVALS[rival]
    printed_gain = ledger.gains(cells, "printed").loc[name, "mean"]
    ran = ran[ran["method"].isin([METHOD, name])]
    is_pair = ran.groupby(["noise", "rate"])["method"].transform("size") == 2
    if not is_pair.any():
        return _line(f"gain over {rival}", f"{printed_gain:+.2f} points", "", ran[:0], "not run")
    pairs = ran[is_pair]
    gain_over_ran = ledger.gains(pairs, "printed").loc[name, "mean"]
    measured = ledger.gains(pairs, "measured").loc[name, "mean"]
    printed = f"{printed_gain:+.2f} points ({gain_over_ran:+.2f} over the cells that were run)"
    verdict = "same direction" if measured > 0 else "not reproduced"
    return _line(f"gain over {rival}", printed, f"{measured:+.2f} points", pairs, verdict)


def _figure_1_line(printed, ran, runs):
    """Return the line of Fig. 1: what the last epochs of CDR+AUX say. runs: behind the cells, of `ledger.counted`."""
    cells = ran[ran["method"] == METHOD]
    runs = runs[runs["method"] == METHOD] if len(runs) else runs
    if runs.empty:
        return _line("Fig. 1", printed, "", cells, "not run")
    aided, right = runs["train_aided"].str[-1], 1 - runs["realised"]
    off = (runs["val_noisy"].str[-1] - right).abs()
    is_reproduced = (aided > right) & (off <= NEAR)
    rates = ", ".join([f"{rate:.0%}" for rate in sorted(set(runs["rate"]))])
    text = f"at {rates}: with b at least {aided.min():.1%}, validation at most {100 * off.max():.1f} points off"
    verdict = (
        "reproduced" if is_reproduced.all() else f"reproduced in {is_reproduced.sum()} of {len(is_reproduced)} runs"
    )
    return _line("Fig. 1", printed, text, cells, verdict)

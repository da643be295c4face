"""The claims of the paper on CDR+AUX about accuracies and figures, judged on runs: each is a dict with item, claim,
printed, measured, holds and n, as `Findings.add` takes them. The runs are rows of labkit.runs.grid.grid."""

import pandas as pd

from ...errors import must
from ...ledger import gains
from .words import NEAR, OTHERS, claims

OWN = "CDR+AUX"


def table_1(runs, criterion):
    """Gains of CDR+AUX over its parts and over SGD, and who leads in which column. -> list of findings"""
    scores = runs.groupby(["noise", "rate", "method"])[criterion].mean().unstack("method")
    must(OWN in scores and scores.shape[1] > 1, "runs", f"of {', '.join(scores)}", f"{OWN} and another method")
    gain, said = gains(runs, criterion), claims()["table"]
    n, seeds = len(runs[runs["method"] == OWN]), runs["seed"].nunique()
    found = []
    for other, name in OTHERS.items():
        if name in gain.index:
            words, above = _points(gain.loc[name]), gain.loc[name, "mean"] > 0
            claim = f"{OWN} gains over {other}, on average"
            found.append(_finding("Table 1", claim, words, above, n, said[f"gain over {other}"]))
    lead = scores[OWN] - scores.drop(columns=OWN).max(axis=1)
    found.append(_leads("better than every other method, in all columns", said["everywhere"], lead, seeds))
    if "instance" in lead.index:
        found.append(_leads("best at all rates of instance noise", said["instance"], lead["instance"], seeds))
    if ("asymmetric", 0.7) in lead.index:
        points = 100 * lead["asymmetric", 0.7]
        words, claim = f"{points:+.1f} points over the best other", "far the best at asymmetric 70 %"
        found.append(_finding("Table 1", claim, words, points > 0, seeds, said["margin"]))
    return found


def figure_1(runs):
    """In training, with b, above the share of right labels; on noisy validation, without b, close to it, in every
    column on average over the seeds. -> list"""
    own = runs[runs["method"] == OWN]
    right, n = 1 - own["realised"], len(own)
    above = own["train_aided"].str[-1] > right
    off = own.assign(off=own["val_noisy"].str[-1] - right).groupby(["noise", "rate"])["off"].mean()
    near = (off.abs() <= NEAR).sum()
    words = f"{100 * off.min():+.1f} to {100 * off.max():+.1f} points off, near in {near} of {len(off)} columns"
    claim = f"noisy validation accuracy is within {100 * NEAR:.0f} points of 1 - tau"
    return [
        _finding(
            "Fig. 1", "training accuracy, with b, is above 1 - tau", f"in {above.sum()} of {n} runs", above.all(), n
        ),
        _finding("Fig. 1", claim, words, near == len(off), n),
    ]


def figure_2(sweep, criterion="last"):
    """Test accuracy rises with lambda and then falls: the best is neither the smallest nor the largest. -> list"""
    scores = sweep.groupby(["lam", "rate"])[criterion].mean().unstack("rate")
    best, lams = scores.idxmax(), scores.index
    inside = (best > lams.min()) & (best < lams.max())
    words = "best lambda " + ", ".join(f"{best[rate]:g} at {rate:.0%}" for rate in best.index)
    n = sweep["seed"].nunique()
    return [_finding("Fig. 2", "test accuracy rises with lambda, then falls", words, inside.all(), n)]


def rdi(runs, criterion="last"):
    """Neither RDI nor CDR+RDI reaches a good accuracy: not above plain training at the lambda that noisy validation
    chooses. runs: with `watched`, the noisy validation accuracy, beside ERM's. -> list"""
    runs = runs.assign(lam_eff=runs["lam_eff"].fillna(0.0))
    mean = runs.groupby(["method", "lam_eff"])[["watched", criterion]].mean()
    plain, found = mean.loc["ERM", criterion].iloc[0], []
    for method in ("RDI", "CDR+RDI"):
        chosen = mean.loc[method]["watched"].idxmax()
        score = mean.loc[(method, chosen), criterion]
        words = f"{score:.1%} at lambda {chosen:.3g}, plain training {plain:.1%}"
        claim = f"{method} does not reach a good accuracy: it is not above plain training"
        found.append(_finding("Sec. 4", claim, words, score <= plain, runs["seed"].nunique()))
    return found


def width(runs, criterion="last"):
    """RDI needs width: what it gains over plain training grows with the width. -> list"""
    scores = runs.groupby(["method", "width"])[criterion].mean().unstack("width")
    gain = 100 * (scores.loc["RDI"] - scores.loc["ERM"])
    words = ", ".join(f"{gain[k]:+.1f} points at {k} units" for k in (gain.index[0], gain.index[-1]))
    claim = "what RDI gains over plain training grows with the width"
    return [_finding("Sec. 5", claim, words, gain.iloc[-1] > gain.iloc[0], runs["seed"].nunique())]


def kernel(rows):
    """The wider, the nearer are RDI and AUX to kernel ridge regression, and what that is worth. rows: of
    labkit.papers.cdr_aux.kernel.towards. -> list"""
    n, wide = rows["seed"].nunique(), rows["width"].max()
    mean = rows.groupby(["method", "way", "width"])[["distance", "kernel_moved"]].mean()
    far = lambda names, column: mean.loc[names, column].unstack("width")
    falls = lambda table: bool((table.diff(axis=1).iloc[:, 1:] < 0).all(axis=None))
    reach = lambda table, k: f"{table[k].min():.2g} to {table[k].max():.2g} at {k} units"
    ends = lambda table: ", ".join(reach(table, k) for k in (table.columns[0], wide))
    near, moved = far(["RDI", "AUX"], "distance"), far(["ERM", "RDI", "AUX"], "kernel_moved")
    score = rows[rows["width"] == wide].pivot(index=["way", "seed"], columns="method", values="last")
    ridge, plain = score["kernel ridge"] - score["kernel, no ridge"], score["RDI"] - score["ERM"]
    words = lambda gain: (
        f"{100 * gain.mean():+.1f} points at {wide} units, above 0 in {(gain > 0).sum()} of {len(gain)}"
    )
    return [
        _finding("Sec. 4", "the wider, the nearer are RDI and AUX to kernel ridge", ends(near), falls(near), n),
        _finding("Sec. 4", "the wider, the less moves the tangent kernel", ends(moved), falls(moved), n),
        _finding("Sec. 4", "kernel ridge is better than the kernel without ridge", words(ridge), (ridge > 0).all(), n),
        _finding("Sec. 4", "wide, RDI is better than plain training that stops", words(plain), (plain > 0).all(), n),
    ]


def _finding(item, claim, measured, holds, n, printed=""):
    return {"item": item, "claim": claim, "printed": printed, "measured": measured, "holds": bool(holds), "n": int(n)}


def _points(gain):
    """A line of `gains` in words."""
    reach = "" if pd.isna(gain["low"]) else f" ({gain['low']:+.2f} to {gain['high']:+.2f})"
    return f"{gain['mean']:+.2f} points{reach}"


def _leads(claim, printed, lead, n):
    return _finding("Table 1", claim, f"{(lead > 0).sum()} of {len(lead)} columns", (lead > 0).all(), n, printed)

"""Judgements on the claims of the paper on CDR+AUX: true of runs that are made to fit, false of others."""

import pytest
from test_ledger import row, rows

from labkit.ledger.findings import Findings
from labkit.papers.cdr_aux import findings


def run(method, noise="symmetric", rate=0.4, seed=0, last=0.9, **more):
    """A row as `grid` makes it."""
    fields = {"method": method, "noise": noise, "rate": rate, "seed": seed, "last": last, "realised": rate}
    return row(**fields | more, run=f"{fields}{more}")


def judged(judge, **given):
    """What a function of the paper's findings adds to a report. -> list of findings"""
    report = Findings("CDR+AUX")
    judge(report, setting="digits", **given)
    assert all(row["rule"] and row["setting"] == "digits" for row in report.rows)
    return report.rows


def said(rows):
    """-> {claim: (holds, measured)}"""
    return {line["claim"]: (line["holds"], line["measured"]) for line in rows}


def columns(lead):
    """Two noises, all methods, CDR+AUX above the others by `lead`."""
    at = [("symmetric", 0.4), ("instance", 0.4), ("asymmetric", 0.7)]
    others = [run(m, noise, rate, seed, 0.8) for m in ("ERM", "CDR", "AUX") for noise, rate in at for seed in (0, 1)]
    return rows(*others, *(run("CDR+AUX", *cell, seed, 0.8 + lead) for cell in at for seed in (0, 1)))


@pytest.mark.parametrize("lead, holds", [(0.02, True), (-0.02, False)])
def test_table_1(lead, holds):
    found = judged(findings.table_1, runs=columns(lead), criterion="last")
    assert len(found) == 6 and {line["holds"] for line in found} == {holds}
    printed = {line["claim"]: line["printed"] for line in found}
    assert printed["CDR+AUX gains over SGD, on average"] == "1.44 points"
    assert said(found)["CDR+AUX gains over CDR, on average"][1].startswith(f"{100 * lead:+.2f} points")
    assert said(found)["best at all rates of instance noise"][1] == f"{int(holds)} of 1 columns"


def test_table_1_needs_cdr_aux_and_another_and_takes_what_was_run():
    runs = columns(0.02)
    with pytest.raises(ValueError, match=r"runs is .*CDR\+AUX and another method"):
        judged(findings.table_1, runs=runs[runs["method"] == "CDR+AUX"], criterion="last")
    few = runs[(runs["noise"] == "symmetric") & runs["method"].isin(["CDR", "CDR+AUX"])]
    assert set(said(judged(findings.table_1, runs=few, criterion="last"))) == {
        "CDR+AUX gains over CDR, on average",
        "better than every other method, in all columns",
    }


@pytest.mark.parametrize(
    "val, near, words", [(0.57, True, "near in 1 of 1"), (0.68, False, "+8.0 points off, near in 0 of 1")]
)
def test_figure_1(val, near, words):
    curves = {"train_aided": [0.2, 0.9], "val_noisy": [0.1, val]}
    runs = rows(*(run("CDR+AUX", seed=s, **curves) for s in (0, 1)), run("ERM", **curves))
    above, close = judged(findings.figure_1, runs=runs, criterion="last")
    assert above["holds"] and above["n"] == 2
    assert close["holds"] is near and words in close["measured"] and "in 2 of 2" in above["measured"]
    low = run("CDR+AUX", train_aided=[0.9, 0.5], val_noisy=[0.6, 0.6])
    assert not judged(findings.figure_1, runs=rows(low))[0]["holds"]


@pytest.mark.parametrize("scores, holds", [((0.5, 0.7, 0.6), True), ((0.5, 0.6, 0.7), False), ((0.7, 0.6, 0.5), False)])
def test_figure_2(scores, holds):
    hill = [run("CDR+AUX", lam=lam, last=score) for lam, score in zip((0.0, 4.0, 8.0), (0.1, 0.9, 0.2))]
    other = [run("CDR+AUX", rate=0.2, lam=lam, last=score) for lam, score in zip((0.0, 4.0, 8.0), scores)]
    (found,) = judged(findings.figure_2, sweep=rows(*hill, *other))
    assert found["holds"] is holds and "4 at 40%" in found["measured"]


def test_rdi_is_judged_at_the_lambda_that_noisy_validation_chooses():
    tried = lambda method, *scores: [
        run(method, lam_eff=lam, watched=watched, last=last) for lam, watched, last in scores
    ]
    runs = rows(
        run("ERM", lam_eff=float("nan"), watched=0.5, last=0.6),
        *tried("RDI", (3.0, 0.6, 0.7), (10.0, 0.5, 0.2)),
        *tried("CDR+RDI", (3.0, 0.6, 0.5), (10.0, 0.5, 0.9)),
    )
    alone, combined = judged(findings.rdi, runs=runs)
    assert not alone["holds"] and "70.0% at lambda 3" in alone["measured"]
    assert combined["holds"] and "50.0% at lambda 3, plain training 60.0%" in combined["measured"]


@pytest.mark.parametrize("wide, holds", [(0.9, True), (0.62, False)])
def test_width(wide, holds):
    plain = [run("ERM", width=k, last=0.6) for k in (8, 128)]
    runs = rows(*plain, run("RDI", width=8, last=0.65), run("RDI", width=128, last=wide))
    (found,) = judged(findings.width, runs=runs)
    assert found["holds"] is holds and "+5.0 points at 8 units" in found["measured"]


def kernels(*distances, ridge=0.8, none=0.6):
    """Rows as labkit.papers.cdr_aux.kernel.towards makes them, at three widths."""
    cells = [(way, k, d) for way in ("standard", "ntk") for k, d in zip((8, 32, 128), distances)]
    trained = [
        run(m, way=way, width=k, distance=d, kernel_moved=d, last=0.7)
        for m in ("ERM", "RDI", "AUX")
        for way, k, d in cells
    ]
    solved = [("kernel ridge", ridge), ("kernel, no ridge", none)]
    return rows(*trained, *(run(m, way=way, width=k, last=score) for m, score in solved for way, k, _ in cells))


def test_kernel():
    near, moved, gain, plain = judged(findings.kernel, runs=kernels(0.4, 0.2, 0.1))
    assert near["holds"] and moved["holds"] and gain["holds"] and not plain["holds"]
    assert near["measured"] == "0.4 to 0.4 at 8 units, 0.1 to 0.1 at 128 units"
    assert gain["measured"] == "+20.0 points at 128 units, above 0 in 2 of 2"
    assert plain["measured"] == "+0.0 points at 128 units, above 0 in 0 of 2"
    near, moved, gain, _ = judged(findings.kernel, runs=kernels(0.4, 0.1, 0.2, ridge=0.5))
    assert not near["holds"] and not moved["holds"] and not gain["holds"]


CURVES = {"train_aided": [0.2, 0.9], "val_noisy": [0.1, 0.57]}


def test_the_rules_judge_what_is_measured():
    lines = {line["claim"]: line for line in judged(findings.figure_1, runs=rows(run("CDR+AUX", **CURVES)))}
    near = lines["noisy validation accuracy is within 5 points of 1 - tau"]
    assert near["rule"] == "distance from 1 - tau, in every column <= 0.05"

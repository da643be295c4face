"""The honest selection meter: places, flips and paired tests agree with what can be counted by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from labkit import plot
from labkit.fit import CRITERIA
from labkit.ledger import meter


def runs(scores, noise="symmetric", rate=0.4):
    """{method: [scores by seed] or {criterion: [...]}} -> rows as `grid` makes them."""
    rows = []
    for method, values in scores.items():
        by = values if isinstance(values, dict) else dict.fromkeys(CRITERIA, values)
        for seed in range(len(by["last"])):
            fields = {"task": "digits", "net": "mlp", "noise": noise, "rate": rate, "seed": seed, "method": method}
            more = {"epochs": 2, "samples": 90, "run": f"{method}{seed}{noise}{rate}"}
            rows.append(fields | more | {name: by[name][seed] for name in CRITERIA})
    return pd.DataFrame(rows)


def crossing():
    """AUX is better at the last epoch, ERM at the oracle's; CDR is the worst by all."""
    erm = {"last": [0.5, 0.6], "last10": [0.6, 0.6], "best_val": [0.7, 0.8], "oracle_best": [0.9, 0.9]}
    aux = {"last": [0.8, 0.8], "last10": [0.7, 0.7], "best_val": [0.75, 0.75], "oracle_best": [0.8, 0.8]}
    return runs({"ERM": erm, "AUX": aux, "CDR": [0.1, 0.2]})


def test_places_and_means_by_hand():
    ranks = meter.rank(crossing()).set_index(["method", "criterion"])
    assert ranks.loc[("AUX", "last"), "place"] == 1 and ranks.loc[("ERM", "oracle_best"), "place"] == 1
    assert ranks.loc[("ERM", "last"), "score"] == pytest.approx(0.55) and (ranks["n"] == 2).all()
    assert (ranks.loc["CDR", "place"] == 3).all()
    assert set(ranks.xs("best_val", level="criterion")["place"][["ERM", "AUX"]]) == {1}  # a tie


def test_a_flip_is_named_with_both_criteria_and_no_flip_is_said_too():
    (flip,) = meter.flips(meter.rank(crossing())).to_dict("records")
    names = (flip["method"], flip["other"])
    leads = {"AUX": flip["lead"], "ERM": -flip["loss"]} if names[0] == "AUX" else {"AUX": -flip["loss"]}
    assert set(names) == {"AUX", "ERM"} and leads["AUX"] == pytest.approx(0.25)
    assert "change places" in (said := meter.verdict(meter.rank(crossing()))) and "oracle_best" in said
    steady = meter.rank(runs({"ERM": [0.5, 0.6], "AUX": [0.7, 0.8]}))
    assert meter.flips(steady).empty and meter.verdict(steady).startswith("No two methods")
    assert meter.flips(meter.rank(crossing()), threshold=0.3).empty


def test_only_settings_that_all_methods_share_count():
    some = pd.concat([crossing(), runs({"ERM": [0.0]}, rate=0.7)])
    assert meter.rank(some).equals(meter.rank(crossing()))
    with pytest.raises(ValueError, match="common setting"):
        meter.rank(pd.concat([runs({"ERM": [0.1]}, rate=0.2), runs({"AUX": [0.1]}, rate=0.7)]))
    with pytest.raises(ValueError, match="two methods"):
        meter.rank(runs({"ERM": [0.1]}))


def test_holm_by_hand_and_in_any_order():
    p = np.array([0.04, 0.01, 0.03])
    assert meter.holm(p) == pytest.approx([0.06, 0.03, 0.06])  # .01 x 3, .03 x 2, then never below the one before
    assert meter.holm(np.array([0.9, 0.8])) == pytest.approx([1, 1])


def test_paired_is_wilcoxon_over_the_same_seeds():
    rng = np.random.default_rng(0)
    a, b, c = 0.8 + 0.01 * rng.random(12), 0.7 + 0.01 * rng.random(12), 0.7 + 0.01 * rng.random(12)
    table = meter.paired(runs({"ERM": list(b), "AUX": list(a), "CDR": list(c)})).set_index(["method", "other"])
    line = next(row for pair, row in table.iterrows() if set(pair) == {"ERM", "AUX"})
    assert line["p"] == pytest.approx(wilcoxon(a - b).pvalue) and line["n"] == 12
    assert abs(line["gain"]) == pytest.approx(100 * (a - b).mean()) and line["significant"]
    assert {frozenset(pair) for pair in table.index[table["significant"]]} == {
        frozenset(("ERM", "AUX")), frozenset(("AUX", "CDR")),
    }  # fmt: skip


def test_few_pairs_are_never_significant_and_one_method_can_be_asked_for():
    table = meter.paired(crossing(), "last", of="AUX")
    assert len(table) == 2 and not table["significant"].any() and set(table["method"]) == {"AUX"}
    assert (table["gain"] > 0).all() and (table["wins"] == 1).all()
    with pytest.raises(ValueError, match="of is 'SPL'"):
        meter.paired(crossing(), "last", of="SPL")
    with pytest.raises(ValueError, match="criterion is 'best'"):
        meter.paired(crossing(), "best")


def test_the_figure_draws_a_line_per_method_through_its_places():
    ax = plot.meter(crossing()).axes[0]
    drawn = [list(line.get_ydata()) for line in ax.lines]
    assert len(drawn) == 3 and [3, 3, 3, 3] in drawn
    assert {"AUX", "CDR", "ERM"} <= {text.get_text() for text in ax.texts}

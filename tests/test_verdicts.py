"""Verdicts on the cells of all papers: fair comparisons only, and chance is what statistics says it is."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind_from_stats
from test_ledger import row, rows

from labkit import ledger
from labkit.ledger import printed_tables as printed
from labkit.ledger import verdict
from labkit.ledger.findings import Findings, holds
from labkit.ledger.measured import runs_of_cell
from labkit.ledger.order import tau
from labkit.methods import ALL

WHERE = {"task": "cifar10", "net": "resnet32", "samples": 45_000, "noise": "symmetric", "rate": 0.5, "method": "D2L"}


def crust(*runs, criterion=None):
    """CRUST's table 1 beside these runs: the column of CIFAR-10, symmetric 50 %, by method."""
    table = ledger.table(ledger.cells("CRUST", "Table 1"), rows(*runs) if runs else ledger.read("none"), criterion)
    where = (table["dataset"] == "cifar10") & (table["noise"] == "symmetric") & (table["rate"] == 0.5)
    return table[where].set_index("method")


def seeds(scores, **more):
    return [row(seed, score / 100, **(WHERE | more)) for seed, score in enumerate(scores)]


def spread(mean, std, n):
    """n numbers with exactly this mean and standard deviation."""
    values = np.linspace(-1, 1, n)
    return mean + std * values / values.std(ddof=1)


@pytest.mark.parametrize("paper", printed.ITEMS)
def test_every_printed_cell_is_in_words_that_labkit_knows(paper):
    cells = printed.cells(paper)
    assert set(cells["method"]) <= set(ALL) and cells["net"].notna().all() and cells["dataset"].notna().all()
    files = pd.concat([printed.table(name) for name in printed.ITEMS[paper].values()], ignore_index=True)
    is_time = (files["metric"] == "seconds_per_epoch").to_numpy()
    assert np.array_equal(cells["mean"][~is_time], files["mean"][~is_time], equal_nan=True)
    plain = files["mean"][is_time & (files["method"] == "Standard")]
    assert np.array_equal(cells["mean"][is_time], files["mean"][is_time] / plain.sum())  # ratios to that of plain SGD


def test_unknown_papers_and_items_are_named():
    with pytest.raises(ValueError, match=r"paper is 'crust'.*CRUST"):
        ledger.ledger("crust")
    with pytest.raises(ValueError, match=r"item is 'Table 9'.*Table 1"):
        printed.cells("CRUST", "Table 9")


def test_a_deviation_of_three_standard_errors_flips_the_verdict():
    cell = crust().loc["D2L"]
    S, R, s, n = cell["spread"], cell["runs"], 1.5, 5
    error = (S**2 / R + s**2 / n) ** 0.5
    near, far = (crust(*seeds(spread(cell["printed"] + k * error, s, n))).loc["D2L"] for k in (1, 3))
    assert error * 3 > verdict.BAND  # or it would still be within the band
    assert (near["verdict"], far["verdict"]) == ("reproduced", "not reproduced") and near["n"] == far["n"] == 5


@pytest.mark.parametrize("n, s", [(3, 0.4), (5, 1.5), (12, 3.0)])
def test_the_allowance_is_the_border_of_welch_s_test(n, s):
    cell = crust().loc["D2L"]
    allowed = crust(*seeds(spread(cell["printed"], s, n))).loc["D2L", "allowed"]
    p = ttest_ind_from_stats(
        cell["printed"] + allowed, s, n, cell["printed"], cell["spread"], cell["runs"], False
    ).pvalue
    assert p == pytest.approx(0.05, abs=1e-6)


def test_one_seed_is_taken_to_scatter_as_the_paper_s():
    cell = crust(*seeds([67.0], method="INCV")).loc["INCV"]
    assert cell["allowed"] == pytest.approx(2.776445 * cell["spread"] * (1 + 1 / 5) ** 0.5) and np.isnan(cell["low"])


def test_a_miss_says_what_else_differs():
    why = crust(*seeds([40.0])).loc["D2L", "why"]
    assert "10 of 120 epochs" in why and "lr None, not 0.1" in why and "one seed" in why


@pytest.mark.parametrize("other", [{"net": "lenet"}, {"samples": 20_000}, {"task": "mnist"}, {"noise": "uniform"}])
def test_a_cell_of_another_setting_is_never_compared_by_number(other):
    table = crust(*seeds([67.0], **other))
    assert np.isnan(table.loc["D2L", "measured"]) and table.loc["D2L", "verdict"] == "not run"


def test_a_small_setting_shows_the_order_alone():
    small = {"task": "digits", "net": "mlp", "samples": 1_300}
    scores = {"CRUST": 90, "INCV": 80, "D2L": 85, "F-correction": 10}
    given = {"CRUST": json.dumps({"keep": 0.5})}
    runs = [
        row(0, score / 100, **(WHERE | small | {"method": name, "hyperparameters": given.get(name, "{}")}))
        for name, score in scores.items()
    ]
    table = crust(*runs)
    ran = table[table["verdict"] == "small setting"]
    assert set(ran.index) == set(scores) and ran["measured"].isna().all() and (ran["n"] == 0).all()
    assert ran["order_small"].to_dict() == {"CRUST": 1, "D2L": 2, "INCV": 3, "F-correction": 4}
    by_print = ran["printed"].rank(ascending=False)
    assert (ran["order_printed"] == by_print).all() and ran["setting"].str.startswith("digits, mlp").all()


def test_methods_of_different_small_settings_are_not_ranked_together():
    one = {"task": "digits", "net": "mlp", "samples": 1_300}
    two = one | {"epochs": 3}
    runs = [
        row(0, 0.9, **(WHERE | where | {"method": name}))
        for where, names in ((one, ("INCV", "D2L", "Decoupling")), (two, ("F-correction", "L_DMI")))
        for name in names
    ]
    table = crust(*runs)
    assert set(table.index[table["verdict"] == "small setting"]) == {"INCV", "D2L", "Decoupling"}


@pytest.mark.parametrize("ties", [1, 3])
def test_kendalls_tau_counts_pairs_in_the_same_order(ties):
    draws = np.random.default_rng(0).integers(9, size=(20, 2, 7)) // ties
    for printed_order, small in draws:
        column = pd.DataFrame({"order_printed": printed_order, "order_small": small})
        a = np.sign(np.subtract.outer(printed_order, printed_order))  # of every pair: which one is ahead
        b = np.sign(np.subtract.outer(small, small))
        expected = (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum())  # tau-b
        assert tau(column) == pytest.approx(expected)
    assert np.isnan(tau(column[:2]))
    assert np.isnan(tau(pd.DataFrame({"order_printed": [1, 2, 3], "order_small": [2, 2, 2]})))


def test_hyperparameters_that_a_cell_names_have_to_agree():
    cells = printed.cells("CRUST", "Table 2")
    label = cells[cells["settings"].map(lambda s: s["group_by"] == "label" and s["mixup"] == "none")].iloc[0]
    where = WHERE | {"method": "CRUST", "rate": label["rate"]}
    given = {"keep": 0.5, "group_by": "label", "mixup": "none"}
    run = lambda **more: rows(row(0, 0.9, **where, hyperparameters=json.dumps(given | more)))
    assert len(runs_of_cell(label, run())) == 1
    for other in ({"keep": 0.3}, {"group_by": "prediction"}, {"mixup": "cluster"}):
        assert runs_of_cell(label, run(**other)).empty


def test_auc_cells_take_the_best_of_training_and_small_bands():
    cells = printed.cells("RMNW-Net", "Table 3")
    cell = cells[(cells["method"] == "RMNW-Net") & (cells["noise"] == "uniform")].iloc[0]
    where = {"task": cell["dataset"], "net": cell["net"], "samples": 44_000, "method": "RMNW-Net", "noise": "uniform"}
    auc = [0.5, cell["mean"] + 0.004, 0.6]
    table = ledger.table(cells, rows(row(0, 0.9, rate=cell["rate"], auc_weight=auc, **where)))
    line = table[table["n"] == 1].iloc[0]
    assert line["measured"] == pytest.approx(cell["mean"] + 0.004) and line["verdict"] == "within the band"


def test_a_doubtful_note_makes_a_miss_doubtful():
    cells = printed.cells("PRL", "Table 1")
    cell = cells[cells["doubtful"]].iloc[0]
    where = {"task": cell["dataset"], "net": cell["net"], "samples": 18_000, "noise": cell["noise"]}
    given = json.dumps(cell["settings"])
    run = row(0, 99.0, rate=cell["rate"], method=cell["method"], hyperparameters=given, **where)
    table = ledger.table(cells, rows(run))
    assert table[table["n"] == 1]["verdict"].tolist() == ["paper's cell doubtful"]


def test_findings_stand_in_the_ledger_with_their_setting(tmp_path):
    found = Findings("CRUST")
    words = {"setting": "digits, mlp", "n": 3}
    rule = "every step < 0 points"
    assert found.judge("Fig. 1a", "precision falls", "98, 94, 86 %", [-4, -8], rule=rule, **words, criterion="last")
    gain = "gain > 0 points"
    assert not found.add("Sec. 4.2", "mixup helps", "90, 90 %", False, rule=gain, **words)
    with pytest.raises(TypeError, match="rule"):
        found.add("Sec. 4.2", "mixup hurts", "90, 90 %", False, **words)
    with pytest.raises(ValueError, match="claim is 'precision falls'"):
        found.add("Fig. 1a", "precision falls", "", True, rule=rule, **words)
    found.keep(ledger.results_file("CRUST", "findings", tmp_path))
    rows = ledger.ledger("CRUST", tmp_path).set_index("item")
    assert rows.loc["Fig. 1a", "verdict"] == "holds here" and rows.loc["Fig. 1a", "n"] == 3
    assert rows.loc["Sec. 4.2", "verdict"] == "does not hold here"
    assert rows.loc["Fig. 1a", "rule"] == rule and rows.loc["Sec. 4.2", "rule"] == gain
    html = ledger.overview("CRUST", tmp_path).to_html()
    assert "every step &lt; 0 points" in html
    assert "98, 94, 86 % [digits, mlp]" in html and "63 not run" in html and "2026" not in html
    assert found.table()["holds"].tolist() == [True, False] and found.table()["rule"].tolist() == [rule, gain]
    with pytest.raises(ValueError, match="findings is none"):
        Findings("CRUST").keep(tmp_path / "x.parquet")


def test_findings_stored_without_a_rule_show_none(tmp_path):
    found = Findings("CRUST")
    found.add("Fig. 1a", "precision falls", "98, 94 %", True, rule="every step < 0", setting="digits", n=1)
    del found.rows[0]["rule"]
    found.keep(ledger.results_file("CRUST", "findings", tmp_path))
    rows = ledger.ledger("CRUST", tmp_path)
    assert rows.loc[rows["item"] == "Fig. 1a", "rule"].tolist() == [""]


@pytest.mark.parametrize(
    ("rule", "values", "answer"),
    [
        ("factor > 1.25", 1.25, False),
        ("factor >= 1.25", 1.25, True),
        ("every gap > -2 points", [-1.9, 3.0], True),
        ("every gap > -2 points", [-2.0, 3.0], False),
        ("every cosine > 0.9", [0.95, float("nan")], False),
        ("distance < 1e-10", 1e-11, True),
        ("wrong words = 0", 0, True),
        ("wrong words = 0", 1, False),
        ("gap <= 0", [[-1.0, 0.0], [0.0, 1e-9]], False),
        ("gap < 0.02; AUC > 0.99", (0.01, [1.0, 0.995]), True),
        ("gap < 0.02; AUC > 0.99", (0.01, [1.0, 0.98]), False),
        ("gap < 0.02; AUC > 0.99", (0.03, 1.0), False),
    ],
)
def test_the_text_of_a_rule_is_what_judges(rule, values, answer):
    assert holds(rule, values) is answer


def test_each_comparison_of_a_rule_has_values():
    with pytest.raises(ValueError, match="values is for 1 comparisons"):
        holds("gap < 0.02; AUC > 0.99", (0.01,))


@pytest.mark.parametrize("rule", ["factor", "factor above 1.25", "> 3", "factor > many", ""])
def test_a_rule_that_compares_nothing_is_refused(rule):
    with pytest.raises(ValueError, match="rule is"):
        holds(rule, 1.0)


def test_overview_has_a_line_per_table_of_each_paper(tmp_path):
    for paper, items in printed.ITEMS.items():
        assert ledger.overview(paper, tmp_path).data["item"].tolist() == list(items)
    assert isinstance(ledger.ledger("PRL", tmp_path), pd.DataFrame)

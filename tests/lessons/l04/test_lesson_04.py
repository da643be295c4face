"""Lesson 04: whom a filter keeps, what its panel draws, and what its exercises say."""

import pytest
import torch

import labkit
from labkit.fit import begin
from labkit.grads.layer import loss_gradient_norm
from labkit.lessons import seeds
from labkit.lessons.l04 import measured, study
from labkit.losses import ce
from labkit.panels import lessons
from labkit.panels.stored import draw_frame, load


@pytest.fixture(scope="module")
def short():
    """SPL at once, three epochs."""
    return study.filtered("SPL", assumed_rate=0.5, epochs=3)


@pytest.mark.parametrize("name", study.FILTERS)
@pytest.mark.parametrize("assumed, keep", [(0.5, 64), (0.99, 1), (0.0, 128)])
def test_trusted_keeps_what_the_method_would_keep(name, assumed, keep):
    run, task = study.filtered(name, assumed_rate=assumed, epochs=1), study.noisy(seed=0)
    seen = study.trusted(run.method, task, study.batch_of(task, 0))
    assert seen["kept"].sum() == keep
    score = seen[{"PRL(L)": "layer", "PRL(G)": "whole"}.get(name, "loss")]
    if keep < 128:
        assert score[seen["kept"]].max() <= score[~seen["kept"]].min()
        between = study.edge(score, seen["kept"])
        assert score[seen["kept"]].max() <= between <= score[~seen["kept"]].min()


def test_there_is_no_edge_where_another_score_ranks():
    score, kept = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([True, False, True])
    assert study.edge(score, kept) is None and study.edge(score, torch.ones(3, dtype=torch.bool)) is None


def test_with_two_classes_loss_and_gradient_rank_alike():
    logits, y = torch.randn(200, 2, dtype=torch.float64), torch.arange(200) % 2
    assert torch.equal(ce(logits, y).argsort(), loss_gradient_norm(logits, y).argsort())


def test_a_class_is_counted_by_its_right_labels(short):
    task = study.noisy(seed=0)
    assert study.by_class(torch.ones(len(task.train), dtype=torch.bool), task) == [1.0] * 10
    assert study.by_class(task.train.y != task.truth.y, task) == [0.0] * 10
    shares = study.by_class(short.life.selected[-1], task)
    assert min(shares) < 0.05 and max(shares) > 0.9


def test_the_loss_distrusts_shut_out_classes_more_than_the_gradient_does(short):
    table = study.shut_out(short, study.noisy(seed=0))
    better = table["clean has the smaller score"].tolist()
    assert better[0] < 0.2 < better[1] and ((table >= 0).all()).all()
    everybody = study.train(labkit.methods.ERM(), epochs=1)
    with pytest.raises(ValueError, match="shuts out"):
        study.shut_out(everybody, study.noisy(seed=0))


def test_the_panel_draws_mistakes_that_are_mistakes(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    sketch = lessons.sketch("04")
    frame = draw_frame(sketch, sketch.positions)
    picture = frame["picture"]
    table, mistakes = picture["samples"], picture["mistakes"]["per_epoch"]
    wrong = dict(zip(table["index"], map(str.__ne__, table["given"], table["true"])))
    for k, plane in enumerate(picture["plane"]["per_epoch"]["points"]):
        groups = [int(group) for group in plane["group"]]
        kept = sum(group in (0, 3) for group in groups)
        assert len(groups) == 128 and kept == 64
        assert [group in (1, 3) for group in groups] == list(wrong.values())
        assert len(mistakes["samples"][k]) == len(mistakes["fates"][k])
        for sample, group in zip(mistakes["samples"][k], mistakes["fates"][k]):
            assert wrong[sample] == (group == "3") and groups[table["index"].index(sample)] == int(group)
    assert "shut out" in frame["message"]


def test_every_epoch_has_the_numbers_of_the_run(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    sketch, shown = lessons.sketch("04"), {}
    run = sketch.draw(sketch.values(sketch.positions), lambda **parts: shown.update(parts))
    task, table = study.noisy(seed=0), shown["samples"]
    i = torch.tensor(table["index"])
    for k in (0, 1):
        shares = study.by_class(run.life.selected[k], task)
        assert [bar["value"] for bar in shown["classes"]["per_epoch"]["bars"][k]] == pytest.approx(shares, abs=1e-3)
        assert table["per_epoch"]["loss"][k] == pytest.approx(run.life.loss[k][i].clamp(1e-3, 30).tolist(), rel=2e-2)
        assert table["per_epoch"]["believed"][k] == "".join(map(str, run.life.believed[k][i].tolist()))


def test_stored_answers_are_those_of_the_question():
    kept = load("04")
    assert len(kept["answers"]) == 5 and max(kept["answers"]) < lessons.sketch("04").question.naive - 0.1
    assert len(kept["frames"]) == len(lessons.sketch("04").kept())


def run(last=0.9, method="SPL", noise="symmetric", rate=0.5, task="digits"):
    """A Run as far as exercise 04.6 looks at it."""
    record = {"name": noise, "rate": rate} if noise else None
    return labkit.Run({"task": task, "noise": record, "method": method}, [{"test": last, "val_noisy": 0.5}])


def squares(output, y):
    return ((output - y) ** 2).sum(1)


def kept(output, y, rate):
    return squares(output, y).argsort()[: int((1 - rate) * len(y))]


RIGHT = [
    ("04.1", 1.1225),
    ("04.1", torch.tensor([0.6, 0.3, -0.9]).norm()),
    ("04.2", 2**0.5),
    ("04.3", kept),
    ("04.3", lambda *a: kept(*a).tolist()),
    ("04.3", lambda o, y, r: squares(o, y) <= squares(o, y).sort().values[int((1 - r) * len(y)) - 1]),
    ("04.5", (0, 2.83)),
    ("04.6", run()),
    ("04.6", run(method="PRL(L)", rate=0.6)),
]
MISTAKES = [
    ("04.1", 1.26, "take the root"),
    ("04.1", 0.5099, "label 0"),
    ("04.1", 2.3026, "that is the loss"),
    ("04.1", 1.8, "absolute entries"),
    ("04.1", 0.6782, "p alone"),
    ("04.2", 1, "different directions"),
    ("04.2", 2, "square"),
    ("04.2", 0, "smallest norm"),
    ("04.2", float("inf"), "finite"),
    ("04.3", lambda o, y, r: ((o - y) ** 2).sort().indices, "Sum the errors"),
    ("04.3", lambda o, y, r: ((o - y) ** 2).sort().indices.unique(), "positions of outputs"),
    ("04.3", lambda o, y, r: squares(o, y).argsort(), "nothing is filtered"),
    ("04.3", lambda o, y, r: squares(o, y).argsort(descending=True)[: int((1 - r) * len(y))], "*largest*"),
    ("04.3", lambda o, y, r: squares(o, y).argsort()[: int(r * len(y))], "cut and not rounded"),
    ("04.3", lambda o, y, r: torch.arange(int((1 - r) * len(y))), "not the samples with the smallest"),
    ("04.3", lambda o, y, r: None, "returns nothing"),
    ("04.3", lambda o, y, r: "first", "a list of positions"),
    ("04.3", [1, 2], "the function itself"),
    ("04.5", (6, 2.83), "another rate is better"),
    ("04.5", (0, 17.0), "sum over"),
    ("04.5", (0, 5.58), "largest gain"),
    ("04.5", (0, 0.0283), "in points"),
    ("04.5", 0, "a pair"),
    ("04.6", run(0.7), "when does your filter"),
    ("04.6", run(method="Co-teaching"), "not one filtering network"),
    ("04.6", run(rate=0.4), "symmetric 40%"),
    ("04.6", run(noise=None), "no noise"),
    ("04.6", run(task="mnist"), "on mnist"),
    ("04.6", 0.9, "a float"),
]


def test_real_runs_are_judged_by_their_method_and_last_epoch(short, capsys):
    assert labkit.check("04.6", short) is False and "when does your filter" in capsys.readouterr().out
    gentle = study.filtered("PRL(L)", assumed_rate=0.5, ramp=10, epochs=3)
    assert labkit.check("04.6", gentle) is (gentle.accuracy["last"] > 0.85)


@pytest.mark.parametrize(
    "fractions, classes",
    [([0.0, 0.5, 0.04, 0.9], [0, 2]), ([0.2, 0.1, 0.9, 0.9], [1]), ([0.03, 0.0, 0.01, 0.9], [1])],
)
def test_two_classes_at_least_are_left_beside_the_least_kept(fractions, classes):
    assert study.least_kept(torch.tensor(fractions)).tolist() == classes


def test_the_figure_over_rates_has_the_stored_rows():
    stored = seeds.stored("04")
    table, rows = measured.swept(stored), stored.set_index(["setting", "seed"])["last"]
    assert len(table) == len(measured.SWEPT) * len(measured.RATES) * len(seeds.SEEDS)
    for row in table.itertuples():
        assert row.last == rows[f"{row.method}, {row.way}, {round(100 * row.assumed)} %", row.seed]


def test_stored_rows_bear_the_words_of_the_lesson():
    rows = seeds.stored("04").set_index("setting")
    column = "classes shut out, last epoch"
    stuck, kept_all = rows.loc["SPL, at once, 50 %"], rows.loc["PRL(L), at once, 50 %"]
    assert stuck["last"].max() < rows.loc["plain SGD", "last"].min() < kept_all["last"].min()
    assert stuck[column].min() > 0 == kept_all[column].max()
    assert stuck["last"].tolist() == pytest.approx(load("04")["answers"], abs=0.1)
    assert stuck["the shut-out class has the larger loss at the start"].min() > 0.8
    most = rows.loc["SPL, at once, 99 %"]
    assert most["most frequent label among those"].min() > 0.9 and most["last"].max() < 0.2


def test_start_losses_are_those_of_the_network_before_its_first_step():
    task = study.noisy(seed=0)
    run, _ = begin(labkit.methods.SPL(rate=0.5), task, "mlp", 1, 0, study.RECIPE, "cpu")
    with torch.no_grad():
        loss = ce(run.method.nets[0](task.train.inputs(torch.arange(len(task.train)))), task.train.y)
    for c, mean in enumerate(study.start_losses(task, 0)):
        assert mean == pytest.approx(float(loss[task.train.y == c].mean()), abs=1e-5)


def test_pairs_are_counted_over_the_clean_labels_of_the_classes(short):
    task, method = study.noisy(seed=0), short.method
    table = study.compared(method, task, torch.tensor([3]))
    loss = study.trusted(method, task, torch.arange(len(task.train)))["loss"]
    given, true = task.train.y, task.truth.y
    clean = loss[(given == true) & (true == 3)]
    wrong = loss[(given != true) & (true != 3) & (given != 3)]
    wins = sum(int((wrong > value).sum()) for value in clean) / (len(clean) * len(wrong))
    assert table.loc["loss (SPL)", "clean has the smaller score"] == pytest.approx(wins)

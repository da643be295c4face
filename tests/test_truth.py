"""The truth of a task may be unknown, or known in part: what is measured, drawn, told and written then."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from cases import CASES, meta_for

import labkit
from labkit import confident, measure, noise
from labkit.data import Truth, meta_split
from labkit.fit.estimate import estimate_rate
from labkit.fit.life import Life
from labkit.fit.run import row
from labkit.methods import CoTeaching
from labkit.runs.entry import enter, true_rate

OF_TRUTH = ["train_true", "clean_fitted", "noisy_memorised", "noisy_corrected", "selected_precision"]
OF_TRUTH += ["selected_recall", "auc", "auc_weight"]
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(60, 5)).astype("f"), np.arange(60) % 3
NUMBERS = rng.normal(size=(60, 2)).astype("f")


def own(y=Y, **settings):
    """A task of arrays of one's own."""
    return labkit.Task.of(X, y, X, y, name="own", **settings)


def noisy(n=100, rate=0.3):
    """Digits with symmetric noise and their truth."""
    return labkit.corrupt(labkit.load("digits", n=n), noise.symmetric(rate), 0)


def forgotten(task):
    """The same task, its truth forgotten, as one's own noisy data come."""
    return replace(task, truth=None, noise=None, test=replace(task.test, trusted=False))


def in_part(task, every=3):
    """The same task; the truth of every third training sample is known, of the others there is garbage."""
    known = torch.arange(len(task.train)) % every == 0
    blank = torch.zeros(len(task.train.val), dtype=torch.bool)
    truth = Truth(task.truth.y.masked_fill(~known, -1), torch.full_like(task.truth.val, -1), known, blank)
    return replace(task, truth=truth, noise=None)


def trained(task, method="ERM", epochs=2, **settings):
    return labkit.fit(method, task, "mlp", epochs, 0, progress=False, **settings)


@pytest.fixture(scope="module")
def runs():
    """The same noisy digits with the truth known, known in part, and not known."""
    whole = noisy()
    tasks = {"known": whole, "part": in_part(whole), "unknown": forgotten(whole)}
    return tasks, {name: trained(task, epochs=3, life=True) for name, task in tasks.items()}


# -- what a task says


@pytest.mark.parametrize(
    "task, said",
    [
        (lambda: own(), "truth not known"),
        (lambda: own(NUMBERS), "truth not known"),
        (lambda: own(y_true="given"), "clean labels"),
        (lambda: own(NUMBERS, y_true="given", standardise=True), "clean labels"),
        (lambda: own(y_true=np.where(np.arange(60) < 20, Y, -1)), "true labels known for 20 of 60, 0.0% of these"),
        (lambda: own(y_true=np.where(np.arange(60) < 20, Y, np.nan)), "true labels known for 20 of 60"),
        (lambda: own(y_true=np.where(np.arange(60) < 15, (Y + 1) % 3, Y)), "true labels known: 25.0% of the given"),
        (lambda: own(y_true=np.full(60, -1)), "truth not known"),
        (lambda: labkit.load("digits", n=60), "clean labels"),
        (lambda: labkit.load("faces", n=60), "clean labels"),
    ],
)
def test_a_task_and_its_run_say_what_is_known(task, said):
    task = task()
    assert said in repr(task)
    run = trained(task, epochs=1)
    assert said in run.notes["noise_words"] and said in repr(run)
    assert ("test_labels" in run.notes) == (not task.test.trusted)


def test_true_labels_follow_their_samples_through_the_division():
    true = (Y + 1) % 3
    true[::2] = -1
    task = own(y_true=true, val=0.3)
    for split, y, known in zip((task.train, task.train.val), task.truth.fields()[:2], task.truth.masks()):
        expected = torch.tensor(true)[split.ids]
        assert torch.equal(y, expected) and torch.equal(known, expected >= 0)


def test_numbers_that_are_not_known_stay_unknown_when_standardised():
    true = NUMBERS.copy()
    true[:20, 1] = np.nan
    task = own(NUMBERS, y_true=true, standardise=True, val=0.0)
    assert torch.equal(task.truth.known, torch.arange(60) >= 20) and task.truth.y[:20].isnan().all()
    assert torch.allclose(task.truth.y[20:], task.train.y[20:])


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"y_true": "clean"}, ["y_true is 'clean'", "'given'"]),
        ({"y_true": Y[:-1]}, ["y_true's shape", "(59,)", "(60,)"]),
        ({"y_true": Y + 1}, ["y_true", "0..2"]),
        ({"y_true": Y - 2}, ["y_true", "0..2"]),
        ({"y_true": Y + 0.5}, ["y_true", "fractions"]),
        ({"y_true": ["a"] * 60}, ["y_true"]),
        ({"y": NUMBERS, "y_true": np.full_like(NUMBERS, np.inf)}, ["y_true", "finite"]),
        ({"test_trusted": "yes"}, ["test_trusted is 'yes'"]),
        ({"files": ["a"] * 60}, ["files", "'a'", "different"]),
        ({"files": ["a", "b"]}, ["len(files) is 2", "60"]),
        ({"test_files": ["a"]}, ["len(test_files) is 1", "60"]),
    ],
)
def test_what_cannot_be_a_truth_is_named(settings, words):
    with pytest.raises(ValueError) as error:
        own(**settings)
    assert all(word in str(error.value) for word in words), error.value


def test_a_folder_and_a_table_of_ones_own_are_not_called_clean(tmp_path):
    from PIL import Image

    for k in range(24):
        (tmp_path / "pictures" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), k).save(tmp_path / "pictures" / "ab"[k % 2] / f"{k}.png")
    pd.DataFrame({"a": range(24), "label": [k % 2 for k in range(24)]}).to_csv(tmp_path / "own.csv", index=False)
    np.savez(tmp_path / "own.npz", x=X, y=Y)
    for name, options in (("pictures", {"size": 4}), ("own.csv", {"target": "label"}), ("own.npz", {})):
        task = labkit.load(tmp_path / name, **options)
        assert task.truth is None and "truth not known" in repr(task) and not task.test.trusted


# -- noise and meta sets


@pytest.mark.parametrize(
    "y, model", [(Y, noise.symmetric(0.2)), (Y, noise.pairflip(0.3)), (NUMBERS, noise.signflip(0.2))]
)
def test_noise_on_unknown_truth_takes_the_given_labels_as_true_and_says_so(y, model):
    task = own(y)
    once = labkit.corrupt(task, model, 0)
    known = labkit.corrupt(own(y, y_true="given"), model, 0)
    assert torch.equal(once.truth.y, task.train.y) and torch.equal(once.truth.val, task.train.val.y)
    assert torch.equal(once.train.y, known.train.y) and torch.equal(once.train.val.y, known.train.val.y)
    assert once.noise.words == known.noise.words + "; truth not known: the labels before count as true"
    assert once.noise.record() == known.noise.record() | {"of_given": True}
    again = labkit.corrupt(once, model, 1)  # drawn from the labels before, not from the noisy ones
    assert torch.equal(again.truth.y, task.train.y) and again.noise.of_given


def test_noise_on_a_truth_that_is_known_in_part_is_refused_with_a_way_that_works():
    task = in_part(noisy())
    with pytest.raises(ValueError, match=r"known for 30 of 100.*replace\(task, truth=None\)"):
        labkit.corrupt(task, noise.symmetric(0.2), 0)
    assert "count as true" in labkit.corrupt(replace(task, truth=None), noise.symmetric(0.2), 0).noise.words


@pytest.mark.parametrize(
    "trusted, balanced, named",
    [
        (True, False, "trusted is True"),
        (True, "given", "trusted is True"),
        (False, "true", "balanced is 'true'"),
        (True, "true", "balanced is 'true'"),
    ],
)
def test_a_meta_set_that_needs_the_truth_is_refused_without(trusted, balanced, named):
    with pytest.raises(ValueError, match=f"{named}.*'own' are not known"):
        meta_split(own(), 9, trusted=trusted, balanced=balanced)
    rest, meta = meta_split(own(), 9, trusted=False, balanced="given")
    assert rest.truth is None and len(meta) == 9


@pytest.mark.parametrize("balanced", [False, "true", "given"])
def test_a_trusted_meta_set_comes_from_the_part_whose_truth_is_known(balanced):
    whole = noisy(n=200)
    task = in_part(whole)
    rest, meta = meta_split(task, 20, trusted=True, balanced=balanced)
    place = {int(k): position for position, k in enumerate(task.train.ids)}
    i = torch.tensor([place[int(k)] for k in meta.ids])
    assert task.truth.known[i].all() and torch.equal(meta.y, whole.truth.y[i])
    assert rest.truth.known.sum() == task.truth.known.sum() - 20 and len(rest.truth.y) == len(rest.train)
    left, _ = meta_split(task, 60, trusted=True, balanced=False)  # all whose truth was known
    assert left.noise_text == "truth not known" and np.isnan(trained(left, epochs=1).rows[-1]["train_true"])
    with pytest.raises(ValueError, match=r"n is 70.*60 or less"):
        meta_split(task, 70, trusted=True, balanced=False)


# -- what is measured


def test_the_columns_that_need_the_truth_are_nan_without_and_the_others_the_same(runs):
    _, run = runs
    known, unknown = run["known"].history, run["unknown"].history
    assert unknown[OF_TRUTH].isna().all(axis=None) and list(unknown) == list(known)
    others = known.columns.difference([*OF_TRUTH, "seconds"])
    assert unknown[others].equals(known[others]) and known[OF_TRUTH[:4]].notna().all(axis=None)
    assert set(known) == {name for name in measure.COLUMNS if not name.startswith("r2_")}


def test_a_truth_that_is_known_in_part_is_measured_on_that_part(runs):
    tasks, run = runs
    part, life = run["part"].history.iloc[-1], run["part"].life
    i = tasks["part"].truth.known.nonzero()[:, 0]
    given, true = tasks["known"].train.y[i].numpy(), tasks["known"].truth.y[i].numpy()
    believed, wrong = life.believed[-1][i].numpy(), given != true
    assert part.train_true == pytest.approx((believed == true).mean())
    assert part.noisy_memorised == pytest.approx((believed == given)[wrong].mean())
    assert part.clean_fitted == pytest.approx((believed == given)[~wrong].mean())
    assert part.selected_precision == pytest.approx(1 - wrong.mean())
    assert part.train_given == run["known"].history.iloc[-1].train_given  # over all samples
    pairs = life.loss[-1][i].float().numpy()[wrong][:, None] - life.loss[-1][i].float().numpy()[~wrong]
    assert part.auc == pytest.approx((pairs > 0).mean() + (pairs == 0).mean() / 2, abs=0.01)


@pytest.mark.parametrize("y_true", [None, np.full_like(NUMBERS, np.nan)], ids=["none", "nan"])
def test_regression_without_truth(y_true):
    task = own(NUMBERS, y_true=y_true)
    last = trained(task).rows[-1]
    assert all(np.isnan(last[name]) for name in ("r2_true", "auc", "selected_precision", "selected_recall"))
    assert np.isfinite([last["r2_given"], last["r2_test"], last["r2_val_noisy"]]).all()


@pytest.mark.parametrize("cls", CASES, ids=lambda cls: cls.__name__)
def test_every_method_trains_without_truth_with_the_same_bits(cls):
    case = CASES[cls]
    task = labkit.load(case.task, n=200 if cls.meta_labels else 80)
    model = noise.signflip(0.3) if task.classes is None else noise.symmetric(0.3)
    task, meta = meta_for(cls, labkit.corrupt(task, model, 0))
    settings = {"meta": meta, "recipe": {"batch": 36}}
    one, other = (trained(each, cls(**case.settings), 1, **settings) for each in (task, forgotten(task)))
    bits = [
        torch.cat([p.detach().flatten() for net in run.method.nets for p in net.parameters()]) for run in (one, other)
    ]
    assert torch.equal(*bits)
    names = [name for name in OF_TRUTH if name in other.rows[-1]]
    assert other.history[names].isna().all(axis=None)
    assert one.history.filter(["train_true", "r2_true"]).notna().all(axis=None)


# -- names of samples


def test_samples_keep_their_files_through_n_val_noise_and_meta_sets():
    files = [f"{k:03d}.png" for k in range(60)]
    task = own(files=files, test_files=[f"test/{name}" for name in files], y_true=np.where(Y == 0, Y, -1), val=0.2)
    for split in ("train", "val", "test"):
        table = task.samples(split)
        part = {"train": task.train, "val": task.train.val, "test": task.test}[split]
        assert table["file"].str[-7:-4].astype(int).tolist() == part.ids.tolist() == table["id"].tolist()
        assert table["file"].str.startswith("test/").tolist() == [split == "test"] * len(part)
        assert table["given"].tolist() == part.y.tolist() == [Y[k] for k in table["id"]]
        assert table["known"].tolist() == [split != "test" and Y[k] == 0 for k in table["id"]]
        assert table["true"].isna().tolist() == (~table["known"]).tolist()
    rest, meta = meta_split(labkit.corrupt(replace(task, truth=None), noise.symmetric(0.2), 0), 9, trusted=True,
                            balanced=False)  # fmt: skip
    both = [*rest.samples()["file"], *rest.samples("val")["file"], *rest.samples(meta)["file"]]
    assert sorted(both) == files and rest.samples(meta)["known"].all()
    assert "file" not in own().samples() and own().samples()["id"].is_unique
    with pytest.raises(ValueError, match=r"split is 'valid'.*train, val, test"):
        task.samples("valid")


def test_a_reader_hands_names_truth_and_trust_through_n():
    from labkit.data.raw import Raw

    order = np.random.default_rng(1).permutation(60)
    raw = Raw(X[order], Y[order], X, Y, ids=order, shuffled=True, y_true=np.where(order < 30, Y[order], -1),
              test_trusted=True, files=[f"f{k}" for k in order], test_files=[f"t{k}" for k in range(60)])  # fmt: skip
    task = raw.task("own", n=40)
    table = pd.concat([task.samples(), task.samples("val")])
    assert len(table) == 40 and [f"f{k}" for k in table["id"]] == table["file"].tolist()
    assert (table["known"] == (table["id"] < 30)).all() and table.loc[table["known"], "true"].equals(
        table.loc[table["known"], "given"]
    )
    assert task.samples("test")["known"].all() and np.allclose(task.train.x.numpy(), X[task.train.ids])


def test_mapped_samples_keep_their_names():
    task = own(files=[f"f{k}" for k in range(60)], limit_bytes=1)
    assert task.train.mapped and task.samples()["file"].tolist() == [f"f{k}" for k in task.train.ids.tolist()]


def test_numbers_are_joined_back_in_their_own_units():
    task = own(NUMBERS * 100 + 7, standardise=True, y_true="given", val=0.1)
    table = task.samples()
    assert np.allclose(table[["given_0", "given_1"]], (NUMBERS * 100 + 7)[table["id"]], rtol=1e-5)
    assert np.allclose(table[["true_0", "true_1"]], table[["given_0", "given_1"]])


def test_a_run_joins_what_became_of_every_sample_with_its_name(tmp_path):
    task = own(files=[f"f{k}" for k in range(60)])
    run = trained(task, life=True, store=tmp_path)
    for each in (run, labkit.Run.load(run.folder)):
        table = each.samples(task)
        assert table["file"].tolist() == [f"f{k}" for k in task.train.ids.tolist()] and len(table) == len(task.train)
        assert np.array_equal(table["loss"], run.life.loss[-1].float()) and table["selected"].all()
        assert np.array_equal(table["believed"], run.life.believed[-1])
    with pytest.raises(ValueError, match=r"task is .*that of the run"):
        run.samples(noisy())
    with pytest.raises(ValueError, match="life=True"):
        trained(task, epochs=1).samples(task)


# -- the life of a sample


@pytest.mark.parametrize(
    "loss, kind",
    [
        ([1.0, 65504.0], torch.float16),
        ([1.0, 7e4], torch.float32),
        ([1.0, 1e30], torch.float32),
        ([1e300], torch.float64),
    ],
)
def test_life_stays_finite_where_float16_would_overflow(loss, kind):
    life, loss = Life(), torch.tensor(loss, dtype=torch.float64)
    life.add(loss, loss.flip(0), torch.zeros_like(loss))
    life.add(torch.ones_like(loss), torch.ones_like(loss), torch.zeros_like(loss))
    assert life.loss.dtype == life.weight.dtype == kind and life.loss.isfinite().all()
    assert torch.allclose(life.loss[0].double(), loss, rtol=1e-3) and (life.loss[1] == 1).all()
    assert torch.allclose(life.weight[0].double(), loss.flip(0), rtol=1e-3)


def test_life_keeps_inf_and_nan_and_classes_beyond_int16():
    life = Life()
    life.add(torch.tensor([float("inf"), 1.0]), torch.tensor([float("nan"), 1.0]), torch.tensor([40_000, 1]))
    assert life.loss.dtype == torch.float16 and life.loss[0, 0].isinf() and life.weight[0, 0].isnan()
    assert life.believed.tolist() == [[40_000, 1]]


def test_losses_of_large_targets_are_kept_and_read_again(tmp_path):
    run = trained(own(NUMBERS * 1e5), life=True, store=tmp_path, recipe={"lr": 1e-6})
    again = labkit.Run.load(run.folder).life
    assert run.life.loss.max() > 65504 and run.life.loss.isfinite().all() and run.life.loss.dtype == torch.float32
    assert torch.equal(again.loss, run.life.loss) and torch.equal(again.weight, run.life.weight)


# -- figures, reports, tables


def lines(ax):
    return {line.get_label() for line in ax.lines}


def test_memorisation_draws_what_is_known(runs):
    _, run = runs
    ax = labkit.plot.memorisation(run["unknown"]).axes[0]
    assert lines(ax) == {"given labels predicted", "test accuracy (given labels)"}
    assert "truth not known" in ax.get_title(loc="left")
    ax = labkit.plot.memorisation(run["part"]).axes[0]
    assert lines(ax) == {"clean labels fitted", "wrong labels memorised", "wrong labels corrected", "test accuracy"}
    assert "true labels known for 30 of 100" in ax.get_title(loc="left")
    both = labkit.plot.memorisation({"a": run["unknown"], "b": run["known"]})
    assert {text.get_text() for text in both.legends[0].get_texts()} >= {
        "given labels predicted",
        "clean labels fitted",
    }
    with pytest.raises(ValueError, match="clean labels"):
        labkit.plot.memorisation(trained(labkit.load("digits", n=60), epochs=1))
    with pytest.raises(ValueError, match="regression"):
        labkit.plot.memorisation(trained(own(NUMBERS), epochs=1))


def test_the_figures_of_single_samples_do_not_claim_a_truth(runs):
    tasks, run = runs
    wrong = int((tasks["known"].train.y != tasks["known"].truth.y).nonzero()[0, 0])
    shown = {name: labkit.plot.label_gallery(task, [wrong]) for name, task in tasks.items()}
    texts = {name: [text.get_text() for text in figure.axes[0].texts] for name, figure in shown.items()}
    assert "≠" in texts["known"][0] and "≠" not in texts["unknown"][0]
    assert "truth not known" in shown["unknown"].get_suptitle()
    life = labkit.plot.life(run["unknown"], wrong, tasks["unknown"])
    assert "truth not known" in life.axes[0].get_title(loc="left")
    assert all("true " not in ax.get_title(loc="left") for ax in life.axes)
    unknown_one = int((~tasks["part"].truth.known).nonzero()[0, 0])
    assert "truth not known" in labkit.plot.life(run["part"], unknown_one, tasks["part"]).axes[0].get_title(loc="left")


def test_stopping_says_which_labels_it_is_scored_with(runs):
    _, run = runs
    assert {"test (given labels)", "validation (given labels)"} <= lines(labkit.plot.stopping(run["unknown"]).axes[0])
    assert {"test (clean labels)", "validation (noisy labels)"} <= lines(labkit.plot.stopping(run["known"]).axes[0])


def test_a_report_of_unknown_truth_says_so_and_claims_no_precision(runs, tmp_path):
    tasks, run = runs
    choosing = trained(tasks["unknown"], CoTeaching(rate=0.3), 3)
    page = labkit.report([run["unknown"], choosing], tmp_path / "r.html").read_text()
    assert "truth not known" in page and "against the given labels" in page
    assert page.count("<td>truth not known</td>") == 2 and "all samples" not in page and "nan" not in page.lower()
    figure = labkit.plot.race({"ERM": [run["unknown"]], "Co-teaching": [choosing]})
    assert len(figure.axes) == 2 and "label precision: not known" in figure.axes[0].get_title(loc="left")
    assert "all samples" in labkit.report(run["known"], tmp_path / "k.html").read_text()
    with pytest.raises(ValueError, match="clean labels"):
        labkit.report(trained(labkit.load("digits", n=60), epochs=1), tmp_path / "clean.html")


def test_tables_do_not_say_that_unknown_labels_have_no_noise(runs, tmp_path):
    tasks, run = runs
    flat = {name: row(each.facts) for name, each in run.items()}
    assert flat["unknown"]["noise"] == "given labels" and np.isnan(flat["unknown"]["realised"])
    assert flat["known"]["noise"] == "symmetric"
    assert row(trained(labkit.load("digits", n=60), epochs=1).facts)["noise"] == "none"
    for seed in (0, 1):
        labkit.fit("ERM", tasks["unknown"], "mlp", 1, seed, store=tmp_path, progress=False)
    table = labkit.results(tmp_path)
    figure = labkit.plot.over(table, "epochs")
    assert "noise: given labels" in figure.get_suptitle() and "0%" not in figure.get_suptitle()
    json.dumps(run["unknown"].facts)


# -- the rate that nobody knows


def test_a_method_is_told_the_true_rate_only_where_one_is_known():
    task = noisy(rate=0.3)
    assert true_rate(task, 0.3) == 0.3 and true_rate(labkit.load("digits", n=60), 0) == 0
    assert true_rate(own(y_true=np.where(np.arange(60) < 15, (Y + 1) % 3, Y), val=0.0), 0) == 0.25
    for unknown in (own(), in_part(task), labkit.corrupt(own(), noise.symmetric(0.0), 0)):
        with pytest.raises(ValueError, match=r"rate of CDR is None.*labkit\.estimate_rate"):
            enter("CDR", {}, 0, unknown, 10, 0)
        assert enter("CDR", {"rate": 0.2}, 0, unknown, 10, 0)[0].rate == 0.2
        assert enter("ERM", {}, 0, unknown, 10, 0)[1] is unknown
    assert enter("CDR", {}, 0.3, task, 10, 0)[0].rate == 0.3
    with pytest.raises(ValueError, match="'own' are not known"):
        enter("L2RW", {}, 0, own(), 10, 0)


def test_an_estimate_counts_what_the_joint_has_beside_its_diagonal():
    task = noisy(n=200)
    found = labkit.estimate_rate(task, "mlp", 2, folds=2, progress=False)
    same = labkit.estimate_rate(forgotten(task), "mlp", 2, folds=2, progress=False)
    assert found.rate == same.rate and torch.equal(found.joint, same.joint)  # the truth is not asked
    assert found.joint.sum(1).tolist() == torch.bincount(task.train.y, minlength=10).tolist()
    assert found.rate == pytest.approx(1 - found.joint.diagonal().sum().item() / len(task.train))
    j = found.joint.double().numpy()
    columns = j.sum(0) > 0
    assert np.allclose(found.matrix.numpy()[columns], (j / np.maximum(j.sum(0), 1)).T[columns])
    assert "2 folds of 2 epochs" in found.how


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"task": 5}, "task is 'int'"),
        ({"task": own(NUMBERS)}, "task is 'own'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"folds": 1}, "folds"),
        ({"net": "resnot"}, "net is 'resnot'"),
    ],
)
def test_an_estimate_that_cannot_be_made_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        estimate_rate(**{"task": own(), "net": "mlp", "epochs": 1, "folds": 2, **arguments})


@pytest.mark.slow
@pytest.mark.parametrize(
    "model, low, high",
    [(None, 0.0, 0.01), (noise.symmetric(0.2), 0.19, 0.24), (noise.symmetric(0.4), 0.39, 0.45),
     (noise.pairflip(0.3), 0.28, 0.36)],
)  # fmt: skip
def test_the_estimate_is_where_its_docstring_says(model, low, high):
    clean = labkit.load("digits")
    for seed in range(3):
        task = labkit.corrupt(clean, model, seed) if model else clean
        assert low <= labkit.estimate_rate(task, "mlp", 10, seed=seed, progress=False).rate <= high


def test_perfect_predictions_estimate_the_realised_noise():
    task = noisy(n=200)
    p = torch.nn.functional.one_hot(task.truth.y, 10).double()
    wrong = (task.train.y != task.truth.y).double().mean().item()
    joint = confident.joint(p, task.train.y)
    assert 1 - joint.diagonal().sum().item() / len(task.train) == pytest.approx(wrong)

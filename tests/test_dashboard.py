"""The dashboard of a sweep: what its figures and tables say is what the runs are, and what cannot be said they say."""

import json
import random
import re
import shutil
import statistics
from itertools import product

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from scipy.stats import sem, ttest_1samp

import labkit
from labkit import plot
from labkit.fit import CRITERIA, identity
from labkit.panels.explore import explore
from labkit.runs import export, groups
from labkit.runs import overview as morning
from labkit.runs.store import forgive, histories, note


def run(method="ERM", rate=0.2, seed=0, noise="symmetric", recipe=None, hyper=None, **more):
    """A row as labkit.results makes it, with a score that depends on everything."""
    name = json.dumps([method, rate, seed, noise, recipe, hyper, more])
    scores = dict(zip(CRITERIA, np.random.default_rng(list(name.encode())).random(4)))
    asked = {"task": "digits", "net": "mlp", "epochs": 3, "numbers": 1, "score": "accuracy"}
    asked |= {"method": method, "rate": rate, "seed": seed, "noise": noise}
    packed = {"hyperparameters": json.dumps(hyper or {}), "recipe": json.dumps({"lr": 0.1} | (recipe or {}))}
    return {
        "run": name,
        "method": method,
        "rate": rate,
        "seed": seed,
        "noise": noise,
        **asked,
        **packed,
        **scores,
    } | more


def table(*rows):
    return pd.DataFrame(list(rows))


def sweep(methods=("CDR", "ERM", "GCE"), rates=(0.4, 0.2, 0.6), seeds=range(3), **more):
    return table(*(run(*point, **more) for point in product(methods, rates, seeds)))


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Real stores, one of classes, one of regression."""
    made = {}
    for name, noise in (("digits", labkit.noise.symmetric), ("faces", labkit.noise.signflip)):
        made[name], clean = tmp_path_factory.mktemp(name), labkit.load(name, n=150)
        for rate, seed, method in product((0.2, 0.4), (0, 1), ("ERM", "MAE")):
            noisy = labkit.corrupt(clean, noise(rate), seed)
            labkit.fit(method, noisy, "mlp", 3, seed, {"lr": 0.01}, store=made[name], progress=False)
    return made


def lines(ax):
    """The drawn lines of a panel. -> {name: (x, y)}"""
    drawn = [line for line in ax.lines if len(line.get_xdata()) and line.get_label().startswith("_")]
    return {line.get_label()[1:]: (list(line.get_xdata()), list(line.get_ydata())) for line in drawn}


def bands(ax):
    """{x: (low, high)} of every band of a panel, in the order of drawing."""
    found = []
    for band in ax.collections:
        corners = band.get_paths()[0].vertices
        found.append({x: (min(y), max(y)) for x in set(corners[:, 0]) for y in [corners[corners[:, 0] == x, 1]]})
    return found


def caption(figure):
    return figure.get_suptitle().replace("\n", " ")


def legend(figure):
    return [text.get_text() for text in figure.legends[0].texts]


@pytest.mark.parametrize("y", CRITERIA)
def test_means_and_bands_are_those_of_the_runs(y):
    runs = sweep().sample(frac=1, random_state=0)
    figure = plot.over(runs, "rate", y=y)
    (ax,), drawn = figure.axes, lines(figure.axes[0])
    assert list(drawn) == ["ERM", "GCE", "CDR"] and legend(figure) == list(drawn)
    for (method, (x, mean)), band in zip(drawn.items(), bands(ax)):
        assert x == [0.2, 0.4, 0.6]
        for at, value in zip(x, mean):
            own = [row[y] for row in runs.to_dict("records") if row["method"] == method and row["rate"] == at]
            assert value == pytest.approx(statistics.mean(own)) and band[at] == pytest.approx((min(own), max(own)))
    assert CRITERIA[y] in caption(figure) and "n = 3 seeds" in caption(figure)
    assert "symmetric 20%, 40%, 60%" in caption(figure) and ax.get_xlabel() == "noise rate (% of the labels)"


def test_the_t_band_is_scipy_s_confidence_interval():
    runs = sweep(("ERM",))
    figure = plot.over(runs, "rate", band="t")
    for at, (low, high) in bands(figure.axes[0])[0].items():
        of = ttest_1samp(runs.loc[runs["rate"] == at, "last10"], 0).confidence_interval(0.95)
        assert (low, high) == pytest.approx((of.low, of.high))
    assert "95 % t interval of the mean" in caption(figure)


def test_numbers_of_seeds_that_are_not_the_same_are_said():
    runs = sweep(seeds=range(4))
    figure = plot.over(runs[~((runs["method"] == "GCE") & (runs["seed"] > 1) & (runs["rate"] > 0.3))], "rate")
    assert "n = 2 to 4 seeds, unequal" in caption(figure)
    assert legend(figure) == ["ERM (n = 4)", "GCE (n = 2 to 4)", "CDR (n = 4)"]
    single = plot.over(runs[runs["seed"] == 0], "rate")
    assert "n = 1 seed at every point: no band" in caption(single) and not bands(single.axes[0])


def test_hyperparameters_recipes_and_columns_are_parameters():
    tuned = [run("GCE", 0.4, seed, hyper={"q": q}) for q in (0.3, 0.9) for seed in (0, 1)]
    runs = table(*tuned, *(run("ERM", 0.4, seed) for seed in (0, 1)))
    (ax,) = plot.over(runs, "method.q").axes
    plain = runs.loc[runs["method"] == "ERM", "last10"].mean()
    assert lines(ax)["GCE"][0] == [0.3, 0.9] and lines(ax)["ERM"][1] == pytest.approx([plain, plain])
    recipes = table(*(run(seed=seed, recipe={"lr": lr}) for lr in (0.0, 0.001, 1.0) for seed in (0, 1)))
    (ax,) = plot.over(recipes, "recipe.lr").axes
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "learning rate"
    assert lines(ax)["ERM"][0] == [0.00025, 0.001, 1.0]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0", "0.001", "1"]
    assert plot.over(recipes, "recipe.lr", log=False).axes[0].get_xscale() == "linear"


def test_words_lie_side_by_side_and_bars_reach_over_the_seeds():
    runs = table(
        *(run(net=net, seed=seed, method=m) for net in ("mlp", "cnn") for seed in (0, 1) for m in ("ERM", "CDR"))
    )
    (ax,) = plot.over(runs, "net").axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["cnn", "mlp"]
    for container, method in zip(ax.containers, ("ERM", "CDR")):
        for k, net in enumerate(("cnn", "mlp")):
            own = runs[(runs["method"] == method) & (runs["net"] == net)]["last10"]
            (x, low), (_, high) = container.lines[2][0].get_segments()[k]
            assert round(x) == k and (low, high) == pytest.approx((own.min(), own.max()))


def test_what_differs_beside_gets_panels_and_what_is_too_much_is_said():
    runs = pd.concat([sweep(), sweep(noise="pairflip")])
    figure = plot.over(runs, "rate")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["pairflip noise", "symmetric noise"]
    own = runs[(runs["noise"] == "pairflip") & (runs["method"] == "CDR") & (runs["rate"] == 0.2)]
    assert lines(figure.axes[0])["CDR"][1][0] == pytest.approx(own["last10"].mean())
    assert "NOT SEEDS ALONE" not in caption(figure)
    one = plot.over(runs, "rate", row=None, col=None)
    assert len(one.axes) == 1 and "NOT SEEDS ALONE: a point mixes runs that differ in noise" in caption(one)
    assert "n = 6 runs" in caption(one)
    many = table(*(run(seed=seed, recipe={"lr": lr}) for lr in np.geomspace(0.001, 1, 9) for seed in (0, 1)))
    assert "differ in recipe.lr" in caption(plot.over(many, "rate"))


def test_hyperparameters_that_differ_make_curves_of_one_colour():
    tuned = [run("GCE", rate, s, hyper={"q": q}) for rate in (0.2, 0.4) for q in (0.9, 0.3) for s in (0, 1)]
    runs = pd.concat([table(*tuned), sweep(("ERM", "CDR"), (0.2, 0.4), (0, 1))], ignore_index=True)
    figure = plot.over(runs, "rate")
    assert list(lines(figure.axes[0])) == legend(figure) == ["ERM", "GCE, q 0.3", "GCE, q 0.9", "CDR"]
    low = runs[runs["hyperparameters"] == '{"q": 0.3}']
    means = [low.loc[low["rate"] == rate, "last10"].mean() for rate in (0.2, 0.4)]
    assert lines(figure.axes[0])["GCE, q 0.3"][1] == pytest.approx(means)
    colours = {line.get_color() for line in figure.axes[0].lines if "GCE" in line.get_label()}
    dashes = {line.get_linestyle() for line in figure.axes[0].lines if line.get_label().startswith("_GCE")}
    assert colours == {plot.colour("GCE")} and len(dashes) == 2 and "NOT SEEDS ALONE" not in caption(figure)
    many = table(*(run("GCE", rate, hyper={"q": q}) for rate in (0.2, 0.4) for q in np.linspace(0.1, 0.8, 8)))
    assert "differ in method.q" in caption(plot.over(many, "rate"))


def test_the_same_seed_twice_is_not_two_seeds():
    runs = sweep(("ERM",))
    runs = pd.concat([runs, runs.assign(run=runs["run"] + " of fewer samples", last10=0.5)], ignore_index=True)
    assert "a point mixes runs that differ in something without a column" in caption(plot.over(runs, "rate"))
    with pytest.raises(ValueError, match="something without a column"):
        export.pivot(runs)
    known = runs.assign(samples=[600] * 9 + [500] * 9)
    assert [ax.get_title(loc="left") for ax in plot.over(known, "rate").axes] == ["samples 500", "samples 600"]


def test_rates_that_a_method_was_told_are_no_difference_of_their_own():
    runs = table(*(run("CDR", rate, seed, hyper={"rate": rate}) for rate in (0.2, 0.4) for seed in (0, 1)))
    figure = plot.over(runs, "rate")
    assert len(figure.axes) == 1 and "NOT SEEDS ALONE" not in caption(figure)
    assert groups.varied(runs) == ["rate"]


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"x": "rte"}, r"x is 'rte'.*did you mean 'rate'"),
        ({"x": "recipe.lrs"}, r"x is 'recipe.lrs'.*did you mean 'recipe.lr'"),
        ({"by": "methode"}, r"by is 'methode'.*did you mean 'method'"),
        ({"y": "last_10"}, r"criterion is 'last_10'.*did you mean 'last10'"),
        ({"col": "noize"}, r"col is 'noize'.*did you mean 'noise'"),
        ({"band": "sd"}, r"band is 'sd'; it may be range, t"),
        ({"x": "net", "log": True}, "log is True"),
    ],
)
def test_wrong_names_are_errors_with_the_nearest_one(wrong, words):
    with pytest.raises(ValueError, match=words):
        plot.over(sweep(), **{"x": "rate"} | wrong)


def test_ten_methods_have_ten_looks():
    names = [*[name for name in labkit.methods.ALL if name != "SGD"][:9], "of_a_user"]
    (ax,) = plot.over(sweep(names), "rate").axes
    looks = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in ax.lines if len(line.get_xdata())}
    assert len(looks) == 10 and set(lines(ax)) == set(names)


def test_r2_is_named_and_huge_losses_do_not_set_the_axis():
    runs = sweep(score="R2")
    runs.loc[0, "last10"] = -1e6
    figure = plot.over(runs, "rate")
    assert (
        figure.axes[0].get_ylim()[0] == -0.5 and "below -0.5" in caption(figure) and "accuracy" not in caption(figure)
    )
    assert not export.pivot(runs).percent and "Test R2" in export.pivot(runs).caption


@pytest.mark.parametrize("name, column, score", [("digits", "test", "accuracy"), ("faces", "r2_test", "R2")])
def test_real_stores_of_classes_and_of_regression(stores, name, column, score):
    runs, curves = labkit.results(stores[name]), histories(stores[name])
    assert set(groups.scored(runs, curves)["score"]) == {score}
    figure = plot.learning(curves, runs)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["noise rate 20%", "noise rate 40%"]
    for ax, rate in zip(figure.axes, (0.2, 0.4)):
        for (method, (x, mean)), band in zip(lines(ax).items(), bands(ax)):
            own = runs[(runs["method"] == method) & (runs["rate"] == rate)]["run"]
            each = np.array([curves[curves["run"] == run].sort_values("epoch")[column] for run in own])
            assert x == [1, 2, 3] and np.allclose(mean, each.mean(0))
            assert np.allclose([band[k] for k in (1, 2, 3)], np.stack([each.min(0), each.max(0)], 1))
    assert {"accuracy": "test accuracy", "R2": "R2 on the test set"}[score] in caption(figure)
    with pytest.raises(ValueError, match="column is 'tset'"):
        plot.learning(curves, runs, "tset")


def failure(label, error, **more):
    """As a worker writes it down."""
    return {"run": "f" * 16, "label": label, "what": "CDR", "error": error, "traceback": f"Traceback\n{error}"} | more


def test_a_store_with_failures_and_half_finished_runs_is_shown_as_it_is(stores, tmp_path):
    """Real runs, one killed in the making, and failures of three points, of which one finishes in the end."""
    shutil.copytree(stores["digits"], tmp_path / "runs")
    store = tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt):
        task = labkit.corrupt(labkit.load("digits", n=150), labkit.noise.symmetric(0.6), 0)
        labkit.fit("ERM", task, "mlp", 3, 0, store=store, on_epoch=_interrupt, progress=False)
    for point, error in ((1, "Diverged: the loss is nan"), (2, "ValueError: q"), (3, "ValueError: q"), (4, "gone")):
        note(store, {"point": point}, failure(f"CDR, point {point}", error, cell=7 if point == 1 else None))
    forgive(store, {"point": 4})
    contents = morning.Contents(store)
    assert contents.summary == f"{store}: 8 trainings finished, 3 failed, 1 begun and not finished"
    counts = morning.ran(contents)
    assert counts.to_dict("index") == {
        "ERM": {"symmetric 20%": 2, "symmetric 40%": 2, "seeds": 2, "failed": 0},
        "MAE": {"symmetric 20%": 2, "symmetric 40%": 2, "seeds": 2, "failed": 0},
        "CDR": {"symmetric 20%": 0, "symmetric 40%": 0, "seeds": 0, "failed": 3},
    }
    failed = morning.failed(contents)
    assert list(failed["error"]) == ["ValueError: q", "ValueError: q", "Diverged: the loss is nan"]
    assert list(failed["alike"]) == [2, 2, 1] and list(failed["label"])[:2] == ["CDR, point 2", "CDR, point 3"]
    assert morning.traceback(contents, 2) == "CDR, point 1\n\nTraceback\nDiverged: the loss is nan"
    with pytest.raises(ValueError, match="row is 3; it must be a row of the table of failures, 0 to 2"):
        morning.traceback(contents, 3)
    (begun,) = morning.begun(contents).to_dict("records")
    assert "begins: ERM, seed 0" in begun["first"] and (store / f"{begun['run']}.partial").is_dir()
    seconds = sum(run.history["seconds"].sum() for run in map(labkit.Run.load, store.glob("[0-9a-f]" * 16)))
    (spent,) = morning.spent(contents).to_dict("records")
    assert spent["runs"] == 8 and spent["hours of training"] == pytest.approx(seconds / 3600)


def _interrupt(run):
    raise KeyboardInterrupt


def test_an_empty_store_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"store is {str(tmp_path / 'none')!r}; it must be a folder that")):
        morning.Contents(tmp_path / "none")
    (tmp_path / "none").mkdir()
    contents = morning.Contents(tmp_path / "none")
    assert "holds no run yet. To fill it: ./lab sweep notebooks/sweep.yml --store" in contents.summary
    assert not len(morning.ran(contents)) and not len(morning.failed(contents)) and not len(morning.begun(contents))
    assert not len(morning.spent(contents)) and not len(morning.chosen(contents))
    assert morning.traceback(contents) == "Nothing failed." and not list((tmp_path / "none").iterdir())


def test_trainings_of_notebooks_are_seen_with_the_others(stores, tmp_path):
    shutil.copytree(stores["digits"], tmp_path / "trainings")
    config = {"notebook": "crust.ipynb", "values": {}, "numbers": 1}
    folder = tmp_path / identity(config)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"config": config, "about": {}}))
    pd.DataFrame([{"notebook": "crust", "values": "{}", "numbers": 1, "seconds": 2.0}]).to_parquet(
        folder / "result.parquet"
    )
    contents = morning.Contents(tmp_path)
    assert len(contents.table) == 8 and list(contents.notebooks["notebook"]) == ["crust"]
    assert "8 trainings finished, 1 notebooks finished" in contents.summary
    assert len(plot.over(contents.table, "rate").axes) == 1


def test_the_honest_choice_is_that_of_noisy_validation(stores, tmp_path):
    clean = labkit.load("digits", n=150)
    for lr, seed in product((0.001, 0.01, 0.1), (0, 1)):
        noisy = labkit.corrupt(clean, labkit.noise.symmetric(0.4), seed)
        labkit.fit("ERM", noisy, "mlp", 3, seed, {"lr": lr}, store=tmp_path, progress=False)
    (row,) = morning.chosen(morning.Contents(tmp_path)).to_dict("records")
    found = {}
    for run in map(labkit.Run.load, tmp_path.glob("[0-9a-f]" * 16)):
        best = (run.history["val_noisy"].max(), run.accuracy["best_val"], run.accuracy["oracle_best"])
        found.setdefault(run.config["recipe"]["lr"], []).append(best)
    means = {lr: np.mean(each, 0) for lr, each in found.items()}
    honest, cheat = max(means, key=lambda lr: means[lr][0]), max(means, key=lambda lr: means[lr][2])
    assert row["settings"] == 3 and row["best_val"] == pytest.approx(means[honest][1])
    assert (row["chosen on noisy validation"], row["chosen on the test set"]) == (f"lr {honest:g}", f"lr {cheat:g}")
    assert row["optimism"] == pytest.approx(means[cheat][2] - means[honest][1]) and row["optimism"] >= 0


def test_menus_draw_what_they_say_and_say_what_they_cannot_draw(monkeypatch):
    runs = pd.concat([sweep(), sweep(noise="pairflip")], ignore_index=True)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert "need JupyterLab" in explore(runs).data
    monkeypatch.setenv("JPY_SESSION_NAME", "sweep.ipynb")
    monkeypatch.setenv("LABKIT_FAST", "0")
    menus, image, said = explore(runs).children
    x, by, criterion, band = (box.children[1] for box in menus.children)
    assert set(x.options) >= {"rate", "noise", "method"} and set(criterion.options) == set(CRITERIA)
    assert image.value == plot.over(runs, "rate")._repr_png_()[0]
    criterion.value, by.value, band.value, x.value = "best_val", "noise", "t", "method"
    drawn, size = plot.over(runs, "method", y="best_val", by="noise", band="t")._repr_png_()
    assert image.value == drawn and image.width == str(size["width"]) and not said.value
    with pytest.raises(ValueError, match="by is 'nois'"):
        explore(runs, by="nois")


def test_an_empty_table_is_drawn_as_words():
    (ax,) = plot.over(pd.DataFrame(), "rate").axes
    assert "No finished run yet" in ax.texts[0].get_text()
    assert "No finished run yet" in plot.learning(pd.DataFrame(), pd.DataFrame()).axes[0].texts[0].get_text()


def test_a_table_has_means_errors_and_n():
    runs = sweep()
    made = export.pivot(runs.drop(index=0), y="best_val")
    for cell in made.cells.itertuples():
        same = runs.drop(index=0).query("method == @cell.method and rate == @cell.rate")["best_val"]
        assert (cell.mean, cell.error, cell.n) == pytest.approx((same.mean(), sem(same), len(same)))
    assert "best epoch on noisy validation" in made.caption and "n = 2 to 3 seeds, unequal" in made.caption
    first = made.cells.query("method == 'GCE' and rate == 0.6").iloc[0]
    words = f"{100 * first['mean']:.1f} ± {100 * first['error']:.1f} (n = 3)"
    assert made.wide.loc["GCE", ("symmetric", "60%")] == words
    assert list(made.wide.index) == ["ERM", "GCE", "CDR"]
    assert [rate for _, rate in made.wide.columns] == ["20%", "40%", "60%"]


def test_cells_never_mix_runs_that_differ_in_more_than_seeds():
    runs = table(*(run("GCE", rate, s, hyper={"q": q}) for rate in (0.2, 0.4) for q in (0.3, 0.9) for s in (0, 1)))
    runs = pd.concat([runs, sweep(("ERM",), (0.2, 0.4), (0, 1))], ignore_index=True)
    with pytest.raises(ValueError, match=r"columns is \['noise', 'rate'\].*add method\.q"):
        export.pivot(runs)
    rows, columns = export.layout(runs)
    assert (rows, columns) == (["method", "method.q"], ["rate"])
    made = export.pivot(runs, rows, columns)
    assert list(made.wide.index) == [("ERM", "none"), ("GCE", "0.3"), ("GCE", "0.9")] and len(made.cells) == 6
    for wrong, words in (({"rows": "metod"}, "rows is 'metod'"), ({"columns": "rat"}, "columns is 'rat'.*'rate'")):
        with pytest.raises(ValueError, match=words):
            export.pivot(runs, **wrong)
    with pytest.raises(ValueError, match="criterion is 'best'"):
        export.pivot(runs, y="best")


def test_csv_comes_back_with_every_bit(tmp_path):
    made = export.pivot(sweep(), ["method"], ["noise", "rate"])
    path = export.write(made, tmp_path / "new" / "t.csv")
    back = pd.read_csv(path)
    pd.testing.assert_frame_equal(back.drop(columns="criterion"), made.cells, check_exact=True)
    assert set(back["criterion"]) == {"last10"} and [p.name for p in path.parent.iterdir()] == ["t.csv"]


def test_html_is_one_page_with_the_cells_of_the_table(tmp_path):
    made = export.pivot(pd.concat([sweep(), sweep(("<b>&", "a_b"))], ignore_index=True))
    text = export.write(made, tmp_path / "t.html").read_text(encoding="utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert not page.find_all(["script", "link", "img", "b"]) and page.caption.text == made.caption
    body = [[cell.text for cell in row.find_all(["th", "td"])] for row in page.tbody.find_all("tr")]
    assert body == [[name, *cells] for name, cells in zip(made.wide.index, made.wide.to_numpy().tolist())]


def test_tex_prints_any_text(tmp_path):
    """Outside of commands and braces nothing is left that LaTeX would act on, and what is printed is what was asked."""
    draw, signs = random.Random(0), "ab_%&$#{}~^\\<>|[]*±−\n"
    printed = {r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textless{}": "<"}
    printed |= {r"\textgreater{}": ">", r"\textbar{}": "|", r"$\pm$": "±", "$-$": "−", "{[}": "[", "{*}": "*"}
    printed |= {rf"\{sign}": sign for sign in "&%$#_{}"}
    token = re.compile("|".join(map(re.escape, sorted(printed, key=len, reverse=True))) + r"|[^\\{}$%&#_^~|<>\[*]")
    for _ in range(300):
        text = "".join(draw.choices(signs, k=draw.randint(0, 12)))
        found = token.findall(export.escaped(text))
        assert "".join(found) == export.escaped(text)  # nothing is left over between the tokens
        assert "".join(printed.get(one, one) for one in found) == text.replace("\n", " ")


def test_tex_is_a_table_of_booktabs_with_as_many_cells_in_every_row(tmp_path):
    runs = pd.concat([sweep(), sweep(("a_b", "50% & {x}"))], ignore_index=True)
    text = export.write(export.pivot(runs), tmp_path / "t.tex").read_text(encoding="utf-8")
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule")) and r"in \%; mean $\pm$" in text
    body = text.partition(r"\midrule")[2].partition(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == 5 and all(len(re.findall(r"(?<!\\)&", row)) == 3 and row.endswith(r"\\") for row in body)
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}") and r"50\% \& \{x\}" in text and r"a\_b" in text


def test_what_cannot_be_written_is_not_written(tmp_path):
    made = export.pivot(sweep())
    for name in ("t.pdf", "t", ""):
        with pytest.raises(ValueError, match=r"ending in \.csv, \.tex or \.html"):
            export.write(made, tmp_path / name)
    with pytest.raises(ValueError, match="table is one without a run"):
        export.pivot(pd.DataFrame(columns=["run"]))
    assert not list(tmp_path.iterdir())

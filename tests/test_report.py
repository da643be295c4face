"""The figure and the report of a race: whole, escaped, and refused where the runs cannot stand in one table."""

import html
import re

import numpy as np
import pytest

import labkit
from labkit.fit import CRITERIA
from labkit.methods import CoTeaching
from labkit.runs.scores import scores

SMALL = {"n": 200, "epochs": 3}


@pytest.fixture(scope="module")
def raced():
    race = labkit.Race({"ERM": "ERM", "<b>&": CoTeaching(rate=0.4)}, **SMALL)
    return race, race.run([0, 1])


def test_the_figure_has_every_contestant_and_precision_where_one_selects(raced):
    _, runs = raced
    axes = labkit.plot.race(runs).axes
    assert [line.get_label() for line in axes[0].lines] == ["ERM", "<b>&"]
    assert len(axes) == 3 and len(labkit.plot.race({"ERM": runs["ERM"]}).axes) == 2
    assert np.allclose(axes[0].lines[1].get_ydata(), np.mean([run.history.test for run in runs["<b>&"]], 0))
    with pytest.raises(ValueError, match="one epoch or more"):
        labkit.plot.race({"ERM": [labkit.Run({})]})


def test_a_report_is_one_whole_page_that_asks_for_nothing_else(raced, tmp_path):
    race, runs = raced
    path = labkit.report(runs, tmp_path / "new" / "report.html", race.bet("ERM", 3), title="Mine <&>")
    page = path.read_text()
    assert "<b>" not in page and html.escape("<b>&") in page and "Mine &lt;&amp;&gt;" in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "{" not in re.sub(r"<style>.*?</style>|<code>.*?</code>|<td>\{.*?\}</td>", "", page, flags=re.S)
    for run in (run for group in runs.values() for run in group):
        assert run.name in page and run.noise["hash"] in page
    assert "You bet: ERM wins by 3 points (last10)." in page
    assert runs["ERM"][0].notes["noise_words"] in page
    for name in CRITERIA:
        values = scores(runs).query("method == 'ERM'")[name]
        assert f"{100 * values.mean():.1f} ({100 * values.min():.1f} to {100 * values.max():.1f})" in page
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_report_takes_a_run_a_list_and_a_panel(raced, tmp_path, monkeypatch):
    _, runs = raced
    monkeypatch.setenv("LABKIT_FAST", "1")
    panel = labkit.panel(labkit.Race(["ERM", "SPL"], n=200))
    for what in (runs["ERM"][0], runs["ERM"], panel.move()):
        assert labkit.report(what, tmp_path / "r.html").stat().st_size > 10_000


def test_a_report_of_what_cannot_stand_in_one_table_is_not_written(raced, tmp_path):
    race, runs = raced
    other = race.but(["ERM", "MAE"], "pairflip", 0.4, 1).run([0])["MAE"]
    kept = tmp_path / "kept.html"
    kept.write_text("before")
    bad = ({}, [], 7, {"a": labkit.Run({})}, {"ERM": runs["ERM"][:1], "MAE": other}, {**runs, "x": runs["ERM"][:1]})
    for what in bad:
        with pytest.raises(ValueError, match="runs is"):
            labkit.report(what, kept)
    with pytest.raises(ValueError, match=r"ending in \.html"):
        labkit.report(runs, tmp_path / "report.pdf")
    assert [p.name for p in tmp_path.iterdir()] == ["kept.html"] and kept.read_text() == "before"

"""Names that come from a store, a folder or a file are text wherever they are shown: nothing in them runs."""

import json
import re
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from browser import browser  # noqa: F401
from bs4 import BeautifulSoup

import labkit
from labkit import ledger, plot
from labkit.cli.papers import page as page_of
from labkit.markup import styled
from labkit.notebook import execute
from labkit.runs import export
from labkit.runs import overview as morning
from labkit.runs.store import note
from labkit.site import deck
from labkit.site.notebook import cells as site_cells

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb")) + sorted(ROOT.glob("lessons/**/*.ipynb"))
NOTEBOOKS += sorted(ROOT.glob("labkit/notebook/*.ipynb"))
BAD = '<img src=x onerror="window.hacked=1"></td></script><script>window.hacked=1</script>'
BAD += '"><svg onload=window.hacked=1>'
NAMES = (
    BAD,
    "$\\frac{",
    "a$b$c",
    "[x](javascript:window.hacked=1)",
    "**bold** `code`",
    "\x1b[31mred\x07",
    "[red]x[/red]",
)


def task(name):
    """Twenty digits under a name."""
    digits = labkit.load("digits", n=60, val=0.2)
    split = digits.train
    made = labkit.Task.of(split.x, split.y, digits.test.x[:30], digits.test.y[:30], name=name, classes=10)
    return labkit.corrupt(made, labkit.noise.symmetric(0.2), 0)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of somebody else: names of tasks, a label, an error, and a name of a run in the making are hostile."""
    folder = tmp_path_factory.mktemp("stranger")
    for name in (BAD, "a$b$c", "$\\frac{"):
        for method in ("ERM", "GCE"):
            labkit.fit(method, task(name), "mlp", 2, 0, store=folder, progress=False)
    failure = {"run": BAD, "label": BAD, "what": BAD, "error": BAD, "cell": None, "traceback": f"Traceback\n{BAD}"}
    note(folder, {"point": 1}, failure)
    (folder / "begun.partial").mkdir()
    (folder / "begun.partial" / "log.txt").write_text(f"{BAD}\n{BAD}\n")
    return folder


def planted(html):
    """What a page has of the planted elements. -> list"""
    soup = BeautifulSoup(html, "html.parser")
    found = [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)]
    found += [tag for tag in soup.find_all("img") if tag.get("src") == "x"]
    found += [tag for tag in soup.find_all("script") if "hacked" in tag.text and tag.get("type") != "application/json"]
    return found + [tag for tag in soup.find_all("a") if "javascript:" in (tag.get("href") or "")]


def test_the_search_finds_what_is_planted():
    table = pd.DataFrame({BAD: [BAD]})
    assert len(planted(table.style.to_html())) > 2 and not planted(table.to_html())


@pytest.mark.parametrize("name", NAMES)
def test_a_styled_table_shows_names_as_they_are(name):
    table = pd.DataFrame({name: [name, 1], "n": [1.5, None]}, index=pd.Index([name, "b"], name=name))
    table.columns.name = name
    html = styled(table).format("{:.2f}", subset=["n"], na_rep="").set_caption(name).to_html()
    assert not planted(html) and "1.50" in html
    texts = [tag.text.strip() for tag in BeautifulSoup(html, "html.parser").find_all(["th", "td", "caption"])]
    assert texts.count(" ".join(name.split()) if "\n" in name else name.strip()) == 6
    wide = pd.DataFrame({"v": [1, 2], "k": [name, "b"], "i": [name, name]}).set_index(["i", "k"]).unstack("k")
    assert not planted(styled(wide).to_html()) and not planted(styled(pd.Series([name])).to_html())
    assert not planted(styled(pd.DataFrame({"a": [[name], {name: name}]})).to_html())


def test_numbers_dates_and_what_is_missing_stay_what_they_are():
    table = pd.DataFrame({"a": [1, 2], "b": [0.5, float("nan")], "c": [True, False], "d": [None, "x<y"]})
    table["e"] = pd.to_datetime(["2020-01-01", None])
    made = styled(table).data
    pd.testing.assert_frame_equal(made.drop(columns="d"), table.drop(columns="d"))
    assert made["d"][1] == "x&lt;y" and pd.isna(made["d"][0])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_notebook_styles_a_table_without_escaping_it(path):
    code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    unescaped = re.compile(r"\.style\b|\b(?:HTML|Markdown)\((?!\s*[\"'][^{]*[\"']\s*\))|escape=False|to_html\(")
    assert not [line for source in code for line in source.splitlines() if unescaped.search(line)]


def test_no_file_styles_a_table_without_escaping_it():
    files = [path for path in (ROOT / "labkit").rglob("*.py") if path.name != "markup.py"]
    assert not [path for path in files if re.search(r"\)\.style\b|\]\.style\b", path.read_text(encoding="utf-8"))]


def test_tables_and_figures_of_a_stranger_s_store_run_nothing(store, tmp_path):
    contents = morning.Contents(store)
    chosen, failed = morning.chosen(contents), morning.failed(contents)
    shown = [styled(morning.spent(contents)).to_html(), styled(chosen).format(precision=2).to_html()]
    shown += [table._repr_html_() for table in (failed, morning.ran(contents), morning.begun(contents), contents.table)]
    table = export.pivot(contents.table, "method", ("task", "noise", "rate"))
    shown += [table._repr_html_(), export.write(table, tmp_path / "t.html").read_text()]
    for html in shown:
        assert not planted(html)
    assert any("onerror" in html for html in shown)  # it is there, as text
    tex = export.write(table, tmp_path / "t.tex").read_text()
    assert r"\$\textbackslash{}frac\{" in tex and "$\\frac" not in tex
    for figure in (
        plot.over(contents.table, "rate", by="task"),
        plot.over(contents.table, "task"),
        plot.learning(contents.curves, contents.table),
    ):
        assert figure._repr_png_()[0][:4] == b"\x89PNG"


@pytest.mark.parametrize("name", NAMES)
def test_a_report_runs_nothing_and_draws_every_name(name, tmp_path):
    runs = {label: labkit.fit("ERM", task(name), "mlp", 1, 0, progress=False) for label in (name, "b")}
    html = labkit.report(runs, tmp_path / "r.html", title=name).read_text()
    assert not planted(html) and BeautifulSoup(html, "html.parser").find("h1").text == name
    assert plot.memorisation(runs["b"])._repr_png_()


def test_names_of_no_encoding_come_into_a_report_and_a_table(tmp_path):
    name = "caf\udce9"
    run = labkit.fit("ERM", task(name), "mlp", 1, 0, progress=False)
    assert "caf\\udce9" in labkit.report(run, tmp_path / "r.html").read_text(encoding="utf-8")


class Lesson:
    """A lesson whose title, slide types and outputs are hostile."""

    title = BAD

    def __init__(self):
        made = nbformat.v4.new_output
        outputs = [made("stream", text=BAD), made("error", ename=BAD, evalue=BAD, traceback=[BAD])]
        outputs += [made("display_data", {kind: BAD}) for kind in ("text/plain", "image/png", "image/svg+xml")]
        outputs[-2]["metadata"] = {"image/png": {"width": BAD, "height": BAD}}
        plotly = {"data": [{"name": BAD}], "layout": {"height": BAD}}
        outputs.append(made("display_data", {"application/vnd.plotly.v1+json": plotly}))
        panel = {"panel": BAD, "state": {BAD: BAD}}
        outputs.append(made("display_data", {"application/vnd.labkit.panel+json": panel}))
        cells = [nbformat.v4.new_markdown_cell("# A\n\n## B"), nbformat.v4.new_code_cell("1", outputs=outputs)]
        self.notebook = nbformat.v4.new_notebook(cells=cells)
        for cell in cells:
            cell.metadata["slideshow"] = {"slide_type": BAD}


def test_slides_run_nothing_that_an_output_or_a_name_holds():
    html = deck.slides(Lesson())
    soup = BeautifulSoup(html, "html.parser")
    assert not planted(html) and BAD in soup.title.text
    assert {cell["data-kind"] for cell in soup.select("#cells > .cell")} == {BAD}


def test_a_ledger_shows_findings_and_machines_as_text(tmp_path):
    for kind in ("runs", "findings"):
        rows = pd.read_parquet(ledger.results_file("CDR+AUX", kind)).head(20)
        changed = [column for column in ("claim", "printed", "measured", "setting", "hardware") if column in rows]
        file = ledger.results_file("CDR+AUX", kind, tmp_path)
        file.parent.mkdir(parents=True, exist_ok=True)
        rows.assign(**dict.fromkeys(changed, BAD)).to_parquet(file)
    every = ledger.ledger("CDR+AUX", tmp_path)
    for table in (ledger.overview("CDR+AUX", tmp_path, every), ledger.styled(every[every["printed"].notna()])):
        assert not planted(table.to_html())
    assert "onerror" in ledger.overview("CDR+AUX", tmp_path, every).to_html()  # it is there, as text


def executed(store, tmp_path):
    """The dashboard, executed on the store. -> notebook"""
    out = tmp_path / "sweep.ipynb"
    assert execute(ROOT / "notebooks" / "sweep.ipynb", out, {"store": str(store), "fast": True}) is None
    return nbformat.read(out, as_version=4)


@pytest.mark.slow
@pytest.mark.browser
def test_the_dashboard_of_a_stranger_s_store_runs_nothing_in_a_browser(store, tmp_path, browser):  # noqa: F811
    notebook = executed(store, tmp_path)
    outputs = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert "onerror" in outputs
    runs = {label: labkit.fit("ERM", task(BAD), "mlp", 1, 0, progress=False) for label in (BAD, "b")}
    site = "<!DOCTYPE html><meta charset=utf-8>" + "".join(site_cells(notebook))
    unsafe = pd.DataFrame({"task": [BAD]}).style.to_html()
    pages = {"page": page_of(notebook, "sweep"), "site": site, "unsafe": unsafe}
    pages["report"] = labkit.report(runs, tmp_path / "report.html", title=BAD).read_text()
    for name, html in pages.items():
        (tmp_path / f"{name}.html").write_text(html, encoding="utf-8")
        page = browser.new_page()
        try:
            page.goto((tmp_path / f"{name}.html").as_uri())
            page.wait_for_load_state("load")
            page.wait_for_timeout(300)
            ran, there = page.evaluate(
                "() => [window.hacked === 1, document.querySelectorAll('[onerror], [onload]').length]"
            )
            assert (ran, there > 0) == ((True, True) if name == "unsafe" else (False, False)), name
        finally:
            page.close()


def test_the_notebook_of_one_training_says_a_name_as_text():
    source = "\n".join(cell.source for cell in nbformat.read(ROOT / "labkit/notebook/run.ipynb", as_version=4).cells)
    assert "Markdown" not in source

"""The site: pages from what is stored, that ask no other host for anything, over http and opened as files."""

import functools
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from base64 import b64decode
from fnmatch import fnmatch
from gzip import decompress
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from access import PACKAGE, violations
from browser import ROOT, browser, drag, settled, shot  # noqa: F401

import labkit.site.ledger
from labkit import rooms
from labkit import site as site_module
from labkit.cli import main
from labkit.panels import sharing, stored
from labkit.site import MARK, book, build, compose, formulas, living, notebook, reference

NOTEBOOKS = sorted(
    path for place in ("lessons", "lessons/solutions", "notebooks") for path in (ROOT / place).glob("*.ipynb")
)
SMALL = ("lessons/00_start_here.ipynb", "lessons/01_wrong_labels.ipynb", "notebooks/rmnw_net.ipynb")
LESSON = "lessons/01_wrong_labels.html"
RANGE = ".lk-panel input[type=range]"
WORDS = (
    ".prose p, .prose li, .prose td, h1, h2, .code span, .bar a, .note, .recipe, .lk-ask *, .covered *, pre.text, .meta"
)
TEX = re.compile(r"\\[a-zA-Z]+|\$")


class Reader(HTMLParser):
    """The links, ids and loaded files of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.loads = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs["href"]] if tag == "a" and "href" in attrs else []
        self.loads += [attrs[key] for key in ("src", "href") if tag != "a" and key in attrs]


def pages(site):
    """-> {path: Reader}"""
    return {path: Reader(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A small site of real notebooks; the ledger's tables, which take seconds, are left out."""
    project, out = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("out") / "site"
    for name in (
        *SMALL,
        *(name.replace("lessons/", "lessons/solutions/") for name in SMALL[:2]),
        "lessons/README.md",
        "lessons/GLOSSARY.md",
        "lessons/sample_report.md",
        "CONTRIBUTING.md",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, project / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(book, "ROOT", project)
        patch.setattr(labkit.site.ledger, "body", lambda: "<h1>The ledger</h1>")
        patch.setattr(reference, "MODULES", ("labkit", r"!labkit\..*"))  # one page
        assert build(out, report=lambda page: None) == 12
    return out


KILLED = """\
import os, signal, sys
from pathlib import Path
from labkit.site import build
build(Path(sys.argv[1]), report=lambda page: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.mark.skipif(os.name != "posix", reason="a process is killed")
def test_what_a_killed_build_leaves_is_ignored_by_git_and_removed_by_the_next(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "site")])
    (leftover,) = tmp_path.iterdir()
    assert done.returncode == -signal.SIGKILL and (leftover / "site" / MARK).exists()
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert any(fnmatch(leftover.name, pattern) for pattern in ignored)
    running = tmp_path / ".lab-site-running"
    running.mkdir()

    def stop(page):
        assert not leftover.exists() and running.exists()
        raise KeyboardInterrupt

    with site_module.lock(running), pytest.raises(KeyboardInterrupt):
        build(tmp_path / "site", report=stop)
    assert list(tmp_path.iterdir()) == [running]


@pytest.fixture(scope="module", params=["http", "file"])
def address(site, request):
    """Where the site is: served, and opened as files."""
    if request.param == "file":
        yield site.as_uri()
        return
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def page(browser, address):  # noqa: F811
    """A page of the browser; at its end it has asked nobody else, and has not complained."""
    page, asked, bad = browser.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: bad.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: bad.append(str(error)))
    try:
        yield page
        assert bad == []
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    finally:
        page.close()


def opened(page, address, name=LESSON):
    """Open a lesson and wait for its panel."""
    page.goto(f"{address}/{name}")
    page.wait_for_selector(".lk-panel[data-settled='1']")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_formula_can_be_read(path):
    text = path.read_text(encoding="utf-8")
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            html = re.sub(r'alttext="[^"]*"', "", notebook.markdown(source))
            for formula in re.findall(r"<math.*?</math>", html, re.S):
                assert not TEX.search(formula), formula
            plain = re.sub(r"<(code|pre|math).*?</\1>", "", html, flags=re.S)
            assert not re.search(r"\\[a-z]{3,}", plain), plain


@pytest.mark.parametrize(
    "tex, found",
    [
        (r"\mathcal W", "𝒲"), (r"\mathcal L", "ℒ"), (r"\mathbb E", "𝔼"), (r"\mathbb{R}", "ℝ"),
        (r"\arg\min_i x", "arg\u00a0min"), (r"x \tag{4}", "("), (r"\mathrm{softmax}(z)", "softmax"),
        (r"\lVert x \rVert", 'stretchy="false"'), (r"\log p", 'width="0.17em"'),
    ],
)  # fmt: skip
def test_a_formula_says_what_browsers_draw(tex, found):
    made = unescape(formulas.mathml(tex))
    assert made.startswith("<math ") and found in made and "mathvariant" not in made
    assert "\\" not in re.sub(r'alttext="[^"]*"', "", made)


def test_what_is_no_formula_stays_as_it_is():
    assert formulas.mathml(r"\frac{1}{") == r"<code>\frac{1}{</code>"
    assert "<math" not in notebook.markdown("`$x$` costs 5 dollars")


def test_every_link_leads_somewhere(site):
    found = pages(site)
    for path, reader in found.items():
        for link in reader.links:
            target, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            there = (path.parent / target).resolve() if target else path
            assert there in found, f"{path.name} leads to {link}"
            if "api" in path.parts:  # pdoc links inherited attributes to places that it leaves out
                continue
            assert not anchor or anchor in found[there].ids, f"{path.name} leads to {link}"


def test_pages_load_from_beside_them_alone(site):
    for path, reader in pages(site).items():
        for load in reader.loads:
            assert load.startswith(("data:", "#")) or (path.parent / load).is_file(), f"{path.name} loads {load[:80]}"
        assert len(reader.ids) == len(set(reader.ids)), path.name
    scripts = {path: re.findall(r'<script src="[^"]*stored/(\w+)', path.read_text()) for path in site.rglob("*.html")}
    with_panel = {Path(LESSON).name: ["01"], "00_start_here.html": ["00"], "index.html": ["00"]}
    assert {path.name: names for path, names in scripts.items() if names} == with_panel


def test_a_lesson_without_a_kernel_says_so_and_gives_its_solutions(site):
    text = (site / LESSON).read_text()
    assert text.count('<details class="solution">') >= 4 and text.count("Exercises check themselves, in Python") == 1
    assert "not answered yet" not in text and "NBVAL_CHECK_OUTPUT" not in text
    assert 'data-guess="01"' in text and "Kept:" not in text
    assert "./lab lessons/01_wrong_labels.ipynb" in text


def test_the_map_knows_the_panels(site):
    text = (site / "index.html").read_text()
    assert "<small>a panel to move</small>" in text and "RMNW-Net" in text and "lessons/teachers.html" in text


def test_the_sample_report_is_a_page_that_the_sandbox_leads_to(site):
    text = (site / "lessons" / "sample_report.html").read_text()
    assert "<h1" in text and text.count("<table") == 3 and "](" not in text
    sandbox = book.lesson("sandbox")
    assert "(sample_report.md)" in "\n".join(cell.source for cell in sandbox.notebook.cells)
    assert book.Links([sandbox]).of(sandbox)("sample_report.md") == "sample_report.html"
    report = book.Source("lessons/sample_report.md")
    assert book.Links([sandbox]).of(report)("sandbox.ipynb") == "sandbox.html"


def test_stored_pictures_come_as_a_plain_script():
    (packed,) = re.findall(r'\["01"\] = "([^"]+)"', living.script("01"))
    kept, first = json.loads(decompress(b64decode(packed))), stored.load("01")
    assert sharing.unfold(kept["frames"], kept["shared"]) == first["frames"] and kept["recipe"] == first["recipe"]
    for control in kept["controls"]:
        assert len(control["words"]) == len(control["values"]) == len(control["stored"])


def test_an_older_site_is_replaced_and_anything_else_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "lessons", list)
    monkeypatch.setattr(book, "solutions", dict)
    monkeypatch.setattr(book, "papers", list)
    monkeypatch.setattr(labkit.site.ledger, "body", lambda: "")
    monkeypatch.setattr(reference, "MODULES", ("labkit.numbers",))
    out = tmp_path / "here" / "site"
    assert build(out, report=str) == 7
    (out / "old.html").write_text("")
    assert build(out, report=str) == 7 and not (out / "old.html").exists() and (out / MARK).exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(ValueError, match=r"out is .*mine.*; it must be a new or empty folder"):
        build(tmp_path / "mine", report=str)
    monkeypatch.setattr(labkit.site.ledger, "body", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build(out, report=str)
    assert (out / "index.html").exists() and [path.name for path in out.parent.iterdir()] == ["site"]


@pytest.mark.parametrize("command", ["slides", "app"])
def test_an_unknown_lesson_is_answered_with_those_there_are(command, capsys):
    assert main([command, "99"]) == 2
    assert "the lesson is '99'; it may be 00, 01" in capsys.readouterr().err


def test_a_lesson_may_be_called_by_number_or_file():
    assert (
        book.lesson("1").path == book.lesson("01").path == book.lesson("lessons/01_wrong_labels.ipynb").path == SMALL[1]
    )


def test_answers_belong_to_their_exercises():
    cells = [
        "<p>before</p>",
        "<h3 id='a'>Exercise 01.1: x<a>¶</a></h3><p>why</p>",
        "<pre>1</pre>",
        "<h3 id='b'>Exercise 01.2</h3>",
    ]
    assert compose.answers(cells) == {"01.1": "<p>why</p><pre>1</pre>", "01.2": ""}


@pytest.mark.browser
def test_dragging_a_control_changes_the_picture(page, address):
    opened(page, address)
    control = page.locator(RANGE).first
    control.scroll_into_view_if_needed()
    shown = "() => document.querySelector('.lk-panel .lk-rows').innerHTML"
    before, value, height = (
        page.evaluate(shown),
        control.input_value(),
        page.locator(".panel-place").bounding_box()["height"],
    )
    box = control.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    page.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    assert control.input_value() != value and page.locator(".lk-failure").inner_text() == ""
    assert page.locator(".panel-place").bounding_box()["height"] == height
    assert "Stored runs; no kernel" in page.locator(".recipe").inner_text()


@pytest.mark.browser
def test_what_is_below_the_question_is_covered_until_it_is_answered(page, address):
    page.goto(f"{address}/{LESSON}?asks")
    page.evaluate("() => { localStorage.clear(); }")
    page.reload()
    page.wait_for_selector(".lk-ask")
    below = page.locator(
        "[data-guess] ~ * .outputs > :not(.covered), .cell:has([data-guess]) ~ .cell .outputs > :not(.covered)"
    )
    assert below.count() > 10 and below.filter(visible=True).count() == 0
    assert page.locator(".lk-score").count() == 0
    page.fill(".lk-number-of", "40")
    page.click(".lk-keep")
    page.wait_for_selector(".lk-foot .lk-score")
    assert "You guessed 40" in page.locator(".lk-foot .lk-score").inner_text()
    assert "too high" in page.locator("[data-score]").inner_text()
    assert page.locator(".outputs > [hidden]:not(.covered)").count() == 0  # some are in solutions, which are folded
    assert not page.locator(".covered").filter(visible=True).count()
    page.reload()
    page.wait_for_selector(".lk-foot .lk-score")
    assert "You guessed 40" in page.locator(".lk-prediction .lk-score").inner_text()
    page.evaluate("() => { localStorage.clear(); }")


def test_without_scripts_nothing_is_covered(site):
    """What a page says before its scripts run: covers are theirs."""
    text = (site / LESSON).read_text()
    assert 'data-guess="01"' in text and 'class="covered"' not in text
    assert not re.search(r"<(div|p|figure|pre)[^>]* hidden", text)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_light_and_dark(page, address, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(page, address)
    contrast = page.evaluate("(words) => seen.contrast(words)", WORDS)
    shot(page, f"site-{scheme}")
    assert len(contrast) > 60
    assert [pair for pair in contrast if pair[1] < 4.5] == []
    colour = "() => getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(colour)
    page.click("button.theme")
    after = page.evaluate(colour)
    page.reload()
    assert before != after == page.evaluate(colour)
    page.evaluate("() => localStorage.clear()")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 700, 380])
def test_no_page_is_wider_than_its_window(page, address, width):
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("index.html", LESSON, "notebooks/rmnw_net.html", "lessons/teachers.html"):
        page.goto(f"{address}/{name}")
        page.wait_for_timeout(300)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, name
    page.set_viewport_size({"width": 1100, "height": 1000})


@pytest.mark.browser
def test_a_panel_without_stored_pictures_says_so(page, site, address):
    text = (site / LESSON).read_text().replace('src="../stored/01.js"', 'src="../assets/site.css" type="text/none"')
    (site / "lessons" / "none.html").write_text(text)
    page.goto(f"{address}/lessons/none.html")
    page.wait_for_selector(".failure")
    assert "needs a kernel: ./lab" in page.locator(".failure").inner_text()
    (site / "lessons" / "none.html").unlink()


DRAWN = """() => {
  const model = window.labkitModels["00"][0];
  return ["state", "drawn", "picture", "message"].map((key) => model.get(key));
}"""
LEARNT = "() => [...document.querySelectorAll('[data-learnt=\"1\"]')].map((el) => Number(el.dataset.point))"


def world(page, address):
    """Open the front page and wait for its panel."""
    page.goto(f"{address}/index.html")
    page.wait_for_selector(".lk-panel[data-settled='1']")


def drawn(page):
    """What the world shows once it is drawn, from the model. -> state, state of the picture, traits, message"""
    page.wait_for_selector(".lk-panel[data-settled='1']", timeout=60_000)
    state, shown, picture, message = page.evaluate(DRAWN)
    return state, shown, picture["world"], message


def learnt(page):
    """Which points are shown as wrong labels that are learnt by heart."""
    return page.evaluate(
        "() => [...document.querySelectorAll('[data-learnt=\"1\"]')].map((el) => Number(el.dataset.point))"
    )


@pytest.mark.browser
@pytest.mark.parametrize("address", ["file"], indirect=True)
def test_a_click_on_the_front_page_bends_the_boundary(page, address):
    world(page, address)
    state, _, before, _ = drawn(page)
    assert "marks" not in state and before["per_epoch"]["believed"][-1][5] == before["given"][5]
    page.locator("[data-point='5']").click(force=True)
    state, shown, after, message = drawn(page)
    assert state == shown and state["marks"] == {"world": [5]} and "in this page" in message
    assert after["per_epoch"]["epoch"] == before["per_epoch"]["epoch"]
    assert after["per_epoch"]["grid"][0] == before["per_epoch"]["grid"][0], "the same network before the first step"
    assert after["per_epoch"]["grid"][-1] != before["per_epoch"]["grid"][-1]
    assert after["per_epoch"]["believed"][-1][5] != before["given"][5] and 5 in learnt(page)
    assert "You turned 1 over" in page.locator(".lk-world svg.lk").first.get_attribute("aria-label")
    page.locator(".lk-back").click()
    assert drawn(page)[2] == before and 5 not in learnt(page)


@pytest.mark.browser
@pytest.mark.parametrize("address", ["file"], indirect=True)
def test_flips_need_no_mouse_and_robust_methods_say_what_they_need(page, address):
    world(page, address)
    page.locator(".lk-world svg.lk").first.focus()
    for key in ("ArrowRight", "ArrowRight", "Space"):
        page.keyboard.press(key)
    state, *_ = drawn(page)
    assert len(state["marks"]["world"]) == 1
    assert re.search(r"point \d+: given .*, in truth", page.locator(".lk-world .lk-message").inner_text())
    ring = "() => getComputedStyle(document.querySelector('.lk-world .lk-ring')).stroke"
    assert page.evaluate(ring) not in ("none", ""), "the chosen point is marked"
    page.locator("select[data-control=method]").select_option(label="SOP")
    state, shown, picture, message = drawn(page)
    assert state == shown and "per_epoch" not in picture and "SOP needs stored runs or a kernel" in message
    assert page.locator(".lk-edge[d]:not(.lk-legend *)").count() == 0, "no boundary of another method"
    assert "SOP needs" in page.locator(".lk-world .lk-caption").inner_text()
    page.locator(".lk-back").click()
    assert drawn(page)[2]["per_epoch"]["grid"][-1] and "SOP" not in page.locator(".lk-world .lk-caption").inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("address", ["file"], indirect=True)
def test_the_epoch_cursor_plays_pauses_and_steps(page, address):
    page.emulate_media(reduced_motion="no-preference")
    world(page, address)
    last = drawn(page)[2]["per_epoch"]["epoch"][-1]
    epoch = page.locator(".lk-time output")
    assert epoch.inner_text() == f"epoch {last} of {last}"
    page.locator("[data-step='-1']").click()
    caption = page.locator(".lk-world .lk-caption")
    assert epoch.inner_text() == f"epoch 96 of {last}" and "After epoch 96" in caption.inner_text()
    page.locator(".lk-time input").fill("0")
    assert "Before the first step" in caption.inner_text()
    page.locator(".lk-play").click()
    page.wait_for_function("() => document.querySelector('.lk-time input').value > 3")
    page.locator(".lk-play").click()
    paused = epoch.inner_text()
    page.wait_for_timeout(400)
    assert epoch.inner_text() == paused and page.locator(".lk-time").get_attribute("data-playing") == "0"
    page.emulate_media(reduced_motion="reduce")
    page.locator(".lk-play").wait_for(state="hidden")
    assert page.locator(".lk-time input").is_visible()
    page.emulate_media(reduced_motion="no-preference")


@pytest.mark.browser
@pytest.mark.peers(PACKAGE)
@pytest.mark.parametrize("address", ["file"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_for_everybody(page, address, scheme):
    page.emulate_media(color_scheme=scheme)
    found = {}
    for name in ("index.html", LESSON, "notebooks/rmnw_net.html"):
        page.goto(f"{address}/{name}")
        page.evaluate("() => window.labkitPanels")
        found[name] = violations(page)
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The site of everything, as the command writes it."""
    out = tmp_path_factory.mktemp("whole") / "site"
    assert main(["site", "--out", str(out)]) == 0
    return out


@pytest.mark.slow
def test_the_whole_site(whole):
    found = pages(whole)
    assert len([path for path in found if "api" not in path.relative_to(whole).parts]) == (
        len(NOTEBOOKS) - len(book.DASHBOARDS) + 5
    )
    test_every_link_leads_somewhere(whole)
    for reader in found.values():
        assert not [load for load in reader.loads if load.startswith("http")]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.peers(PACKAGE)
def test_every_page_is_for_everybody(browser, whole):  # noqa: F811
    page, found = browser.new_page(), {}
    for path in pages(whole):
        if "api" in path.relative_to(whole).parts:
            continue  # made by another program
        page.goto(path.as_uri())
        page.evaluate("() => window.labkitPanels")
        found[path.name] = violations(page)
    page.close()
    assert len(found) > 20 and {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("lesson", rooms.lessons("panel"))
def test_every_panel_drags_without_a_kernel(browser, whole, lesson):  # noqa: F811
    (path,) = (whole / "lessons").glob(f"{lesson}*.html")
    page, bad = browser.new_page(), []
    page.on("pageerror", lambda error: bad.append(str(error)))
    try:
        page.goto(path.as_uri())
        settled(page)
        seen = []
        for share in (0.0, 0.5, 1.0):
            drag(page, share)
            settled(page)
            assert page.evaluate("() => seen.drawn()").items() >= page.evaluate("() => seen.controls()").items()
            seen.append(page.evaluate("() => seen.picture()"))
        assert len(set(seen)) == 3 and bad == []
    finally:
        page.close()

"""Slides: one file, everything fits or scrolls, the keys do what they say, panels live from stored pictures."""

import re
from types import SimpleNamespace

import nbformat
import pytest
from browser import ROOT, browser, shot  # noqa: F401
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from labkit.cli import main
from labkit.site import deck

LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.ipynb"))
SIZES = [(1280, 720), (1024, 768), (1920, 1080), (700, 900)]
OUT = """() => {
  const [w, h] = [innerWidth, innerHeight];
  return [...document.querySelectorAll(".slide")].flatMap((slide, k) => {
    const body = slide.querySelector(".body");
    const scrolls = getComputedStyle(body).overflowY === "auto" && body.tabIndex === 0;
    const high = body.scrollHeight > body.clientHeight + 1 && !scrolls;
    const box = body.getBoundingClientRect();
    const bad = high || box.bottom > h + 1 || box.right > w + 1 || box.height < 100;
    return bad ? [[k + 1, slide.innerText.slice(0, 60)]] : [];
  });
}"""


def cut(cells, tmp_path, **metadata):
    """The slides of a notebook. -> path"""
    made = new_notebook(cells=cells)
    path = tmp_path / "deck.html"
    path.write_text(deck.slides(SimpleNamespace(title="A lesson", kind="lessons", number="77", notebook=made)))
    return path


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """The slides of a lesson with a panel, by the command. -> path"""
    path = tmp_path_factory.mktemp("slides") / "01.html"
    assert main(["slides", "1", "--out", str(path)]) == 0
    return path


@pytest.fixture
def page(browser, tmp_path):  # noqa: F811
    """A page that may ask nobody and must not complain."""
    page, bad = browser.new_page(), []
    page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or bad.append(request.url))
    page.on("console", lambda said: bad.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: bad.append(str(error)))
    page.show = lambda path: (page.goto(path.as_uri()), page.evaluate("() => labkitSlides.ready"))
    try:
        yield page
        assert bad == []
    finally:
        page.close()


def here(page):
    """The number of the slide that is seen."""
    (number,) = page.evaluate(
        "() => [...document.querySelectorAll('.slide')].flatMap((s, k) => s.inert ? [] : [k + 1])"
    )
    assert page.locator("#number").inner_text().startswith(f"{number} /")
    return number


def test_hints_and_left_out_cells_follow_the_metadata(tmp_path):
    kind = lambda name: {"metadata": {"slideshow": {"slide_type": name}}}
    cells = [
        new_markdown_cell("# Title"),
        new_code_cell("import labkit"),
        new_markdown_cell("## One\n\nsee $x^2$"),
        new_markdown_cell("They forget the diagonal.", **kind("notes")),
        new_markdown_cell("for the page only", **kind("skip")),
        new_code_cell("'</script>'"),
    ]
    text = cut(cells, tmp_path).read_text()
    assert 'data-kind="notes"' in text and "forget the diagonal" in text and "for the page only" not in text
    assert "import labkit" not in re.sub(r"<[^>]+>", "", text) and "<msup>" in text
    assert not re.search(r'(src|href)="(?!data:)[^#"]', text), "it needs no other file"


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_slide_fits_or_scrolls(page, talk, size):
    page.set_viewport_size(dict(zip(("width", "height"), size)))
    page.show(talk)
    count = page.evaluate("() => labkitSlides.count()")
    assert count > 15 and page.evaluate(OUT) == []
    page.set_viewport_size({"width": 1100, "height": 1000})


@pytest.mark.browser
def test_another_window_is_filled_anew_at_the_same_place(page, talk):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.show(talk)
    page.evaluate("() => { location.hash = '#9' }")
    page.wait_for_timeout(100)
    title = "() => document.querySelector('.slide.on h2').firstChild.textContent"
    assert here(page) == 9
    before = page.evaluate(title)
    page.set_viewport_size({"width": 900, "height": 600})
    page.wait_for_timeout(600)
    assert page.evaluate(title) == before and page.evaluate(OUT) == []
    page.set_viewport_size({"width": 1100, "height": 1000})


@pytest.mark.browser
def test_keys_buttons_and_hints(page, tmp_path):
    notes = {"metadata": {"slideshow": {"slide_type": "notes"}}}
    cells = [new_markdown_cell(f"# Title\n\n## {k}\n\ntext {k}") for k in range(4)]
    page.show(cut([*cells, new_markdown_cell("ask the class", **notes)], tmp_path))
    assert here(page) == 1
    for key, number in [
        *(
            ("ArrowRight", 2),
            (" ", 3),
            ("PageDown", 4),
            ("ArrowLeft", 3),
            ("Shift+ ", 2),
            ("PageUp", 1),
            ("ArrowLeft", 1),
        ),
        *(("End", page.evaluate("() => labkitSlides.count()")), ("Home", 1)),
    ]:
        page.keyboard.press(key.replace("+ ", "+Space") if key != " " else "Space")
        assert here(page) == number, key
    page.click("[data-step='1']")
    assert here(page) == 2
    page.keyboard.press("End")
    assert not page.locator(".slide.on .notes").is_visible()
    page.keyboard.press("n")
    assert page.locator(".slide.on .notes").is_visible()


@pytest.mark.browser
def test_a_panel_lives_and_keeps_its_keys(page, talk):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.show(talk)
    at = page.evaluate("() => [...document.querySelectorAll('.slide')].findIndex((s) => s.querySelector('.lk-panel'))")
    page.evaluate(f"() => {{ location.hash = '#{at + 1}' }}")
    control = page.locator(".lk-panel input[type=range]").first
    control.wait_for(state="visible")
    shown = "() => document.querySelector('.lk-panel .lk-rows').innerHTML"
    before, box = page.evaluate(shown), control.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    page.wait_for_function(f"(before) => ({shown})() !== before", arg=before)
    value = control.input_value()
    page.keyboard.press("ArrowLeft")
    assert control.input_value() != value and here(page) == at + 1, "an arrow on a slider moves the slider"
    shot(page, "slides-panel")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert here(page) == at + 2
    page.set_viewport_size({"width": 1100, "height": 1000})


@pytest.mark.browser
def test_typing_a_guess_turns_no_slide_and_covers_what_comes_after(page, talk):
    page.goto(f"{talk.as_uri()}?asks")
    page.evaluate("() => localStorage.clear()")
    page.reload()
    page.evaluate("() => labkitSlides.ready")
    count = page.evaluate("() => labkitSlides.count()")
    at = page.evaluate("() => [...document.querySelectorAll('.slide')].findIndex((s) => s.querySelector('.lk-ask'))")
    page.evaluate(f"() => {{ location.hash = '#{at + 1}' }}")
    field = page.locator(".lk-number-of")
    field.wait_for(state="visible")
    field.click()
    page.keyboard.type("40")
    page.keyboard.press("Home")
    page.keyboard.press("End")
    assert here(page) == at + 1 and field.input_value() == "40"
    page.locator(".lk-handle").focus()
    page.keyboard.press("ArrowRight")
    assert here(page) == at + 1 and field.input_value() == "41"
    assert page.locator(".slide .lk-rows").count() == 0 and page.locator(".covered").count() > 5
    page.locator(".covered button").last.evaluate("(button) => button.previousElementSibling.click()")
    assert here(page) == at + 1, "a cover leads to the question"
    page.locator(".lk-why input").press("Enter")
    page.wait_for_selector(".lk-foot .lk-score", state="attached")
    assert (
        page.evaluate("() => labkitSlides.count()") > count
        and page.locator(".covered").filter(visible=True).count() == 0
    )
    page.evaluate("() => localStorage.clear()")


@pytest.mark.browser
def test_a_printed_page_is_a_slide(page, talk, tmp_path):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.show(talk)
    page.pdf(path=tmp_path / "talk.pdf", prefer_css_page_size=True)
    pages = re.findall(rb"/Type\s*/Page[^s]", (tmp_path / "talk.pdf").read_bytes())
    assert len(pages) == page.evaluate("() => labkitSlides.count()")
    page.set_viewport_size({"width": 1100, "height": 1000})


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_fits(page, path, tmp_path):
    assert nbformat.read(path, 4).cells
    out = tmp_path / "deck.html"
    assert main(["slides", path.stem, "--out", str(out)]) == 0
    page.set_viewport_size({"width": 1280, "height": 720})
    page.show(out)
    assert page.evaluate(OUT) == []
    page.set_viewport_size({"width": 1100, "height": 1000})

"""What is said of figures and pictures to readers who do not see them is read from what is drawn."""

import base64

import nbformat
import numpy as np
import pytest
from browser import browser  # noqa: F401
from test_panels_fit import ALL_SETTLED, page_of

from labkit.plot import style
from labkit.plot.alt import LONGEST, MOST, describe
from labkit.site import notebook


def described(draw, **limits):
    """What is said of one pair of axes, after it was drawn as a notebook draws it."""
    figure, axes = style.canvas()
    draw(axes[0, 0])
    axes[0, 0].set(**limits)
    _, about = figure._repr_png_()
    assert about["alt"] == describe(figure)
    return about["alt"]


def plotted(*values, **options):
    """A function that draws a curve over the epochs 1, 2, ..."""
    return lambda ax: ax.plot(range(1, len(values) + 1), values, **{"label": "test accuracy"} | options)


@pytest.mark.parametrize(
    "values, course",
    [
        ((0.45, 0.92, 0.8, 0.71), "rises from 0.45 at 1 to 0.92 at 2, then falls to 0.71 at 4"),
        ((0.9, 0.2, 0.5), "falls from 0.9 at 1 to 0.2 at 2, then rises to 0.5 at 3"),
        ((0.1, np.nan, 0.9), "rises from 0.1 at 1 to 0.9 at 3"),
        ((0.9, 0.5, 0.1), "falls from 0.9 at 1 to 0.1 at 3"),
        ((0.5, 0.51, 0.5), "stays near 0.5 from 1 to 3"),
        ((0.5,), "0.5 at 1"),
    ],
)
def test_the_course_of_a_curve(values, course):
    said = described(plotted(*values), ylim=(0, 1), xlabel="epoch", ylabel="share")
    assert said == f"share over epoch. test accuracy {course}."


def test_what_a_curve_does_is_judged_on_the_axes_that_are_drawn():
    assert "stays near" in described(plotted(1e-4, 1e-2), ylim=(0, 1))
    assert "rises from" in described(plotted(1e-4, 1e-2), yscale="log", ylim=(1e-5, 1))


def test_curves_without_a_name_are_counted_and_long_lists_cut():
    def draw(ax):
        for k in range(MOST + 3):
            plotted(k, k + 1, label=f"method {k}")(ax)
        for k in range(3):
            plotted(k, k, k, label=None)(ax)

    said = described(draw)
    assert f"method {MOST - 1}" in said and f"method {MOST}" not in said
    assert "and 3 more curves" in said and "3 curves without a name" in said


def test_bars_groups_and_titles():
    def draw(ax):
        ax.bar(["ERM", "GCE"], [0.4, 0.6])
        ax.scatter([1, 2, 9], [0, 1, 2], label="wrong labels")
        style.head(ax, "Who learns?")

    said = described(draw)
    assert said.startswith("Who learns? ") and "Bars: ERM 0.4, GCE 0.6." in said
    assert "wrong labels: 3 points around 2, 1." in said


def test_a_matrix_has_its_diagonal_and_the_largest_beside_it():
    def draw(ax):
        ax.imshow(np.array([[0.6, 0.4], [0.1, 0.9]]))
        ax.set_xticks([0, 1], ["cat", "dog"])

    assert "on the diagonal 0.6 to 0.9; the largest beside it is 0.4 in row 0, column dog." in described(draw)


def test_images_with_captions_are_counted():
    figure, ax, corners = style.mosaic(1, 3, above=0.3)
    for corner, text in zip(corners, ("4", "7 ≠ 1", "2 ≠ 3")):
        ax.imshow(np.zeros((8, 8)), extent=(corner[0], corner[0] + 1, corner[1] + 1, corner[1]))
        ax.text(*corner, text)
    assert figure._repr_png_()[1]["alt"] == "3 images, 2 of them with ≠ above."


def test_a_description_ends():
    def draw(ax):
        for _ in range(MOST):
            plotted(0, 1, label="x" * 400)(ax)

    assert len(described(draw)) <= LONGEST + 4


def page_with(metadata):
    """The site's HTML of a cell that shows an image, with these metadata of the output."""
    data = {"image/png": base64.b64encode(b"png").decode()}
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("labkit.plot.memorisation(run)", outputs=[output])
    (html,) = notebook.cells(nbformat.v4.new_notebook(cells=[cell]))
    return html


def test_the_site_hands_on_what_an_output_says_of_its_figure():
    html = page_with({"image/png": {"alt": '<a> rises "much"', "width": 9}})
    assert ("alt='&lt;a&gt; rises \"much\"'") in html
    assert 'alt="figure, drawn by labkit.plot.memorisation"' in page_with({})


READ = """(kind) => {
  const part = document.querySelector(`.lk-${kind}`);
  return { rings: part.querySelectorAll(".lk-hover > *").length,
    now: part.querySelector(".lk-legend .lk-now")?.textContent,
    said: (part.querySelector(".lk-live") ?? part.querySelector(".lk-message")).textContent,
    alt: part.querySelector("svg.lk").getAttribute("aria-label"),
    focused: document.activeElement === part.querySelector("svg.lk") };
}"""
SAID = """([kind, before]) => {
  const part = document.querySelector(`.lk-${kind}`);
  return (part.querySelector(".lk-live") ?? part.querySelector(".lk-message")).textContent !== before;
}"""


@pytest.mark.browser
def test_values_are_read_by_the_keyboard(browser, tmp_path):  # noqa: F811
    page = browser.new_page()
    page.goto(page_of(["01", "11"], tmp_path).as_uri())
    page.wait_for_function(ALL_SETTLED, arg=2)

    def press(kind, *keys):
        """Press keys in the first picture of a kind, and wait until what they lead to is said."""
        before = page.evaluate(READ, kind)["said"]
        page.locator(f".lk-{kind} svg.lk").first.focus()
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_function(SAID, arg=[kind, before])
        return page.evaluate(READ, kind)

    read = press("curves", "ArrowLeft", "Home")
    assert read["rings"] and "asked rate 0%" in read["now"]
    assert read["said"].startswith("asked rate 0%: ") and "wrong labels that came out 0%" in read["said"]
    assert "rises from 0% at asked rate 0% to 40% at asked rate 40%" in read["alt"]
    assert "asked rate 5%" in press("curves", "ArrowRight")["now"]
    left = press("curves", "Escape")
    assert (left["rings"], left["said"], left["focused"]) == (0, "", True)
    assert "asked rate 40%" in left["now"]

    read = press("matrix", "ArrowRight", "ArrowRight", "ArrowDown")
    assert read["rings"] == 1 and read["said"].startswith("true label 1, given label 1: ")
    assert "On the diagonal 60%. The largest beside it is 4%" in read["alt"]
    assert press("matrix", "End")["said"].startswith("true label 1, given label 9: ")
    read = press("bars", "End")
    assert read["rings"] == 1 and read["said"].startswith("Co-teach.: ") and " to " in read["said"]
    page.keyboard.press("Tab")
    assert page.evaluate(READ, "bars")["rings"] == 0
    page.close()

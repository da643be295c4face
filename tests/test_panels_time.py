"""One epoch and one lit sample for all parts of a panel, in a page without a kernel."""

import pytest
from browser import browser  # noqa: F401
from test_panels_fit import SETTLED, page_of

from labkit.panels import lessons, stored

MIDDLE = """(k) => {
  const { x, y, width, height } = document.querySelector(`[data-point='${k}'] .lk-mark`).getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""
NAME = "04"  # its panel has every kind of part that shows samples or epochs, but faces


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):  # noqa: F811
    page = browser.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(page_of([NAME], tmp_path_factory.mktemp("page")).as_uri())
    page.wait_for_function(SETTLED)
    yield page
    page.close()
    assert not wrong


@pytest.fixture(scope="module")
def picture():
    sketch = lessons.sketch(NAME)
    return stored.frame(sketch, sketch.positions)["picture"]


def part(page, name):
    return page.locator(f"[data-part={name}]")


def at(picture, name, k):
    """What is stored of a part for the k-th epoch."""
    return {key: values[k] for key, values in picture[name]["per_epoch"].items()}


def percent(share):
    """A share as the front end writes it: half a percent is rounded up."""
    return f"{int(100 * share + 0.5)}%"


@pytest.mark.browser
@pytest.mark.parametrize("k", [0, 3, -1])
def test_every_part_shows_the_cursors_epoch(page, picture, k):
    epochs = picture["history"]["per_epoch"]["epoch"]
    page.locator(".lk-time input").fill(str(k % len(epochs)))
    assert page.locator(".lk-time output").inner_text() == f"epoch {epochs[k]} of {epochs[-1]}"
    for name in ("plane", "classes"):
        assert f"epoch {epochs[k]}." in part(page, name).locator(".lk-caption").inner_text()
    mistakes = at(picture, "mistakes", k)
    shown = (
        part(page, "mistakes").locator(".lk-tile").evaluate_all("tiles => tiles.map((t) => Number(t.dataset.index))")
    )
    assert shown == mistakes["samples"]
    assert part(page, "mistakes").locator(".lk-caption").inner_text() == mistakes["caption"]
    history = part(page, "history").locator(".lk-legend")
    first = picture["history"]["series"][0]
    assert history.locator(".lk-now").inner_text() == f"epoch {epochs[k]}"
    assert history.locator(".lk-value").first.inner_text() == percent(first["y"][first["x"].index(epochs[k])])
    table = part(page, "classes").locator(".lk-hidden td")
    bars = [percent(bar["value"]) for bar in at(picture, "classes", k)["bars"]]
    assert [text.strip() for text in table.all_inner_texts()] == bars


@pytest.mark.browser
def test_a_tile_lights_its_point_and_a_point_its_tile(page, picture):
    page.locator(".lk-time input").fill("2")
    sample = at(picture, "mistakes", 2)["samples"][0]
    tile, ring = page.locator(f".lk-tile[data-index='{sample}']"), part(page, "plane").locator(".lk-ring")
    tile.hover()
    card = page.locator(".lk-card[data-open]")
    table = picture["samples"]
    k = table["index"].index(sample)
    said = card.inner_text()
    assert f"sample {sample}" in said and f"given {table['given'][k]}, true {table['true'][k]}" in said
    assert (
        f"after epoch {at(picture, 'samples', 2)['epoch']} the network says {at(picture, 'samples', 2)['believed'][k]}"
        in said
    )
    assert ring.count() == 1
    centre = ring.evaluate(
        "(el) => { const b = el.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }"
    )
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")
    assert ring.count() == 0
    page.mouse.move(*centre)
    card.wait_for()
    assert page.locator(".lk-tile[data-lit]").get_attribute("data-index") == str(sample)
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")


@pytest.mark.browser
def test_points_are_reached_by_keyboard_and_the_card_follows(page, picture):
    part(page, "plane").locator("svg.lk").first.focus()
    page.keyboard.press("ArrowRight")
    card = page.locator(".lk-card[data-open]")
    assert card.inner_text().startswith(f"sample {picture['samples']['index'][0]}")
    assert card.get_attribute("role") == "status"
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")


@pytest.mark.browser
def test_a_point_of_the_world_has_a_card_that_does_not_hide_what_a_flip_does(browser, tmp_path):  # noqa: F811
    page = browser.new_page()
    page.goto(page_of(["00"], tmp_path).as_uri())
    page.wait_for_function(SETTLED)
    sketch = lessons.sketch("00")
    shown = stored.frame(sketch, sketch.positions)["picture"]["world"]
    (world,) = [part["traits"] for part in sketch.parts if part["name"] == "world"]
    k = next(k for k, given in enumerate(shown["given"]) if given != world["truth"][k])
    name = lambda c: world["classes"][int(c)]["name"].removesuffix("s")
    believed = [labels[k] for labels in shown["per_epoch"]["believed"]]
    card = page.locator(".lk-card[data-open]")
    page.locator(".lk-world svg.lk").scroll_into_view_if_needed()
    middle = page.evaluate(MIDDLE, k)
    for at in (0, -1):
        page.locator(".lk-time input").fill(str(at % len(believed)))
        page.mouse.move(5, 5)
        page.mouse.move(*middle)
        said = card.inner_text()
        assert f"given {name(shown['given'][k])}, true {name(world['truth'][k])}" in said
        assert f"after epoch {shown['per_epoch']['epoch'][at]} the network says {name(believed[at])}" in said
    page.mouse.click(*middle)
    card.wait_for(state="hidden")
    page.mouse.move(middle[0] + 1, middle[1])
    assert card.count() == 0, "the pointer has not left the point"
    page.mouse.move(5, 5)
    page.mouse.move(*middle)
    assert "which is right" in card.inner_text()
    page.close()

"""Every method looks the same in all figures, and like no other method."""

from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from labkit.methods import ALL, FAMILIES
from labkit.plot import style

NEW = "brand new"  # the name of a method that will never be in the lists


@pytest.mark.catalogue("methods")
def test_every_method_has_a_look_of_its_own():
    looks = {name: (style.COLOURS[name], style.MARKERS[name], str(style.DASHES[name])) for name in style.METHODS}
    assert set(looks) == set(ALL) - {"SGD"} and set(style.ORDER) == set(looks)
    assert not [pair for pair in combinations(looks, 2) if looks[pair[0]] == looks[pair[1]]]


@pytest.mark.parametrize(
    "together",
    [
        ("ERM", "CDR", "AUX", "CDR+AUX", "RDI", "CDR+RDI"),
        ("ERM", "NormClip", "SPL", "Min-SGD", "PRL(G)", "PRL(L)", "Co-PRL(L)", "Co-teaching"),
        ("ERM", "MW-Net", "MNW-Net", "RMNW-Net"),
    ],
)
def test_the_protagonists_of_a_paper_differ_in_colour_alone(together):
    assert len({style.colour(name) for name in together}) == len(together)


def places():
    """Names of all methods with a new one at the start, in the middle and at the end of each family."""
    for family, members in FAMILIES.items():
        for place in {0, len(members) // 2, len(members)}:
            names = list(members)
            names.insert(place, NEW)
            families = {**{name: list(others) for name, others in FAMILIES.items()}, family: names}
            yield [name for listed in families.values() for name in listed if name != "SGD"]


@pytest.mark.catalogue("methods")
def test_a_new_method_changes_no_other_look():
    looks = {name: (style.COLOURS[name], style.MARKERS[name], style.DASHES[name]) for name in style.METHODS}
    new = style.derived_style(NEW)
    for names in places():
        after = style.styles_of(names)
        assert after.pop(NEW) == new
        assert {name: tuple(look) for name, look in after.items()} == looks and list(after) == list(looks)
    assert (new.colour, new.marker) not in {look[:2] for look in looks.values()}


def test_methods_without_an_entry_look_like_no_entry_and_mostly_unlike_each_other():
    names = [f"method {k}" for k in range(30)]
    looks = [style.derived_style(name) for name in names]
    pairs = {look[:2] for look in style.METHOD_STYLES.values()}
    assert not [look for look in looks if look[:2] in pairs or look.dash == style.SOLID]
    assert len(set(looks)) >= 27 and looks == [style.derived_style(name) for name in names]


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match=r"name is 'CRUSTY'.*CRUST"):
        style.colour("CRUSTY")
    with pytest.raises(ValueError, match="name is 'CRUSTY'"):
        style.marker("CRUSTY")


def test_a_lean_png_looks_the_same_and_is_smaller():
    figure, axes = style.canvas()
    for k in range(6):
        axes[0, 0].fill_between([0, 1], [0, k], [1, k + 1], alpha=0.2, color=style.OKABE_ITO[k])
    axes[0, 0].imshow(np.random.default_rng(0).random((5, 5)), cmap="Blues")
    whole = BytesIO()
    figure.savefig(whole, format="png", dpi=120)
    lean = style.lean(np.asarray(Image.open(whole).convert("RGBA")))
    before, after = (np.asarray(Image.open(png).convert("RGBA")).astype(int) for png in (whole, BytesIO(lean)))
    seen = lambda image: image[..., :3] * image[..., 3:] / 255 + 255 - image[..., 3:]  # on white
    off = np.abs(seen(before) - seen(after)).max(-1)
    assert before.shape == after.shape and np.quantile(off, 0.99) <= 12 and off.mean() < 2
    assert len(lean) < 0.6 * len(whole.getvalue())
    assert figure._repr_png_()[0] == lean, "drawn once, as savefig draws it"

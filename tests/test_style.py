"""Every method looks the same in all figures, and like no other method."""

from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from labkit.methods import ALL
from labkit.view.plot import style


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

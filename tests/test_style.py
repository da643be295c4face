"""Every method looks the same in all figures, and like no other method."""

from itertools import combinations

import pytest

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

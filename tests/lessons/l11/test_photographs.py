"""The contact sheet: images are drawn by their kind, every label stands under its image, wrong ones have a cross."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from labkit.lessons.l11 import photographs
from labkit.lessons.l11.cifar10n import CLASSES


@pytest.fixture(scope="module")
def labels():
    rng = np.random.default_rng(1)
    clean = rng.integers(0, 10, 300)
    people = {}
    for name in photographs.PEOPLE:
        errs = rng.random(300) < 0.3
        people[name] = np.where(errs, (clean + 1) % 10, clean)
    return pd.DataFrame({"clean_label": clean, "aggre_label": people["random_label1"], **people})


def test_images_are_drawn_by_the_number_of_people_who_are_wrong(labels):
    chosen = photographs.choose_photographs(labels, per_kind=7, seed=3)
    wrong = sum((labels[name] != labels["clean_label"]).astype(int) for name in photographs.PEOPLE)
    kinds = [set(wrong[positions]) for positions in chosen.values()]
    assert kinds[0] == {0} and kinds[1] == {1} and kinds[2] <= {2, 3}
    assert [len(set(positions)) for positions in chosen.values()] == [7, 7, 7]
    other = photographs.choose_photographs(labels, per_kind=7, seed=4)
    assert any(set(chosen[kind]) != set(other[kind]) for kind in chosen)


def test_every_label_stands_under_its_image_and_wrong_ones_have_a_cross(labels):
    images = torch.randint(0, 256, (300, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    chosen = photographs.choose_photographs(labels, per_kind=2)
    figure = photographs.contact_sheet(images, labels, chosen)
    assert [text.get_text() for text in figure.texts] == list(photographs.KINDS.values())
    positions = np.concatenate(list(chosen.values()))
    for ax, i in zip(figure.axes, positions, strict=True):
        assert np.array_equal(ax.images[0].get_array(), images[i].permute(1, 2, 0).numpy())
        row = labels.iloc[i]
        columns = [*photographs.PEOPLE, "aggre_label"]
        cross = [" ×" if row[name] != row["clean_label"] else "" for name in columns]
        wanted = [
            f"{person} {CLASSES[row[name]]}{mark}"
            for person, name, mark in zip(("A", "B", "C", "agg."), columns, cross, strict=True)
        ]
        assert [text.get_text() for text in ax.texts] == [*wanted, f"true: {CLASSES[row['clean_label']]}"]


def test_the_stored_sheet_stands_beside_its_licence():
    stored = photographs.stored_sheet()
    width, height = Image.open(photographs.FILE).size
    assert width > 900 and height > 500 and stored.alt == photographs.ALT
    licence = photographs.FILE.with_name("LICENCE-photographs.md").read_text(encoding="utf-8")
    assert "CC BY-NC 4.0" in licence and "CIFAR-10N" in licence and photographs.FILE.name in licence


@pytest.mark.data("cifar10", "cifar10n")
@pytest.mark.slow
def test_the_stored_sheet_is_drawn_again(tmp_path):
    (tmp_path / "again.png").write_bytes(photographs.made())
    again, stored = (np.asarray(Image.open(path)).astype(int) for path in (tmp_path / "again.png", photographs.FILE))
    assert again.shape == stored.shape
    assert (np.abs(again - stored).max(-1) > 8).mean() < 0.01, "letters may be drawn otherwise by another font library"

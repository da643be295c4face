"""The contact sheet of lesson 11: photographs of CIFAR-10, and what three people called each of them.

`python -m labkit.lessons.l11.photographs` draws it anew. It needs CIFAR-10 and CIFAR-10_human.pt under LABKIT_DATA. The
stored sheet is photographs.png; LICENCE-photographs.md says whose pictures and labels these are.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from IPython import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from ...data import folder
from ...load import load
from ...noise.files import read_columns
from ...noise.human import published_file
from ...plot.style import Drawing
from ...state import atomic_write
from .cifar10n import CLASSES

__all__ = ["choose_photographs", "contact_sheet", "stored_sheet"]

PEOPLE = ("random_label1", "random_label2", "random_label3")
AGGREGATE = "aggre_label"
SOURCES = {**dict(zip("ABC", PEOPLE)), "agg.": AGGREGATE}  # what stands before a label, and its column
FILE = Path(__file__).parent / "photographs.png"
PER_KIND = 8
SEED = 0
DPI = 96
KINDS = {0: "all three people are right", 1: "one of three is wrong", 2: "two or three are wrong"}
ALT = (
    "24 photographs of CIFAR-10 in three rows: all three people are right, one is wrong, two or three are wrong. Under "
    "each stand the labels of three people, the aggregate label and the true label."
)
CLEAN_INK, NOISY_INK = "#4d5761", "#b34700"  # at least 4.5:1 on white
SIDE = 1.0  # inches of a photograph
STEP = SIDE + 0.3  # inches from one photograph to the next
TEXT = 0.9  # inches of the five lines under a photograph
HEAD = 0.3  # inches of the title over a row
MARGIN = 0.1  # inches to the left of a row


def choose_photographs(labels: pd.DataFrame, per_kind: int = PER_KIND, seed: int = SEED) -> dict[str, np.ndarray]:
    """Draw images at random, as many of each of KINDS. No image is picked by hand.

    labels: a row for each image, with the columns of PEOPLE and `clean_label`. Returns positions of images by kind.
    """
    is_wrong = labels[list(PEOPLE)].ne(labels["clean_label"], axis=0)
    wrong_people = is_wrong.sum(axis=1).clip(upper=max(KINDS))
    rng = np.random.default_rng(seed)
    chosen = {}
    for count, kind in KINDS.items():
        of_this_kind = np.flatnonzero(wrong_people == count)
        chosen[kind] = rng.choice(of_this_kind, per_kind, replace=False)
    return chosen


def contact_sheet(images: torch.Tensor, labels: pd.DataFrame, chosen: dict[str, np.ndarray]) -> Drawing:
    """Draw photographs in rows, one for each kind, with three people's labels and the aggregate under each.

    images: uint8 [N, 3, H, W]. labels: N rows with the columns of PEOPLE, `aggre_label` and `clean_label`. chosen:
    positions by the name of a row. A noisy label is marked by a cross.
    """
    longest = max(len(positions) for positions in chosen.values())
    width = longest * STEP
    row_height = HEAD + SIDE + TEXT
    height = len(chosen) * row_height
    figure = Drawing(figsize=(width, height), dpi=DPI, facecolor="white")
    for row, (kind, positions) in enumerate(chosen.items()):
        bottom = height - row * row_height - HEAD - SIDE
        above = bottom + SIDE + 0.08
        figure.text(MARGIN / width, above / height, kind, fontsize=10, fontweight="bold")
        for column, i in enumerate(positions):
            start = MARGIN + column * STEP
            ax = figure.add_axes((start / width, bottom / height, SIDE / width, SIDE / height))
            pixels = images[i].permute(1, 2, 0).numpy()
            _photograph(ax, pixels, labels.iloc[i])
    return figure


def _photograph(ax, pixels, labels):
    """Draw one photograph and the words under it."""
    ax.imshow(pixels, interpolation="lanczos")
    ax.set_axis_off()
    style = {"xycoords": "axes fraction", "va": "top", "fontsize": 7.5}
    true = labels["clean_label"]
    for line, (source, column) in enumerate(SOURCES.items()):
        weight = "bold" if column == AGGREGATE else "normal"
        label = labels[column]
        name = f"{source} {_named(label, true)}"
        height = -0.05 - 0.16 * line
        ax.annotate(name, (0, height), color=_ink(label, true), fontweight=weight, **style)
    ax.annotate(f"true: {CLASSES[true]}", (0, -0.69), **style)


def _named(label, true):
    """Return the name of a label, with a cross where it is noisy."""
    cross = " ×" if label != true else ""
    return f"{CLASSES[label]}{cross}"


def _ink(label, true):
    """Return the colour of a label's name."""
    return NOISY_INK if label != true else CLEAN_INK


def read_labels() -> pd.DataFrame:
    """Return CIFAR-10N's labels, a row for each of the 50,000 training images in their order, a column for each set.

    Raises FileNotFoundError where CIFAR-10_human.pt is not in the data folder.
    """
    return pd.DataFrame(read_columns(published_file("cifar10")))


def png(sheet: Drawing) -> bytes:
    """Return a drawing as a small PNG: its colours are rounded to steps of four, which no eye sees."""
    canvas = FigureCanvasAgg(sheet)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    fours = (pixels.astype(int) + 2) // 4
    rounded = (4 * fours).clip(max=255)
    buffer = BytesIO()
    Image.fromarray(rounded.astype(np.uint8)).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def made() -> bytes:
    """Draw the contact sheet anew. -> a PNG"""
    task = load("cifar10", root=folder().absolute(), n=50_000, val=0.0)
    labels = read_labels().iloc[task.train.ids.numpy()].reset_index(drop=True)
    chosen = choose_photographs(labels)
    sheet = contact_sheet(task.train.x, labels, chosen)
    return png(sheet)


def stored_sheet() -> display.Image:
    """Return the stored contact sheet for a notebook to show."""
    return display.Image(FILE.read_bytes(), width=920, alt=ALT)


if __name__ == "__main__":
    atomic_write(FILE, made())
    print(f"{FILE}: {FILE.stat().st_size:,} bytes")

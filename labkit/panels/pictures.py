"""What panels draw, as plain data: curves, points, small images. All of it is JSON."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from io import BytesIO
from math import ceil, isfinite
from typing import Any

import numpy as np
from torch import Tensor

from ..errors import choose, need
from ..plot.style import COLOURS, DASHES, MARKERS

KINDS = ("curves", "scatter", "bars", "matrix", "gallery", "faces", "table", "world")
SVG_DASHES = {"-": "", "--": "7 3", "-.": "10 3 2 3", ":": "2 3"}
SVG_MARKERS = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond"}
COLUMNS = 12  # images in a row


def part(kind: str, name: str, **traits: Any) -> dict[str, Any]:
    """Declare one picture of a panel.

    kind: one of KINDS; their traits are described in labkit/panels/front/KIND.js. name: how `show` fills it. traits:
    what never changes; axes belong here. Raises ValueError for an unknown kind.
    """
    choose("kind", kind, dict.fromkeys(KINDS))
    return {"kind": kind, "name": name, "traits": traits}


def curve(
    name: str,
    x: Iterable[float],
    y: Iterable[float],
    colour: str = "currentColor",
    dash: str = "",
    marker: str = "circle",
    **traits: Any,
) -> dict[str, Any]:
    """Return one named curve.

    x, y: numbers, y may hold NaN. dash: in SVG's notation, "" is solid. marker: circle, square, triangle, diamond, star
    or none. traits: unit="percent" | "number" for a curve that is read out unlike its axis.
    """
    return {"name": name, "x": rounded(x), "y": rounded(y), "colour": colour, "dash": dash, "marker": marker, **traits}


def points(
    x: Iterable[float],
    y: Iterable[float],
    group: Iterable[int],
    label: Sequence | None = None,
    faint: Iterable | None = None,
) -> dict[str, Any]:
    """Return the points of a scatter. x, y [n] numbers; group [n] positions in the part's `groups`.

    label [n]: texts that are read out. faint [n]: which points are in the background.
    """
    x = rounded(x)
    y = rounded(y)
    group = [int(k) for k in group]
    need(len(x) == len(y) == len(group), "x, y, group", (len(x), len(y), len(group)), "of one length")
    scatter = {"x": x, "y": y, "group": group}
    if label:
        scatter["label"] = [str(text) for text in label]
    faint = [int(is_faint) for is_faint in faint] if faint is not None else []
    if faint:
        scatter["faint"] = faint
    return scatter


def rounded(values: Iterable[float]) -> list[float | None]:
    """Return numbers for JSON: five significant digits, None for NaN and infinity."""
    return [float(f"{float(value):.5g}") if isfinite(value) else None for value in values]


def svg_style(name: str) -> dict[str, str]:
    """Return colour, dash and marker of a method or a column of the history, as in labkit.plot, in SVG's notation."""
    dash = DASHES[name]
    if isinstance(dash, str):
        svg_dash = SVG_DASHES[dash]
    else:
        _, lengths = dash  # of ink and gap by turns, in widths of the line
        svg_dash = " ".join(str(3 * length) for length in lengths)
    return {"colour": COLOURS[name], "dash": svg_dash, "marker": SVG_MARKERS.get(MARKERS[name], "circle")}


def sprite(x: Tensor, columns: int = COLUMNS) -> str:
    """Return images in one PNG, row by row; grey ones dark on light. x [K, 1 or 3, H, W] -> data URL"""
    from PIL import Image

    images = x.float().numpy()
    k, channels, height, width = images.shape
    brightest = max(float(images.max()), 1.0) if k else 1.0
    images = images / brightest
    if channels == 1:
        images = 1 - images
    rows = ceil(max(k, 1) / columns)
    sheet = np.full((rows, columns, height, width, channels), 255, np.uint8)
    sheet.reshape(-1, height, width, channels)[:k] = (255 * images).transpose(0, 2, 3, 1).clip(0, 255)
    pixels = sheet.transpose(0, 2, 1, 3, 4).reshape(-1, columns * width, channels)
    file = BytesIO()
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()

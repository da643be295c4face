"""What panels draw, as plain data: curves, points, small images. All of it is JSON."""

from base64 import b64encode
from io import BytesIO
from math import ceil, isfinite

import numpy as np

from ..errors import choose, need
from ..plot.style import COLOURS, DASHES, MARKERS

KINDS = ("curves", "scatter", "bars", "matrix", "gallery", "faces", "table")
SVG_DASHES = {"-": "", "--": "7 3", "-.": "10 3 2 3", ":": "2 3"}
SVG_MARKERS = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond"}
COLUMNS = 12  # images in a row


def part(kind, name, **traits):
    """One picture of a panel. -> dict

    kind: one of KINDS; their traits stand in labkit/panels/front/KIND.js. name: how `show` fills it. traits: what never
    changes; axes belong here. Raises ValueError for an unknown kind.
    """
    choose("kind", kind, dict.fromkeys(KINDS))
    return {"kind": kind, "name": name, "traits": traits}


def curve(name, x, y, colour="currentColor", dash="", marker="circle", **more):
    """One named curve. -> dict

    x, y: numbers, y may hold NaN. dash: as SVG has it, "" is solid. marker: circle, square, triangle, diamond, star or
    none. more: unit="percent" | "number" if it is read out unlike its axis.
    """
    return {"name": name, "x": short(x), "y": short(y), "colour": colour, "dash": dash, "marker": marker, **more}


def points(x, y, group, label=None, faint=None):
    """Points of a scatter. x, y [n] numbers; group [n]: positions in the part's `groups`; label [n]: texts that are
    read out; faint [n]: which are in the background. -> dict"""
    x, y, group = short(x), short(y), [int(g) for g in group]
    need(len(x) == len(y) == len(group), "x, y, group", (len(x), len(y), len(group)), "of one length")
    more = {"label": label and [str(t) for t in label], "faint": faint is not None and [int(f) for f in faint]}
    return {"x": x, "y": y, "group": group, **{key: value for key, value in more.items() if value}}


def short(values):
    """Numbers as JSON has them: five significant digits, None where nothing was measured. -> list"""
    return [float(f"{float(v):.5g}") if isfinite(v) else None for v in values]


def look(column):
    """Colour, dash and marker of a column of the history or of a method, as in labkit.plot, in SVG's words. -> dict"""
    dash = DASHES[column]
    dash = SVG_DASHES[dash] if isinstance(dash, str) else " ".join(str(3 * n) for n in dash[1])
    return {"colour": COLOURS[column], "dash": dash, "marker": SVG_MARKERS.get(MARKERS[column], "circle")}


looks = look


def sprite(x, columns=COLUMNS):
    """Images in one PNG, row by row; grey ones dark on light. x [K, 1 or 3, H, W] tensor -> data URL"""
    from PIL import Image

    x = x.float().numpy()
    top = max(float(x.max()), 1.0) if len(x) else 1.0
    x = 255 * (x / top if x.shape[1] == 3 else 1 - x / top)
    k, channels, h, w = x.shape
    sheet = np.full((ceil(max(k, 1) / columns), columns, h, w, channels), 255, np.uint8)
    sheet.reshape(-1, h, w, channels)[:k] = x.transpose(0, 2, 3, 1).clip(0, 255)
    pixels = sheet.transpose(0, 2, 1, 3, 4).reshape(-1, columns * w, channels)
    png = BytesIO()
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(png, "PNG", optimize=True)
    return "data:image/png;base64," + b64encode(png.getvalue()).decode()

"""A grid of small images that are chosen by a click or with the keyboard."""

from base64 import b64encode
from io import BytesIO
from math import ceil

import anywidget
import numpy as np
from PIL import Image
from traitlets import Int, List, Unicode

from .curves import ROOM

COLUMNS = 12


class Gallery(anywidget.AnyWidget):
    """Images as buttons, each with its given label, and its true one where they differ.

    items: {index, given, true, fate, sign} per image, labels as text; fate and sign may say what became of a label.
    sprite: all images as one PNG, `columns` in a row. signs: what they mean. selected: index of the chosen sample,
    -1 for none.
    """

    _esm = ROOM / "gallery.js"
    _css = ROOM / "gallery.css"
    items = List().tag(sync=True)
    sprite = Unicode().tag(sync=True)
    columns = Int(COLUMNS).tag(sync=True)
    selected = Int(-1).tag(sync=True)
    title = Unicode().tag(sync=True)
    signs = List().tag(sync=True)

    def show(self, x, items, **traits):
        """Show the images x [K, 1 or 3, H, W], any range of values, and their items (K dicts) in one message."""
        with self.hold_sync():
            self.sprite, self.items = sprite(x), items
            for name, value in traits.items():
                setattr(self, name, value)


def sprite(x, columns=COLUMNS):
    """Images in one PNG, row by row; grey ones dark on light. x [K, 1 or 3, H, W] tensor -> data URL"""
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

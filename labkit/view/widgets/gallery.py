"""A grid of small images that are chosen by a click or with the keyboard."""

import anywidget
from traitlets import Int, List, Unicode

from ..panel import script
from ..panel.pictures import COLUMNS, sprite

__all__ = ["Gallery", "sprite"]


class Gallery(anywidget.AnyWidget):
    """Images as buttons, each with its given label, and its true one where they differ.

    items: {index, given, true, fate, sign} per image, labels as text; fate and sign may say what became of a label.
    sprite: all images as one PNG, `columns` in a row. signs: what they mean. selected: index of the chosen sample,
    -1 for none.
    """

    _esm = script.alone("gallery")
    _css = script.FRONT / "gallery.css"
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

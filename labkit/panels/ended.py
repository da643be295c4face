"""What the pictures of a panel show after the last epoch, for readers that have no cursor.

It does what front/cursor.js and front/samples.js do at the newest epoch.
"""

from typing import Any

from . import samples
from .pictures import COLUMNS
from .sketch import Sketch

Traits = dict[str, Any]  # of a part: what is declared and what is shown


def at_the_end(sketch: Sketch, picture: dict[str, Traits]) -> dict[str, Traits]:
    """Return what a picture shows after the last epoch: tiles of samples, and the life of the first wrong label."""
    table = picture.get("samples")
    ended = {}
    for part in sketch.parts:
        name = part["name"]
        if part["traits"].get("life") and table and "per_epoch" in table:
            ended[name] = samples.life(table, _first_wrong(table))
        elif name in picture:
            ended[name] = _last(picture[name])
        if table and "samples" in ended.get(name, {}):
            ended[name] |= _tiles(table, {**part["traits"], **ended[name]})
    return ended


def _first_wrong(table):
    """Return the first sample of a table whose label is wrong, else the first."""
    pairs = zip(table["index"], table["given"], table["true"])
    return next((sample for sample, given, true in pairs if given != true), table["index"][0])


def _tiles(table, traits):
    """Return the items of a gallery of samples, with the sheet that their images are on."""
    items = samples.items(table, traits["samples"])
    for item, group in zip(items, traits.get("fates", "")):
        item["fate"] = traits["groups"][int(group)]["name"]
    count = table.get("images", len(table["index"]))
    return {"items": items, "sprite": table["sprite"], "columns": COLUMNS, "count": count}


def _last(traits):
    """Return traits with the values `per_epoch` of the last epoch."""
    shown = {name: value for name, value in traits.items() if name != "per_epoch"}
    for name, values in traits.get("per_epoch", {}).items():
        if values:
            is_laid_over = isinstance(values[-1], dict) and name in shown
            shown[name] = {**shown[name], **values[-1]} if is_laid_over else values[-1]
    for name in ("title", "caption"):
        if name in shown:
            shown[name] = shown[name].replace("{epoch}", str(shown.get("epoch", "")))
    return shown

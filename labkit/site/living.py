"""What brings a page to life without a kernel: the panel's script, stored pictures as plain scripts, plotly."""

import gzip
import json
from base64 import b64encode
from pathlib import Path

from .. import rooms
from ..errors import choose

FRONT = Path(__file__).parent / "front"


def stored(name):
    """All that a page needs of a panel: what is declared, what was measured, and the stored pictures. -> dict, None
    where nothing is stored"""
    from ..panels import guesses
    from ..panels import stored as pictures
    from ..panels.lessons import sketch

    choose("the panel", name, dict.fromkeys(rooms.lessons("panel")))
    kept, declared = pictures.load(name), sketch(name)
    if kept is None:
        return None
    controls = [offered(control) for control in kept["controls"]]
    fixed = {
        "title": declared.title,
        "rows": declared.rows,
        "parts": declared.parts,
        "question": guesses.question_traits(declared),
    }
    return {**fixed, "controls": controls, "recipe": kept["recipe"], "frames": kept["frames"]}


def offered(control):
    """A control with the stored values only. stored: their positions among all; start: where the panel starts."""
    at = control["stored"]
    only = {key: [control[key][k] for k in at] for key in ("values", "words")}
    return {**control, **only, "start": control["value"]}


def script(name):
    """The stored pictures as a plain script: it may be loaded from a file, where a page may fetch nothing. -> text"""
    text = json.dumps(stored(name), separators=(",", ":"), ensure_ascii=False)
    packed = b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    return f'(window.labkitStored ??= {{}})["{name}"] = "{packed}";\n'


def styles():
    """The style sheet of all pages, the panel's included. -> text"""
    from ..panels.script import styles

    return front("site.css") + styles()


def front(name):
    """A file of the front end. -> text"""
    return (FRONT / name).read_text(encoding="utf-8")


def plotly():
    """plotly.js, as its Python package has it. -> text"""
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()

"""What makes a page respond without a kernel: the panel's script, stored pictures as plain scripts, plotly."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import rooms
from ..errors import choose

if TYPE_CHECKING:
    from ..panels import Sketch

FRONT = Path(__file__).parent / "front"


def stored(name: str) -> dict[str, Any] | None:
    """Return all that a page needs of a panel: its declaration, its question and the stored pictures, which refer to
    `shared` values (see labkit.panels.sharing). None where nothing is stored.
    """
    from ..panels import guesses
    from ..panels import stored as pictures
    from ..panels.lessons import sketch

    choose("the panel", name, dict.fromkeys(rooms.lessons("panel")))
    bundle = pictures.folded(name)
    declaration = sketch(name)
    if bundle is None:
        return None
    controls = [offered(control) for control in bundle["controls"]]
    return {
        "title": declaration.title,
        "rows": declaration.rows,
        "parts": declaration.parts,
        "question": with_offered_setting(guesses.question_traits(declaration), declaration, controls),
        "controls": controls,
        "versus": declaration.versus,
        "moves": offered_moves(declaration, controls),
        "recipe": bundle["recipe"],
        "shared": bundle.get("shared", []),
        "frames": bundle["frames"],
    }


def offered(control: dict[str, Any]) -> dict[str, Any]:
    """Return a control with its stored values only. start: where the panel starts, among all values."""
    offer = dict(control)
    for key in ("values", "words"):
        offer[key] = [control[key][position] for position in control["stored"]]
    offer["start"] = control["value"]
    return offer


def offered_moves(declaration: "Sketch", controls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the moves of a panel, by the positions of what its controls offer. Each setting of a move is stored."""
    from ..panels import moves

    listed = moves.traits(declaration)
    for move in listed:
        move["state"] = offered_state(declaration, controls, move["state"])
        move["beside"] = [offered_state(declaration, controls, state) for state in move["beside"]]
    return listed


def offered_state(declaration: "Sketch", controls: list[dict[str, Any]], state: dict[str, Any]) -> dict[str, Any]:
    """Return a state by the positions of what the controls offer. Raises ValueError for a value that is not offered."""
    from ..panels.controls import position

    moved = dict(state)
    for control, offer in zip(declaration.controls, controls, strict=True):
        name = control["name"]
        moved[name] = position(offer["values"], control["values"][state[name]], name)
    return moved


def with_offered_setting(
    question: dict[str, Any], declaration: "Sketch", controls: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a question whose setting has the positions of what the controls offer."""
    from ..panels.controls import position

    if not question:
        return question
    setting = {}
    for control, offer in zip(declaration.controls, controls, strict=True):
        name = control["name"]
        if name in question["setting"]:
            setting[name] = position(offer["values"], control["values"][question["setting"][name]], name)
    return {**question, "setting": setting}


def script(name: str) -> str:
    """Return the stored pictures as a plain script: a page may load it from a file, where it may fetch nothing."""
    from ..panels.stored import pack

    return f'(window.labkitStored ??= {{}})["{name}"] = "{pack(stored(name))}";\n'


def styles() -> str:
    """Return the style sheet of all pages, the panel's included."""
    from ..panels.script import styles

    return front("site.css") + styles()


def front(name: str) -> str:
    """Return a file of the front end."""
    return (FRONT / name).read_text(encoding="utf-8")


def plotly() -> str:
    """Return plotly.js, as its Python package has it."""
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()

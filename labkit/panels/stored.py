"""Stored pictures: every state of a panel that is offered without a kernel, and the measured answers to its question.

`./lab bundle` makes them; each file says how.
"""

import gzip
import json
import platform
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import torch

import labkit

from ..rooms import lesson_folder
from ..state import atomic_write
from . import sharing
from .controls import position
from .sketch import Sketch


def path(name: str) -> Path:
    """Return the file of a panel's stored pictures."""
    return lesson_folder(name) / "stored.json.gz"


@cache
def load(name: str) -> dict[str, Any] | None:
    """Read what is stored of a panel: {recipe, controls, answers, frames}; None if nothing is."""
    bundle = folded(name)
    if bundle is None:
        return None
    return {**bundle, "frames": sharing.unfold(bundle["frames"], bundle.get("shared", []))}


@cache
def folded(name: str) -> dict[str, Any] | None:
    """Read the same as it is in the file, where frames refer to a table of `shared` values (see `sharing`)."""
    if not path(name).exists():
        return None
    return json.loads(gzip.decompress(path(name).read_bytes()))


def key(controls: list[dict], positions: dict[str, int]) -> str:
    """Return the name of a state among the frames, e.g. "4,0,2": a position for each control."""
    return ",".join(str(positions[control["name"]]) for control in controls)


def frame(sketch: Sketch, positions: dict[str, int]) -> dict:
    """Return the stored picture and message of a state. Raises LookupError if none is stored for it.

    A bundle has the controls of the day when it was made. A state is found by the values of its controls, so that a new
    entry of a menu leaves the pictures of the older ones valid. Nothing is stored for a reader's own marks.
    """
    bundle = load(sketch.name)
    name = stored_key(sketch, positions, bundle) if bundle and not positions.get("marks") else None
    if name is None or name not in bundle["frames"]:
        raise LookupError(f"nothing is stored for this setting; `./lab bundle {sketch.name}` stores the offered ones")
    return bundle["frames"][name]


def stored_key(sketch: Sketch, positions: dict[str, int], bundle: dict) -> str | None:
    """Return the name that a state has among the frames of a bundle, None where the bundle lacks one of its values."""
    if not _same_controls(sketch, bundle):
        return None
    controls = {control["name"]: control["values"] for control in bundle["controls"]}
    stored_positions = {}
    for control in sketch.controls:
        name = control["name"]
        value = control["values"][positions[control["name"]]]
        try:
            stored_positions[name] = position(controls[name], value, name)
        except ValueError:
            return None
    return key(bundle["controls"], stored_positions)


def packed(sketch: Sketch) -> str:
    """Return the stored pictures for a front end, by the positions that the controls have today; "" if none is stored.

    It is gzipped JSON in base64: {"shared": [...], "frames": {"4,0,2": {picture, message}}}.
    """
    bundle = folded(sketch.name)
    if bundle is None or not _same_controls(sketch, bundle):
        return ""
    frames = {}
    for name, stored_frame in bundle["frames"].items():
        positions = _positions_today(sketch, bundle, name)
        if positions is not None:
            frames[key(sketch.controls, positions)] = stored_frame
    return pack({"shared": bundle.get("shared", []), "frames": frames})


def pack(value: Any) -> str:
    """Return a value as gzipped JSON in base64."""
    return b64encode(gzip.compress(sharing.written(value).encode(), 9, mtime=0)).decode()


def _positions_today(sketch, bundle, name):
    """Return today's positions of a stored state, None where a control has no longer its value. name: of a frame"""
    positions = {}
    for control, offered, stored_position in zip(sketch.controls, bundle["controls"], name.split(",")):
        value = offered["values"][int(stored_position)]
        try:
            positions[control["name"]] = position(control["values"], value, control["name"])
        except ValueError:
            return None
    return positions


def _same_controls(sketch, bundle):
    """Return whether a bundle has the controls of the sketch, whatever their values."""
    names = [control["name"] for control in bundle["controls"]]
    return [control["name"] for control in sketch.controls] == names


def answers(sketch: Sketch) -> list:
    """Return the measured answers to the sketch's question, one for each seed; empty if none are stored.

    An answer is a number, a word, or for a curve a list of numbers.
    """
    bundle = load(sketch.name) or {}
    return bundle.get("answers", [])


def draw_frame(sketch: Sketch, positions: dict[str, int]) -> dict[str, Any]:
    """Draw one state in this thread. -> {picture, message}"""
    frame = {"picture": {}, "message": ""}

    def show(message=None, progress=None, **parts):
        frame["picture"].update(parts)
        if message is not None:
            frame["message"] = message

    sketch.draw(sketch.values(positions), show)
    frame["picture"] = thinned(frame["picture"], sketch.epochs)
    return frame


def thinned(picture: dict[str, dict], wanted: tuple) -> dict[str, dict]:
    """Return a picture with the values `per_epoch` of the wanted epochs and the last one, or of all if none is."""
    thin = {}
    for name, traits in picture.items():
        lists = traits.get("per_epoch")
        if lists and wanted:
            traits = {**traits, "per_epoch": _of_epochs(lists, wanted)}
        thin[name] = traits
    return thin


def _of_epochs(lists, wanted):
    """Return lists by epoch, of the wanted epochs and the last one. -> dict"""
    last = len(lists["epoch"]) - 1
    kept = [k for k, epoch in enumerate(lists["epoch"]) if epoch in wanted or k == last]
    thin = {}
    for name, values in lists.items():
        thin[name] = [values[k] for k in kept]
    return thin


def make(sketch: Sketch, report: Callable[[str], Any] = print) -> Path:
    """Draw every offered state, answer the question for its seeds, and write the file. report: called after each state.

    Returns the path of the file.
    """
    start = time.monotonic()
    frames = {}
    states = sketch.kept()
    for k, positions in enumerate(states):
        frames[key(sketch.controls, positions)] = draw_frame(sketch, positions)
        report(f"{sketch.name}: {k + 1} of {len(states)} states, {time.monotonic() - start:.0f} s")
    measured = measure_answers(sketch)
    recipe = _recipe(sketch, time.monotonic() - start)
    return _write(sketch, {"recipe": recipe, "controls": sketch.controls, "answers": measured, "frames": frames})


def answer_anew(sketch: Sketch, report: Callable[[str], Any] = print) -> Path:
    """Answer the question for its seeds and leave the stored pictures as they are. Returns the path of the file.

    Raises LookupError if no pictures are stored.
    """
    bundle = load(sketch.name)
    if bundle is None:
        raise LookupError(
            f"nothing is stored for panel {sketch.name}; `./lab bundle {sketch.name}` stores pictures too"
        )
    answers = measure_answers(sketch)
    report(f"{sketch.name}: {len(answers)} answers")
    recipe = {**bundle["recipe"], **_asked(sketch)}
    return _write(sketch, {**bundle, "recipe": recipe, "answers": answers})


def measure_answers(sketch: Sketch) -> list:
    """Return the measured answers to the sketch's question, one for each seed, with six decimals; empty without one."""
    question = sketch.question
    if question is None:
        return []
    return [_rounded(question.measure(seed)) for seed in question.seeds]


def _rounded(answer):
    """Return an answer as it is stored."""
    if isinstance(answer, (list, tuple)):
        return [_rounded(value) for value in answer]
    return round(answer, 6) if isinstance(answer, float) else answer


def _write(sketch, bundle):
    """Write the file of a panel. Returns its path."""
    write(sketch.name, bundle)
    return path(sketch.name)


def _asked(sketch):
    """Return the question that the stored answers answer, for the recipe."""
    question = sketch.question
    return {"question": question.text if question else "", "seeds": list(question.seeds) if question else []}


def write(name: str, bundle: dict[str, Any]) -> None:
    """Write a bundle as `load` reads it; what occurs more than once in its frames is written once."""
    shared, frames = sharing.fold(bundle["frames"])
    text = sharing.written({**bundle, "shared": shared, "frames": frames})
    atomic_write(path(name), gzip.compress(text.encode(), 9, mtime=0))
    load.cache_clear()
    folded.cache_clear()


def _recipe(sketch, seconds):
    """Return how the pictures were made. -> dict"""
    return {
        "made": date.today().isoformat(),
        "by": f"./lab bundle {sketch.name}",
        "numbers": labkit.NUMBERS,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "seconds": round(seconds),
        **_asked(sketch),
    }

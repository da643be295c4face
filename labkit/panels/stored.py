"""Stored pictures: every state of a panel that is offered without a kernel, and the measured answers to its question.
`./lab bundle` makes them; each file says how."""

import gzip
import json
import platform
import time
from datetime import date
from functools import cache

import torch

import labkit

from ..rooms import lesson_folder
from ..state import atomic_write
from .controls import position
from .sketch import Sketch


def path(name):
    """The file of a panel."""
    return lesson_folder(name) / "stored.json.gz"


@cache
def load(name):
    """What is stored of a panel: {recipe, controls, answers, frames}; None if nothing is."""
    if not path(name).exists():
        return None
    return json.loads(gzip.decompress(path(name).read_bytes()))


def key(controls: list[dict], positions: dict[str, int]) -> str:
    """Return the name of a state among the frames, e.g. "4,0,2": a position for each control."""
    return ",".join(str(positions[control["name"]]) for control in controls)


def frame(sketch: Sketch, positions: dict[str, int]) -> dict:
    """Return the stored picture and message of a state. Raises LookupError if none is stored for it.

    A bundle has the controls of the day when it was made. A state is found by the values of its controls, so that a new
    entry of a menu leaves the pictures of the older ones valid.
    """
    bundle = load(sketch.name)
    name = stored_key(sketch, positions, bundle) if bundle else None
    if name is None or name not in bundle["frames"]:
        raise LookupError(f"nothing is stored for this setting; `./lab bundle {sketch.name}` stores the offered ones")
    return bundle["frames"][name]


def stored_key(sketch: Sketch, positions: dict[str, int], bundle: dict) -> str | None:
    """Return the name that a state has among the frames of a bundle, None where the bundle lacks one of its values."""
    controls = {control["name"]: control["values"] for control in bundle["controls"]}
    if [control["name"] for control in sketch.controls] != list(controls):
        return None
    places = {}
    for control in sketch.controls:
        name, value = control["name"], control["values"][positions[control["name"]]]
        try:
            places[name] = position(controls[name], value, name)
        except ValueError:
            return None
    return key(bundle["controls"], places)


def answers(sketch):
    """The measured answers to the sketch's question, a seed each. -> list, empty if none are stored"""
    return (load(sketch.name) or {}).get("answers", [])


def drawn(sketch, positions):
    """Draw one state here and now. -> {picture, message}"""
    picture, said = {}, {"message": ""}

    def show(message=None, progress=None, **parts):
        picture.update(parts)
        if message is not None:
            said["message"] = message

    sketch.draw(sketch.values(positions), show)
    return {"picture": picture, **said}


def make(sketch, tell=print):
    """Draw every offered state, answer the question for its seeds, and write the file. -> its path"""
    began, frames, states = time.monotonic(), {}, sketch.kept()
    for k, positions in enumerate(states):
        frames[key(sketch.controls, positions)] = drawn(sketch, positions)
        tell(f"{sketch.name}: {k + 1} of {len(states)} states, {time.monotonic() - began:.0f} s")
    question = sketch.question
    measured = [question.measure(seed) for seed in question.seeds] if question else []
    recipe = {
        "made": date.today().isoformat(),
        "by": f"./lab bundle {sketch.name}",
        "numbers": labkit.NUMBERS,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "seconds": round(time.monotonic() - began),
        "question": question.words if question else "",
        "seeds": list(question.seeds) if question else [],
    }
    whole = {"recipe": recipe, "controls": sketch.controls, "answers": measured, "frames": frames}
    text = json.dumps(whole, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    atomic_write(path(sketch.name), gzip.compress(text.encode(), 9, mtime=0))
    load.cache_clear()
    return path(sketch.name)

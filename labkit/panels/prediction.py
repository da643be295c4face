"""The question of a lesson as a widget of its own: empty axes, a handle, how sure, why. It shows no answer."""

from typing import Any

import anywidget
from traitlets import Any as AnyTrait
from traitlets import Dict, List, Unicode

from .. import person
from . import guesses, script
from .panel import VIEW
from .sketch import Sketch


class Prediction(anywidget.AnyWidget):
    """What `labkit.predict("02")` shows. A guess that is kept here uncovers the panel, and the other way round."""

    _esm = script.module("prediction")
    _css = script.styles()
    title = Unicode().tag(sync=True)
    controls = List().tag(sync=True)
    parts = List().tag(sync=True)
    question = Dict().tag(sync=True)
    guess = AnyTrait(None, allow_none=True).tag(sync=True)

    def __init__(self, sketch: Sketch):
        self.sketch = sketch
        asked = [part for part in sketch.parts if part["name"] == sketch.question.part]
        super().__init__(
            title=sketch.title,
            controls=sketch.controls,
            parts=asked,
            question=guesses.question_traits(sketch),
            guess=guesses.kept(sketch),
        )
        guesses.watch(sketch, self)
        self.observe(lambda change: guesses.take(sketch, change.new), "guess")

    @property
    def value(self) -> Any:
        """Return the guess that was kept, None without one."""
        return guesses.value(self.sketch)

    def __repr__(self):
        return told(self.sketch)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if not person.opened():
            data = bundle[0] if isinstance(bundle, tuple) else bundle
            data.pop(VIEW, None)
        return bundle


def told(sketch: Sketch) -> str:
    """Return the question and what was guessed, in two lines."""
    value = guesses.value(sketch)
    if value is None:
        return f"{sketch.question.text}\nNothing was guessed."
    return f"{sketch.question.text}\nKept: {guesses.written(value, sketch.question)}."

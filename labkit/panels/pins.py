"""Settings that a reader has pinned: their curves stay beside those of the setting that is shown."""

from typing import Any

import traitlets

from . import stored
from .sketch import Cancelled
from .visited import Visit

MOST = 3  # pins of a panel


class Pinning(traitlets.HasTraits):
    """The half of a Panel that draws pinned settings, in its worker's thread, after the one that is shown.

    `pins` are the states that a front end wants, `pinned` {name of a state: {part: curves}} what is drawn of them.
    """

    versus = traitlets.Unicode().tag(sync=True)  # the control of the menu "beside it"
    pins = traitlets.List().tag(sync=True)
    pinned = traitlets.Dict().tag(sync=True)
    pinning = False  # is a pin being drawn?

    def _on_pins(self, change):
        """Forget what is pinned no longer, and draw what is new; a drawing that runs goes on to the pins by itself."""
        with self.lock:
            names = {self._name(state) for state in self.pins}
            self.pinned = {name: curves for name, curves in self.pinned.items() if name in names}
            is_idle = not self.busy and not self.pinning
        if not is_idle or names <= set(self.pinned):
            return
        if self.alive:
            self._ask()
        else:
            self.move()

    def _draw_pins(self, cancelled):
        """Draw the pins that are not drawn, one after another, until `cancelled()`."""
        try:
            while (state := self._next_pin()) is not None:
                self._draw_pin(state, cancelled)
        finally:
            self.pinning = False

    def _next_pin(self):
        """Return the first pin that is not drawn, None where all are."""
        with self.lock:
            for state in self.pins:
                if self._name(state) not in self.pinned:
                    self.pinning = True
                    return state
            self.pinning = False
            return None

    def _draw_pin(self, state, cancelled):
        """Put the curves of a pin into `pinned`. A pin that cannot be drawn is taken away, and the message says so."""
        try:
            visit = self.visited.find(state) or self._visit(state, cancelled)
        except Cancelled:
            raise
        except Exception as error:
            others = [pin for pin in self.pins if pin != state]
            self.show(pins=others, message=f"it cannot stand beside this run: {type(error).__name__}: {error}")
            return
        with self.lock:
            if state in self.pins:
                curves = curves_of(self.sketch.parts, visit.picture)
                self.show(pinned={**self.pinned, self._name(state): curves})

    def _visit(self, state, cancelled):
        """Draw a state that is not shown. -> Visit"""
        picture = {}
        messages = [""]

        def show(message=None, progress=None, **parts):
            if cancelled():
                raise Cancelled
            picture.update(parts)
            if message is not None:
                messages.append(message)

        returned = self._fill(state, show)
        visit = Visit(picture, messages[-1], returned)
        self.visited.keep(state, visit)
        return visit

    def _name(self, state):
        """Return the name of a state among `pinned`, as front ends know it."""
        return stored.key(self.sketch.controls, state)


def curves_of(parts: list[dict], picture: dict[str, dict]) -> dict[str, dict]:
    """Return what a pin keeps of a picture: the curves of its parts, of each epoch where they have them by epoch."""
    kept = {}
    for part in parts:
        traits = picture.get(part["name"], {})
        if part["kind"] != "curves":
            continue
        curves: dict[str, Any] = {}
        if "series" in traits:
            curves["series"] = traits["series"]
        by_epoch = traits.get("per_epoch", {})
        if "series" in by_epoch:
            curves["per_epoch"] = {"epoch": by_epoch["epoch"], "series": by_epoch["series"]}
        if curves:
            kept[part["name"]] = curves
    return kept

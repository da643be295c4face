"""A panel in a notebook: the front end's controls ask, a thread draws, the newest request wins."""

import threading
from base64 import b64encode
from textwrap import fill
from typing import Any

import anywidget
import traitlets
from traitlets import Bool, Dict, Float, Int, List, Unicode

from labkit import fast

from . import guesses, moves, script, still, stored
from .live import Worker, headless, opened
from .pace import Paced
from .pins import Pinning
from .sketch import Cancelled, Sketch
from .visited import Visit, Visited

VIEW = "application/vnd.jupyter.widget-view+json"
MIME = "application/vnd.labkit.panel+json"
LINE = 110  # letters in a line of an image
PACE = 0.06  # seconds between two pictures of a drawing: a browser draws no more, and each would wait for its turn


class Panel(Pinning, anywidget.AnyWidget):
    """The panel of a sketch. `result` is what its `draw` returned, `move(rate=0.2)` moves controls by hand.

    A moved control interrupts the drawing that runs; a setting that was drawn before is shown again, not drawn again.
    Without a front end (papermill, nbval) the panel is drawn once, in this thread, when it is displayed. All that a
    reader sees is in traits, so it survives a reload of the page.

    The stored pictures are in a trait, too: the front end shows the one of the controls at once, and the live one over
    it. Every change of a control, and every new view, raises `asked`; the kernel copies it to `answered`. So a view
    knows when no kernel answers, says so, and goes on with what is stored.
    """

    _esm = script.module()
    _css = script.styles()
    title = Unicode().tag(sync=True)
    controls = List().tag(sync=True)
    rows = List().tag(sync=True)
    parts = List().tag(sync=True)
    question = Dict().tag(sync=True)
    moves = List().tag(sync=True)
    state = Dict().tag(sync=True)  # positions of the controls, and "marks" that a reader made inside of parts
    picture = Dict().tag(sync=True)
    drawing = Dict().tag(sync=True)  # state that the picture is of, whole or in part
    drawn = Dict().tag(sync=True)  # state of the last picture that was finished
    kept = Unicode().tag(sync=True)  # the stored pictures, see stored.packed
    asked = Int(0).tag(sync=True)  # how often a view wanted an answer
    answered = Int(0).tag(sync=True)  # the last `asked` that the kernel has seen
    guess = traitlets.Any(None, allow_none=True).tag(sync=True)  # {value, sure, why, skipped}; None: not made yet
    asks = Bool(False).tag(sync=True)  # nothing is shown before the guess is made or skipped
    fresh = Bool(False).tag(sync=True)  # no view has drawn the answer over the guess yet
    message = Unicode().tag(sync=True)
    busy = Bool(False).tag(sync=True)
    progress = Float(0.0).tag(sync=True)
    error = Unicode().tag(sync=True)
    stopped = Int(0).tag(sync=True)  # how often the reader pressed stop
    alive = Bool(False).tag(sync=True)  # a front end shows the panel

    def __init__(self, sketch: Sketch, **values: Any):
        self.sketch = sketch
        self.lock = threading.RLock()
        self.listening = True  # does a change of `state` start a drawing?
        self.returned = None  # by the last finished drawing
        self.visited = Visited()
        self.worker = Worker(self._draw, self._fail)
        asks = sketch.question is not None and not headless()
        guess = guesses.kept(sketch)
        begins_there = asks and not values and guess is not None and guess["value"] is not None
        super().__init__(
            title=sketch.title,
            controls=sketch.controls,
            rows=sketch.rows,
            parts=sketch.parts,
            question=guesses.question_traits(sketch),
            moves=moves.traits(sketch),
            versus=sketch.versus,
            state={**sketch.moved(sketch.positions, **values), **(sketch.asked() if begins_there else {})},
            guess=guess,
            asks=asks,
            fresh=begins_there,
            kept=stored.packed(sketch),
        )
        self.observe(self._on_moved_control, "state")
        self.observe(self._stop, "stopped")
        self.observe(self._on_front_end, "alive")
        self.observe(self._answer, "asked")
        self.observe(self._on_pins, "pins")
        self.observe(lambda change: guesses.take(sketch, change.new), "guess")
        guesses.watch(sketch, self)

    @property
    def result(self) -> Any:
        """Return what the last finished drawing returned, after waiting for the one that runs. Raises its error."""
        self.worker.wait()
        if self.error:
            raise RuntimeError(self.error)
        return self.returned

    @property
    def covered(self) -> bool:
        """Return whether the panel shows its question alone, because it waits for a guess."""
        return self.asks and self.guess is None

    def move(self, **values: Any) -> "Panel":
        """Set controls by their values and draw in this thread. Returns the panel; raises what the drawing raises.

        Raises ValueError for a control or a value that does not exist.
        """
        state = self.sketch.moved(dict(self.state), **values)
        self.listening = False
        try:
            self.state = state
            self._begin(state)
            self.worker.run(state)
        except Exception as error:
            self._fail(error)
            raise
        finally:
            self.listening = True
        return self

    def show(self, **traits: Any) -> None:
        """Set several traits in one message; any thread may call it."""
        with self.lock, self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    def _on_moved_control(self, change):
        """Draw the new state: a person moved a control, or a cell did without a front end."""
        if not self.listening:
            return
        if self.alive:
            self._ask()
        else:
            self.move()

    def _on_front_end(self, change):
        """Draw the panel unless it is drawn or being drawn."""
        if not self.drawn and not self.busy:
            self._ask()

    def _ask(self):
        """Leave the state to the thread that draws."""
        with self.lock:
            self.worker.ask(dict(self.state))
            self._begin(dict(self.state))

    def _begin(self, state):
        """Show that the drawing of a state begins, or what was drawn of it before. The pictures of another state go."""
        if self._is_shown(state):
            return
        visit = self.visited.find(state)
        if visit is not None:
            self._finish(state, visit)
            return
        picture = self.picture if state == self.drawing else {}
        self.show(busy=True, progress=0.0, error="", message="", drawing=state, picture=picture)

    def _answer(self, change):
        """Tell the views that this kernel has heard them."""
        self.answered = change.new

    def _stop(self, change):
        """Stop the drawing that runs."""
        with self.lock:
            self.worker.stop()
            self.show(busy=False, message="stopped")

    def _fail(self, error):
        """Show an error in the panel."""
        self.show(busy=False, error=f"{type(error).__name__}: {error}", message="stopped by an error")

    def _is_shown(self, state):
        """Return whether a state is what the panel shows, finished."""
        return self.drawn == self.drawing == state and not self.busy and not self.error

    def _finish(self, state, visit):
        """Show a finished drawing of a state."""
        self.returned = visit.returned
        traits = {"picture": visit.picture, "message": visit.message, "drawing": state, "drawn": state}
        self.show(**traits, busy=False, progress=1.0, error="")

    def _draw(self, state, cancelled):
        """Draw a state and then the pins, until it is done or cancelled: the job of the worker."""
        with self.lock:
            if not cancelled():
                self._begin(state)  # what was drawn before is there at once
            is_shown = self._is_shown(state)
        try:
            if not is_shown:
                self._draw_state(state, cancelled)
            self._draw_pins(cancelled)
        except Cancelled:
            return

    def _draw_state(self, state, cancelled):
        """Draw a state while the panel shows it. Raises Cancelled where it is out of date."""
        picture = {}
        messages = [""]

        def hand_over(message, progress, parts):
            if not cancelled():  # what waits may be of a setting that the reader has left
                self._show_progress(message, progress, parts)

        paced = Paced(hand_over, PACE, self.lock)

        def show(message=None, progress=None, **parts):
            with self.lock:
                if cancelled():
                    raise Cancelled
                picture.update(parts)
                if message is not None:
                    messages.append(message)
                paced.show(message, progress, parts)

        try:
            returned = self._fill(state, show)
        finally:
            paced.stop()
        with self.lock:
            if cancelled():
                raise Cancelled
            visit = Visit(picture, messages[-1], returned)
            self.visited.keep(state, visit)
            self._finish(state, visit)

    def _show_progress(self, message, progress, parts):
        """Show what a drawing has handed over; what is None or empty stays as it is."""
        traits = {}
        if parts:
            traits["picture"] = {**self.picture, **parts}
        if message is not None:
            traits["message"] = message
        if progress is not None:
            traits["progress"] = float(progress)
        self.show(**traits)

    def _fill(self, state, show):
        """Hand the pictures of a state over to `show`, computed or looked up. Return what came of it."""
        return self._look_up(state, show) if self.sketch.stored else self._compute(state, show)

    def _compute(self, state, show):
        """Draw a state by the sketch's function."""
        return self.sketch.draw(self.sketch.values(state), show)

    def _look_up(self, state, show):
        """Show the stored picture of a state."""
        frame = stored.frame(self.sketch, state)
        show(message=frame["message"], **frame["picture"])
        return frame

    def __repr__(self):  # for a reader without a kernel
        values = {}
        for control in self.controls:
            values[control["label"]] = control["words"][self.state[control["name"]]]
        listed = ", ".join(f"{label} {value}" for label, value in values.items())
        said = self.sketch.question.text if self.covered else self.message
        return f"Panel: {self.title} ({listed}). {said}"

    def _repr_mimebundle_(self, **kwargs):
        if not self.drawn and not self.busy:
            if headless():
                self.move()
            else:
                self._ask()
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data[MIME] = {"panel": self.sketch.name, "state": dict(self.state)}  # where a page puts the panel
        if not opened():
            data.pop(VIEW, None)  # nobody keeps the state of a widget that no view has: it would be "not found"
        picture = self._still()
        if picture is None:
            return bundle
        png, text = picture
        data["image/png"] = b64encode(png).decode()
        metadata = bundle[1] if isinstance(bundle, tuple) else {}
        return data, {**metadata, "image/png": {"alt": text}}

    def _still(self):
        """Draw the panel as an image for readers that show no widget: what is drawn, else what is stored.

        Returns a PNG and what is seen in it, or None.
        """
        if fast() and not opened():
            return None
        state = dict(self.state)
        if self.covered:
            return still.png(self.sketch, state, {}, fill(f"Guess first. {self.sketch.question.text}", LINE))
        if self.drawn == state:
            return still.png(self.sketch, state, self.picture, self.message)
        try:
            frame = stored.frame(self.sketch, state)
        except LookupError:
            return None
        return still.png(self.sketch, state, frame["picture"], frame["message"])

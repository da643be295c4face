"""A panel in a notebook: the front end's controls ask, a thread draws, the newest request wins."""

import threading

import anywidget
from traitlets import Any, Bool, Dict, Float, Int, List, Unicode

from . import guesses, script, stored
from .live import Worker, headless
from .sketch import Cancelled

MIME = "application/vnd.labkit.panel+json"


class Panel(anywidget.AnyWidget):
    """The panel of a sketch. `result` is what its `draw` returned, `move(rate=0.2)` moves controls by hand.

    A moved control interrupts what is being drawn. Without a front end (papermill, nbval) the panel is drawn once, here
    and now, when it is displayed. All that is seen lives in traits: it survives a reload of the page.
    """

    _esm = script.module()
    _css = script.styles()
    title = Unicode().tag(sync=True)
    controls = List().tag(sync=True)
    rows = List().tag(sync=True)
    parts = List().tag(sync=True)
    question = Dict().tag(sync=True)
    state = Dict().tag(sync=True)
    picture = Dict().tag(sync=True)
    drawn = Dict().tag(sync=True)
    guess = Any(None, allow_none=True).tag(sync=True)
    message = Unicode().tag(sync=True)
    busy = Bool(False).tag(sync=True)
    progress = Float(0.0).tag(sync=True)
    error = Unicode().tag(sync=True)
    stopped = Int(0).tag(sync=True)
    alive = Bool(False).tag(sync=True)

    def __init__(self, sketch, **values):
        self.sketch, self.turn, self.listening, self.found = sketch, threading.RLock(), True, None
        self.worker = Worker(self._draw, self._fail)
        fixed = {"title": sketch.title, "controls": sketch.controls, "rows": sketch.rows, "parts": sketch.parts}
        state, question = sketch.moved(sketch.positions, **values), guesses.asked(sketch)
        super().__init__(**fixed, state=state, question=question, guess=guesses.of(sketch))
        self.observe(lambda change: self.listening and self._asked(), "state")
        self.observe(lambda change: self._stop(), "stopped")
        self.observe(lambda change: self.drawn or self.busy or self._ask(), "alive")
        self.observe(lambda change: guesses.keep(sketch, change.new), "guess")

    @property
    def result(self):
        """What the last finished drawing returned, after waiting for the one that runs. Raises its error."""
        self.worker.wait()
        if self.error:
            raise RuntimeError(self.error)
        return self.found

    def move(self, **values):
        """Set controls by their values and draw here and now. Returns the panel; raises what the drawing raises.

        Raises ValueError for a control or a value that does not exist.
        """
        state, self.listening = self.sketch.moved(dict(self.state), **values), False
        try:
            self.state = state
            self._begin()
            self.worker.run(state)
        except Exception as error:
            self._fail(error)
            raise
        finally:
            self.listening = True
        return self

    def show(self, **traits):
        """Set several traits in one message; any thread may call it."""
        with self.turn, self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    def _asked(self):
        """A control moved: by a person, or by a cell without a front end."""
        self._ask() if self.alive else self.move()

    def _ask(self):
        with self.turn:
            self.worker.ask(dict(self.state))
            self._begin()

    def _begin(self):
        self.show(busy=True, progress=0.0, error="")

    def _stop(self):
        with self.turn:
            self.worker.stop()
            self.show(busy=False, message="stopped")

    def _fail(self, error):
        """An error is read in the panel."""
        self.show(busy=False, error=f"{type(error).__name__}: {error}", message="stopped by an error")

    def _draw(self, state, cancelled):
        """The worker's job: one state, until it is drawn or nobody wants it any longer."""
        shown = {}

        def show(message=None, progress=None, **parts):
            with self.turn:
                if cancelled():
                    raise Cancelled
                shown.update(parts)
                traits = {"picture": {**self.picture, **parts}} if parts else {}
                traits |= {"message": message} if message is not None else {}
                self.show(**traits, **({"progress": float(progress)} if progress is not None else {}))

        try:
            found = self._look_up(state, show) if self.sketch.stored else self.sketch.draw(self._values(state), show)
        except Cancelled:
            return
        with self.turn:
            if not cancelled():
                self.found = found
                self.show(picture=shown, drawn=state, busy=False, progress=1.0)

    def _values(self, state):
        return self.sketch.values(state)

    def _look_up(self, state, show):
        frame = stored.frame(self.sketch, state)
        show(message=frame["message"], **frame["picture"])
        return frame

    def __repr__(self):  # what a reader without a kernel sees of the panel
        values = {c["label"]: c["words"][self.state[c["name"]]] for c in self.controls}
        return f"Panel: {self.title} ({', '.join(f'{n} {v}' for n, v in values.items())}). {self.message}"

    def _repr_mimebundle_(self, **kwargs):
        if not self.drawn and not self.busy:
            self.move() if headless() else self._ask()
        shown = super()._repr_mimebundle_(**kwargs)
        data = shown[0] if isinstance(shown, tuple) else shown
        data[MIME] = {"panel": self.sketch.name, "state": dict(self.state)}  # where a page puts the panel
        return shown

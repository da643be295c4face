"""Lesson 02's panel: move the noise, and see which labels a network learns first."""

import ipywidgets

import labkit

from ...errors import need
from ..live import Worker, headless
from ..plot.lesson import WORDS
from . import life
from .curves import Curves, curve, look
from .gallery import Gallery
from .guess import Guess
from .setting import HIGHEST, METHODS, Setting


def measured(run):
    """The curves of a run so far. -> list for Curves"""
    epochs = [row["epoch"] for row in run.rows]
    return [curve(words, epochs, [row[name] for row in run.rows], **look(name)) for name, words in WORDS.items()]


class MemorisationPanel(ipywidgets.VBox):
    """An MLP is trained on the digits again at every move of a control; below, the life of single labels.

    noise: a name in labkit.noise.ALL. rate: 0 to 0.8. method: ERM, CDR, AUX or CDR+AUX. epochs: of a training (5 with
    LABKIT_FAST=1). guess: what the reader expects of `noisy_memorised` at these settings, in [0, 1]: a number for the
    last epoch, or a list over the epochs. Without a front end (papermill, nbval) it trains once, here and now, when it
    is displayed. Raises ValueError for other values.
    """

    def __init__(self, noise="symmetric", rate=0.4, method="ERM", epochs=30, guess=None):
        need(isinstance(epochs, int) and epochs > 0, "epochs", epochs, "a whole number above 0")
        self.asked = Setting(noise, rate, method).check()
        self.epochs, self.seed, self.listening = min(epochs, 5) if labkit.fast() else epochs, 0, True
        self.guess = None if guess is None else Guess(guess, "noisy_memorised")
        self.task, self.newest, self.finished = labkit.load("digits"), None, None
        self.worker = Worker(self.train, self.fail)
        self.make_controls(self.asked)
        self.make_pictures({"xlim": [0.5, self.epochs + 0.5]})
        look = {"max_width": "960px", "grid_gap": "20px", "padding": "4px 2px"}
        super().__init__([self.row, self.curves, self.gallery, self.life], layout=look)

    def make_controls(self, setting):
        """Three controls, each a symbol or a word of the lesson, and a button."""
        wide = lambda width: {"layout": {"width": width, "margin": "0"}, "style": {"description_width": "auto"}}
        names = labkit.noise.suited(self.task)
        self.noise = ipywidgets.Dropdown(options=names, value=setting.noise, description="noise", **wide("190px"))
        tip = "noise rate τ; the arrow keys move it"
        scale = {"min": 0, "max": HIGHEST, "step": 0.05, "readout_format": ".2f"}
        self.rate = ipywidgets.FloatSlider(setting.rate, **scale, description="rate τ", tooltip=tip, **wide("320px"))
        self.method = ipywidgets.Dropdown(options=METHODS, value=setting.method, description="method", **wide("180px"))
        self.button = ipywidgets.Button(description="Next seed", layout={"width": "110px", "margin": "0"})
        self.button.on_click(self.press)
        for control in (self.noise, self.rate, self.method):
            control.observe(self.move, "value")
        layout = {"flex_flow": "row wrap", "grid_gap": "8px 24px", "align_items": "center", "overflow": "visible"}
        self.row = ipywidgets.HBox([self.noise, self.rate, self.method, self.button], layout=layout)

    def make_pictures(self, axis):
        """The curves, the gallery, and the life of one label."""
        self.curves = Curves(title="What the network has learnt", ylabel="share of the samples", height=310, **axis)
        self.gallery = Gallery(title="Training images and their given labels", signs=life.KEYS)
        empty = {"title": life.TITLE, "hint": life.HINT, "series": life.traces(), "strip": life.strip()}
        self.life = Curves(ylabel="loss (nats), weight", ylim=[0, 6], unit="number", height=250, **empty, **axis)
        self.curves.observe(lambda change: self.finished or self.curves.busy or self.ask(), "alive")
        self.curves.observe(self.name_button, "busy")
        self.gallery.observe(lambda change: self.show_life(), "selected")

    @property
    def setting(self):
        """What the controls say now. -> Setting"""
        return Setting(self.noise.value, self.rate.value, self.method.value, self.seed)

    @property
    def run_result(self):
        """The last finished Run, after waiting for the one that trains; None before the first. Raises its error."""
        self.worker.wait()
        if self.curves.error:
            raise RuntimeError(self.curves.error)
        return self.finished and self.finished[1]

    @property
    def history(self):
        """The history of the last finished Run. -> DataFrame"""
        return self.run_result.history

    def run(self, noise=None, rate=None, method=None):
        """Set the controls that are given, and train here and now. Returns the Run, raises the training's errors."""
        now = self.setting
        asked = Setting(noise or now.noise, now.rate if rate is None else rate, method or now.method, now.seed).check()
        self.listening = False
        self.noise.value, self.rate.value, self.method.value = asked[:3]
        self.listening = True
        self.worker.stop()
        self.worker.wait()
        self.begin()
        try:
            return self.worker.run(self.setting)
        except Exception as error:
            self.fail(error)
            raise

    def ask(self):
        """Train what the controls say in the panel's thread; what trains now is dropped."""
        with self.curves.turn:
            self.worker.ask(self.setting)
            self.begin()

    def move(self, change):
        """A control moved: by a person, or by a cell without a front end."""
        if self.listening:
            self.ask() if self.curves.alive else self.run()

    def name_button(self, change):
        """The button stops what trains."""
        self.button.description = "Stop" if change.new else "Next seed"

    def press(self, button):
        """Stop what trains, or train with the next seed."""
        if not self.curves.busy:
            self.seed += 1
            return self.move(None)
        with self.curves.turn:
            self.worker.stop()
            self.curves.show(busy=False, message="stopped")

    def begin(self):
        """What changes at once: the reference line and the busy state. The finished curves stay, faintly."""
        before = measured(self.finished[1]) if self.finished else []
        line = {"name": "1 − τ", "y": 1 - self.rate.value}
        words = {"error": "", "message": f"training: {self.setting}"}
        self.curves.show(busy=True, progress=0.0, lines=[line], before=before, **words)

    def train(self, setting, cancelled):
        """The worker's job: a run, drawn after every epoch. -> Run"""
        task = setting.corrupt(self.task)
        shown = life.picks(task.train.y, task.truth.y, self.gallery.selected)
        run = setting.fit(task, self.epochs, lambda run: self.draw(task, run, shown, cancelled))
        with self.curves.turn:
            if not cancelled():
                self.end(task, run, shown, setting)
        return run

    def draw(self, task, run, shown, cancelled):
        """Draw one epoch more. -> True when nobody wants it any longer"""
        with self.curves.turn:
            if cancelled():
                return True
            self.newest = (task, run)
            guess = [self.guess.curve(self.epochs)] if self.guess else []
            if len(run.rows) == 1:
                self.gallery.show(task.train.x[shown], life.items(task, shown))
                self.curves.show(caption=self.caption())
            self.curves.show(series=measured(run) + guess, progress=len(run.rows) / self.epochs)
            self.show_life()

    def end(self, task, run, shown, setting):
        """The finished run: its verdict in words, and what became of the labels in the gallery."""
        self.finished = (task, run)
        self.gallery.show(task.train.x[shown], life.items(task, shown, run.life.believed[-1]))
        self.life.show(ylim=[0.0, life.ceiling(run, shown)])
        self.curves.show(busy=False, message=self.verdict(run, setting))

    def show_life(self):
        """The life of the chosen label in the newest run."""
        with self.curves.turn:
            if self.newest and self.gallery.selected >= 0:
                self.life.show(**life.life_of(*self.newest, self.gallery.selected))

    def caption(self):
        """Data, n, noise, method, network; and what the faint curves are."""
        (task, run), seed = self.newest, lambda run: f"{run.config['method']}, seed {run.config['seed']}"
        faint = ""
        if self.finished:
            before, noise = self.finished[1], self.finished[0].noise
            faint = f" Faint: the run before ({noise.name} {noise.rate:.0%}, {seed(before)})."
        noise = f"{task.noise.words} (realised {task.noise.realised:.1%})"
        return f"{task.name}, MLP, n = {len(task.train):,}; {noise}; {seed(run)}.{faint}"

    def verdict(self, run, setting):
        """The end of the run in one line; a guess is scored at the settings it was made for."""
        share = run.rows[-1]["noisy_memorised"]
        words = "there are no wrong labels" if share != share else f"{share:.0%} of the wrong labels are memorised"
        guessed = self.guess and setting == self.asked and share == share
        scored = f"; your guess is {self.guess.off(run):.0f} points off" if guessed else ""
        return f"after {len(run.rows)} epochs {words}{scored}"

    def fail(self, error):
        """An error is read in the panel."""
        self.curves.show(busy=False, error=f"{type(error).__name__}: {error}", message="stopped by an error")

    def __repr__(self):  # what a reader without a kernel sees of the panel
        return f"Panel: {self.setting}: {self.curves.message}"

    def _repr_mimebundle_(self, **kwargs):
        if self.finished is None and not self.curves.busy:
            self.run() if headless() else self.ask()
        return super()._repr_mimebundle_(**kwargs)

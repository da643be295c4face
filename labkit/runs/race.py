"""A race: several methods on the same data, noise and seed, epoch by epoch side by side."""

from collections.abc import Mapping
from typing import Annotated

import torch

from .. import noise
from ..arguments import Checked, Count, Data, Epochs, Number, Rate, Seed, checked
from ..errors import Diverged, choose, need
from ..fit import CRITERIA, Recipe, begin, identified, maker
from ..fit.check import check_data, check_method, net_name, unbound_copy
from ..generators import put, states, unmoved
from ..methods import ALL
from .compare import SETTINGS
from .entry import META, clean, enter
from .scores import Bet, leads, table

Points = Annotated[float, Number(0, 100)]  # of accuracy, in percent
MOST = 4  # methods that can still be told apart in one picture
KEPT, FINISHED = 100, {}  # finished runs by name: a control that goes back trains nothing


class Race(metaclass=Checked):
    """Methods side by side. Making a Race checks everything and trains nothing; `steps` and `run` train.

    methods: two to four names of labkit.methods.ALL, or {label: a name or a Method of yours}. data: what labkit.load
    takes, n: only so many of its training samples. noise: a name in labkit.noise.ALL. rate: in [0, 1). net: as of
    labkit.fit. recipe: one for all methods, None is that of `fit`. A method by its name has the settings of
    `./lab methods`; one that asks for the noise rate is told the true one, one that asks for a meta set gets 100
    samples held out of the training set. Raises ValueError for what could not be trained.
    """

    def __init__(
        self, methods, data: Data = "digits", noise="symmetric", rate: Rate = 0.4, epochs: Epochs = 30, *, net="mlp",
        recipe=None, n: Count | None = None,
    ):  # fmt: skip
        self.data, self.noise, self.rate, self.epochs, self.net = data, noise, rate, epochs, net
        self.recipe = Recipe.of(recipe)
        self.methods = _labelled(methods)
        self.net_name = net_name(net)
        self.n, self.clean = n, clean(data, n)
        check_data(self.clean, None)
        self._noise(0)
        with unmoved():
            maker(net, self.clean, torch.device("cpu"))()  # a network that these samples do not fit says so
        for label in self.methods:
            check_method(*self._entry(label, 0))

    @classmethod
    def argument(cls, name):
        """How a message calls an argument."""
        return name

    @checked
    def task(self, seed: Seed = 0):
        """The data with the noise of a seed. -> Task"""
        return noise.corrupt(self.clean, self._noise(seed), seed)

    def but(self, methods, noise, rate, epochs):
        """The same race with others, on other noise. -> Race"""
        how = {"net": self.net, "recipe": self.recipe, "n": self.n}
        return Race(methods, self.data, noise, rate, epochs, **how)

    def same_setting(self, other):
        """Is it the same race, whoever takes part? -> bool"""
        names = ("data", "noise", "rate", "epochs", "net", "recipe", "n")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def _noise(self, seed):
        named = {name: noise.ALL[name] for name in noise.suited(self.clean)}
        return choose("noise", self.noise, named)(self.rate)

    def _entry(self, label, seed):
        """A contestant. -> Method, the task it trains on, its meta set or None"""
        named, task = self.methods[label], self.task(seed)
        if not isinstance(named, str):
            return unbound_copy(named), task, None
        return enter(named, SETTINGS.get(named, {}), self.rate, task, META, seed)

    @checked
    def steps(self, seed: Seed = 0):
        """Train every method for an epoch more, until all are done. Yields {label: Run} after each round.

        A run is bit for bit what `fit` alone makes. One that diverges stays where it was, with notes["diverged"]. A
        method of several stages trains on while the others wait. Same race, same seed: the finished runs are kept.
        """
        contestants = {label: self._contestant(label, seed) for label in self.methods}
        going = True
        while going:
            going = any([contestant.epoch() for contestant in contestants.values()])
            yield {label: contestant.run for label, contestant in contestants.items()}
        for label, contestant in contestants.items():
            run = contestant.run
            if isinstance(self.methods[label], str) and run.finished and identified(run.config):
                FINISHED[run.name] = run
        for name in list(FINISHED)[:-KEPT]:
            del FINISHED[name]

    def _contestant(self, label, seed):
        method, task, meta = self._entry(label, seed)
        with unmoved():
            run, loop = begin(method, task, self.net, self.epochs, seed, self.recipe, "cpu", meta)
            return _Contestant(FINISHED.get(run.name, run), loop)

    @checked
    def run(self, seeds: tuple[Seed, ...] = (0,)):
        """Race once per seed. -> {label: a Run per seed}"""
        every = [list(self.steps(seed))[-1] for seed in seeds]
        need(every, "seeds", seeds, "one or more seeds")
        return {label: [runs[label] for runs in every] for label in self.methods}

    @checked
    def bet(self, winner, points: Points, criterion="last10"):
        """A bet on the best mean over the seeds, so many points ahead of the next. -> Bet

        Raises ValueError for a method that does not race, points below 0, or an unknown criterion.
        """
        choose("winner", winner, self.methods)
        choose("criterion", criterion, CRITERIA)
        return Bet(winner, points, criterion)

    def table(self, runs):
        """Mean over the seeds in percent: a row per method, a column per criterion, label precision. -> DataFrame"""
        return table(runs)

    def leads(self, runs):
        """Who is first by each criterion, and how surely, in points. -> DataFrame"""
        return leads(runs)

    def __repr__(self):
        task = self.task()
        who = f"{' | '.join(self.methods)}: {self.net_name}, {self.epochs} epochs"
        return f"{who}, {task.name}, n = {len(task.train):,}, {task.noise.words}"


class _Contestant:
    """A training that waits between its epochs. Each has its own states of the global generators."""

    def __init__(self, run, loop):
        self.run, self.events, self.random = run, iter(()) if run.finished else loop.run(), states()

    def epoch(self):
        """Train one epoch. -> was there one?"""
        with unmoved():
            put(self.random)
            try:
                more = next((True for event in self.events if event == "epoch"), False)
            except Diverged as error:
                self.run.notes["diverged"], more = str(error), False
            self.random = states()
        if not more and not self.run.finished and "diverged" not in self.run.notes:
            self.run.finished, self.run.notes = True, self.run.notes | self.run.method.notes()
        return more


def _labelled(methods):
    """{label: name or Method} from what a race was given."""
    several = isinstance(methods, Mapping | list | tuple)
    need(several, "methods", methods, f"a list of two to {MOST} methods, or a dict {{label: method}}")
    entered = list(methods.items() if isinstance(methods, Mapping) else ((_label(m), m) for m in methods))
    labels = [label for label, _ in entered]
    need(1 < len(labels) <= MOST, "methods", methods, f"two to {MOST} of them")
    need(len(set(labels)) == len(labels), "methods", methods, "different ones; {label: method} tells twins apart")
    for _, method in entered:
        choose("methods", method, ALL) if isinstance(method, str) else unbound_copy(method)
    return dict(entered)


def _label(method):
    return method if isinstance(method, str) else type(method).__name__

"""A race: several methods on the same data, noise and seed, epoch by epoch side by side."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Annotated

import pandas as pd
import torch

from .. import noise
from ..arguments import Checked, Count, Data, Epochs, Number, Rate, Seed, checked
from ..data import Task
from ..errors import Diverged, choose, need
from ..fit import CRITERIA, Loop, Recipe, Run, begin, identified, maker
from ..fit.check import check_data, check_method, net_name, unbound_copy
from ..generators import put, states, unmoved
from ..method import Method
from ..methods import ALL
from .compare import SETTINGS
from .entry import META, clean, enter
from .scores import Bet, leads, table

Points = Annotated[float, Number(0, 100)]  # of accuracy, in percent
Methods = Sequence[str | Method] | Mapping[str, str | Method]
LARGEST = 4  # methods that can still be told apart in one picture
KEPT = 100  # finished runs that FINISHED holds at most
FINISHED = {}  # finished runs by name: a control that goes back trains nothing


class Race(metaclass=Checked):
    """Methods side by side. Making a Race checks everything and trains nothing; `steps` and `run` train.

    methods: two to four names of labkit.methods.ALL, or {label: a name or a Method of yours}. data: what labkit.load
    takes, n: only so many of its training samples. noise: a name in labkit.noise.ALL. rate: in [0, 1). net: as of
    labkit.fit. recipe: one for all methods, None is that of `fit`. A method by its name has the settings of
    `./lab methods`; one that assumes a noise rate gets the true one, one that needs a meta set gets 100 samples held
    out of the training set. Raises ValueError for what could not be trained.
    """

    def __init__(
        self, methods: Methods, data: Data = "digits", noise: str = "symmetric", rate: Rate = 0.4, epochs: Epochs = 30,
        *, net: str | Callable = "mlp", recipe: Recipe | dict | None = None, n: Count | None = None,
    ):  # fmt: skip
        self.data = data
        self.noise = noise
        self.rate = rate
        self.epochs = epochs
        self.net = net
        self.recipe = Recipe.of(recipe)
        self.methods = _labelled(methods)
        self.net_name = net_name(net)
        self.n = n
        self.clean = clean(data, n)
        check_data(self.clean, None)
        self._noise(0)
        with unmoved():
            maker(net, self.clean, torch.device("cpu"))()  # raises for a network that these samples do not fit
        for label in self.methods:
            check_method(*self._entry(label, 0))

    @classmethod
    def argument(cls, name: str) -> str:
        """Return what a message calls an argument."""
        return name

    @checked
    def task(self, seed: Seed = 0) -> Task:
        """Return the data with the noise of a seed."""
        return noise.corrupt(self.clean, self._noise(seed), seed)

    def but(self, methods: Methods, noise: str, rate: float, epochs: int) -> "Race":
        """Return a race of other methods on other noise, with the same data, network and recipe."""
        return Race(methods, self.data, noise, rate, epochs, net=self.net, recipe=self.recipe, n=self.n)

    def same_setting(self, race: "Race") -> bool:
        """Return whether another race has the same setting, whatever its methods."""
        setting = attrgetter("data", "noise", "rate", "epochs", "net", "recipe", "n")
        return setting(self) == setting(race)

    def _noise(self, seed):
        """Return the noise model."""
        models = {name: noise.ALL[name] for name in noise.suited(self.clean)}
        return choose("noise", self.noise, models)(self.rate)

    def _entry(self, label, seed):
        """Return a contestant's Method, the task that it trains on, and its meta set or None."""
        method = self.methods[label]
        task = self.task(seed)
        if not isinstance(method, str):
            return unbound_copy(method), task, None
        return enter(method, SETTINGS.get(method, {}), self.rate, task, META, seed)

    @checked
    def steps(self, seed: Seed = 0) -> Iterator[dict[str, Run]]:
        """Train every method for one epoch after the other, until all are done. Yields {label: Run} after each round.

        A run is bit for bit what `fit` alone makes. One that diverges ends there, with notes["diverged"]. A method of
        several stages trains on while the others wait. Same race, same seed: the finished runs are kept.
        """
        contestants = {label: self._contestant(label, seed) for label in self.methods}
        training = True
        while training:
            training = False
            for contestant in contestants.values():
                training |= contestant.epoch()
            yield {label: contestant.run for label, contestant in contestants.items()}
        for label, contestant in contestants.items():
            run = contestant.run
            if isinstance(self.methods[label], str) and run.finished and identified(run.config):
                FINISHED[run.name] = run
        for name in list(FINISHED)[:-KEPT]:
            del FINISHED[name]

    def _contestant(self, label, seed):
        """Begin the training of a method, or take its finished run."""
        method, task, meta = self._entry(label, seed)
        with unmoved():
            run, loop = begin(method, task, self.net, self.epochs, seed, self.recipe, "cpu", meta)
            return _Contestant(FINISHED.get(run.name, run), loop)

    @checked
    def run(self, seeds: tuple[Seed, ...] = (0,)) -> dict[str, list[Run]]:
        """Race once per seed. -> {label: a Run per seed}; raises ValueError without a seed"""
        need(seeds, "seeds", seeds, "one or more seeds")
        finished = {label: [] for label in self.methods}
        for seed in seeds:
            *_, runs = self.steps(seed)
            for label, run in runs.items():
                finished[label].append(run)
        return finished

    @checked
    def bet(self, winner: str, points: Points, criterion: str = "last10") -> Bet:
        """Bet on the best mean over the seeds, so many points ahead of the next.

        Raises ValueError for a method that does not race, points below 0, or an unknown criterion.
        """
        choose("winner", winner, self.methods)
        choose("criterion", criterion, CRITERIA)
        return Bet(winner, points, criterion)

    def table(self, runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
        """Return means over the seeds in percent: a row per method, a column per criterion, label precision."""
        return table(runs)

    def leads(self, runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
        """Return the first method by each criterion, and its lead in points."""
        return leads(runs)

    def __repr__(self) -> str:
        task = self.task()
        methods = f"{' | '.join(self.methods)}: {self.net_name}, {self.epochs} epochs"
        return f"{methods}, {task.name}, n = {len(task.train):,}, {task.noise.words}"


class _Contestant:
    """A training that waits between its epochs. It has its own states of the global generators."""

    def __init__(self, run: Run, loop: Loop) -> None:
        self.run = run
        self.random = states()
        self.events = iter(()) if run.finished else loop.run()

    def epoch(self) -> bool:
        """Train one epoch. -> False if there was none left"""
        with unmoved():
            put(self.random)
            try:
                trained = self._next_epoch()
            except Diverged as error:
                self.run.notes["diverged"] = str(error)
                trained = False
            self.random = states()
        if not trained and not self.run.finished and "diverged" not in self.run.notes:
            self.run.finished = True
            self.run.notes = self.run.notes | self.run.method.notes()
        return trained

    def _next_epoch(self):
        """Run the training up to the end of its next epoch. -> False if there is none"""
        return "epoch" in self.events  # takes events up to the first such one


def _labelled(methods):
    """Return the methods of a race by their labels. -> {label: name or Method}"""
    several = isinstance(methods, Mapping | list | tuple)
    need(several, "methods", methods, f"a list of two to {LARGEST} methods, or a dict {{label: method}}")
    if isinstance(methods, Mapping):
        labels = list(methods)
        contestants = list(methods.values())
    else:
        labels = list(map(_label, methods))
        contestants = list(methods)
    need(1 < len(labels) <= LARGEST, "methods", methods, f"two to {LARGEST} of them")
    need(len(set(labels)) == len(labels), "methods", methods, "different ones; {label: method} tells twins apart")
    for method in contestants:
        if isinstance(method, str):
            choose("methods", method, ALL)
        else:
            unbound_copy(method)
    return dict(zip(labels, contestants))


def _label(method):
    """Return the label of a method that was given none."""
    return method if isinstance(method, str) else type(method).__name__

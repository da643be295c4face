"""What the controls of a panel say, and what `fit` makes of it."""

from contextlib import contextmanager
from typing import NamedTuple

import torch

import labkit

from ...errors import choose, need

METHODS = ("ERM", "CDR", "AUX", "CDR+AUX")
HIGHEST = 0.8


class Setting(NamedTuple):
    """A name in labkit.noise.ALL, its rate, a name in METHODS, and the seed of noise and training."""

    noise: str
    rate: float
    method: str
    seed: int = 0

    def __str__(self):
        return f"{self.noise} noise, τ = {self.rate:.2f}, {self.method}"

    def check(self):
        """This setting, or a ValueError that says what it may be."""
        choose("noise", self.noise, labkit.noise.ALL)
        fine = isinstance(self.rate, (int, float)) and 0 <= self.rate <= HIGHEST
        need(fine, "rate", self.rate, f"a number in [0, {HIGHEST}]")
        choose("method", self.method, dict.fromkeys(METHODS))
        return self

    def corrupt(self, task):
        """The task with this noise. -> Task"""
        return labkit.corrupt(task, labkit.noise.ALL[self.noise](self.rate), self.seed)

    def fit(self, task, epochs, on_epoch):
        """Train an MLP on the task, on one CPU thread: such a small network is slower on two. -> Run"""
        made = labkit.methods.ALL[self.method]
        method = made(rate=self.rate) if "rate" in made.__dataclass_fields__ else made()
        quiet = {"device": "cpu", "life": True, "progress": False}
        with one_thread():
            return labkit.fit(method, task, "mlp", epochs, self.seed, **quiet, on_epoch=on_epoch)


@contextmanager
def one_thread():
    """Compute on one thread inside; the number is as before outside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

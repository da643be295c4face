"""What a loss forgives: its value and its pull over the probability of the given label, and what trainings make of it.

All losses of the lesson start at cross-entropy and leave it by a step s in [0, 1]: q = s (GCE), beta = 1 - s = alpha
with the roles that each paper gives them, gamma = 5 s (focal).
"""

from collections.abc import Callable, Sequence
from itertools import product

import pandas as pd
import torch
from torch import Tensor

import labkit

from ...data import Task
from ...fit import Run
from ...method import Method
from ...methods import ALL

HYPERPARAMETERS = {
    "GCE": lambda s: {"q": s},
    "SCE": lambda s: {"alpha": 1 - s, "beta": s},
    "Focal": lambda s: {"gamma": 5 * s},
    "Bootstrap soft": lambda s: {"beta": 1 - s},
    "Bootstrap hard": lambda s: {"beta": 1 - s},
}
COLUMNS = ("clean_fitted", "noisy_memorised", "noisy_corrected", "test")
EPOCHS = 40
FAST = {"n": 600, "epochs": 10}  # at LABKIT_FAST: images, and epochs of the panel
RUNS = {}  # trainings of this process by setting


def method(name: str, step: float) -> Method:
    """Return the method that is `step` in [0, 1] away from cross-entropy: ERM at 0; "ERM" and "MAE" at every step."""
    if name not in HYPERPARAMETERS:
        return ALL[name]()
    if not step:
        return ALL["ERM"]()
    values = HYPERPARAMETERS[name](round(step, 10))
    return ALL[name](**values)


def gradients(method: Method, logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return a loss and its gradient on the logits, sample by sample.

    logits [B, C], y [B] -> loss [B], gradient [B, C]
    """
    logits = logits.detach().requires_grad_()
    classes = logits.shape[-1]
    samples = labkit.Split(logits, y, classes, None)  # a loss asks only whether these are classes
    bound = method.bound_to(torch.nn.Identity(), samples)
    with torch.enable_grad():
        value = bound.loss(logits, y, None)
        (slope,) = torch.autograd.grad(value.sum(), logits)
    return value.detach(), slope


def shape(method: Method, p: Tensor) -> tuple[Tensor, Tensor]:
    """Return value and pull over the given label's probability p [L] in (0, 1); the rest is on one other class.

    The pull is minus the derivative by the given label's logit: how hard a step lifts it. -> value [L], pull [L]
    """
    log_rest = (1 - p).log()
    logits = torch.stack([p.log(), log_rest], -1)
    y = torch.zeros(len(p), dtype=torch.long)
    value, slope = gradients(method, logits, y)
    return value, -slope[:, 0]


def pulls(method: Method, logits: Tensor, y: Tensor) -> Tensor:
    """Return how hard a step lifts the logit of every sample's given label. logits [B, C], y [B] -> [B]"""
    _, slope = gradients(method, logits, y)
    of_given = slope.gather(-1, y[:, None])
    return -of_given[:, 0]


def pulled_by_noisy(method: Method, *, logits: Tensor, y: Tensor, wrong: Tensor) -> float:
    """Return the fraction of all samples' pull that noisy labels have. logits [B, C], y [B], wrong [B] bool"""
    size = pulls(method, logits, y).abs()
    fraction = size[wrong].sum() / size.sum()
    return fraction.item()


def digits() -> Task:
    """Load the digits; fewer at LABKIT_FAST."""
    n = FAST["n"] if labkit.fast() else None
    return labkit.load("digits", n=n)


def noisy(*, noise_rate: float, seed: int) -> Task:
    """Return these digits with symmetric noise."""
    noise = labkit.noise.symmetric(noise_rate)
    return labkit.corrupt(digits(), noise, seed)


def trained(
    name: str,
    *,
    step: float,
    noise_rate: float,
    seed: int,
    epochs: int = EPOCHS,
    watch: Callable[[Run], None] | None = None,
) -> Run:
    """Train once on noisy digits, and keep the run for the next time.

    name, step: of `method`. watch(run): called after every epoch; a watcher keeps more than the run, and so a watched
    run is kept apart.
    """
    key = (name if step else "ERM", step, noise_rate, seed, epochs, labkit.fast(), watch is not None)
    if key not in RUNS:
        loss = method(name, step=step)
        task = noisy(noise_rate=noise_rate, seed=seed)
        RUNS[key] = labkit.fit(loss, task, "mlp", epochs, seed, device="cpu", progress=False, on_epoch=watch)
    return RUNS[key]


def sweep(
    name: str, *, steps: Sequence[float], noise_rate: float, seeds: Sequence[int], epochs: int = EPOCHS
) -> pd.DataFrame:
    """Return the last epoch of every step and seed. -> DataFrame: s, seed and COLUMNS"""
    rows = []
    for step, seed in product(steps, seeds):
        run = trained(name, step=step, noise_rate=noise_rate, seed=seed, epochs=epochs)
        row = {"s": step, "seed": seed}
        for column in COLUMNS:
            row[column] = run.rows[-1][column]
        rows.append(row)
    return pd.DataFrame(rows)


def pairs(n: int = 3000, seed: int = 0) -> Task:
    """Return two digits side by side, a hundred classes 00 to 99.

    n: training images, drawn from the digits' training images; 1,000 test images are drawn from their test images.
    """
    digits = labkit.load("digits")
    rng = torch.Generator().manual_seed(seed)
    x, y = _draw_pairs(digits.train, n, rng)
    x_test, y_test = _draw_pairs(digits.test, 1000, rng)
    scale = digits.train.scale
    return labkit.Task.of(x, y, x_test, y_test, name="pairs of digits", scale=scale, classes=100, y_true="given")


def _draw_pairs(split, size, rng):
    """Draw `size` pairs of a split's images. -> images [size, 1, H, 2 W], labels [size]"""
    tens, units = torch.randint(len(split), (2, size), generator=rng)
    x = torch.cat([split.x[tens], split.x[units]], -1)
    y = 10 * split.y[tens] + split.y[units]
    return x, y

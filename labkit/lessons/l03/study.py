"""What a loss forgives: its value and its pull over the probability of the given label, and what trainings make of it.

All losses of the lesson start at cross-entropy and leave it by a step s in [0, 1]: q = s (GCE), beta = 1 - s = alpha
with the roles that each paper gives them, gamma = 5 s (focal).
"""

import pandas as pd
import torch

import labkit

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


def method(name, step):
    """Return the method that is `step` in [0, 1] away from cross-entropy: ERM at 0; "ERM" and "MAE" at every step."""
    if name in HYPERPARAMETERS and step:
        return ALL[name](**HYPERPARAMETERS[name](round(step, 10)))
    return ALL["ERM" if name in HYPERPARAMETERS else name]()


def gradients(method, logits, y):
    """A loss and its gradient on the logits, sample by sample. logits [B, C], y [B] -> loss [B], gradient [B, C]"""
    logits = logits.detach().requires_grad_()
    with torch.enable_grad():
        samples = labkit.Split(logits, y, logits.shape[-1], None)  # a loss asks only whether these are classes
        value = method.bound_to(torch.nn.Identity(), samples).loss(logits, y, None)
        (slope,) = torch.autograd.grad(value.sum(), logits)
    return value.detach(), slope


def shape(method, p):
    """Value and pull over the given label's probability p [L], in (0, 1); the rest is on one other class. The pull is
    minus the derivative by the given label's logit: how hard a step lifts it. -> value [L], pull [L]"""
    logits = torch.stack([p.log(), (1 - p).log()], -1)
    value, slope = gradients(method, logits, torch.zeros(len(p), dtype=torch.long))
    return value, -slope[:, 0]


def pulls(method, logits, y):
    """How hard a step lifts the logit of every sample's given label. logits [B, C], y [B] -> [B]"""
    return -gradients(method, logits, y)[1].gather(-1, y[:, None])[:, 0]


def pulled_by_noisy(method, *, logits, y, wrong):
    """The fraction of the pull of all samples that noisy labels have. logits [B, C], y [B], wrong [B] bool -> float"""
    pull = pulls(method, logits, y).abs()
    return (pull[wrong].sum() / pull.sum()).item()


def digits():
    """The digits; fewer at LABKIT_FAST. -> Task"""
    return labkit.load("digits", n=FAST["n"] if labkit.fast() else None)


def noisy(*, noise_rate, seed):
    """These digits with symmetric noise. -> Task"""
    return labkit.corrupt(digits(), labkit.noise.symmetric(noise_rate), seed)


FOUND = {}  # trainings of this process by setting


def trained(name, *, step, noise_rate, seed, epochs=EPOCHS, watch=None):
    """One training on noisy digits, kept for the next time. watch(run): called after every epoch; who watches keeps
    more than the run, and so a watched one is kept apart. -> Run"""
    key = (name if step else "ERM", step, noise_rate, seed, epochs, labkit.fast(), watch is not None)
    if key not in FOUND:
        about = (method(name, step=step), noisy(noise_rate=noise_rate, seed=seed), "mlp", epochs, seed)
        FOUND[key] = labkit.fit(*about, device="cpu", progress=False, on_epoch=watch)
    return FOUND[key]


def sweep(name, *, steps, noise_rate, seeds, epochs=EPOCHS):
    """The last epoch of every step and seed. -> DataFrame: s, seed and COLUMNS"""
    rows = [
        {"s": s, "seed": seed}
        | {
            column: trained(name, step=s, noise_rate=noise_rate, seed=seed, epochs=epochs).rows[-1][column]
            for column in COLUMNS
        }
        for s in steps
        for seed in seeds
    ]
    return pd.DataFrame(rows)


def pairs(n=3000, seed=0):
    """Two digits side by side, a hundred classes 00 to 99. n: training images, drawn from the digits' training images;
    1,000 test images from their test images. -> Task"""
    digits, rng = labkit.load("digits"), torch.Generator().manual_seed(seed)

    def drawn(split, size):
        left, right = torch.randint(len(split), (2, size), generator=rng)
        return torch.cat([split.x[left], split.x[right]], -1), 10 * split.y[left] + split.y[right]

    own, test = drawn(digits.train, n), drawn(digits.test, 1000)
    name = "pairs of digits"
    return labkit.Task.of(*own, *test, name=name, scale=digits.train.scale, classes=100, y_true="given")

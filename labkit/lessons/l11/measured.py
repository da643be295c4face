"""What lesson 11 quotes of the digits: the noise rate that confident learning estimates, from few and many images."""

from ...fit import fit
from ...load import load
from ...methods import ConfidentLearning
from ...noise import corrupt, matrix_noise, symmetric
from . import study

EPOCHS = 4  # of each network
SIZES = (100, 300, 1000)
SETTINGS = {f"people's T, {n:,} digits": {"noise": "people's T", "n": n} for n in SIZES}
SETTINGS |= {f"symmetric, {n:,} digits": {"noise": "symmetric", "n": n} for n in SIZES}


def measure(seed, noise, n):
    """Estimate the noise rate of n digits.

    -> the estimate, the fraction of wrong labels, and how often networks that did not
    see an image predict its given and its true label"""
    models = {"people's T": lambda: matrix_noise(study.matrix()), "symmetric": lambda: symmetric(study.true_rate())}
    task = corrupt(load("digits", n=n), models[noise](), seed)
    run = fit(ConfidentLearning(fold_epochs=EPOCHS), task, "mlp", EPOCHS, seed, device="cpu", progress=False)
    p, y = run.method.p, run.method.train.y
    return {
        "estimated rate": study.estimate(run),
        "wrong labels": study.fraction(task.train.y != task.truth.y, task.train.y >= 0),
        "given labels predicted": study.fraction(p.argmax(1) == y, y >= 0),
        "true labels predicted": study.fraction(p.argmax(1) == task.truth.y, y >= 0),
    }

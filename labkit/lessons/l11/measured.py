"""What lesson 11 quotes of the digits: the noise rate that confident learning estimates, from few and many images."""

from ...fit import fit
from ...load import load
from ...measure import share
from ...methods import ConfidentLearning
from ...noise import corrupt, matrix_noise, symmetric
from . import study
from .cifar10n import matrix, true_rate

EPOCHS = 4  # of each network
SIZES = (100, 300, 1000)


def settings() -> dict[str, dict]:
    """Return both noises on each number of digits. -> SETTINGS"""
    named = {}
    for noise in ("people's T", "symmetric"):
        for n in SIZES:
            named[f"{noise}, {n:,} digits"] = {"noise": noise, "n": n}
    return named


SETTINGS = settings()


def measure(seed: int, noise: str, n: int) -> dict[str, float]:
    """Estimate the noise rate of n digits.

    -> the estimate, the fraction of wrong labels, and how often networks that did not
    see an image predict its given and its true label
    """
    model = matrix_noise(matrix()) if noise == "people's T" else symmetric(true_rate())
    task = corrupt(load("digits", n=n), model, seed)
    method = ConfidentLearning(fold_epochs=EPOCHS)
    run = fit(method, task, "mlp", EPOCHS, seed, device="cpu", progress=False)
    predicted = run.method.p.argmax(1)
    true = task.truth.y
    return {
        "estimated rate": study.estimate(run),
        "wrong labels": share(task.train.y != true),
        "given labels predicted": share(predicted == run.method.train.y),
        "true labels predicted": share(predicted == true),
    }

"""What lesson 01 quotes: how many labels each noise makes wrong, and what plain SGD learns from them."""

import labkit

from . import study

EPOCHS = 30
SETTINGS = {
    "symmetric": {"noise": "symmetric"},
    "uniform": {"noise": "uniform"},
    "pairflip": {"noise": "pairflip"},
    "asymmetric": {"noise": "asymmetric"},
    "flip2": {"noise": "flip2"},
    "instance": {"noise": "instance"},
    "instance, pixels ignored": {"noise": "instance", "by_class": True},
}


def measure(seed: int, noise: str, rate: float = 0.4, by_class: bool = False) -> dict[str, float]:
    """Train plain SGD for EPOCHS epochs. -> fractions of the labels, test accuracy by two criteria

    by_class: labels are drawn once more from the matrix that came out, which does not look at pixels.
    """
    task = study.noisy(noise, noise_rate=rate, seed=seed)
    if by_class:
        task = study.with_the_same_matrix(task, seed=seed)
    run = labkit.fit("ERM", task, "mlp", EPOCHS, seed, device="cpu", progress=False)
    accuracy = run.accuracy
    return {
        "wrong labels": task.noise.realised,
        "same wrong label as the most similar image": study.agreement(task),
        "best_val": accuracy["best_val"],
        "last": accuracy["last"],
    }

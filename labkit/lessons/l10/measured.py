"""What lesson 10 quotes: R2 of networks that learn from corrupted targets, and what they learn of these."""

from functools import lru_cache

from ...data import Task
from ...fit import Run
from . import study

RATE = 0.4  # of corrupted rows
RACE = ("least squares", "Huber", "NormClip", "Ignormclip", "PRL(L)")
FURTHER = (
    ("signflip", "PRL(L), slow start"),
    ("jitter", "least squares"),
    ("uninoise", "least squares"),
    ("pairflip", "least squares"),
    ("pairflip", "PRL(L)"),
)
QUOTAS = ((16, 0.4), (16, 0.6), (144, 0.4), (144, 0.5), (1440, 0.4))  # batch, assumed rate
EARLY = 3  # the epoch in which corrupted targets are counted first


def race_settings() -> dict[str, dict]:
    """Return the settings of every method of RACE under two corruptions, and those of FURTHER."""
    pairs = []
    for noise in ("signflip", "linadv"):
        pairs += [(noise, method) for method in RACE]
    settings = {}
    for noise, method in (*pairs, *FURTHER):
        settings[f"{noise}, {method}"] = {"noise": noise, "method": method}
    return settings


def quota_settings() -> dict[str, dict]:
    """Return the settings of PRL(L) under linadv with several batches and assumed rates."""
    settings = {}
    for batch, assumed in QUOTAS:
        name = f"batches of {batch}, assumed {100 * assumed:.0f} %"
        settings[name] = {"noise": "linadv", "method": "PRL(L)", "batch": batch, "assumed": assumed}
    return settings


SETTINGS = race_settings() | quota_settings()


def measure(
    seed: int, noise: str, method: str, batch: int = study.RECIPE["batch"], assumed: float = RATE
) -> dict[str, float]:
    """Train for 20 epochs, with one batch per epoch for 80. -> R2 on clean test faces, fractions of rows

    assumed: the rate that a filter assumes.
    """
    task = study.faces(noise, noise_rate=RATE, seed=seed)
    learnt_early = []

    def count_learnt(run):
        if len(run.rows) == EARLY:
            learnt_early.append(study.learnt(run, task))

    epochs = study.EPOCHS if batch < len(task.train) else 4 * study.EPOCHS
    options = {"seed": seed, "epochs": epochs, "on_epoch": count_learnt, "batch": batch, "assumed_rate": assumed}
    run = study.trained(noise, noise_rate=RATE, method=method, **options)
    (early,) = learnt_early
    last = run.rows[-1]
    return {
        "squared distance of a corrupted target": squared_distance(task),
        **accuracies(run),
        f"corrupted targets learnt, epoch {EARLY}": early,
        "corrupted targets learnt, last": study.learnt(run, task),
        "AUC of the loss": float(last["auc"]),
        "clean among the kept": float(last["selected_precision"]),
        "R2, last, clean targets": without_noise(seed),
        **validation(task),
    }


def squared_distance(task: Task) -> float:
    """Measure how far a corrupted target is from the true one: the mean square of a coordinate."""
    wrong = study.wrong_rows(task)
    moved = task.train.y[wrong] - task.truth.y[wrong]
    return moved.square().mean().item()


def accuracies(run: Run) -> dict[str, float]:
    """Return R2 on clean test faces by criterion."""
    scores = run.accuracy
    return {
        "R2, last": scores["last"],
        "R2, best epoch on test": scores["oracle_best"],
        "R2, best epoch on noisy validation": scores["best_val"],
    }


def validation(task: Task) -> dict[str, float]:
    """Return R2 of perfect answers and of the mean face on noisy validation."""
    scores = study.perfect_scores(task)
    return {
        "R2 of the true targets on noisy validation": scores["the true targets"],
        "R2 of the mean face on noisy validation": scores["always the mean"],
    }


@lru_cache
def without_noise(seed: int) -> float:
    """Return R2 of least squares that learns from clean targets alone, after the last epoch."""
    run = study.trained("signflip", noise_rate=0.0, method="least squares", seed=seed)
    return run.accuracy["last"]

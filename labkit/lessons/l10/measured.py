"""What lesson 10 quotes: R2 of networks that learn from corrupted targets, and what they learn of these."""

from functools import lru_cache

from . import study

RATE = 0.4  # of corrupted rows
RACE = ("least squares", "Huber", "NormClip", "Ignormclip", "PRL(L)")
OTHERS = (
    ("signflip", "PRL(L), slow start"),
    ("jitter", "least squares"),
    ("uninoise", "least squares"),
    ("pairflip", "least squares"),
    ("pairflip", "PRL(L)"),
)
QUOTAS = ((16, 0.4), (16, 0.6), (144, 0.4), (144, 0.5), (1440, 0.4))  # batch, assumed rate


def race_settings():
    """Every method of RACE under two corruptions. -> SETTINGS"""
    pairs = [(noise, method) for noise in ("signflip", "linadv") for method in RACE]
    return {f"{noise}, {method}": {"noise": noise, "method": method} for noise, method in (*pairs, *OTHERS)}


def quota_settings():
    """PRL(L) under linadv with several batches and assumed rates. -> SETTINGS"""
    settings = {}
    for batch, assumed in QUOTAS:
        name = f"batches of {batch}, assumed {100 * assumed:.0f} %"
        settings[name] = {"noise": "linadv", "method": "PRL(L)", "batch": batch, "assumed": assumed}
    return settings


SETTINGS = {**race_settings(), **quota_settings()}


def measure(seed, noise, method, batch=study.RECIPE["batch"], assumed=RATE):
    """Train for 20 epochs, with one batch per epoch for 80. -> R2 on clean test faces, fractions of rows

    assumed: the rate that a filter assumes.
    """
    task = study.faces(noise, noise_rate=RATE, seed=seed)
    early = {}

    def after(run):
        if len(run.rows) == 3:
            early["corrupted targets learnt, epoch 3"] = study.learnt(run, task)

    epochs = study.EPOCHS if batch < len(task.train) else 4 * study.EPOCHS
    options = {"seed": seed, "epochs": epochs, "on_epoch": after, "batch": batch, "assumed_rate": assumed}
    run = study.trained(noise, noise_rate=RATE, method=method, **options)
    last, validation = run.rows[-1], study.perfect_scores(task)
    wrong = study.wrong_rows(task)
    moved = (task.train.y - task.truth.y)[wrong].square().mean()
    return {
        "squared distance of a corrupted target": float(moved),
        "R2, last": run.accuracy["last"],
        "R2, best epoch on test": run.accuracy["oracle_best"],
        "R2, best epoch on noisy validation": run.accuracy["best_val"],
        **early,
        "corrupted targets learnt, last": study.learnt(run, task),
        "AUC of the loss": float(last["auc"]),
        "clean among the kept": float(last["selected_precision"]),
        "R2, last, clean targets": without_noise(seed),
        "R2 of the true targets on noisy validation": validation["the true targets"],
        "R2 of the mean face on noisy validation": validation["always the mean"],
    }


@lru_cache
def without_noise(seed):
    """R2 of least squares that learns from clean targets alone, after the last epoch. -> float"""
    return study.trained("signflip", noise_rate=0.0, method="least squares", seed=seed).accuracy["last"]

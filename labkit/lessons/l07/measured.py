"""What lesson 07 quotes: what networks learn if only some weights may move, at which step, with b and for how long."""

import labkit

from . import study, watched

LR = study.RECIPE["lr"]
DECAY = study.RECIPE["weight_decay"]
LONG = 60  # epochs
STEP = "plain SGD, step × {}"
GRADIENT = "plain SGD, gradient × {}"


def small_step(rate: float) -> dict[str, float]:
    """Return the recipe of plain SGD whose whole step is (1 - rate)^2 times as long."""
    return {"lr": LR * (1 - rate) ** 2}


def small_gradient(rate: float) -> dict[str, float]:
    """Return the recipe of plain SGD whose gradient counts (1 - rate)^2, and whose weight decay counts in full."""
    factor = (1 - rate) ** 2
    return {"lr": LR * factor, "weight_decay": DECAY / factor}


LARGEST = {"rate": 0.4, "by": watched.LARGEST}
RANDOM = {"rate": 0.4, "by": watched.RANDOM}
SMALLEST = {"rate": 0.4, "by": watched.SMALLEST}
PAIRFLIP = {"noise": "pairflip"}
SLOW = {"recipe": small_step(0.4)}
SMALL_DECAY = {"weight_decay": DECAY * 0.2**2}
SETTINGS = {
    "plain SGD": {},
    "CDR, largest": LARGEST,
    "CDR, at random": RANDOM,
    "CDR, smallest": SMALLEST,
    STEP.format(0.36): SLOW,
    GRADIENT.format(0.36): {"recipe": small_gradient(0.4)},
    "ε = 0.8, CDR, largest": {"rate": 0.8},
    "ε = 0.8, CDR, at random": {"rate": 0.8, "by": watched.RANDOM},
    "ε = 0.8, CDR, at random, decay × 0.04": {"rate": 0.8, "by": watched.RANDOM, "recipe": SMALL_DECAY},
    f"ε = 0.8, {STEP.format(0.04)}": {"recipe": small_step(0.8)},
    f"ε = 0.8, {GRADIENT.format(0.04)}": {"recipe": small_gradient(0.8)},
    "AUX, λ = 4": {"lam": 4.0},
    "AUX, λ = 8": {"lam": 8.0},
    "AUX, λ = 32": {"lam": 32.0},
    "RDI, λ = 4": {"rdi": 4.0},
    "pairflip, plain SGD": PAIRFLIP,
    "pairflip, CDR, largest": LARGEST | PAIRFLIP,
    "pairflip, CDR, at random": RANDOM | PAIRFLIP,
    f"pairflip, {STEP.format(0.36)}": SLOW | PAIRFLIP,
    "pairflip, AUX, λ = 8": {"lam": 8.0} | PAIRFLIP,
    f"{LONG} epochs, plain SGD": {"epochs": LONG},
    f"{LONG} epochs, CDR, largest": LARGEST | {"epochs": LONG},
    f"{LONG} epochs, {STEP.format(0.36)}": SLOW | {"epochs": LONG},
    f"{LONG} epochs, {GRADIENT.format(0.36)}": {"recipe": small_gradient(0.4), "epochs": LONG},
}
EARLIER = 11  # 0.36 times the epochs of a training


def measure(
    seed: int,
    rate: float = 0.0,
    by: str = watched.LARGEST,
    lam: float = 0.0,
    rdi: float | None = None,
    noise: str = "symmetric",
    recipe: dict[str, float] | None = None,
    epochs: int = study.EPOCHS,
) -> dict[str, float]:
    """Train CDR+AUX, or RDI if a strength `rdi` is given. -> test accuracy, fractions of labels and of weights

    rate, by, lam: of watched.Watched; 0 and 0 are plain SGD. noise: a name in labkit.noise.ALL. recipe: what differs
    from study.RECIPE.
    """
    model = labkit.noise.ALL[noise](study.RATE)
    options = {"seed": seed, "noise": model, "epochs": epochs, "recipe": recipe}
    if rdi is None:
        record = study.trained(rate=rate, by=by, lam=lam, **options)
    else:
        record = study.trained_rdi(rdi, **options)
    run = record["run"]
    task = study.noisy(model, seed=seed)
    return {
        **of_rows(run.rows),
        "critical a step before, too": record["retained"][-1],
        "critical at least once": record["coverage"][-1],
        "of the squared gradient": record["gradient"][-1],
        **of_fates(record["fates"][-1]),
        "AUC of the norm of b": study.detected(run.method, task),
    }


def of_rows(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return accuracies and fractions of labels: of the last epoch, of EARLIER, and the best."""
    last = rows[-1]
    earlier = rows[EARLIER - 1]
    return {
        "test accuracy": float(last["test"]),
        "clean labels fitted": float(last["clean_fitted"]),
        "noisy labels memorised": float(last["noisy_memorised"]),
        f"test accuracy, epoch {EARLIER}": float(earlier["test"]),
        f"noisy labels memorised, epoch {EARLIER}": float(earlier["noisy_memorised"]),
        "best test accuracy": max(float(row["test"]) for row in rows),
    }


def of_fates(fates: dict[str, list[float]]) -> dict[str, float]:
    """Return what fractions of noisy and clean labels the network predicts, alone and only with b."""
    noisy_by_network, noisy_by_b, _ = fates["wrong"]
    clean_by_network, clean_by_b, _ = fates["clean"]
    return {
        "noisy labels, by the network": noisy_by_network,
        "noisy labels, by b": noisy_by_b,
        "clean labels, by the network": clean_by_network,
        "clean labels, by b": clean_by_b,
    }

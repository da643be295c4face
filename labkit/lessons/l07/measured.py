"""What lesson 07 quotes: what networks learn if only some weights may move, at which step, with b and for how long."""

import labkit

from . import study

RECIPE = study.RECIPE
LR, DECAY = RECIPE["lr"], RECIPE["weight_decay"]
LONG = 60  # epochs
STEP, GRADIENT = "plain SGD, step × {}", "plain SGD, gradient × {}"


def small_step(rate):
    """Return the recipe of plain SGD whose whole step is (1 - rate)^2 times as long."""
    return {"lr": LR * (1 - rate) ** 2}


def small_gradient(rate):
    """Return the recipe of plain SGD whose gradient counts (1 - rate)^2, and whose weight decay counts in full."""
    return {"lr": LR * (1 - rate) ** 2, "weight_decay": DECAY / (1 - rate) ** 2}


LARGEST, RANDOM, SMALLEST = ({"rate": 0.4, "by": by} for by in study.CHOICES)
PAIRFLIP = {"noise": "pairflip"}
SLOW = {"recipe": small_step(0.4)}
SETTINGS = {
    "plain SGD": {},
    "CDR, largest": LARGEST,
    "CDR, at random": RANDOM,
    "CDR, smallest": SMALLEST,
    STEP.format(0.36): SLOW,
    GRADIENT.format(0.36): {"recipe": small_gradient(0.4)},
    "ε = 0.8, CDR, largest": {"rate": 0.8},
    "ε = 0.8, CDR, at random": {"rate": 0.8, "by": study.RANDOM},
    "ε = 0.8, CDR, at random, decay × 0.04": {
        "rate": 0.8,
        "by": study.RANDOM,
        "recipe": {"weight_decay": DECAY * 0.2**2},
    },
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


def measure(seed, rate=0.0, by=study.LARGEST, lam=0.0, rdi=None, noise="symmetric", recipe=None, epochs=study.EPOCHS):
    """Train CDR+AUX, or RDI if a strength `rdi` is given. -> test accuracy, fractions of labels and of weights

    rate, by, lam: of study.Watched; 0 and 0 are plain SGD. recipe: what differs from study.RECIPE.
    """
    model = labkit.noise.ALL[noise](study.RATE)
    task = study.noisy(model, seed=seed)
    options = {"seed": seed, "noise": model, "epochs": epochs, "recipe": recipe}
    record = study.trained(rate=rate, by=by, lam=lam, **options) if rdi is None else study.held_back(rdi, **options)
    run, fates = record["run"], record["fates"][-1]
    last = run.rows[-1]
    net_wrong, b_wrong, _ = fates["wrong"]
    net_clean, b_clean, _ = fates["clean"]
    return {
        "test accuracy": float(last["test"]),
        "clean labels fitted": float(last["clean_fitted"]),
        "noisy labels memorised": float(last["noisy_memorised"]),
        f"test accuracy, epoch {EARLIER}": float(run.rows[EARLIER - 1]["test"]),
        f"noisy labels memorised, epoch {EARLIER}": float(run.rows[EARLIER - 1]["noisy_memorised"]),
        "best test accuracy": max(float(row["test"]) for row in run.rows),
        "critical a step before, too": record["stayed"][-1],
        "critical at least once": record["ever"][-1],
        "of the squared gradient": record["held"][-1],
        "noisy labels, by the network": net_wrong,
        "noisy labels, by b": b_wrong,
        "clean labels, by the network": net_clean,
        "clean labels, by b": b_clean,
        "AUC of the norm of b": study.detected(run.method, task),
    }

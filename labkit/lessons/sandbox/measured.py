"""What the sandbox and its sample report quote: methods side by side on the digits, on five seeds."""

from typing import Any

import pandas as pd

from ...fit import CRITERIA, fit
from ...load import load
from ...methods import make
from ...noise import ALL, corrupt
from ...runs.scores import leads_in

EPOCHS = 30
NOISES = {"symmetric 40 %": ("symmetric", 0.4), "pairflip 45 %": ("pairflip", 0.45)}
CONTESTANTS = {"symmetric 40 %": ("ERM", "Co-teaching", "ELR"), "pairflip 45 %": ("ERM", "SPL", "PRL(L)")}
ASSUMED = (0.2, 0.6)  # by Co-teaching, where 40 % is true


def settings_of_races() -> dict[str, dict[str, Any]]:
    """Return a setting per race and method, e.g. "symmetric 40 %, ELR". -> SETTINGS"""
    settings = {}
    for race, (noise, rate) in NOISES.items():
        for method in CONTESTANTS[race]:
            settings[f"{race}, {method}"] = {"method": method, "noise": noise, "rate": rate}
    return settings


def settings_of_assumed() -> dict[str, dict[str, Any]]:
    """Return a setting per wrong assumed rate of Co-teaching. -> SETTINGS"""
    true = {"method": "Co-teaching", "noise": "symmetric", "rate": 0.4}
    settings = {}
    for rate in ASSUMED:
        name = f"symmetric 40 %, Co-teaching assumes {100 * rate:.0f} %"
        settings[name] = true | {"assumed": rate}
    return settings


SETTINGS = settings_of_races() | settings_of_assumed()


def measure(seed: int, method: str, noise: str, rate: float, assumed: float | None = None) -> dict[str, float]:
    """Train a method for EPOCHS epochs, as a Race does. -> test accuracy by four criteria, fractions of labels

    assumed: the rate that the method assumes; None: the true one.
    """
    task = corrupt(load("digits"), ALL[noise](rate), seed)
    contestant = make(method, rate if assumed is None else assumed)
    run = fit(contestant, task, "mlp", EPOCHS, seed, device="cpu", progress=False)
    last = run.rows[-1]
    values = {name: float(run.accuracy[name]) for name in CRITERIA}
    values["clean among the kept, last epoch"] = float(last["selected_precision"])
    values["noisy labels memorised, last epoch"] = float(last["noisy_memorised"])
    return values


def raced(rows: pd.DataFrame, race: str) -> pd.DataFrame:
    """Return the rows of a race with the name of each method. -> DataFrame with columns method, seed, criteria

    rows: what is stored. race: a name in CONTESTANTS.
    """
    names = pd.DataFrame({"method": CONTESTANTS[race]})
    names["setting"] = f"{race}, " + names["method"]
    return names.merge(rows, on="setting")


def leads(rows: pd.DataFrame, race: str) -> pd.DataFrame:
    """Return the first method of a stored race by each criterion and its lead in points, as Race.leads does."""
    return leads_in(raced(rows, race))


def points_over(rows: pd.DataFrame, race: str, method: str, baseline: str = "ERM") -> pd.DataFrame:
    """Return by how many points of test accuracy a method is ahead of another, below 0 behind.

    -> a row per seed, a column per criterion
    """
    table = raced(rows, race).set_index(["method", "seed"])
    accuracy = table[list(CRITERIA)]
    lead = accuracy.loc[method] - accuracy.loc[baseline]
    return (100 * lead).round(1)

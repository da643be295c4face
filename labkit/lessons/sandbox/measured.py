"""What the sandbox and its sample report quote: methods side by side on the digits, on five seeds."""

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


def settings_of_races():
    """Return a setting per race and method, e.g. "symmetric 40 %, ELR". -> SETTINGS"""
    settings = {}
    for race, (noise, rate) in NOISES.items():
        for method in CONTESTANTS[race]:
            settings[f"{race}, {method}"] = {"method": method, "noise": noise, "rate": rate}
    return settings


def settings_of_assumed():
    """Return a setting per wrong assumed rate of Co-teaching. -> SETTINGS"""
    true = {"method": "Co-teaching", "noise": "symmetric", "rate": 0.4}
    name = "symmetric 40 %, Co-teaching assumes {:.0f} %"
    return {name.format(100 * rate): true | {"assumed": rate} for rate in ASSUMED}


SETTINGS = settings_of_races() | settings_of_assumed()


def measure(seed, method, noise, rate, assumed=None):
    """Train a method for EPOCHS epochs, as a Race does. -> test accuracy by four criteria, fractions of labels

    assumed: the rate that the method assumes; None: the true one.
    """
    task = corrupt(load("digits"), ALL[noise](rate), seed)
    contestant = make(method, rate if assumed is None else assumed)
    run = fit(contestant, task, "mlp", EPOCHS, seed, device="cpu", progress=False)
    last = run.rows[-1]
    return {
        **{name: float(run.accuracy[name]) for name in CRITERIA},
        "clean among the kept, last epoch": float(last["selected_precision"]),
        "noisy labels memorised, last epoch": float(last["noisy_memorised"]),
    }


def raced(rows, race):
    """Return the rows of a race with the name of each method. -> DataFrame with columns method, seed, criteria

    rows: what is stored. race: a name in CONTESTANTS.
    """
    names = pd.DataFrame({"method": CONTESTANTS[race]})
    names["setting"] = [f"{race}, {method}" for method in CONTESTANTS[race]]
    return names.merge(rows, on="setting")


def leads(rows, race):
    """Return the first method of a stored race by each criterion and its lead in points, as Race.leads does."""
    return leads_in(raced(rows, race))


def points_over(rows, race, method, baseline="ERM"):
    """Return by how many points of test accuracy a method is ahead of another, below 0 behind. -> DataFrame, a row per
    seed, a column per criterion"""
    table = raced(rows, race).set_index("seed")
    accuracy = {name: group[list(CRITERIA)] for name, group in table.groupby("method")}
    return (100 * (accuracy[method] - accuracy[baseline])).round(1)

"""Finds Runs: one table over every finished run in a store."""

import json
import os
from pathlib import Path

import pandas as pd

from ..errors import choose


def folder(store=None):
    """Where runs are kept: `store`, else LABKIT_RUNS, else runs/ in the current folder."""
    return Path(store or os.environ.get("LABKIT_RUNS") or "runs").expanduser()


def results(store=None, **where):
    """One row per finished run: its configuration, noise, accuracies by criterion, notes and hardware. -> DataFrame

    where: only runs whose column has this value, e.g. results(method="CDR", seed=0). Raises ValueError for a column
    that does not exist.
    """
    found = sorted(folder(store).glob("*/config.json"))
    table = pd.DataFrame([row(path.parent.name, json.loads(path.read_text())) for path in found])
    for column, value in where.items():
        choose("column", column, dict.fromkeys(table.columns))
        table = table[table[column] == value]
    return table.reset_index(drop=True)


def row(name, facts):
    """A run's facts (what config.json holds: config, accuracy, notes, about) as one flat row. -> dict"""
    config = facts["config"]
    noise = config["noise"] or {"name": "none", "rate": 0.0, "realised": 0.0, "seed": None, "hash": None}
    plain = {key: config[key] for key in ("method", "task", "net", "epochs", "seed", "numbers")}
    noisy = {
        "noise": noise["name"],
        "rate": noise["rate"],
        "realised": noise["realised"],
        "noise_seed": noise["seed"],
        "noise_hash": noise["hash"],
    }
    parts = {
        "lam": config["hyperparameters"].get("lam"),
        "hyperparameters": json.dumps(config["hyperparameters"]),
        "recipe": json.dumps(config["recipe"]),
    }
    return {"run": name, **plain, **noisy, **parts, **facts["accuracy"], **facts["notes"], **facts["about"]}

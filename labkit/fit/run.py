"""Run: what a training leaves. In a store it is one folder, named by the hash of its configuration."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import torch

from ..data import Task
from ..data.truth import CLEAN
from ..errors import must, need
from ..measure import COLUMNS
from ..paths import printable
from ..state import read_state, whole, write_state
from . import life as lives
from . import weights
from .accuracy import criteria
from .best import Best
from .ending import ENDING, HISTORY, LIFE, MODEL, ending, write_best
from .life import Life
from .seal import FILES, check_files, identity, read_facts, same, write_facts

AS_GIVEN = "given labels"  # the noise of labels that are not known to be clean, and to which none was added


def _no_noise(notes):
    """What a table says of labels that no noise model changed: no noise in clean ones, else that they were given."""
    clean = notes.get("noise_words", CLEAN) == CLEAN
    name, realised = ("none", 0.0) if clean else (AS_GIVEN, float("nan"))
    return {"name": name, "rate": 0.0, "realised": realised, "seed": None, "hash": None}


def row(facts):
    """A run's facts (what config.json holds: config, accuracy, notes, about) as one flat row of plain values: what is
    nested in the notes is JSON. -> dict"""
    config = facts["config"]
    noise = config["noise"] or _no_noise(facts["notes"])
    plain = {key: config[key] for key in ("method", "task", "net", "epochs", "seed", "numbers")}
    noisy = {key: noise[key] for key in ("rate", "realised")}
    noisy = {"noise": noise["name"], **noisy, "noise_seed": noise["seed"], "noise_hash": noise["hash"]}
    parts = {
        "lam": config["hyperparameters"].get("lam"),
        "hyperparameters": json.dumps(config["hyperparameters"]),
        "recipe": json.dumps(config["recipe"]),
    }
    notes = {key: json.dumps(v) if isinstance(v, (dict, list)) else v for key, v in facts["notes"].items()}
    every = {**plain, **noisy, **parts, **facts["accuracy"], **notes, **facts["about"]}
    return {name: _encodable(value) for name, value in every.items()}


def _encodable(value):
    """A value that a table can hold: of a text, what no encoding has (file names that are not UTF-8) is escaped."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


@dataclass
class Run:
    """A training and what it measured.

    config: everything that makes it this run. rows: a dict per epoch. notes: facts the method stored. life: the life of
    every sample, when kept. method: the trained method (None when the run was read from a store). about: hardware,
    versions, date, commit. finished: did it train all its epochs? best: the weights of its best epochs, see `net`.
    """

    config: dict
    rows: list = field(default_factory=list)
    notes: dict = field(default_factory=dict)
    life: Life | None = None
    method: object = None
    about: dict = field(default_factory=dict)
    finished: bool = False
    folder: Path | None = None
    best: Best | None = field(default=None, repr=False)

    def __repr__(self):
        plan = self.config
        what = f"{plan['method']} on {printable(plan['task'])}, {self.notes.get('noise_words', 'noise not noted')}"
        how = f"{plan['net']}, {len(self.rows)} of {plan['epochs']} epochs, seed {plan['seed']}"
        scores = ", ".join(f"{name} {value:.3f}" for name, value in self.accuracy.items())
        return f"{what}; {how}; {scores or 'no score yet'}"

    @property
    def name(self):
        """The hash of the configuration."""
        return identity(self.config)

    @property
    def history(self):
        """One row per epoch. Columns, as labkit.measure.COLUMNS has them (those of regression begin with r2_):"""
        return pd.DataFrame(self.rows)

    @property
    def accuracy(self):
        """Test accuracy by criterion, see `criteria`. -> dict"""
        return criteria(self.rows)

    @property
    def noise(self):
        """The record of the noise's passport, None for clean labels. -> dict"""
        return self.config["noise"]

    @property
    def facts(self):
        """What config.json holds. -> dict of JSON values"""
        return {"config": self.config, "notes": self.notes, "about": self.about, "accuracy": self.accuracy}

    def samples(self, task: Task) -> pd.DataFrame:
        """Every training sample by name and what became of it, a row each: the columns of Task.samples, then loss,
        weight, selected and believed class in the last epoch, in the order of the training positions. -> DataFrame

        task: the one that the run was trained on, with life=True. Raises ValueError for another one, and without lives.
        """
        return lives.samples(self, task)

    @property
    def stopped(self) -> int | None:
        """The epoch after which on_epoch stopped the training; None: it did not."""
        return self.notes.get("stopped")

    def net(self, best: str = "last", k: int = 0, net: weights.Network = None) -> torch.nn.Module:
        """Return a copy of network k with the weights of an epoch, in evaluation mode, on the CPU.

        best: "last" | "best_val", the epoch that is best on the noisy validation split | "oracle_best", the one that is
        best on the test set (nobody can choose that one). net: what `fit` was given, or a module for the weights, where
        the run was read from a store and its network is none of labkit.nets.ALL. Raises ValueError for weights that are
        not kept, and for a network that they do not fit.
        """
        return weights.network(self, best, k, net)

    def save(self, folder, partial=None, loop=None):
        """Write the run as `folder`, all of it or nothing. partial: the folder that it had in the making; its log is
        copied. loop: where another training may go on. If another process was faster, its run stays. -> the run in the
        folder"""
        with whole(folder, partial) as temporary:
            self.history.to_parquet(temporary / HISTORY)
            pd.DataFrame([row(self.facts)]).to_parquet(temporary / "result.parquet")
            state = self.method.state_dict()
            write_state(temporary / MODEL, state)
            write_best(temporary, self.best or Best(), state["nets"])
            if loop is not None:
                write_state(temporary / ENDING, ending(loop))
            if self.life is not None:
                write_state(temporary / LIFE, self.life.epochs)
            write_facts(temporary, self.facts)
            if partial:
                shutil.copy(partial / "log.txt", temporary)
        Run.load(folder)  # whoever won: it has to be readable before a checkpoint is given up
        self.folder = Path(folder)
        return self

    @classmethod
    def load(cls, folder):
        """Read a finished run, or one that on_epoch stopped. No code in it is executed. Raises ValueError when the
        folder holds none."""
        folder = Path(folder).expanduser()
        try:
            facts = read_facts(folder)
            must("notebook" not in facts["config"], "config", "that of a notebook", "that of a training")
            check_files(folder, facts, (HISTORY, LIFE))
            rows = pd.read_parquet(folder / HISTORY).to_dict("records")
            _check_accuracy(facts, rows)
            life = folder / LIFE
            kept = Life(read_state(life)) if life.exists() else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"folder is {str(folder)!r}; it must hold a finished run (config.json, history.parquet): {error}"
            ) from None
        finished = "stopped" not in facts["notes"]
        return cls(facts["config"], rows, facts["notes"], kept, None, facts["about"], finished, folder)

    def state(self):
        """What `method.state_dict()` was at the end, networks included. -> dict"""
        return self.method.state_dict() if self.method else self.read(MODEL)

    def read(self, name: str) -> dict:
        """Read a file of the run's folder that holds tensors. Raises ValueError where it is not what was stored."""
        check_files(self.folder, read_facts(self.folder), (name,))
        return read_state(self.folder / name)


def _columns():
    """Return a line of text for every column of a history."""
    return "\n".join(f"{name}: {meaning}" for name, meaning in COLUMNS.items())


Run.history.__doc__ += f"\n\n{_columns()}\n\n-> DataFrame"


def unreadable(folder: Path) -> str | None:
    """Why a run without a seal cannot be read, in words; None: it can, or a seal tells what is wrong with it."""
    try:
        if FILES not in read_facts(folder):
            Run.load(folder)
    except ValueError as error:
        return str(error)
    return None


def _check_accuracy(facts, rows):
    """Raise ValueError where the accuracies of a run without a seal are not those of its history."""
    if FILES in facts:
        return
    for name, value in criteria(rows).items():
        said = facts["accuracy"].get(name)
        need(same(said, value), f"accuracy {name}", said, f"{value}, as {HISTORY} has it")

"""Run: the result of a training. In a store it is a folder, named by the hash of its configuration."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pandas as pd
import torch

from ..data import Task
from ..data.truth import CLEAN
from ..errors import must, need
from ..measure import COLUMNS
from ..method import Method
from ..paths import printable
from ..state import read_state, whole_folder, write_state
from . import life as lives
from . import weights
from .accuracy import criteria
from .best import Best
from .ending import ENDING, HISTORY, LIFE, MODEL, ending, write_best
from .life import Life
from .seal import FILES, check_files, identity, read_facts, same_number, write_facts

if TYPE_CHECKING:
    from .loop import Loop

AS_GIVEN = "given labels"  # the noise of labels that are not known to be clean, and to which none was added
NOT_A_RUN = "a finished run (config.json, history.parquet)"


def row(facts: dict) -> dict:
    """Return the facts of a run as one flat row of a table; lists and dicts become JSON.

    facts: the content of config.json, see Run.facts.
    """
    config = facts["config"]
    noise = config["noise"] or _no_noise(facts["notes"])
    values = {name: config[name] for name in ("method", "task", "net", "epochs", "seed", "numbers")}
    values["noise"] = noise["name"]
    values["rate"] = noise["rate"]
    values["realised"] = noise["realised"]
    values["noise_seed"] = noise["seed"]
    values["noise_hash"] = noise["hash"]
    values["lam"] = config["hyperparameters"].get("lam")
    values["hyperparameters"] = json.dumps(config["hyperparameters"])
    values["recipe"] = json.dumps(config["recipe"])
    values |= facts["accuracy"]
    for name, note in facts["notes"].items():
        values[name] = json.dumps(note) if isinstance(note, (dict, list)) else note
    values |= facts["about"]
    return {name: _encodable(value) for name, value in values.items()}


def _no_noise(notes):
    """Return the noise of labels that no noise model changed: none if they are clean, else that they were given."""
    clean = notes.get("noise_words", CLEAN) == CLEAN
    name = "none" if clean else AS_GIVEN
    realised = 0.0 if clean else float("nan")
    return {"name": name, "rate": 0.0, "realised": realised, "seed": None, "hash": None}


def _encodable(value):
    """Escape the characters of a text that no encoding has, such as file names that are not UTF-8."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


@dataclass
class Run:
    """A training and what it measured.

    config: everything that identifies the run, as JSON values; its hash is the run's name.
    rows: a dict per epoch, see `history`.
    notes: facts that were noted on the way, e.g. by the method.
    life: loss, weight, selection and predicted class of every training sample in every epoch, with life=True.
    method: the trained method; None if the run was read from a store.
    about: hardware, versions, date and commit.
    finished: were all epochs trained?
    folder: where the run is stored; None if it is not.
    best: the weights of its best epochs, see `net`.
    """

    config: dict
    rows: list[dict] = field(default_factory=list)
    notes: dict = field(default_factory=dict)
    life: Life | None = None
    method: Method | None = None
    about: dict = field(default_factory=dict)
    finished: bool = False
    folder: Path | None = None
    best: Best | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        config = self.config
        noise = self.notes.get("noise_words", "noise not noted")
        data = f"{config['method']} on {printable(config['task'])}, {noise}"
        training = f"{config['net']}, {len(self.rows)} of {config['epochs']} epochs, seed {config['seed']}"
        scores = ", ".join(f"{name} {value:.3f}" for name, value in self.accuracy.items())
        return f"{data}; {training}; {scores or 'no score yet'}"

    @property
    def name(self) -> str:
        """The hash of the configuration: 16 hexadecimal digits."""
        return identity(self.config)

    @property
    def history(self) -> pd.DataFrame:
        """One row per epoch. Columns, as labkit.measure.COLUMNS has them (those of regression begin with r2_):"""
        return pd.DataFrame(self.rows)

    @property
    def accuracy(self) -> dict[str, float]:
        """Test accuracy (R2 for regression) by criterion: last, last10, best_val, oracle_best, see `criteria`."""
        return criteria(self.rows)

    @property
    def noise(self) -> dict | None:
        """The record of the noise's passport; None for labels that no noise model changed."""
        return self.config["noise"]

    @property
    def facts(self) -> dict:
        """What config.json holds: config, notes, about and accuracy, as JSON values."""
        return {"config": self.config, "notes": self.notes, "about": self.about, "accuracy": self.accuracy}

    @property
    def stopped(self) -> int | None:
        """The epoch after which on_epoch stopped the training; None if it did not."""
        return self.notes.get("stopped")

    def samples(self, task: Task) -> pd.DataFrame:
        """Return a row for every training sample: its names and labels, and its state in the last epoch.

        The columns are those of Task.samples, then loss, weight, selected and believed (the predicted class), in the
        order of the training positions. task: the one that the run was trained on, with life=True. Raises ValueError
        for another task, and for a run without lives.
        """
        return lives.samples(self, task)

    def net(self, best: str = "last", k: int = 0, net: weights.Network = None) -> torch.nn.Module:
        """Return a copy of network k with the weights of an epoch, in evaluation mode, on the CPU.

        best: "last" | "best_val", the epoch that is best on the noisy validation split | "oracle_best", the one that is
        best on the test set (nobody can choose that one). net: what `fit` was given, or a module for the weights; it is
        needed if the run was read from a store and its network is none of labkit.nets.ALL. Raises ValueError for
        weights that are not kept, and for a network that they do not fit.
        """
        return weights.network(self, best, k, net)

    def save(self, folder: Path, partial: Path | None = None, loop: "Loop | None" = None) -> Self:
        """Write the run as `folder`, all of it or nothing. -> the run

        partial: the folder of the run while it trained, whose log is copied. loop: the loop at its end, from which a
        longer training may go on. If another process wrote the folder before, its run is kept.
        """
        with whole_folder(folder, partial) as temporary:
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
        Run.load(folder)  # it has to be readable before a checkpoint is given up, whichever process wrote it
        self.folder = Path(folder)
        return self

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a finished run, or one that on_epoch stopped. No code in it is executed.

        Raises ValueError if the folder holds no such run.
        """
        folder = Path(folder).expanduser()
        try:
            facts = read_facts(folder)
            must("notebook" not in facts["config"], "config", "that of a notebook", "that of a training")
            check_files(folder, facts, (HISTORY, LIFE))
            rows = pd.read_parquet(folder / HISTORY).to_dict("records")
            _check_accuracy(facts, rows)
            life_file = folder / LIFE
            life = Life(read_state(life_file)) if life_file.exists() else None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"folder is {str(folder)!r}; it must hold {NOT_A_RUN}: {error}") from None
        finished = "stopped" not in facts["notes"]
        return cls(facts["config"], rows, facts["notes"], life, None, facts["about"], finished, folder)

    def state(self) -> dict:
        """Return what `method.state_dict()` was at the end of the training, networks included."""
        return self.method.state_dict() if self.method else self.read(MODEL)

    def read(self, name: str) -> dict:
        """Read a file of the run's folder that holds tensors. Raises ValueError if it is not what was stored."""
        check_files(self.folder, read_facts(self.folder), (name,))
        return read_state(self.folder / name)


def _columns():
    """Return a line of text for every column of a history."""
    return "\n".join(f"{name}: {meaning}" for name, meaning in COLUMNS.items())


Run.history.__doc__ += f"\n\n{_columns()}"


def unreadable(folder: Path) -> str | None:
    """Return why a run without a seal cannot be read; None if it can, or if it has a seal, which is checked apart."""
    try:
        if FILES not in read_facts(folder):
            Run.load(folder)
    except ValueError as error:
        return str(error)
    return None


def _check_accuracy(facts, rows):
    """Raise ValueError unless the accuracies of a run without a seal are those of its history."""
    if FILES in facts:
        return
    for name, value in criteria(rows).items():
        stored = facts["accuracy"].get(name)
        need(same_number(stored, value), f"accuracy {name}", stored, f"{value}, as {HISTORY} has it")

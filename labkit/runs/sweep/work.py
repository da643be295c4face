"""A worker's part of a sweep: run one point of a plan by a function call that knows of no other point.

An outcome is a dict: run, label, status ("finished", "read": it was stored before, "failed", "elsewhere": another
process has it, "full": no room on the disk), seconds, error, cell.
"""

import errno
import logging
import signal
import threading
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ...errors import Busy
from ...fit import Run, fit, identity
from ...numbers import NUMBERS
from .. import store as stores
from . import notebooks
from .entry import Entry, entry
from .points import Point

if TYPE_CHECKING:
    from distributed import Worker

    from .plan import Plan

TOPIC = "labkit"  # of the events that say how far a run is
PASSING = (MemoryError, ConnectionError, torch.OutOfMemoryError)  # errors that another try may not meet
LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)  # errors of disks that it meets
NOISY = ("distributed", "tornado", "bokeh", "asyncio")  # loggers
ROOM = (errno.ENOSPC, errno.EDQUOT)
_thread = threading.local()  # reported: the time of this thread's last report of its progress

Outcome = dict[str, Any]
Options = dict[str, Any]  # of a plan, as `options` makes them


def run_point(point: Point, label: str, options: Options) -> Outcome:
    """Run a point. Raises errors that another try may not meet, so that Dask tries again."""
    start = time.monotonic()
    key = identified(point, options)
    outcome = blank(key, label)
    report(label=label, done=0, of=0)
    try:
        outcome |= notebooks.run(point, options) if options["notebook"] else _trainer(options)(point, options)
        stores.forgive(options["store"], key)
    except Busy as error:
        return outcome | {"status": "elsewhere", "error": str(error)}
    except Exception as error:
        if passes(error):
            raise
        if isinstance(error, OSError) and error.errno in ROOM:
            return outcome | {"status": "full", "error": error.strerror}
        outcome = failed(error, outcome)
        record = {**outcome, "what": kind(point, options), "traceback": traceback.format_exc()}
        stores.note(options["store"], key, record)
    return outcome | {"seconds": time.monotonic() - start}


def identified(point: Point, options: Options) -> dict[str, Any]:
    """Return the JSON values that identify a point in the store's records of failures."""
    return {**point, "notebook": options["notebook"], "numbers": NUMBERS}


def blank(key: dict[str, Any], label: str) -> Outcome:
    """Return an outcome that has not come yet. key: of `identified`; names the run until its own name is known."""
    return {"run": identity(key), "label": label, "seconds": 0.0, "error": None, "cell": None}


def passes(error: Exception) -> bool:
    """Return whether another try may not meet an error: of memory, connections and disks, unless a file is not there
    or the disk is full."""
    if isinstance(error, PASSING):
        return True
    of_disk = isinstance(error, OSError) and error.errno and error.errno not in ROOM
    return bool(of_disk) and not isinstance(error, LASTING)


def failed(error: Exception, outcome: Outcome) -> Outcome:
    """Return the outcome of an error."""
    run = getattr(error, "kept", outcome["run"])
    cell = getattr(error, "cell", None)
    first_line = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    return {**outcome, "status": "failed", "error": first_line, "run": run, "cell": cell}


def dask_setup(worker: "Worker") -> None:
    """Prepare a worker that starts; Dask calls this.

    Ctrl-C in the terminal is for the sweep, which ends its workers, and nobody has to read the log of their end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if worker.http_server:
        worker.http_server.stop()  # it would answer anybody
    hush()


def hush() -> dict[str, int]:
    """Silence the loggers of Dask and its parts. -> {name: level before}"""
    levels = {}
    for name in {*logging.root.manager.loggerDict, *NOISY}:
        if name.partition(".")[0] in NOISY:
            logger = logging.getLogger(name)
            levels[name] = logger.level
            logger.setLevel(logging.CRITICAL + 1)
    return levels


def options(plan: "Plan") -> Options:
    """Return what `run_point` needs of a plan, as plain values. wait: for a run that another process trains"""
    return {
        "threads": plan.threads,
        "checkpoint_every": plan.checkpoint_every,
        "as_notebooks": plan.as_notebooks,
        "store": str(plan.store),
        "notebook": str(plan.notebook) if plan.notebook else None,
        "trainer": plan.trainer,
        "wait": False,
    }


def _trainer(options):
    """Return the function that trains a point."""
    return import_module(options["trainer"]).train


def train(point: Point, options: Options) -> Outcome:
    """Train a point. -> run, status"""
    run = fit_reporting(entry(point), options)
    if options["as_notebooks"]:
        notebooks.leave(Path(options["store"]) / run.name)
    return {"run": run.name, "status": "read" if run.method is None else "finished"}


def fit_reporting(entered: Entry, options: Options) -> Run:
    """Train in the store of the options, and report every epoch to the sweep. entered: of `entry.entry`"""
    torch.set_num_threads(options["threads"])
    method, task, net, epochs, seed, recipe, meta, life = entered

    def report_epoch(run):
        row = run.rows[-1]
        report(done=len(run.rows), of=epochs, test=row.get("test", row.get("r2_test")))

    keeping = {name: options[name] for name in ("store", "checkpoint_every", "wait")}
    watching = {"on_epoch": report_epoch, "progress": False}
    return fit(method, task, net, epochs, seed, recipe, meta=meta, life=life, **keeping, **watching)


def report(**progress: Any) -> None:
    """Report this worker's progress to the sweep, at most once a second but for a new run; nothing outside a worker."""
    from distributed import get_worker

    clock = time.monotonic()
    if "label" not in progress and clock - getattr(_thread, "reported", 0.0) < 1.0:
        return
    _thread.reported = clock
    try:
        worker = get_worker()
    except ValueError:
        return
    worker.log_event(TOPIC, {"worker": worker.address, **progress})


def kind(point: Point, options: Options) -> str:
    """Return the name of a point's method or notebook."""
    return Path(options["notebook"]).stem if options["notebook"] else point["method"]

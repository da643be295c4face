"""What a worker does for one point of a plan: a function call. Nothing in it knows of the others.

An outcome is a dict: run, label, status ("finished", "read": it was there, "failed", "elsewhere": another process has
it, "full": no room on the disk), seconds, error, cell.
"""

import errno
import logging
import signal
import threading
import time
import traceback
from pathlib import Path

import torch

from ...errors import Busy
from ...fit import fit, identity
from ...numbers import NUMBERS
from .. import store as stores
from . import notebooks
from .entry import entry

TOPIC = "labkit"  # of the events that say how far a run is
PASSING = (MemoryError, ConnectionError, torch.OutOfMemoryError)  # what another try may not meet
NOISY = ("distributed", "tornado", "bokeh", "asyncio")  # loggers
ROOM = (errno.ENOSPC, errno.EDQUOT)
_mine = threading.local()  # when this thread said last how far it is


def one(point, label, how):
    """Run a point. how: the plan's options, as `options` makes them. -> outcome; raises what another try may not meet,
    so that Dask tries again"""
    began, wanted = time.monotonic(), asked(point, how)
    outcome = blank(wanted, label)
    tell(label=label, done=0, of=0)
    try:
        outcome |= notebooks.run(point, how) if how["notebook"] else train(point, how)
        stores.forgive(how["store"], wanted)
    except Busy as error:
        return outcome | {"status": "elsewhere", "error": str(error)}
    except Exception as error:
        if passes(error):
            raise
        if isinstance(error, OSError) and error.errno in ROOM:
            return outcome | {"status": "full", "error": error.strerror}
        outcome = failed(error, outcome)
        stores.note(how["store"], wanted, {**outcome, "what": what(point, how), "traceback": traceback.format_exc()})
    return outcome | {"seconds": time.monotonic() - began}


def asked(point, how):
    """What was asked for, whatever became of it. -> JSON values"""
    return {**point, "notebook": how["notebook"], "numbers": NUMBERS}


def blank(wanted, label):
    """An outcome that has not come yet; a run whose name is not known has that of what was asked for."""
    return {"run": identity(wanted), "label": label, "seconds": 0.0, "error": None, "cell": None}


def passes(error):
    """May another try not meet it? Memory, connections, disks: yes, but for files that are not there and full disks."""
    lasting = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
    disk = isinstance(error, OSError) and error.errno and error.errno not in ROOM
    return isinstance(error, PASSING) or (disk and not isinstance(error, lasting))


def failed(error, outcome):
    """The outcome of an error. -> outcome"""
    run, cell = getattr(error, "kept", outcome["run"]), getattr(error, "cell", None)
    said = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    return {**outcome, "status": "failed", "error": said, "run": run, "cell": cell}


def dask_setup(worker):
    """Dask calls this in a worker that starts. Ctrl-C in the terminal is for the sweep, which ends its workers; what
    they would say of their end, nobody has to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if worker.http_server:
        worker.http_server.stop()  # it would answer whoever asks
    hush()


def hush():
    """Keep the loggers of Dask and what it is made of silent. -> {name: level before}"""
    made = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in NOISY]
    levels = {name: logging.getLogger(name).level for name in {*made, *NOISY}}
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return levels


def options(plan):
    """What `one` needs to know of a plan. wait: for a run that another process trains. -> dict that travels"""
    how = {name: getattr(plan, name) for name in ("threads", "checkpoint_every", "as_notebooks")}
    return how | {"store": str(plan.store), "notebook": plan.notebook and str(plan.notebook), "wait": False}


def train(point, how):
    """A training. -> run, status"""
    torch.set_num_threads(how["threads"])
    method, task, net, epochs, seed, recipe, meta, life = entry(point)

    def after(run):
        row = run.rows[-1]
        tell(done=len(run.rows), of=epochs, test=row.get("test", row.get("r2_test")))

    ways = {"store": how["store"], "checkpoint_every": how["checkpoint_every"], "wait": how["wait"], "progress": False}
    run = fit(method, task, net, epochs, seed, recipe, meta=meta, life=life, on_epoch=after, **ways)
    if how["as_notebooks"]:
        notebooks.leaf(Path(how["store"]) / run.name)
    return {"run": run.name, "status": "read" if run.method is None else "finished"}


def tell(**progress):
    """Say how far this worker is, at most once a second but for a new run; outside of a worker nobody listens."""
    from distributed import get_worker

    now = time.monotonic()
    if "label" not in progress and now - getattr(_mine, "said", 0.0) < 1.0:
        return
    _mine.said = now
    try:
        worker = get_worker()
    except ValueError:
        return
    worker.log_event(TOPIC, {"worker": worker.address, **progress})


def what(point, how):
    """The method or the notebook."""
    return Path(how["notebook"]).stem if how["notebook"] else point["method"]

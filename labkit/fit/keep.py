"""Keeper: the place of one run in a store while it trains, so that it can be killed at any moment and go on.

    <store>/<name>/           a finished run, see Run.save
    <store>/<name>.partial/   one in the making: checkpoint and the one before it, log, what went wrong
    <store>/<name>.lock       whose it is

One process at a time has the lock; the system takes it away from a process that dies. No clock orders anything: the
newest checkpoint is the one that was renamed last.
"""

import errno
import json
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import torch

from ..errors import Busy
from ..state import atomic_write, read_state, room, write_state
from .run import identity

UNUSABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
LOG = "log.txt"
NEW, CURRENT, BEFORE = "checkpoint.new.safetensors", "checkpoint.safetensors", "checkpoint.before.safetensors"


class Keeper:
    """Keeps one run: `with Keeper(store, config) as keeper`.

    every: seconds between two checkpoints. wait(words): called when another process trains this run, before waiting for
    it to end; None raises Busy instead. Raises ValueError for a store that cannot be written, before anything is
    trained.
    """

    def __init__(self, store, config, every=30.0, wait=None):
        self.name, self.every, self.wait = identity(config), every, wait
        self.folder = Path(store) / self.name
        self.partial = self.folder.with_name(f"{self.name}.partial")
        self.saved, self.lock = time.monotonic(), None

    def __enter__(self):
        if not self.finished:
            self._acquire()
        self.saved = time.monotonic()
        return self

    def __exit__(self, kind, error, _):
        done = self.finished
        if error and not done and (self.partial / LOG).exists():
            error.kept = self.name  # where what there is was kept
            with suppress(OSError):
                self.log(f"stopped by {kind.__name__}: {str(error).partition(chr(10))[0]}")
        over = done or not (self.partial / LOG).exists()  # or nothing was begun
        if over:
            shutil.rmtree(self.partial, ignore_errors=True)
        if self.lock:
            self.lock.release()
        if over:  # who has the lock from here on, or makes it anew, finds the run finished
            with suppress(OSError):
                self.folder.with_suffix(".lock").unlink(missing_ok=True)

    def _acquire(self):
        """Take the lock."""
        from filelock import FileLock, Timeout

        try:
            with room(self.partial):
                self.partial.mkdir(parents=True, exist_ok=True)
                self.lock = FileLock(self.folder.with_suffix(".lock"))
                self.lock.acquire(timeout=0)
        except Timeout:
            words = f"run {self.name} is being trained by another process, see {self.partial / LOG}"
            if not self.wait:
                raise Busy(words) from None
            self.wait(words)
            self.lock.acquire()
        except OSError as error:
            if error.errno not in UNUSABLE:
                raise
            store, may_be = str(self.folder.parent), "a folder that can be written"
            raise ValueError(f"store is {store!r}; it must be {may_be}: {error}") from error

    @property
    def finished(self):
        """Is the run done, by whomever?"""
        return (self.folder / "config.json").exists()

    def log(self, words):
        """A line in the run's log. The date is for people."""
        with room(self.partial), (self.partial / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {words}\n")

    def due(self):
        """Is it time for a checkpoint?"""
        return time.monotonic() - self.saved >= self.every

    def save(self, loop):
        """Write a checkpoint. The one before stays until the next, and one of them is whole at every moment."""
        device = loop.device
        state = {"run": self.name, "loop": loop.state_dict(), "global": torch.get_rng_state()}
        state |= {"threads": torch.get_num_threads()}
        if device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state(device)
        new, current, before = (self.partial / name for name in (NEW, CURRENT, BEFORE))
        write_state(new, state)
        if current.exists():
            current.replace(before)
        new.replace(current)
        self.saved = time.monotonic()

    def resume(self, run, loop):
        """Go on from the newest checkpoint that is whole, if there is one. The number of threads goes back to the one
        it was made with, since sums depend on it."""
        state = self._newest()
        if state is None:
            return self.log(f"begins: {run.config['method']}, seed {run.config['seed']}")
        torch.set_num_threads(state["threads"])
        torch.set_rng_state(state["global"])
        if "cuda" in state:
            torch.cuda.set_rng_state(state["cuda"], loop.device)
        loop.load_state_dict(state["loop"])
        run.rows, run.life = loop.rows, loop.life
        self.log(f"goes on after {len(run.rows)} epochs and {loop.position} samples of the next")

    def _newest(self):
        """The newest checkpoint of this run that is whole; a damaged one is named in the log. -> dict or None"""
        for path in (self.partial / name for name in (NEW, CURRENT, BEFORE)):
            try:
                state = read_state(path) if path.exists() else {}
            except ValueError as error:
                self.log(f"{error}; the one before it is used")
                continue
            if state.get("run") == self.name:
                return state
        return None

    def diverged(self, run, error):
        """Keep the history of a training that diverged. -> where it is, and where the last good checkpoint is, in
        words"""
        path, checkpoint = self.partial / "diverged.json", self.partial / CURRENT
        facts = {"config": run.config, "rows": run.rows, "error": str(error)}
        atomic_write(path, json.dumps(facts, indent=1).encode())
        good = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "no checkpoint was due before"
        return f"{path}; {good}"

    def finish(self, run):
        """The run becomes its folder; what was needed in the making goes."""
        self.log(f"finished after {len(run.rows)} epochs")
        run.save(self.folder, self.partial)

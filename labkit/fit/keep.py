"""Keeper: the place of one run in a store while it trains, so that it can be killed at any moment and go on.

    <store>/<name>/           a finished run, see Run.save, or one that on_epoch stopped
    <store>/<name>.partial/   one in the making: checkpoint and the one before it, log, what went wrong
    <store>/<name>.lock       whose it is

One process at a time has the lock; the system takes it away from a process that dies. No clock orders anything: the
newest checkpoint is the one that was renamed last.
"""

import errno
import json
import os
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from ..errors import Busy
from ..paths import printable
from ..state import atomic_write, room, write_state
from .ending import randomness
from .place import place, set_aside
from .run import unreadable
from .seal import flaw, identity

UNUSABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR,
)  # fmt: skip
LOG, STOPPED = "log.txt", "stopped"
NEW, CURRENT, BEFORE = "checkpoint.new.safetensors", "checkpoint.safetensors", "checkpoint.before.safetensors"


class Keeper:
    """Keeps one run: `with Keeper(store, config) as keeper`.

    every: seconds between two checkpoints. wait(words): called when another process trains this run, before waiting for
    it to end; None raises Busy instead. Raises ValueError for a store that cannot be written, before anything is
    trained.
    """

    def __init__(self, store, config, every=30.0, wait=None):
        self.name, self.every, self.wait = identity(config), every, wait
        self.folder = place(store) / self.name
        self.partial = self.folder.with_name(f"{self.name}.partial")
        self.saved, self.lock, self.config = time.monotonic(), None, config

    def __enter__(self):
        if self._flaw() or not self.finished:
            self._acquire()
            self._make_way()
        self.saved = time.monotonic()
        return self

    def __exit__(self, kind, error, _):
        done = self.finished or (self.stored and not error)
        if error and not done and (self.partial / LOG).exists():
            error.kept = self.name  # where what there is was kept
            with suppress(OSError):
                self.log(f"stopped by {kind.__name__}: {str(error).partition(chr(10))[0]}")
        over = done or not (self.partial / LOG).exists()  # or nothing was begun
        if over:
            shutil.rmtree(self.partial, ignore_errors=True)
        if self.lock:
            self.lock.release()
        if over and (self.finished or not self.stored):  # who has the lock from here on finds the run finished
            with suppress(OSError):
                self.folder.with_suffix(".lock").unlink(missing_ok=True)

    def _acquire(self):
        """Take the lock."""
        from filelock import FileLock, Timeout

        try:
            with self._usable(), room(self.partial):
                self.partial.mkdir(parents=True, exist_ok=True)
                self.lock = FileLock(self.folder.with_suffix(".lock"))
                self.lock.acquire(timeout=0)
        except Timeout:
            words = f"run {self.name} is being trained by another process, see {self.partial / LOG}"
            if not self.wait:
                raise Busy(words) from None
            self.wait(words)
            self.lock.acquire()
            self.partial.mkdir(exist_ok=True)  # gone, where the other one finished or stopped the run

    def _flaw(self):
        """What is wrong with what is in the run's place, in words; None: nothing, or nothing is there."""
        if not os.path.lexists(self.folder):
            return None
        return flaw(self.folder) or ("notebook" not in self.config and self.stored and unreadable(self.folder)) or None

    def _make_way(self):
        """Set aside what is in the run's place and is not what was stored there, by whomever. Nothing is deleted."""
        why = self._flaw()
        if not why:
            return
        with self._usable():
            aside = set_aside(self.folder)
        words = f"run {self.name} is not what was stored ({why}): it is kept as {aside.name}, and trained again"
        print(f"labkit: {printable(words)}", file=sys.stderr, flush=True)

    @contextmanager
    def _usable(self):
        """A store that cannot be written is a ValueError."""
        try:
            yield
        except OSError as error:
            if error.errno not in UNUSABLE:
                raise
            store, may_be = str(self.folder.parent), "a folder that can be written"
            raise ValueError(f"store is {store!r}; it must be {may_be}: {error}") from error

    @property
    def stored(self):
        """Is the run in its folder, finished or stopped, by whomever?"""
        return (self.folder / "config.json").exists()

    @property
    def finished(self):
        """Is the run done, by whomever?"""
        return self.stored and not stopped_after(self.folder)

    def log(self, words):
        """A line in the run's log. The date is for people."""
        with room(self.partial), (self.partial / LOG).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {words}\n")

    def due(self):
        """Is it time for a checkpoint?"""
        return time.monotonic() - self.saved >= self.every

    def save(self, loop):
        """Write a checkpoint. The one before stays until the next, and one of them is whole at every moment."""
        state = {"run": self.name, "loop": loop.state_dict(), **randomness(loop.device)}
        new, current, before = (self.partial / name for name in (NEW, CURRENT, BEFORE))
        write_state(new, state)
        if current.exists():
            current.replace(before)
        new.replace(current)
        self.saved = time.monotonic()

    def diverged(self, run, error):
        """Keep the history of a training that diverged. -> where it is, and where the last good checkpoint is, in
        words"""
        path, checkpoint = self.partial / "diverged.json", self.partial / CURRENT
        facts = {"config": run.config, "rows": run.rows, "error": str(error)}
        atomic_write(path, json.dumps(facts, indent=1).encode())
        good = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "no checkpoint was due before"
        return f"{path}; {good}"

    def finish(self, run, loop):
        """The run becomes its folder, finished or stopped; what was needed in the making goes."""
        self.log(f"{'stopped by on_epoch' if run.stopped else 'finished'} after {len(run.rows)} epochs")
        if self.stored and not self.finished:  # it was stopped before: kept until the new folder is whole
            shutil.rmtree(self.partial / STOPPED, ignore_errors=True)
            self.folder.rename(self.partial / STOPPED)
        run.save(self.folder, self.partial, loop)


def stopped_after(folder):
    """After how many epochs on_epoch stopped the run in a folder. -> int, 0 for a run that it did not stop"""
    try:
        facts = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return int(facts["notes"].get("stopped") or 0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return 0

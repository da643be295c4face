"""Keeper: the place of one run in a store while it trains, so that it can be killed at any moment and go on.

    <store>/<name>/           a finished run, see Run.save, or one that on_epoch stopped
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

from ..errors import Busy
from ..state import atomic_write, read_state, room, write_state
from .ending import randomness, read_ending, restore
from .run import identity

UNUSABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)
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
        self.folder = Path(store) / self.name
        self.partial = self.folder.with_name(f"{self.name}.partial")
        self.saved, self.lock, self.config = time.monotonic(), None, config

    def __enter__(self):
        if not self.finished:
            self._acquire()
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
            self.partial.mkdir(exist_ok=True)  # gone, where the other one finished or stopped the run
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
        with room(self.partial), (self.partial / LOG).open("a", encoding="utf-8") as file:
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

    def resume(self, run, loop, say=print):
        """Go on from the newest checkpoint that is whole, from where on_epoch stopped the run, or from a shorter
        training of the same. say(words): called of a shorter one. The number of threads goes back to the one it was
        made with, since sums depend on it."""
        state = self._newest() or self._stopped(run) or self._shorter(loop, run, say)
        if state is None:
            return self.log(f"begins: {run.config['method']}, seed {run.config['seed']}")
        restore(state, loop)
        run.rows, run.life = loop.rows, loop.life
        self.log(f"goes on after {len(run.rows)} epochs and {loop.position} samples of the next")

    def _stopped(self, run):
        """Where on_epoch stopped the run; its log goes on. -> dict or None"""
        place = self.folder if self.stored else self.partial / STOPPED
        epochs = stopped_after(place)
        state = self._read(place) if epochs else {}
        if "loop" not in state:
            return None
        run.notes["stopped"] = epochs
        if not (self.partial / LOG).exists():
            shutil.copy(place / LOG, self.partial)
        return state

    def _shorter(self, loop, run, say):
        """The end of the longest training with fewer epochs, where a longer one can go on from it. -> dict or None"""
        for epochs in range(self.config["epochs"] - 1, 0, -1):
            folder = self.folder.with_name(identity({**self.config, "epochs": epochs}))
            if (folder / "config.json").exists():
                return self._longer(self._read(folder), folder.name, epochs, loop, run, say)
        return None

    def _longer(self, state, name, epochs, loop, run, say):
        same = state.get("device") == loop.device.type
        why = state.get("obstacle") or (None if same else f"it ran on {state.get('device')}")
        if why:
            say(f"trains from the first epoch, not on from run {name} ({epochs} epochs): {why}")
            return None
        run.notes["went_on_from"] = name
        say(f"goes on from run {name} after {len(state['loop']['rows'])} epochs")
        return state

    def _read(self, folder):
        try:
            return read_ending(folder)
        except (OSError, ValueError) as error:
            return {"obstacle": str(error)}

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

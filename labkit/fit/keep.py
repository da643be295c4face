"""Keeper: the place of one run in a store while it trains, so that it can be killed at any moment and go on.

    <store>/<name>/           a finished run, see Run.save, or one that on_epoch stopped
    <store>/<name>.partial/   a run that trains: the last two checkpoints, the log, errors
    <store>/<name>.lock       the lock of the process that trains it

One process at a time has the lock; the system takes it away from a process that dies. No clock orders anything: the
newest checkpoint is the one that was renamed last.
"""

import errno
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..errors import Busy
from ..paths import printable
from ..state import atomic_write, explaining_full_disk, write_state
from .ending import randomness
from .place import place, set_aside
from .run import Run, unreadable
from .seal import flaw, identity

if TYPE_CHECKING:
    from .loop import Loop

UNUSABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR,
)  # fmt: skip
LOG = "log.txt"
STOPPED = "stopped"
NEW = "checkpoint.new.safetensors"
CURRENT = "checkpoint.safetensors"
BEFORE = "checkpoint.before.safetensors"


class Keeper:
    """Keeps one run: `with Keeper(store, config) as keeper`.

    interval: seconds between two checkpoints. wait(message): called if another process trains this run, before the
    keeper waits for its end; None raises Busy instead. Raises ValueError for a store that cannot be written, before
    anything is trained.
    """

    def __init__(
        self, store: str | Path, config: dict, interval: float = 30.0, wait: Callable[[str], object] | None = None
    ) -> None:
        self.name = identity(config)
        self.config = config
        self.interval = interval
        self.wait = wait
        self.folder = place(store) / self.name
        self.partial = self.folder.with_name(f"{self.name}.partial")
        self.saved = time.monotonic()  # when the last checkpoint was written
        self.lock = None

    def __enter__(self) -> Self:
        if self._flaw() or not self.finished:
            self._acquire()
            self._set_damaged_aside()
        self.saved = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        done = self.finished or (self.stored and not error)
        if error and not done and (self.partial / LOG).exists():
            error.kept = self.name  # the run's name, for messages
            with suppress(OSError):
                self.log(f"stopped by {kind.__name__}: {str(error).partition(chr(10))[0]}")
        not_begun = not (self.partial / LOG).exists()
        over = done or not_begun
        if over:
            shutil.rmtree(self.partial, ignore_errors=True)
        if self.lock:
            self.lock.release()
        if over and (self.finished or not self.stored):  # the next process that gets the lock finds the run finished
            with suppress(OSError):
                self.folder.with_suffix(".lock").unlink(missing_ok=True)

    def _acquire(self):
        """Take the lock, or wait for the process that has it. Raises Busy if this keeper does not wait."""
        from filelock import FileLock, Timeout

        try:
            with self._usable(), explaining_full_disk(self.partial):
                self.partial.mkdir(parents=True, exist_ok=True)
                self.lock = FileLock(self.folder.with_suffix(".lock"))
                self.lock.acquire(timeout=0)
        except Timeout:
            message = f"run {self.name} is being trained by another process, see {self.partial / LOG}"
            if not self.wait:
                raise Busy(message) from None
            self.wait(message)
            self.lock.acquire()
            self.partial.mkdir(exist_ok=True)  # deleted, if the other process finished or stopped the run

    def _flaw(self):
        """Return what is wrong with the run's folder, or None; also None if there is no folder."""
        if not os.path.lexists(self.folder):
            return None
        reason = flaw(self.folder)
        if not reason and "notebook" not in self.config and self.stored:
            reason = unreadable(self.folder)
        return reason

    def _set_damaged_aside(self):
        """Rename the run's folder if it does not hold what was stored. Nothing is deleted."""
        reason = self._flaw()
        if not reason:
            return
        with self._usable():
            new_path = set_aside(self.folder)
        message = f"run {self.name} is not what was stored ({reason}): it is kept as {new_path.name}, and trained again"
        print(f"labkit: {printable(message)}", file=sys.stderr, flush=True)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Raise ValueError if the store cannot be written."""
        try:
            yield
        except OSError as error:
            if error.errno not in UNUSABLE:
                raise
            store = str(self.folder.parent)
            raise ValueError(f"store is {store!r}; it must be a folder that can be written: {error}") from error

    @property
    def stored(self) -> bool:
        """Is the run in its folder, finished or stopped, by this process or another?"""
        return (self.folder / "config.json").exists()

    @property
    def finished(self) -> bool:
        """Is the run in its folder and finished?"""
        return self.stored and not stopped_after(self.folder)

    def log(self, message: str) -> None:
        """Add a line to the run's log. Nothing reads its date but people."""
        date = datetime.now(UTC).isoformat(timespec="seconds")
        path = self.partial / LOG
        with explaining_full_disk(path), path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{date} {message}\n")

    def due(self) -> bool:
        """Is it time for a checkpoint?"""
        return time.monotonic() - self.saved >= self.interval

    def save(self, loop: "Loop") -> None:
        """Write a checkpoint. The previous one is kept too, so that a whole one exists at every moment."""
        state = {"run": self.name, "loop": loop.state_dict(), **randomness(loop.device)}
        new = self.partial / NEW
        current = self.partial / CURRENT
        write_state(new, state)
        if current.exists():
            current.replace(self.partial / BEFORE)
        new.replace(current)
        self.saved = time.monotonic()

    def diverged(self, run: Run, error: Exception) -> str:
        """Write the history of a training that diverged. -> where it is, and where the last good checkpoint is"""
        path = self.partial / "diverged.json"
        checkpoint = self.partial / CURRENT
        facts = {"config": run.config, "rows": run.rows, "error": str(error)}
        atomic_write(path, json.dumps(facts, indent=1).encode())
        good = f"the last good checkpoint is {checkpoint}" if checkpoint.exists() else "no checkpoint was due before"
        return f"{path}; {good}"

    def finish(self, run: Run, loop: "Loop") -> None:
        """Write the run's folder, finished or stopped. At the end of the `with` block the checkpoints are deleted."""
        self.log(f"{'stopped by on_epoch' if run.stopped else 'finished'} after {len(run.rows)} epochs")
        if self.stored and not self.finished:  # it was stopped before: kept until the new folder is whole
            shutil.rmtree(self.partial / STOPPED, ignore_errors=True)
            self.folder.rename(self.partial / STOPPED)
        run.save(self.folder, self.partial, loop)


def stopped_after(folder: Path) -> int:
    """Return the epoch after which on_epoch stopped the run in a folder, 0 if it did not."""
    try:
        facts = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return int(facts["notes"].get("stopped") or 0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return 0

"""What a training says while it runs: a progress bar, and lines about waiting and going on."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .run import Run

if TYPE_CHECKING:
    from tqdm import tqdm

SHARED = threading.local()  # bar: the one bar of several trainings, in the thread that trains them


@contextmanager
def one_bar(total: int) -> Iterator[None]:
    """Show one bar for all trainings inside, in place of one for each, e.g. `with labkit.one_bar(6): ...`.

    total: how many trainings there will be. It is hidden where the bar of a training is, and goes at its end.
    """
    if hidden(None):
        yield
        return
    from tqdm.auto import tqdm

    SHARED.bar = tqdm(total=total, unit="training", delay=1, leave=False, miniters=0)
    try:
        yield
    finally:
        SHARED.bar.close()
        SHARED.bar = None


def shared_bar() -> "tqdm | None":
    """Return the bar of `one_bar`, if this thread is inside of one."""
    return getattr(SHARED, "bar", None)


def advance_shared() -> None:
    """Count a run that was read, and not trained, in the bar of `one_bar`, if there is one."""
    if shared_bar() is not None:
        shared_bar().update()


def hidden(progress: bool | None) -> bool:
    """Is the progress bar left out? With progress=None it is where the output is neither a terminal nor a notebook.

    Inside of `one_bar` there is no other.
    """
    if shared_bar() is not None:
        return True
    if progress is not None:
        return not progress
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    return not watched or bool(os.environ.get("LABKIT_FAST")) or os.environ.get("LABKIT_PROGRESS") == "0"


def progress_bar(progress: bool | None, run: Run, epochs: int) -> Callable[[list[dict] | None], None]:
    """Return show(rows), to call with the history after an epoch and with None at the end.

    It draws a bar with the test accuracy and the time left, or nothing where the bar is hidden. Inside of `one_bar` it
    moves that one.
    """
    if shared_bar() is not None:
        return shared_progress(shared_bar(), run, epochs)
    if hidden(progress):
        return lambda rows: None
    from tqdm.auto import tqdm

    bar = tqdm(total=epochs, desc=run.config["method"], unit="epoch", delay=0 if progress else 1, leave=bool(progress))

    def show(rows):
        if rows is None:
            bar.close()
            return
        row = rows[-1]
        score = {name: f"{row[name]:.3f}" for name in ("test", "val_noisy", "r2_test") if name in row}
        bar.set_postfix(score, refresh=False)
        bar.update(row["epoch"] - bar.n)

    return show


def shared_progress(bar: "tqdm", run: Run, epochs: int) -> Callable[[list[dict] | None], None]:
    """Return show(rows) as `progress_bar` does, for a training that is one of several in a bar."""

    def show(rows):
        if rows is None:
            bar.update()
        else:
            bar.set_postfix_str(f"{run.config['method']}, epoch {rows[-1]['epoch']} of {epochs}", refresh=False)
            bar.update(0)  # draws it, but not before the bar is due

    return show


def waiting_printer(progress: bool | None) -> Callable[[str], None]:
    """Return report(message), which prints that a run waits for another process; silent with progress=False."""

    def report(message):
        if progress is not False:
            print(f"labkit: {message}; waiting for it", flush=True)

    return report


def resume_printer(progress: bool | None) -> Callable[[str], None]:
    """Return report(message), which prints to stderr where a run goes on. LABKIT_PROGRESS=0 silences it, too."""
    quiet = progress is False or os.environ.get("LABKIT_PROGRESS") == "0"

    def report(message):
        if not quiet:
            print(f"labkit: {message}", file=sys.stderr, flush=True)

    return report

"""What a training says while it runs: a progress bar, and lines about waiting and going on."""

import os
import sys
from collections.abc import Callable

from .run import Run


def hidden(progress: bool | None) -> bool:
    """Is the progress bar left out? With progress=None it is where the output is neither a terminal nor a notebook."""
    if progress is not None:
        return not progress
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    return not watched or bool(os.environ.get("LABKIT_FAST")) or os.environ.get("LABKIT_PROGRESS") == "0"


def progress_bar(progress: bool | None, run: Run, epochs: int) -> Callable[[list[dict] | None], None]:
    """Return show(rows), to call with the history after an epoch and with None at the end.

    It draws a bar with the test accuracy and the time left, or nothing where the bar is hidden.
    """
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

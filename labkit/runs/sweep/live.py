"""The progress of a sweep: a table that renews itself on a terminal, a line now and then elsewhere."""

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Group

    from .plan import Plan

SHOWN = 32  # workers in the table at most
INTERVAL = 60.0  # seconds between two lines where there is no terminal
ENDED = ("finished", "read", "failed")  # statuses of runs that are over


class Live:
    """`with Live(plan, link) as live`: give it the workers' events by `progress`, outcomes by `done`.

    link: the dashboard's address. quiet: show nothing; None: nothing in a notebook, whose file has no place for a table
    that moves.
    """

    def __init__(self, plan: "Plan", link: str, quiet: bool | None = None) -> None:
        kind = "trainings" if plan.kind == "fit" else f"runs of {plan.notebook.name}"
        self.total = len(plan.points)
        self.summary = f"{self.total} {kind} into {plan.store}"
        self.link = link
        self.quiet = "ipykernel" in sys.modules if quiet is None else quiet
        self.counts = Counter()
        self.workers = {}
        self.screen = None
        self.began = self.printed = time.monotonic()

    def __enter__(self) -> "Live":
        from rich.console import Console
        from rich.live import Live as Screen

        console = Console(stderr=False)
        if console.is_terminal and not self.quiet:
            self.screen = Screen(get_renderable=self.table, console=console, refresh_per_second=2, transient=False)
            self.screen.start()
        elif not self.quiet:
            print(f"{self.summary}; dashboard: {self.link}", flush=True)
        return self

    def __exit__(self, *error: object) -> None:
        if self.screen:
            self.workers.clear()
            self.screen.stop()

    def progress(self, event: tuple[float, dict[str, Any]]) -> None:
        """Take a worker's progress: (time, {"worker", "label" with a new run, "done", "of", "test"})."""
        _, state = event
        if "label" in state:
            self.workers[state["worker"]] = {"label": state["label"]}
        self.workers.setdefault(state["worker"], {}).update(state)

    def done(self, outcome: dict[str, Any]) -> None:
        """Count a run that came to an end; print a line when one is due."""
        self.counts[outcome["status"]] += 1
        label = outcome["label"]
        self.workers = {worker: state for worker, state in self.workers.items() if state.get("label") != label}
        due = time.monotonic() - self.printed >= INTERVAL
        if due and not self.screen and not self.quiet:
            self.printed = time.monotonic()
            print(self.line(), flush=True)

    @property
    def ended(self) -> int:
        """Number of runs that are over."""
        return sum(self.counts[status] for status in ENDED)

    def line(self) -> str:
        """Say how many runs are over, how many remain, and the time."""
        parts = []
        for status in ENDED:
            if self.counts[status]:
                parts.append(f"{self.counts[status]} {status}")
        if self.ended < self.total:
            parts.append(f"{self.total - self.ended} to go")
        counts = ", ".join(parts) or "nothing yet"
        return f"{counts}; {clock(time.monotonic() - self.began)}{self.remaining()}"

    def remaining(self) -> str:
        """Estimate the remaining time from the runs that were trained; those in the store before took none."""
        trained = self.counts["finished"] + self.counts["failed"]
        if not trained or self.ended >= self.total:
            return ""
        seconds = (time.monotonic() - self.began) / trained
        return f", about {clock(seconds * (self.total - self.ended))} left"

    def table(self) -> "Group":
        """Draw the table of the terminal: a bar, and a row per worker."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        head = Text(f"{self.summary}\ndashboard: {self.link}\nCtrl-C stops; the same command goes on.\n")
        bar = Table.grid(padding=(0, 2))
        bar.add_row(ProgressBar(self.total, self.ended, width=40), Text(self.line()))
        rows = Table.grid(padding=(0, 3))
        for state in sorted(self.workers.values(), key=_label)[:SHOWN]:
            epoch = f"epoch {state['done']} of {state['of']}" if state.get("of") else "begins"
            test = f"test {state['test']:.3f}" if state.get("test") is not None else ""
            rows.add_row(Text(_label(state)), epoch, test)
        hidden = len(self.workers) - SHOWN
        if hidden > 0:
            rows.add_row(f"and {hidden} more")
        return Group(head, bar, Text(), rows)


def _label(state):
    """Return the label of a worker's run."""
    return state.get("label", "")


def clock(seconds: float) -> str:
    """Write a duration as 1:02:03 or 2:03."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

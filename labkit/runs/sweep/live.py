"""What a sweep shows while it runs: a table that renews itself on a terminal, a line now and then elsewhere."""

import sys
import time
from collections import Counter

SHOWN = 32  # workers in the table at most
EVERY = 60.0  # seconds between two lines where there is no terminal


class Live:
    """`with Live(plan, link) as live`: events of the workers come to `heard`, outcomes to `done`.

    link: the dashboard's address. quiet: show nothing; None: nothing in a notebook, whose file has no place for a table
    that moves.
    """

    def __init__(self, plan, link, quiet=None):
        what = "trainings" if plan.kind == "fit" else f"runs of {plan.notebook.name}"
        self.total, self.words, self.link = len(plan.points), f"{len(plan.points)} {what} into {plan.store}", link
        self.quiet = "ipykernel" in sys.modules if quiet is None else quiet
        self.counts, self.workers, self.began, self.said = Counter(), {}, time.monotonic(), time.monotonic()
        self.screen = None

    def __enter__(self):
        from rich.console import Console
        from rich.live import Live as Screen

        console = Console(stderr=False)
        if console.is_terminal and not self.quiet:
            self.screen = Screen(get_renderable=self.table, console=console, refresh_per_second=2, transient=False)
            self.screen.start()
        elif not self.quiet:
            print(f"{self.words}; dashboard: {self.link}", flush=True)
        return self

    def __exit__(self, *_):
        if self.screen:
            self.workers.clear()
            self.screen.stop()

    def heard(self, event):
        """How far a worker is: (time, {"worker", "label" with a new run, "done", "of", "test"})."""
        _, news = event
        if "label" in news:
            self.workers[news["worker"]] = {"label": news["label"]}
        self.workers.setdefault(news["worker"], {}).update(news)

    def done(self, outcome):
        """A run came to an end."""
        self.counts[outcome["status"]] += 1
        self.workers = {worker: news for worker, news in self.workers.items() if news.get("label") != outcome["label"]}
        now = time.monotonic()
        if not self.screen and not self.quiet and now - self.said >= EVERY:
            self.said = now
            print(self.line(), flush=True)

    def line(self):
        """How far the sweep is, in words."""
        over = sum(self.counts[status] for status in ("finished", "read", "failed"))
        parts = [f"{self.counts[name]} {name}" for name in ("finished", "read", "failed") if self.counts[name]]
        parts += [f"{self.total - over} to go"] if over < self.total else []
        return f"{', '.join(parts) or 'nothing yet'}; {clock(time.monotonic() - self.began)}{self.left(over)}"

    def left(self, over):
        """The time that is left, as long as what was trained took: what was there already says nothing of it."""
        new = self.counts["finished"] + self.counts["failed"]
        if not new or over >= self.total:
            return ""
        return f", about {clock((time.monotonic() - self.began) / new * (self.total - over))} left"

    def table(self):
        """The table of the terminal."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        over = sum(self.counts[status] for status in ("finished", "read", "failed"))
        rows = Table.grid(padding=(0, 3))
        for news in sorted(self.workers.values(), key=lambda news: news.get("label", ""))[:SHOWN]:
            epoch = f"epoch {news['done']} of {news['of']}" if news.get("of") else "begins"
            test = f"test {news['test']:.3f}" if news.get("test") is not None else ""
            rows.add_row(Text(news.get("label", "")), epoch, test)
        more = len(self.workers) - SHOWN
        rows.add_row(f"and {more} more") if more > 0 else None
        head = Text(f"{self.words}\ndashboard: {self.link}\nCtrl-C stops; the same command goes on.\n")
        far = Table.grid(padding=(0, 2))
        far.add_row(ProgressBar(self.total, over, width=40), Text(self.line()))
        return Group(head, far, Text(), rows)


def clock(seconds):
    """1:02:03, 2:03."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

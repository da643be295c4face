"""Pictures of a drawing at a pace that a browser can follow. What comes too soon waits and is merged."""

import threading
import time
from collections.abc import Callable
from typing import Any


class Paced:
    """Hand over what a drawing shows, at most once in `seconds`; what waits is merged, and nothing waits longer.

    hand_over(message, progress, parts): of several messages or progresses the newest counts, and of parts the newest of
    each name. lock: is held by the caller of `show`, and while a timer hands over what waits.
    """

    def __init__(self, hand_over: Callable[[str | None, float | None, dict], None], seconds: float, lock: Any):
        self.hand_over = hand_over
        self.seconds = seconds
        self.lock = lock
        self.last = float("-inf")  # when something was handed over
        self.waiting = None  # message, progress, parts
        self.timer = None
        self.ended = []  # timers that were cancelled and may not have left yet

    def show(self, message: str | None, progress: float | None, parts: dict) -> None:
        """Hand over now what is due, else soon. The caller holds the lock."""
        before = self.waiting or (None, None, {})
        newest_message = before[0] if message is None else message
        newest_progress = before[1] if progress is None else progress
        self.waiting = newest_message, newest_progress, {**before[2], **parts}
        wait = self.last + self.seconds - time.monotonic()
        if wait <= 0:
            self._flush()
        elif self.timer is None:
            self.timer = threading.Timer(wait, self._on_time)
            self.timer.daemon = True
            self.timer.start()

    def stop(self) -> None:
        """Drop what waits, because the drawing has ended and its end shows everything. No thread is left.

        The caller does not hold the lock.
        """
        with self.lock:
            self.waiting = None
            self._forget_timer()
        for timer in self.ended:
            timer.join()
        self.ended.clear()

    def _on_time(self):
        """Hand over what waits, unless it was handed over or dropped meanwhile."""
        with self.lock:
            if self.waiting is not None:
                self._flush()

    def _flush(self):
        """Hand over what waits."""
        waiting = self.waiting
        self.waiting = None
        self._forget_timer()
        self.last = time.monotonic()
        self.hand_over(*waiting)

    def _forget_timer(self):
        """End the timer that runs."""
        if self.timer is not None:
            self.timer.cancel()
            self.ended = [*filter(threading.Thread.is_alive, self.ended), self.timer]
            self.timer = None

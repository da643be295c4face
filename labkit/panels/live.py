"""One background thread for one panel, in which the latest request wins. No widgets in here."""

import os
import threading
from collections.abc import Callable
from contextlib import contextmanager

import torch

from labkit import fast


class Worker:
    """Runs `job(request, cancelled)` for the newest request and never lets requests queue up.

    `ask` returns at once: a request that waits is replaced, and the job that runs sees `cancelled()` turn true and
    should return soon. An exception of the newest request goes to `on_error(error)`. The thread lives only while
    there is work.
    """

    def __init__(self, job: Callable, on_error: Callable):
        self.job, self.on_error = job, on_error
        self.lock = threading.Lock()
        self.number = 0  # of the newest request: a job with another number is out of date
        self.waiting = None
        self.thread = None

    def ask(self, request):
        """Leave a request to the thread, in place of any older one."""
        with self.lock:
            self.number += 1
            self.waiting = (self.number, request)
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, name="labkit-panel", daemon=True)
                self.thread.start()

    def run(self, request):
        """Do a request here and now, after what runs has been stopped. Returns the job's value, raises its error."""
        self.stop()
        self.wait()
        return self.job(request, lambda: False)

    def stop(self):
        """Cancel what runs and drop what waits."""
        with self.lock:
            self.number += 1
            self.waiting = None

    def wait(self):
        """Return when no request runs or waits."""
        while (thread := self.thread) is not None:
            thread.join()

    def _work(self):
        while (taken := self._take()) is not None:
            number, request = taken
            cancelled = lambda number=number: number != self.number
            try:
                self.job(request, cancelled)
            except Exception as error:  # the thread has nobody to raise to: the panel shows it
                if not cancelled():
                    self.on_error(error)

    def _take(self):
        with self.lock:  # under the lock, so that `ask` never counts on a thread that is about to end
            taken, self.waiting = self.waiting, None
            if taken is None:
                self.thread = None
            return taken


def headless() -> bool:
    """Nobody looks at a panel here: a plain process, papermill, nbval, LABKIT_FAST=1.

    Jupyter's server names the notebook in the environment of a kernel that a person opened, Voila the page that was
    asked for; papermill and nbval do neither.
    """
    return fast() or not {"JPY_SESSION_NAME", "VOILA_REQUEST_URL"} & set(os.environ)


@contextmanager
def one_thread():
    """Compute on one CPU thread inside: small networks are slower on two. The number is as before outside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

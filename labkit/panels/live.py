"""One background thread for one panel, in which the latest request wins. No widgets in here."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ..person import headless, opened

__all__ = ["Worker", "headless", "one_thread", "opened"]


class Worker:
    """Run `job(request, cancelled)` for the newest request, so that requests never queue up.

    `ask` returns at once: a request that waits is replaced, and the running job sees `cancelled()` turn true and should
    return soon. An exception of the newest request goes to `on_error(error)`. The thread lives only while there is
    work.
    """

    def __init__(self, job: Callable[[Any, Callable[[], bool]], Any], on_error: Callable[[Exception], Any]):
        self.job = job
        self.on_error = on_error
        self.lock = threading.Lock()
        self.number = 0  # of the newest request: a job with another number is out of date
        self.waiting = None
        self.thread = None

    def ask(self, request: Any) -> None:
        """Leave a request to the thread, in place of any older one."""
        with self.lock:
            self.number += 1
            self.waiting = (self.number, request)
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, name="labkit-panel", daemon=True)
                self.thread.start()

    def run(self, request: Any) -> Any:
        """Stop the running job and do a request in this thread. Returns the job's value, raises its error."""
        self.stop()
        self.wait()
        return self.job(request, lambda: False)

    def stop(self) -> None:
        """Cancel the running job and drop the request that waits."""
        with self.lock:
            self.number += 1
            self.waiting = None

    def wait(self) -> None:
        """Return when no request runs or waits."""
        while True:
            thread = self.thread  # read once: the thread sets it to None when it ends
            if thread is None:
                return
            thread.join()

    def _work(self):
        """Do requests until none waits."""
        while True:
            numbered = self._next_request()
            if numbered is None:
                return
            self._do(*numbered)

    def _do(self, number, request):
        """Do one request; report its error unless a newer one has come."""

        def cancelled():
            return number != self.number

        try:
            self.job(request, cancelled)
        except Exception as error:  # a thread has no caller to raise to: the panel shows it
            if not cancelled():
                self.on_error(error)

    def _next_request(self):
        """Return the request that waits with its number, or None, which ends the thread."""
        with self.lock:  # so that `ask` never counts on a thread that is about to end
            numbered = self.waiting
            self.waiting = None
            if numbered is None:
                self.thread = None
            return numbered


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one CPU thread inside, because small networks are slower on two. Restore the number afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

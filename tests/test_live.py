"""The panels' worker: the latest request wins, nothing queues up, what is out of date stops, errors are reported."""

import threading
import time

import pytest

from labkit.panels.live import Worker, headless

PATIENCE = 10  # seconds until a test that hangs fails


class Job:
    """A job in epochs that a test steps through: `epoch` lets it do one more."""

    def __init__(self, epochs=3):
        self.epochs, self.gate = epochs, threading.Semaphore(0)
        self.started, self.done, self.steps = [], [], []
        self.entered = threading.Semaphore(0)

    def __call__(self, request, cancelled):
        self.started.append(request)
        self.entered.release()
        for _ in range(self.epochs):
            assert self.gate.acquire(timeout=PATIENCE)
            if cancelled():
                return
            self.steps.append(request)
        self.done.append(request)

    def enter(self):
        assert self.entered.acquire(timeout=PATIENCE)

    def epoch(self, n=1):
        self.gate.release(n)


def finish(worker):
    thread = threading.Thread(target=worker.wait, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_the_latest_request_wins_and_none_queues_up():
    job = Job()
    worker = Worker(job, pytest.fail)
    worker.ask(0)
    job.enter()
    for request in range(1, 50):
        worker.ask(request)
    job.epoch(4)
    finish(worker)
    assert job.started == [0, 49]
    assert job.done == [49]


def test_what_is_out_of_date_stops_at_its_next_epoch():
    job = Job(epochs=1000)
    worker = Worker(job, pytest.fail)
    worker.ask("old")
    job.enter()
    job.epoch(2)
    while len(job.steps) < 2:
        time.sleep(0.001)
    worker.stop()
    job.epoch()
    finish(worker)
    assert job.steps == ["old", "old"]
    assert job.done == []


def test_jobs_never_overlap():
    inside, most, worked = [], [], []

    def job(request, cancelled):
        inside.append(request)
        most.append(len(inside))
        time.sleep(0.001)
        inside.remove(request)
        worked.append(request)

    worker = Worker(job, pytest.fail)
    askers = [threading.Thread(target=lambda k=k: [worker.ask((k, n)) for n in range(100)]) for k in range(4)]
    for thread in askers:
        thread.start()
    for thread in askers:
        thread.join(PATIENCE)
    finish(worker)
    assert max(most) == 1
    assert worked[-1][1] == 99


def test_an_error_is_reported_and_the_worker_goes_on():
    errors, done = [], []
    worker = Worker(lambda request, cancelled: done.append(1 / request), errors.append)
    worker.ask(0)
    finish(worker)
    assert [type(error) for error in errors] == [ZeroDivisionError]
    worker.ask(2)
    finish(worker)
    assert done == [0.5]


def test_the_error_of_a_request_that_nobody_wants_is_dropped():
    entered, go, errors = threading.Event(), threading.Event(), []

    def job(request, cancelled):
        if request == "old":
            entered.set()
            assert go.wait(PATIENCE)
            raise ValueError("old")

    worker = Worker(job, errors.append)
    worker.ask("old")
    assert entered.wait(PATIENCE)
    worker.ask("new")
    go.set()
    finish(worker)
    assert errors == []


def test_no_thread_is_left_when_there_is_no_work():
    worker = Worker(lambda request, cancelled: None, pytest.fail)
    worker.ask(1)
    thread = worker.thread
    finish(worker)
    if thread is not None:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert worker.thread is None


def test_run_works_here_stops_what_runs_and_raises():
    job = Job(epochs=1000)
    worker = Worker(job, pytest.fail)
    worker.ask("old")
    job.enter()
    worker.job, seen = (
        lambda request, cancelled: seen.append((threading.current_thread(), worker.thread)) or request,
        [],
    )
    threading.Timer(0.05, job.epoch).start()
    assert worker.run("now") == "now"
    assert seen == [(threading.current_thread(), None)]
    assert job.done == []
    worker.job = lambda request, cancelled: 1 / 0
    with pytest.raises(ZeroDivisionError):
        worker.run("now")


def test_headless_is_told_by_the_environment(monkeypatch):
    monkeypatch.delenv("LABKIT_FAST", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert headless()
    monkeypatch.setenv("JPY_SESSION_NAME", "lesson.ipynb")
    assert not headless()
    monkeypatch.setenv("LABKIT_FAST", "1")
    assert headless()
    monkeypatch.setenv("LABKIT_FAST", "0")
    assert not headless()

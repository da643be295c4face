"""Pictures at a pace: nothing is lost, what comes too soon is merged, and nothing waits longer than the pace."""

import threading
import time

import pytest

from labkit.panels.pace import Paced

PACE = 0.05


@pytest.fixture
def shown():
    return []


@pytest.fixture
def paced(shown):
    lock = threading.RLock()
    made = Paced(lambda *what: shown.append((time.monotonic(), *what)), PACE, lock)
    yield made
    made.stop()


def show(paced, message=None, progress=None, **parts):
    with paced.lock:
        paced.show(message, progress, parts)


def test_the_first_is_shown_at_once_and_the_newest_of_the_others_soon(paced, shown):
    for k in range(10):
        show(
            paced,
            message=f"epoch {k}" if k < 5 else None,
            progress=k / 10,
            curves=k,
            **({"gallery": k} if k < 3 else {}),
        )
    assert [what[1:] for what in shown] == [("epoch 0", 0.0, {"curves": 0, "gallery": 0})]
    time.sleep(3 * PACE)
    assert [what[1:] for what in shown[1:]] == [("epoch 4", 0.9, {"curves": 9, "gallery": 2})], "merged, and once"
    assert shown[1][0] - shown[0][0] >= 0.9 * PACE


def test_a_slow_drawing_is_never_held_back(paced, shown):
    for k in range(3):
        show(paced, curves=k)
        assert shown[-1][3] == {"curves": k}
        time.sleep(1.2 * PACE)


def test_after_the_end_nothing_comes(paced, shown):
    show(paced, curves=0)
    show(paced, curves=1)
    paced.stop()
    assert not any(isinstance(thread, threading.Timer) for thread in threading.enumerate()), "no thread is left"
    time.sleep(3 * PACE)
    assert len(shown) == 1

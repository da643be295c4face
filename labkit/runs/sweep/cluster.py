"""Where a sweep runs: a local Dask cluster sized to the machine, or a scheduler whose address is given.

The local one listens on 127.0.0.1 alone. Scheduler and workers speak TLS with a certificate made for this sweep, so
that nobody else on the machine can hand them code; the dashboard wants a token, and workers have no HTTP.
"""

import logging
import os
import secrets
import sys
from contextlib import contextmanager, suppress

from ...errors import need
from . import work

HERE = "127.0.0.1"
CONFIG = {
    "distributed.worker.daemon": True,  # workers end with the sweep, also when it is killed
    "distributed.worker.http.routes": [],  # nothing to ask a worker for without the token
    "distributed.scheduler.allowed-failures": 10,  # workers that may die under one run: it goes on at its checkpoint
    "distributed.comm.timeouts.connect": "60s",
    "distributed.logging": {"distributed": "error", "bokeh": "error", "tornado": "error"},
}


def layout(plan, workers=None, cores=None, cards=None):
    """What a worker is told, one worker per run at a time. -> list of {"env", "resources"}

    On a CPU one per group of `plan.threads` cores. With CUDA cards (cards: free bytes of each) as many per card as have
    room for `plan.gpu_memory`, one where that is not known; each sees its card alone. workers: so many at most on CPUs,
    or per card. Raises ValueError when no card has room.
    """
    need(workers is None or (isinstance(workers, int) and workers > 0), "workers", workers, "a whole number above 0")
    threads = {name: str(plan.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    cards = _cards() if cards is None else cards
    if not cards:
        count = workers or max(1, (cores or os.cpu_count()) // plan.threads)
        return [{"env": threads, "resources": dict(plan.resources)} for _ in range(count)]
    own = []
    for card, free in enumerate(cards):
        room = int(free / (plan.gpu_memory * 1e9)) if plan.gpu_memory else 1
        env = threads | {"CUDA_VISIBLE_DEVICES": str(card)}
        own += [{"env": env, "resources": {"GPU": 1, **plan.resources}}] * min(room, workers or room)
    free = [round(free / 1e9, 1) for free in cards]
    need(own, "gpu_memory", plan.gpu_memory, f"at most what a card has free: {free} GB")
    return own


def _cards():
    """Free bytes of every CUDA card."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [torch.cuda.mem_get_info(card)[0] for card in range(count)]


# what a worker needs, imported once: on Linux workers are forks of a process that has done nothing else
IMPORTED = ("distributed", "filelock", "safetensors.torch", "labkit.runs.sweep.work")


def _forked():
    """How Dask is to start workers: on Linux as forks, so that the second one, and one in the place of one that died,
    cost next to nothing. -> configuration"""
    if not sys.platform.startswith("linux"):
        return {}
    import multiprocessing

    from dask import config
    from distributed.utils import get_mp_context

    how = {"distributed.worker.multiprocessing-method": "forkserver"}
    with config.set(how):
        get_mp_context()  # sets Dask's own list of imports, once
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(IMPORTED))
    return how


@contextmanager
def local(plan, workers=None, port=0):
    """A cluster on this machine. -> distributed.Client, address of its dashboard with the token"""
    import dask
    from distributed import Client, Scheduler, Security
    from distributed.deploy.spec import SpecCluster

    from .nanny import Patient, without_main

    told, token = layout(plan, workers), secrets.token_urlsafe(24)
    security = Security.temporary()
    place = {"host": HERE, "security": security, "dashboard_address": f"{HERE}:0"}
    own = {"nthreads": 1, "memory_limit": 0, "silence_logs": "ERROR", "preload": [work.__name__], **place}
    nannies = {k: {"cls": Patient, "options": {**own, **words}} for k, words in enumerate(told)}
    scheduler = {"cls": Scheduler, "options": {**place, "dashboard_address": f"{HERE}:{port}", "dashboard": True}}
    with dask.config.set(CONFIG | _forked()), quiet(), without_main():
        cluster = SpecCluster(nannies, scheduler, security=security, silence_logs="ERROR", name="labkit")
        try:
            guard(cluster.scheduler.http_application, token)
            with Client(cluster) as client:
                http = cluster.scheduler.services["dashboard"].port
                yield client, f"http://{HERE}:{http}/status?token={token}"
        finally:
            with suppress(TimeoutError):
                cluster.close(timeout=10)


@contextmanager
def given(address):
    """A scheduler that is there. -> distributed.Client, address of its dashboard. Raises ValueError when nobody
    answers."""
    from distributed import Client

    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise ValueError(f"address is {address!r}; it must be that of a Dask scheduler: {said}") from None
    with client:
        yield client, client.dashboard_link


@contextmanager
def quiet():
    """What ends with a cluster, or is cut off from it, says so at length in the log; the sweep says it in a line."""
    import distributed  # noqa: F401  (makes its loggers)

    levels = work.hush()
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def guard(application, token):
    """Let in who has the token: once as ?token=..., which becomes a cookie. application: Dask's HTTP application."""
    from tornado.web import RequestHandler

    class Enter(RequestHandler):
        """The token becomes a cookie, and leaves the address."""

        def prepare(self):
            self.set_cookie("labkit", token, httponly=True, samesite="Strict")
            self.redirect(self.request.path)

    class Refuse(RequestHandler):
        """Says what is missing."""

        def prepare(self):
            self.set_status(403)
            self.finish("This dashboard wants the token of its sweep: open the address that the sweep printed.\n")

    find = application.find_handler
    same = lambda word: secrets.compare_digest(word.encode(), token.encode())

    def checked(request, **kwargs):
        said = request.query_arguments.get("token", [b""])[-1].decode(errors="replace")
        if said and same(said):
            return application.get_handler_delegate(request, Enter)
        cookie = request.cookies.get("labkit")
        fine = cookie is not None and same(cookie.value)
        return find(request, **kwargs) if fine else application.get_handler_delegate(request, Refuse)

    application.find_handler = checked

"""The place where a sweep runs: a local Dask cluster sized to the machine, or a scheduler whose address is given.

The local one listens on 127.0.0.1 alone. Scheduler and workers speak TLS with a certificate made for this sweep, so
that nobody else on the machine can hand them code; the dashboard wants a token, and workers have no HTTP.
"""

import logging
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ...errors import need
from . import work

if TYPE_CHECKING:
    from distributed import Client
    from tornado.web import Application

    from .plan import Plan

LOCAL = "127.0.0.1"
CONFIG = {
    "distributed.worker.daemon": True,  # workers end with the sweep, also when it is killed
    "distributed.worker.http.routes": [],  # a worker answers nothing, because it knows no token
    "distributed.scheduler.allowed-failures": 10,  # workers that may die under one run: it goes on at its checkpoint
    "distributed.comm.timeouts.connect": "60s",
    # Dask makes glibc hand back the memory of larger tensors at once, and a step then costs half as much more
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.logging": {"distributed": "error", "bokeh": "error", "tornado": "error"},
}


def layout(
    plan: "Plan", workers: int | None = None, cores: int | None = None, cards: Sequence[int] | None = None
) -> list[dict[str, dict]]:
    """Return environment and resources of each worker; a worker runs one run at a time. -> {"env", "resources"} each

    On a CPU one worker per group of `plan.threads` cores. With CUDA cards (cards: free bytes of each) as many per card
    as have room for `plan.gpu_memory`, one where that is not known; each sees its card alone. workers: so many at most
    on CPUs, or per card. Raises ValueError when no card has room.
    """
    need(workers is None or (isinstance(workers, int) and workers > 0), "workers", workers, "a whole number above 0")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(plan.threads))
    cards = _cards() if cards is None else cards
    if not cards:
        count = workers or max(1, (cores or os.cpu_count()) // plan.threads)
        return [{"env": threads, "resources": dict(plan.resources)}] * count
    result = []
    for card, free in enumerate(cards):
        room = int(free / (plan.gpu_memory * 1e9)) if plan.gpu_memory else 1
        env = threads | {"CUDA_VISIBLE_DEVICES": str(card)}
        result += [{"env": env, "resources": {"GPU": 1, **plan.resources}}] * min(room, workers or room)
    gigabytes = [round(free / 1e9, 1) for free in cards]
    need(result, "gpu_memory", plan.gpu_memory, f"at most what a card has free: {gigabytes} GB")
    return result


def _cards():
    """Return the free bytes of every CUDA card."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    free_bytes = []
    for card in range(count):
        free, _ = torch.cuda.mem_get_info(card)
        free_bytes.append(free)
    return free_bytes


# what a worker needs, imported once: on Linux workers are forks of a process that has done nothing else
IMPORTED = ("distributed", "filelock", "safetensors.torch", "labkit.runs.sweep.work")


def _forked():
    """Return Dask's configuration for starting workers: on Linux as forks, because then all but the first one, and one
    that replaces a dead one, start at once."""
    if not sys.platform.startswith("linux"):
        return {}
    import multiprocessing

    from dask import config
    from distributed.utils import get_mp_context

    forks = {"distributed.worker.multiprocessing-method": "forkserver"}
    with config.set(forks):
        get_mp_context()  # sets Dask's own list of imports, once
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(IMPORTED))
    return forks


@contextmanager
def local(plan: "Plan", workers: int | None = None, port: int = 0) -> Iterator[tuple["Client", str]]:
    """Context manager. A cluster on this machine. -> client, address of its dashboard with the token"""
    import dask
    from distributed import Client, Security
    from distributed.deploy.spec import SpecCluster

    from .nanny import without_main

    token = secrets.token_urlsafe(24)
    security = Security.temporary()
    nannies, scheduler = _specification(layout(plan, workers), security, port)
    with dask.config.set(CONFIG | _forked()), quiet(), without_main():
        cluster = SpecCluster(nannies, scheduler, security=security, silence_logs="ERROR", name="labkit")
        try:
            guard(cluster.scheduler.http_application, token)
            with Client(cluster) as client:
                http = cluster.scheduler.services["dashboard"].port
                yield client, f"http://{LOCAL}:{http}/status?token={token}"
        finally:
            with suppress(TimeoutError):
                cluster.close(timeout=10)


def _specification(workers, security, port):
    """Return the specification of a local cluster. workers: of `layout`. -> nannies, scheduler"""
    from distributed import Scheduler

    from .nanny import Patient

    shared = {"host": LOCAL, "security": security}
    of_worker = {"nthreads": 1, "memory_limit": 0, "silence_logs": "ERROR", "preload": [work.__name__]}
    of_worker |= {"dashboard_address": f"{LOCAL}:0", **shared}
    of_scheduler = {"dashboard_address": f"{LOCAL}:{port}", "dashboard": True, **shared}
    nannies = {}
    for k, worker in enumerate(workers):
        nannies[k] = {"cls": Patient, "options": of_worker | worker}
    return nannies, {"cls": Scheduler, "options": of_scheduler}


@contextmanager
def given(address: str) -> Iterator[tuple["Client", str]]:
    """Context manager. A scheduler that runs already. -> client, address of its dashboard

    Raises ValueError when nothing answers at the address.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=20)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"address is {address!r}; it must be that of a Dask scheduler: {reason}") from None
    with client:
        yield client, client.dashboard_link


@contextmanager
def quiet() -> Iterator[None]:
    """Context manager. Keep Dask's logs of ended and lost processes silent; the sweep says it in a line."""
    import distributed  # noqa: F401  (makes its loggers)

    levels = work.hush()
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def guard(application: "Application", token: str) -> None:
    """Refuse requests without the token. It comes once as ?token=..., which becomes a cookie.

    application: Dask's HTTP application.
    """
    from tornado.web import RequestHandler

    class Enter(RequestHandler):
        """Turns the token into a cookie, so that it leaves the address."""

        def prepare(self) -> None:
            """Answer the request."""
            self.set_cookie("labkit", token, httponly=True, samesite="Strict")
            self.redirect(self.request.path)

    class Refuse(RequestHandler):
        """Says what is missing."""

        def prepare(self) -> None:
            """Answer the request."""
            self.set_status(403)
            self.finish("This dashboard wants the token of its sweep: open the address that the sweep printed.\n")

    find = application.find_handler

    def is_token(text):
        return secrets.compare_digest(text.encode(), token.encode())

    def find_guarded(request, **kwargs):
        argument = request.query_arguments.get("token", [b""])[-1].decode(errors="replace")
        if argument and is_token(argument):
            return application.get_handler_delegate(request, Enter)
        cookie = request.cookies.get("labkit")
        if cookie is not None and is_token(cookie.value):
            return find(request, **kwargs)
        return application.get_handler_delegate(request, Refuse)

    application.find_handler = find_guarded

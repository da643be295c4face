"""Dask's nanny and the process that it starts, changed in two ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import spawn

from distributed import Nanny
from distributed.core import Status

STARTS = 5  # workers in a row that may die while they start
WORKER = "Dask Worker process (from Nanny)"  # the name that a nanny gives its process


class Patient(Nanny):
    """A nanny that replaces a worker which dies while it starts. Dask's own replaces only workers that have started,
    so that one lost at the start ends the whole cluster."""

    async def instantiate(self) -> Status:
        """Start a worker. -> Status.running, or the status of the last of STARTS"""
        for _ in range(STARTS):
            status = await super().instantiate()
            if status != Status.stopped:
                break
        return status


@contextmanager
def without_main() -> Iterator[None]:
    """Context manager. Keep multiprocessing from running the caller's script once more in every worker.

    A script that sweeps outside `if __name__ == "__main__"` would start another sweep in each of them.
    """
    prepare = spawn.get_preparation_data

    def prepared(name):
        data = prepare(name)
        if name == WORKER:
            data.pop("init_main_from_name", None)
            data.pop("init_main_from_path", None)
        return data

    spawn.get_preparation_data = prepared
    try:
        yield
    finally:
        spawn.get_preparation_data = prepare

"""Dask's nanny and the process that it starts, with two habits changed."""

from contextlib import contextmanager
from multiprocessing import spawn

from distributed import Nanny
from distributed.core import Status

STARTS = 5  # workers in a row that may die while they start
WORKER = "Dask Worker process (from Nanny)"  # the name that a nanny gives its process


class Patient(Nanny):
    """A nanny that starts another worker in the place of one that died before it was up. Dask's does so only later; a
    worker lost at the start ends the whole cluster."""

    async def instantiate(self):
        """Start a worker. -> Status.running, or what became of the last of STARTS"""
        for _ in range(STARTS):
            status = await super().instantiate()
            if status != Status.stopped:
                break
        return status


@contextmanager
def without_main():
    """Workers do not run the script that sweeps once more, as multiprocessing has it: they need nothing of it, and a
    script that sweeps outside `if __name__ == "__main__"` would start a sweep in every worker."""
    prepare = spawn.get_preparation_data

    def prepared(name):
        data = prepare(name)
        main = {"init_main_from_name", "init_main_from_path"} if name == WORKER else set()
        return {key: value for key, value in data.items() if key not in main}

    spawn.get_preparation_data = prepared
    try:
        yield
    finally:
        spawn.get_preparation_data = prepare

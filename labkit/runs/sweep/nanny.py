"""Dask's nanny, which starts a worker and another one in the place of one that died; but not of one that dies before it
is up: that ends the whole cluster."""

from distributed import Nanny
from distributed.core import Status

STARTS = 5  # workers in a row that may die while they start


class Patient(Nanny):
    """A nanny that tries again."""

    async def instantiate(self):
        """Start a worker. -> Status.running, or what became of the last of STARTS"""
        for _ in range(STARTS):
            status = await super().instantiate()
            if status != Status.stopped:
                break
        return status

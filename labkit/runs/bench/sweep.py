"""The cost of a sweep beside its trainings, with Dask's real scheduler and two workers, and an estimate for 100,000
runs on 100 GPUs.

Overhead of a run: the seconds that the workers had, less those that the same trainings take one after the other without
a store, per run, after the workers are up. The scheduler lives in this process: its memory is what the process grows
by.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import torch

from ...fit import fit
from .. import store
from ..sweep import Plan, cluster, drive, sweep
from ..sweep.entry import entry

if TYPE_CHECKING:
    from distributed import Client

WORKERS = 2
TIMED = 30  # trainings that are timed without a sweep
FIT = {"data": "digits", "n": 200, "noise": "symmetric", "rate": 0.4, "method": "ERM", "net": "mlp", "epochs": 2}
SIZES = (100, 2000)
RUNS = 100_000  # of the estimate
CARDS = 100
MINUTES = 20.0  # of one run on a card
TASKS = 2000  # empty ones, to time the scheduler alone
HEAD = (
    f"{'runs':>6s} {'training':>9s} {'overhead':>9s} {'MB/1000 tasks':>14s} {'results, first':>15s} "
    f"{'again':>7s} {'kB/run':>7s}"
)


def plan(runs: int, store: Path) -> Plan:
    """Return a plan of short trainings that differ in their seed."""
    seeds = list(range(1000, 1000 + runs))
    return Plan.read({"fit": FIT, "grid": {"seed": seeds}, "store": str(store)})


def seconds_without_store(plan: Plan) -> float:
    """Time one of the plan's trainings without a store, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    seconds = []
    for point in islice(plan.points, TIMED):
        start = time.perf_counter()
        method, task, net, epochs, seed, recipe, meta, _ = entry(point)
        fit(method, task, net, epochs, seed, recipe, meta=meta, progress=False)
        seconds.append(time.perf_counter() - start)
    torch.set_num_threads(threads)
    return sum(seconds[1:]) / (len(seconds) - 1)  # the first one imports


def measure(runs: int, client: "Client", folder: Path) -> dict[str, float]:
    """Sweep `runs` short trainings, and measure what it cost.

    -> runs, training, overhead, task (seconds); memory (bytes per task that the scheduler holds), first and again
    (seconds of labkit.results), disk (bytes per run), files (per run)
    """
    short = plan(runs, folder / str(runs))
    process = psutil.Process()
    training = seconds_without_store(short)
    memory = process.memory_info().rss
    start = time.perf_counter()
    outcome = sweep(short, client=client, quiet=True)
    task = (time.perf_counter() - start) / runs
    growth = max(0, process.memory_info().rss - memory)
    reading = []
    for _ in range(2):
        start = time.perf_counter()
        assert len(store.results(short.store)) == outcome.finished == runs
        reading.append(time.perf_counter() - start)
    files = [path.stat().st_size for path in short.store.glob("[!.]*/*")]
    costs = {"runs": runs, "training": training, "overhead": task * WORKERS - training, "task": task}
    costs |= {"memory": growth / min(runs, drive.AHEAD), "first": reading[0], "again": reading[1]}
    return costs | {"disk": sum(files) / runs, "files": len(files) / runs}


def scale(costs: Mapping[str, float], empty: float) -> Iterator[str]:
    """Estimate RUNS runs on CARDS cards, line by line.

    costs: of `measure`. empty: seconds of a task that does nothing, in the scheduler.
    """
    busy = CARDS * empty / (60 * MINUTES)
    yield f"{RUNS:,} runs of {MINUTES:g} minutes on {CARDS} cards, one each at a time, on paper:"
    yield f"  the trainings    {RUNS * MINUTES / CARDS / 60 / 24:.1f} days"
    yield f"  the overhead     {RUNS * costs['overhead'] / CARDS / 3600:.2f} hours of each worker, in all"
    yield f"  the scheduler    is busy {100 * busy:.3f} % of the time; it keeps up with runs of {CARDS * empty:.2f} s"
    yield f"  its memory       {drive.AHEAD * costs['memory'] / 1e6:.0f} MB: it holds {drive.AHEAD:,} tasks at most"
    gigabytes = RUNS * costs["disk"] / 1e9
    files = RUNS * costs["files"]
    yield f"  the store        {gigabytes:.1f} GB in {files:,.0f} files, with this network"
    yield f"  labkit.results   {RUNS * costs['again'] / costs['runs']:.1f} s with its index"


def nothing(k: int) -> int:
    """Return k: a task that costs the scheduler alone."""
    return k


def lines(rounds: int = 1) -> Iterator[str]:
    """Write the measured costs, then the estimate, line by line. rounds: not used, a sweep is long enough"""
    with tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder:
        folder = Path(folder)
        with cluster.local(plan(1, folder), workers=WORKERS) as (client, _):
            measure(10, client, folder)  # the workers import
            yield HEAD
            for runs in SIZES:
                costs = measure(runs, client, folder)
                times = f"{runs:6d} {costs['training']:8.3f}s {costs['overhead']:8.3f}s {costs['memory'] / 1e3:14.1f}"
                yield f"{times} {costs['first']:14.2f}s {costs['again']:6.2f}s {costs['disk'] / 1e3:7.1f}"
            start = time.perf_counter()
            client.gather(client.map(nothing, range(TASKS)))
            empty = (time.perf_counter() - start) / TASKS
        yield from scale(costs, empty)

"""What a sweep costs beside its trainings, with Dask's real scheduler and two workers; and what that says of 100,000
runs on 100 GPUs.

Overhead of a run: the seconds that the workers had, less those that the same trainings take one after the other without
a store, per run, after the workers are up. The scheduler lives in this process: its memory is what the process grows
by.
"""

import tempfile
import time
from itertools import islice
from pathlib import Path

import psutil
import torch

from ...fit import fit
from .. import store
from ..sweep import Plan, cluster, drive, sweep
from ..sweep.entry import entry

WORKERS, BARE = 2, 30  # BARE: trainings that are timed without a sweep
FIT = {"data": "digits", "n": 200, "noise": "symmetric", "rate": 0.4, "method": "ERM", "net": "mlp", "epochs": 2}
SIZES = (100, 2000)
MANY, CARDS, MINUTES = 100_000, 100, 20.0  # of the simulation; MINUTES of one run on a card


def plan(runs, place):
    """Short trainings that differ in their seed. -> Plan"""
    seeds = list(range(1000, 1000 + runs))
    return Plan.read({"fit": FIT, "grid": {"seed": seeds}, "store": str(place)})


def bare(asked):
    """Seconds of one of the plan's trainings without a store, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    seconds = []
    for point in islice(asked.points, BARE):
        began = time.perf_counter()
        method, task, net, epochs, seed, recipe, meta, _ = entry(point)
        fit(method, task, net, epochs, seed, recipe, meta=meta, progress=False)
        seconds.append(time.perf_counter() - began)
    torch.set_num_threads(threads)
    return sum(seconds[1:]) / (len(seconds) - 1)  # the first one imports


def measure(runs, client, folder):
    """Sweep `runs` short trainings. -> dict: runs, training, overhead, task (seconds); memory (bytes per task that the
    scheduler holds), first and again (seconds of labkit.results), disk (bytes per run), files (per run)"""
    asked, process = plan(runs, folder / str(runs)), psutil.Process()
    alone, before, began = bare(asked), process.memory_info().rss, time.perf_counter()
    done = sweep(asked, client=client, quiet=True)
    wall, grown = time.perf_counter() - began, process.memory_info().rss - before
    times = []
    for _ in range(2):
        began = time.perf_counter()
        assert len(store.results(asked.store)) == done.finished == runs
        times.append(time.perf_counter() - began)
    files = [path.stat().st_size for path in asked.store.glob("[!.]*/*")]
    return {
        "runs": runs,
        "training": alone,
        "overhead": wall * WORKERS / runs - alone,
        "task": wall / runs,
        "memory": max(0, grown) / min(runs, drive.AHEAD),
        "first": times[0],
        "again": times[1],
        "disk": sum(files) / runs,
        "files": len(files) / runs,
    }


def scale(seen, empty):
    """What the measurements say of MANY runs on CARDS cards. seen: of `measure`. empty: seconds of a task that does
    nothing, in the scheduler. -> iterator of lines"""
    busy = CARDS * empty / (60 * MINUTES)
    yield f"{MANY:,} runs of {MINUTES:g} minutes on {CARDS} cards, one each at a time, on paper:"
    yield f"  the trainings    {MANY * MINUTES / CARDS / 60 / 24:.1f} days"
    yield f"  the overhead     {MANY * seen['overhead'] / CARDS / 3600:.2f} hours of each worker, in all"
    yield f"  the scheduler    is busy {100 * busy:.3f} % of the time; it keeps up with runs of {CARDS * empty:.2f} s"
    yield f"  its memory       {drive.AHEAD * seen['memory'] / 1e6:.0f} MB: it holds {drive.AHEAD:,} tasks at most"
    gigabytes, files = MANY * seen["disk"] / 1e9, MANY * seen["files"]
    yield f"  the store        {gigabytes:.1f} GB in {files:,.0f} files, with this network"
    yield f"  labkit.results   {MANY * seen['again'] / seen['runs']:.1f} s with its index"


def nothing(k):
    """A task that costs the scheduler alone."""
    return k


def lines(rounds=1):
    """The table, then the simulation. rounds: not used, a sweep is long enough. -> iterator of lines"""
    with tempfile.TemporaryDirectory(prefix="labkit-bench-") as folder:
        folder = Path(folder)
        with cluster.local(plan(1, folder), workers=WORKERS) as (client, _):
            measure(10, client, folder)  # the workers import
            yield (
                f"{'runs':>6s} {'training':>9s} {'overhead':>9s} {'MB/1000 tasks':>14s} {'results, first':>15s} "
                f"{'again':>7s} {'kB/run':>7s}"
            )
            for runs in SIZES:
                seen = measure(runs, client, folder)
                yield (
                    f"{runs:6d} {seen['training']:8.3f}s {seen['overhead']:8.3f}s {seen['memory'] / 1e3:14.1f} "
                    f"{seen['first']:14.2f}s {seen['again']:6.2f}s {seen['disk'] / 1e3:7.1f}"
                )
            began = time.perf_counter()
            client.gather(client.map(nothing, range(2000)))
            empty = (time.perf_counter() - began) / 2000
        yield from scale(seen, empty)

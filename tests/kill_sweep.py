"""A sweep that is killed again and again, and what is left of it: kill_sweep.py [TIMES] [--seed N] [--at-once N]

Each time 24 runs are swept on a local cluster. At a random moment one worker is killed, at another one the whole sweep
(SIGKILL both). The sweep is started again, and then all 24 histories have to equal those of a sweep that nothing
disturbed, bit for bit. The last line is "N passed, N failed".
"""

import argparse
import multiprocessing.forkserver
import multiprocessing.util
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import psutil
import yaml
from tools import begin, ended

from labkit.cli import main as lab
from labkit.cli import sweep as _imported  # noqa: F401  (what a sweep imports is imported once, here)
from labkit.runs import store
from labkit.runs.sweep import cluster

for _name in (*cluster.IMPORTED, *("distributed.dashboard.scheduler", "cryptography.x509", "distributed.deploy")):
    import_module(_name)
RUNS = 24
PLAN = {
    "fit": {"data": "digits", "n": 240, "noise": "symmetric", "net": "mlp", "epochs": 6},
    "grid": {"method": ["ERM", "CDR", "Co-teaching", "ELR"], "rate": [0.2, 0.4], "seed": [0, 1, 2]},
    "checkpoint_every": 0.05,
}


def start(plan, place, log):
    """The sweep, as ./lab runs it. -> Process"""
    return begin(_sweep, ["sweep", str(plan), "--store", str(place), "--workers", "2"], log, fork=True)


def _sweep(words, log):
    with open(log, "a") as out:
        os.dup2(out.fileno(), 1), os.dup2(out.fileno(), 2)
    os.environ["OMP_NUM_THREADS"] = "1"
    if sys.platform.startswith("linux"):
        with patch.object(multiprocessing.util, "spawnv_passfds", fork_in_place):
            multiprocessing.forkserver.ensure_running()  # while this process has no threads
    sys.exit(lab(words))


def fork_in_place(path, words, kept):
    """Start what multiprocessing starts as `python -c code`, here its server of forks, as a fork of this process, which
    has imported already what the server would spend two seconds on. kept: files that it goes on using. -> pid"""
    pid = os.fork()
    if pid:
        return pid
    try:
        for fd in {int(name) for name in os.listdir("/proc/self/fd")} - {0, 1, 2, *kept}:
            with suppress(OSError):
                os.close(fd)
        exec(words[-1], {})
    finally:
        os._exit(0)


def workers(process):
    """The processes that train: forks of the server, or started anew. -> list, empty where the sweep is gone"""
    try:
        found = psutil.Process(process.pid).children(recursive=True)
        return [child for child in found if child.ppid() != process.pid or "spawn_main" in " ".join(child.cmdline())]
    except psutil.Error:
        return []


def wait_until(true, process, seconds=120):
    """Wait for something to be true of a sweep that runs. -> is it, before the sweep ended?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.is_alive():
        if true():
            return True
        time.sleep(0.01)
    return False


def finished(place):
    """How many runs a store holds."""
    return len(list(place.glob("*/config.json")))


def disturbed(plan, place, log, rng):
    """Start a sweep, kill a worker at one random moment and all of it at another. -> what was done, in words"""
    process = start(plan, place, log)
    first, second = sorted(rng.sample(range(RUNS), 2))
    done = []
    if wait_until(lambda: finished(place) >= first and len(workers(process)) == 2, process):
        time.sleep(rng.uniform(0, 0.3))
        victims = workers(process)
        victim = rng.choice(victims) if victims else None
        if victim and victim.is_running():
            victim.kill()
            done.append(f"a worker after {finished(place)} runs")
    if wait_until(lambda: finished(place) >= second, process):
        time.sleep(rng.uniform(0, 0.3))
        done.append(f"the sweep after {finished(place)} runs")
    alone = workers(process)
    process.kill()
    process.join()
    done += [] if process.exitcode == -signal.SIGKILL else ["nothing else: it had ended"]
    left = psutil.wait_procs(alone, timeout=30)[1]
    assert not left, f"workers that outlive their sweep: {left}"
    return "; ".join(done)


def compare(place, calm):
    """Exit with 0 if all runs are there, with the history of the calm sweep but for the seconds, and nothing else."""
    same = histories(place).equals(histories(calm))
    clean = not list(place.glob("*.partial")) and not list(place.glob("*.lock")) and not len(store.failures(place))
    sys.exit(not (finished(place) == RUNS and same and clean))


def histories(place):
    """All that was measured, without the seconds. -> DataFrame"""
    return store.histories(place).drop(columns="seconds")


def once(plan, calm, folder, seed):
    """One sweep, killed and started again. -> was nothing lost?, words"""
    folder.mkdir()
    place, log = folder / "runs", folder / "log"
    what = disturbed(plan, place, log, random.Random(seed))
    left = finished(place)
    again = ended(start(plan, place, log))
    fine = again == 0 and ended(begin(compare, place, calm, fork=True)) == 0
    words = f"killed {what}; {left} were finished; then status {again}, {finished(place)} runs, "
    return fine, words + ("the same bits" if fine else log.read_text()[-2000:])


def several(plan, numbers, seed):
    """In a process of its own: some of the sweeps, one after the other. Its exit status is how many lost something."""
    lost = 0
    for k in numbers:
        fine, words = once(plan, plan.with_name("calm"), plan.with_name(str(k)), f"{seed} {k}")
        lost += not fine
        print(f"{k + 1:3d} {words}", flush=True)
    sys.exit(lost)


def main(argv):
    """-> exit status"""
    read = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    read.add_argument("times", nargs="?", type=int, default=20)
    read.add_argument("--seed", type=int, default=0)
    read.add_argument("--at-once", type=int, default=1, help="sweeps at a time: much of one is waiting")
    args = read.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="labkit-kill-") as folder:
        folder = Path(folder)
        plan = folder / "plan.yml"
        plan.write_text(yaml.safe_dump(PLAN | {"store": "runs"}))
        assert ended(start(plan, folder / "calm", folder / "log")) == 0, (folder / "log").read_text()
        shares = [range(k, args.times, args.at_once) for k in range(args.at_once)]
        running = [begin(several, plan, numbers, args.seed, fork=True) for numbers in shares]
        lost = sum(ended(process) % 256 for process in running)  # a share that was killed itself counts, too
    print(f"{args.times - lost} passed, {lost} failed")
    return int(lost > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

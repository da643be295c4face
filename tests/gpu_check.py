"""Run every method on a real GPU, once there is one: python tests/gpu_check.py results.json

For each method: three steps in float64 against the same steps on the CPU, a resume in the middle of a training, steps
per second, the largest memory, and how often a step waits for the device. It stops itself after six minutes with what
it has; the file is written again after every method. It needs no network and no packages beside torch, torchvision,
numpy, pandas, pyarrow, scikit-learn, scipy and matplotlib.

Generators of a GPU give other numbers than those of the CPU. For the comparison every draw is made on the CPU and
copied, so that all methods are compared step by step; for resume and speed the draws are the device's own.

The JSON holds "facts" and "rows", a row per method:
    difference        largest |w_device - w_CPU| over the largest |w_CPU|, after three steps in float64
    draws             how many draws were made on the CPU and copied in these steps
    resume            the same measure, between a training that went on from its state on the CPU and one without a stop
    steps_per_second  float32, a batch of 128 digits, a network of three layers, the device waited for at the end
    peak_mib          memory that torch had on the device at most; none on the CPU
    waits_per_step    operations of a step that wait for the device; none on the CPU
    error             what went wrong, else empty
Exit status: 0 all is well, 1 a method failed or differs, 2 there is no such device.
"""

import argparse
import json
import os
import sys
import time
import warnings
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from cases import CASES, meta_for
from torch.overrides import TorchFunctionMode

import labkit
from labkit.fit import begin
from labkit.nets import mlp
from labkit.state import to_device

STEPS, EPOCHS, BATCH = 3, 2, 128
EXACT, RESUMED = 1e-5, 1e-3  # differences below these are well; the state of some methods is float32
RECIPE = {"momentum": 0.9, "weight_decay": 1e-3}


class HostGenerator(torch.Generator):
    """A generator of the CPU that says it is on another device."""

    def __new__(cls, device="cpu"):
        generator = super().__new__(cls, "cpu")
        generator.place = torch.device(device)
        return generator

    device = property(lambda self: self.place)


class HostDraws(TorchFunctionMode):
    """Draws with a HostGenerator are made on the CPU and copied. count: how many were."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        generator = kwargs.get("generator")
        if not isinstance(generator, HostGenerator) or generator.device.type == "cpu":
            return function(*args, **kwargs)
        self.count += 1
        to_host = lambda value: value.cpu() if isinstance(value, torch.Tensor) else value
        host = {name: to_host(value) for name, value in kwargs.items()}
        if "device" in kwargs:
            host["device"] = "cpu"
        drawn = function(*map(to_host, args), **host)
        if not function.__name__.endswith("_"):
            return drawn.to(generator.device)
        with torch.no_grad():
            return (args[0] if args else kwargs["tensor"]).copy_(drawn)


def exact_mlp(shape, classes):
    """The network of the comparison, in float64. -> module"""
    return mlp(shape, classes).double()


@cache
def noisy_task(name, n, dtype):
    """Embedded data with 40 % noise. -> Task"""
    noise = {"digits": labkit.noise.symmetric, "faces": labkit.noise.signflip}[name](0.4)
    task = labkit.corrupt(labkit.load(name, n=n), noise, 0)
    return task if dtype == torch.float32 else in_float64(task)


def in_float64(task):
    """The same task with samples, and regression targets, in float64. -> Task"""
    number = lambda y: y if task.classes else y.double()
    part = lambda split: replace(split, x=split.inputs().double(), y=number(split.y))
    train = replace(part(task.train), val=part(task.train.val))
    truth = replace(task.truth, y=number(task.truth.y), val=number(task.truth.val))
    return replace(task, train=train, test=part(task.test), truth=truth)


def prepare(cls, device, n=160, dtype=torch.float32, batch=32):
    """A loop in front of its first batch. -> Loop"""
    case = CASES[cls]
    task, meta = meta_for(cls, noisy_task(case.task, n, dtype))
    net = "mlp" if dtype == torch.float32 else exact_mlp
    return begin(cls(**case.settings), task, net, EPOCHS, 0, RECIPE | {"batch": batch}, device, meta)[1]


def weights(loop):
    """All parameters of all networks, as one vector on the CPU."""
    return torch.cat([p.detach().flatten() for net in loop.method.nets for p in net.parameters()]).cpu()


def difference(a, b):
    """Largest difference over the largest number. a, b [P] -> float"""
    return float((a - b).abs().max() / b.abs().max())


def compare(cls, device):
    """Three steps in float64 here and on the CPU. -> parts of a row"""
    ends, draws = [], HostDraws()
    with patch.object(torch, "Generator", HostGenerator), draws:
        for place in (device, "cpu"):
            loop = prepare(cls, place, dtype=torch.float64)
            loop.begin_epoch(loop.method.stage(0, loop.task.train).indices)
            take_steps(loop, STEPS)
            ends.append(weights(loop))
    return {"difference": difference(*ends), "draws": draws.count}


def take_steps(loop, steps):
    """Steps on the batches of one epoch, again from its start where they end."""
    for _ in range(steps):
        if loop.position >= len(loop.queue):
            loop.position = 0
        loop.one_batch()


def resume(cls, device):
    """Two trainings to the end: one goes on in the middle from its state on the CPU. -> parts of a row"""
    straight = prepare(cls, device)
    batches = sum(event == "batch" for event in straight.run())
    first = prepare(cls, device)
    for event in first.run():
        batches -= 2 * (event == "batch")
        if batches <= 0 and event == "batch":
            break
    second = prepare(cls, device)
    second.load_state_dict(to_device(first.state_dict(), "cpu"))  # where a file would be read to
    for _ in second.run():
        pass
    return {"resume": difference(weights(second), weights(straight))}


def measure(cls, device, seconds=1.0):
    """Speed, memory and waiting. -> parts of a row"""
    cuda = torch.device(device).type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    loop = prepare(cls, device, n=1000, batch=BATCH)
    loop.begin_epoch(loop.method.stage(0, loop.task.train).indices)
    take_steps(loop, STEPS)
    waits = waits_per_step(loop) if cuda else None
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        take_steps(loop, 5)
        steps += 5
    if cuda:
        torch.cuda.synchronize()
    speed = steps / (time.perf_counter() - started)
    peak = torch.cuda.max_memory_allocated() / 2**20 if cuda else None
    return {"steps_per_second": speed, "peak_mib": peak, "waits_per_step": waits}


def waits_per_step(loop):
    """How many operations of a step wait for the device, by torch's own count. -> float"""
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            take_steps(loop, STEPS)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(warning.message) for warning in seen) / STEPS


def check_method(cls, device, deadline):
    """All pieces for which there is time. -> a row"""
    row = {"method": cls.__name__, "error": ""}
    for piece in (compare, resume, measure):
        if time.monotonic() >= deadline:
            return row | {"error": "no time was left"}
        try:
            row |= piece(cls, device)
        except Exception as error:  # of one method: the others are still of interest
            row["error"] += f"{piece.__name__}: {type(error).__name__}: {str(error).splitlines()[0]}; "
    return row


def is_well(row):
    """Did all pieces run, and are the numbers the CPU's?"""
    return not row["error"] and row["difference"] < EXACT and row["resume"] < RESUMED


def check(classes, device, seconds, write):
    """Check methods until the time is over. write(result) is called after each. -> {"facts": ..., "rows": [...]}"""
    started, rows = time.monotonic(), []
    result = {"facts": {"device": device_name(device), "torch": torch.__version__}, "rows": rows}
    for cls in classes:
        if time.monotonic() - started >= seconds:
            break
        rows.append(check_method(cls, device, started + seconds))
        result["facts"] |= {"seconds": time.monotonic() - started, "left": [c.__name__ for c in classes[len(rows) :]]}
        write(result)
    return result


def device_name(device):
    """What the device is called."""
    return torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else str(device)


def markdown(rows):
    """The rows as a table."""
    columns = ("method", "difference", "draws", "resume", "steps_per_second", "peak_mib", "waits_per_step", "error")
    cell = lambda value: "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
    lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
    lines += [" | ".join(cell(row.get(column)) for column in columns) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


@contextmanager
def quiet():
    """labkit shows no progress."""
    with patch.dict(os.environ, {"LABKIT_PROGRESS": "0"}):
        yield


def parsed(words):
    """The command line. -> namespace"""
    names = {cls.__name__: cls for cls in CASES}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json", nargs="?", help="file for the results; without one they are printed")
    parser.add_argument("--device", default="cuda", help='"cuda" (default) or "cpu", which tries the script itself')
    parser.add_argument("--seconds", type=float, default=360, help="when to stop with what there is (360)")
    parser.add_argument("--methods", nargs="+", choices=names, default=list(names), metavar="METHOD")
    asked = parser.parse_args(words)
    asked.classes = [names[name] for name in asked.methods]
    return asked


def main(words):
    """Check, write the JSON after each method, print the table. -> exit status"""
    asked = parsed(words)
    if torch.device(asked.device).type == "cuda" and not torch.cuda.is_available():
        print(
            "gpu_check needs a CUDA device that torch can use, and here is none; --device cpu tries the script itself."
        )
        return 2
    path = asked.json and Path(asked.json)
    write = (lambda result: path.write_text(json.dumps(result, indent=1))) if path else (lambda result: None)
    with quiet():
        result = check(asked.classes, asked.device, asked.seconds, write)
    if not path:
        print(json.dumps(result, indent=1))
    print(markdown(result["rows"]), file=sys.stdout if path else sys.stderr)
    return 0 if all(map(is_well, result["rows"])) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The tests that every method has to pass."""

import ast
import inspect
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch
from tools import IDS, METHODS, NEUTRAL, bound, digits, train, weights

import labkit
from labkit.method import Method
from labkit.methods import ALL, ERM
from labkit.state import read_state, write_state

every_method = pytest.mark.parametrize("cls, settings", METHODS, ids=IDS)
QUESTIONS = ("select", "weight", "loss", "update", "batch", "penalty", "step", "stage")


@every_method
def test_neutral_setting_is_plain_sgd_bit_for_bit(cls, settings):
    neutral = weights(train(cls(**NEUTRAL[cls]), weight_decay=1e-3))
    assert torch.equal(neutral, weights(train(ERM(), weight_decay=1e-3)))


@every_method
def test_typical_setting_is_not_plain_sgd(cls, settings):
    same = torch.equal(weights(train(cls(**settings))), weights(train(ERM())))
    assert same == (cls is ERM)


@every_method
def test_one_step_is_finite_and_moves_every_tensor(cls, settings):
    loop = bound(cls(**settings), weight_decay=1e-3)
    before = [p.detach().clone() for p in loop.method.nets[0].parameters()]
    loop.one_batch()
    after = list(loop.method.nets[0].parameters())
    assert all(torch.isfinite(p).all() for p in after)
    assert all(not torch.equal(p, q) for p, q in zip(after, before))


@every_method
def test_weights_are_a_distribution_without_gradient(cls, settings):
    loop = bound(cls(**settings))
    i = torch.arange(32)
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    w = loop.method.weight(x, y, i, loop.method.nets[0](x))
    assert w.shape == (32,) and (w >= 0).all() and not w.requires_grad
    if cls.normalised:
        assert w.sum().item() == pytest.approx(1, abs=1e-6)


@every_method
def test_permuted_batch_gives_the_same_step(cls, settings):
    steps = []
    for order in (torch.arange(32), torch.arange(32).flip(0)):
        loop = bound(cls(**settings))
        loop.method.nets[0].double()
        loop.method.opts = loop.make_opt(loop.method.nets, loop.groups)
        loop.method.step(loop.task.train.inputs(order).double(), loop.task.train.y[order], order)
        steps.append(weights(loop.method))
    assert torch.allclose(*steps, rtol=0, atol=1e-7)


@every_method
def test_same_seed_same_bits_other_seed_other_bits(cls, settings):
    runs = [labkit.fit(cls(**settings), digits(), "mlp", 2, seed) for seed in (3, 3, 4)]
    first, again, other = (run.history.drop(columns="seconds") for run in runs)
    assert first.equals(again) and not first.equals(other)
    assert torch.equal(weights(runs[0].method), weights(runs[1].method))


@every_method
def test_global_generator_is_left_alone(cls, settings):
    before = torch.get_rng_state()
    train(cls(**settings), epochs=1)
    assert torch.equal(before, torch.get_rng_state())


@every_method
def test_saved_in_mid_epoch_and_reloaded_equals_uninterrupted(cls, settings, tmp_path):
    straight = bound(cls(**settings), momentum=0.9, weight_decay=1e-3)
    for _ in range(5):
        straight.one_batch()
    write_state(tmp_path / "state.safetensors", straight.state_dict())
    other = bound(cls(**settings), seed=7, momentum=0.9, weight_decay=1e-3)
    other.load_state_dict(read_state(tmp_path / "state.safetensors"))
    other.seed = straight.seed
    for loop in (straight, other):
        events = loop.run()
        while len(loop.rows) < 2:
            next(events)
    assert torch.equal(weights(straight.method), weights(other.method))
    drop = lambda loop: [{k: v for k, v in row.items() if k != "seconds"} for row in loop.rows]
    assert repr(drop(straight)) == repr(drop(other))


@every_method
def test_garbage_truth_changes_nothing(cls, settings):
    task, garbled = digits(), digits()
    garbled.truth.y, garbled.truth.val = garbled.truth.y.flip(0), garbled.truth.val * 0
    garbled.test.y = garbled.test.y * 0
    assert torch.equal(weights(train(cls(**settings), task)), weights(train(cls(**settings), garbled)))


@every_method
def test_stacked_losses_and_weights_equal_single_ones(cls, settings):
    loop = bound(cls(**settings))
    method, i = loop.method, torch.arange(32)
    if hasattr(method, "b"):
        method.b = torch.randn_like(method.b)
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    logits, ys = torch.randn(3, 32, 10), torch.stack([y, y.roll(1), y.roll(2)])
    losses = method.loss(logits, ys, i)
    stacked = method.weight(x, ys, i, logits)
    for k in range(3):
        assert torch.allclose(losses[k], method.loss(logits[k], ys[k], i), rtol=0, atol=1e-6)
        assert torch.allclose(stacked[k], method.weight(x, ys[k], i, logits[k]), rtol=0, atol=1e-6)


def to_meta(value):
    """Tensors, and lists of them, on the device that has shapes only."""
    if isinstance(value, list):
        return [to_meta(v) for v in value]
    return value.detach().to("meta").requires_grad_(value.requires_grad)


@every_method
def test_a_step_runs_on_the_meta_device(cls, settings):
    loop = bound(cls(**settings))
    method = loop.method
    method.nets = [net.to("meta") for net in method.nets]
    for name in ("b", "start"):
        if hasattr(method, name):
            setattr(method, name, to_meta(getattr(method, name)))
    method.opts = []  # optimisers have no meta kernels
    x, y, i = map(to_meta, (loop.task.train.inputs(slice(0, 32)), loop.task.train.y[:32], torch.arange(32)))
    loss = method.step(x, y, i)
    assert loss.device.type == "meta" and all(p.grad.shape == p.shape for p in method.nets[0].parameters())


@every_method
def test_source_stays_on_the_device(cls, settings):
    text = "".join(inspect.getsource(c) for c in cls.__mro__ if issubclass(c, Method))
    assert not any(word in text for word in (".cuda(", ".numpy()", ".cpu(", ".item()", "print("))
    factories = {"zeros", "ones", "empty", "full", "randn", "rand", "arange", "eye", "tensor"}
    calls = (node for node in ast.walk(ast.parse(textwrap.dedent(text))) if isinstance(node, ast.Call))
    for call in calls:
        f = call.func
        if getattr(getattr(f, "value", None), "id", None) == "torch" and f.attr in factories:
            assert "device" in {keyword.arg for keyword in call.keywords}, f"torch.{f.attr} without device="


@every_method
def test_parents_answer_different_questions(cls, settings):
    parents = [base for base in cls.__bases__ if base is not Method]
    answered = [{q for q in QUESTIONS if getattr(base, q) is not getattr(Method, q)} for base in parents]
    assert sum(map(len, answered)) == len(set().union(*answered))


@every_method
def test_method_is_documented_and_shown(cls, settings, capsys):
    module = sys.modules[cls.__module__]
    assert len(module.__doc__) > 100 and cls.__doc__
    labkit.show(cls)
    assert cls.__name__ in capsys.readouterr().out


KILLED = """
import sys, labkit
from tools import digits
cls, settings = labkit.methods.ALL[sys.argv[1]], eval(sys.argv[2])
recipe = {"weight_decay": 1e-3}
labkit.fit(cls(**settings), digits(), "mlp", 4, 0, recipe, store=sys.argv[3], checkpoint_every=0.0)
"""


@every_method
def test_killed_in_mid_epoch_and_resumed_ends_in_the_same_bits(cls, settings, tmp_path):
    name = next(name for name, c in ALL.items() if c is cls)
    command = [sys.executable, "-c", KILLED, name, repr(settings), str(tmp_path)]
    env = os.environ | {"PYTHONPATH": os.path.dirname(__file__), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=env)
    checkpoint = wait_for_mid_epoch(tmp_path, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    state = read_state(checkpoint)["loop"]
    assert 0 < state["position"] < len(state["queue"]) and not list(tmp_path.glob("*/config.json"))
    assert subprocess.run(command, env=env, check=True).returncode == 0
    (folder,) = (path.parent for path in tmp_path.glob("*/config.json"))
    run = labkit.Run.load(folder)
    straight = train(cls(**settings), epochs=4, weight_decay=1e-3)
    assert not checkpoint.exists()
    for saved, net in zip(run.state()["nets"], straight.nets):
        assert all(torch.equal(saved[key], value) for key, value in net.state_dict().items())


def wait_for_mid_epoch(folder, process):
    """The checkpoint file, once it holds a position inside an epoch after the first."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        for path in folder.glob("*.checkpoint.safetensors"):
            state = read_state(path)["loop"]
            if state["epoch"] >= 1 and state["queue"] is not None and 0 < state["position"] < len(state["queue"]):
                return path
        time.sleep(0.001)
    raise AssertionError("no checkpoint inside an epoch was written")

"""The tests that every method has to pass."""

import ast
import inspect
import signal
import sys
import textwrap
import time
from functools import cache

import psutil
import pytest
import torch
from cases import CASES, TESTS, meta_for
from tools import begin, bound, ended, first_weights, prepared, train, weights

import labkit
from labkit.method import Method
from labkit.methods import ERM
from labkit.state import read_state, write_state

QUESTIONS = ("select", "weight", "loss", "update", "batch", "penalty", "step", "stage")
QUICK_KILLS = {"ERM", "CDR", "AUX", "CoTeaching", "CRUST", "RMNWNet", "TRevision", "DivideMix"}  # the rest: --all


def methods(test=None, slow=lambda cls: False):
    """A test per method; those whose case is excepted from `test`, with a reason, have none."""
    chosen = [cls for cls, case in CASES.items() if test is None or case.applies(test)]
    marks = {True: [pytest.mark.slow], False: []}
    return pytest.mark.parametrize(
        "cls, case", [pytest.param(cls, CASES[cls], marks=marks[slow(cls)], id=cls.__name__) for cls in chosen]
    )


every_method = methods()


def plain(cls, case):
    """Plain SGD on the task that a method is tested on, without its meta set: the first network's weights."""
    return plain_of(case.task, cls.meta_labels)


@cache
def plain_of(name, meta_labels):
    """The same for all methods of one task that ask for the same meta labels: their tasks depend on nothing else."""
    cls = next(cls for cls, case in CASES.items() if (case.task, cls.meta_labels) == (name, meta_labels))
    return first_weights(labkit.fit(ERM(), prepared(cls)[0], "mlp", 2, 0, recipe={"weight_decay": 1e-3}).method)


@methods("neutral")
def test_neutral_setting_is_plain_sgd(cls, case):
    neutral = first_weights(train(cls(**case.neutral), weight_decay=1e-3))
    if case.atol:
        assert torch.allclose(neutral, plain(cls, case), rtol=0, atol=case.atol)
    else:
        assert torch.equal(neutral, plain(cls, case))


@methods("neutral")
def test_neutral_setting_is_plain_sgd_on_a_convolutional_network(cls, case):
    task, meta = meta_for(cls, images(case.task))
    neutral = convolutional(cls(**case.neutral), task, meta)
    tolerance = max(case.atol, 1e-6)  # sums of per-sample gradients have another order there
    assert torch.allclose(neutral, plain_convolutional(case.task, cls.meta_labels), rtol=0, atol=tolerance)


def convolutional(method, task, meta=None):
    """An epoch of a small convolutional network: the first network's weights."""
    options = {"net": "small_cnn", "epochs": 1, "seed": 0, "recipe": {"weight_decay": 1e-3}}
    return first_weights(labkit.fit(method, task, meta=meta, **options).method)


@cache
def plain_convolutional(name, meta_labels):
    """Plain SGD on the images that all methods of one task and kind of meta set have."""
    cls = next(cls for cls, case in CASES.items() if (case.task, cls.meta_labels) == (name, meta_labels))
    return convolutional(ERM(), meta_for(cls, images(name))[0])


@cache
def images(name):
    """A few samples with noise, as images."""
    if name == "digits":
        return labkit.corrupt(labkit.load("digits", n=220), labkit.noise.symmetric(0.4), 0)
    return labkit.corrupt(labkit.load("faces", n=140), labkit.noise.signflip(0.4), 0)


@methods("typical")
def test_typical_setting_is_not_plain_sgd(cls, case):
    same = torch.equal(first_weights(train(cls(**case.settings), weight_decay=1e-3)), plain(cls, case))
    assert same == (cls is ERM)


@methods("moves")
def test_one_step_is_finite_and_moves_every_tensor(cls, case):
    loop = bound(cls(**case.settings), weight_decay=1e-3)
    before = [p.detach().clone() for net in loop.method.nets for p in net.parameters()]
    loop.one_batch()
    after = [p for net in loop.method.nets for p in net.parameters()]
    assert all(torch.isfinite(p).all() for p in after)
    assert all(not torch.equal(p, q) for p, q in zip(after, before))


@every_method
def test_weights_are_a_distribution_without_gradient(cls, case):
    loop = bound(cls(**case.settings))
    loop.one_batch()
    i, w = loop.method.seen
    assert w.shape == i.shape and (w >= 0).all() and not w.requires_grad
    if loop.method.normalised:
        assert w.sum().item() == pytest.approx(1, abs=1e-5)


@methods("permuted")
def test_permuted_batch_gives_the_same_step(cls, case):
    steps = []
    for order in (torch.arange(32), torch.arange(32).flip(0)):
        loop = bound(cls(**case.settings))
        for net in loop.method.nets:
            net.double()
        loop.method.opts = loop.make_opt(loop.method.nets, loop.groups)
        loop.method.step(loop.task.train.inputs(order).double(), loop.task.train.y[order], order)
        steps.append(weights(loop.method))
    assert torch.allclose(*steps, rtol=0, atol=1e-7)


@every_method
def test_same_seed_same_bits_other_seed_other_bits(cls, case):
    runs = [typical(cls), typical.__wrapped__(cls), typical.__wrapped__(cls, seed=4)]
    first, again, other = (run.history.drop(columns="seconds") for run in runs)
    assert first.equals(again) and not first.equals(other)
    assert torch.equal(weights(runs[0].method), weights(runs[1].method))


@cache
def typical(cls, seed=3):
    """Two epochs of a method with the settings of its case. -> Run"""
    task, meta = prepared(cls)
    return labkit.fit(cls(**CASES[cls].settings), task, "mlp", 2, seed, meta=meta)


@every_method
def test_global_generator_is_left_alone(cls, case):
    before = torch.get_rng_state()
    train(cls(**case.settings), epochs=1)
    assert torch.equal(before, torch.get_rng_state())


@every_method
def test_saved_in_mid_epoch_and_reloaded_equals_uninterrupted(cls, case, tmp_path):
    straight = bound(cls(**case.settings), momentum=0.9, weight_decay=1e-3)
    for _ in range(3):
        straight.one_batch()
    write_state(tmp_path / "state.safetensors", straight.state_dict())
    other = bound(cls(**case.settings), seed=7, momentum=0.9, weight_decay=1e-3)
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
def test_garbage_truth_changes_nothing(cls, case):
    garbled, meta = prepared(cls)
    garbled.truth.y, garbled.truth.val = garbled.truth.y.flip(0), garbled.truth.val * 0
    garbled.test.y = garbled.test.y * 0
    run = labkit.fit(cls(**case.settings), garbled, "mlp", 2, 3, meta=meta)
    assert torch.equal(weights(run.method), weights(typical(cls).method))


@methods("stacked")
def test_stacked_losses_and_weights_equal_single_ones(cls, case):
    loop = bound(cls(**case.settings))
    method, i = loop.method, torch.arange(32)
    for group in loop.groups:
        for p in group["params"]:
            p.data = torch.randn_like(p) * 0.1  # away from its start, where it may not matter yet
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    logits = torch.randn(3, 32, y.shape[-1] if y.is_floating_point() else 10)
    ys = torch.stack([y.roll(k, 0) for k in range(3)])
    losses = method.loss(logits, ys, i)
    stacked = method.weight(x, ys, i, logits)
    for k in range(3):
        assert torch.allclose(losses[k], method.loss(logits[k], ys[k], i), rtol=0, atol=1e-5)
        assert torch.allclose(stacked[k], method.weight(x, ys[k], i, logits[k]), rtol=0, atol=1e-6)


def to_meta(value):
    """Tensors, and lists of them, on the device that has shapes only; other values as they are."""
    if isinstance(value, list):
        return [to_meta(v) for v in value]
    if isinstance(value, torch.nn.Module):
        return value.to("meta")
    if not isinstance(value, torch.Tensor):
        return value
    return value.detach().to("meta").requires_grad_(value.requires_grad)


@methods("meta_device")
def test_a_step_runs_on_the_meta_device(cls, case):
    loop = bound(cls(**case.settings))
    method = loop.method
    x, y, i = map(to_meta, (loop.task.train.inputs(slice(0, 32)), loop.task.train.y[:32], torch.arange(32)))
    for name, value in vars(method).items():
        if name not in ("train", "meta"):
            setattr(method, name, to_meta(value))
    method.opts = []  # optimisers have no meta kernels
    loss = method.step(x, y, i)
    assert loss.device.type == "meta" and all(p.grad.shape == p.shape for p in method.nets[0].parameters())


@every_method
def test_source_stays_on_the_device(cls, case):
    text = "".join(inspect.getsource(c) for c in cls.__mro__ if issubclass(c, Method))
    assert not any(word in text for word in (".cuda(", ".numpy()", ".cpu(", ".item()", "print("))
    factories = {"zeros", "ones", "empty", "full", "randn", "rand", "arange", "eye", "tensor"}
    calls = (node for node in ast.walk(ast.parse(textwrap.dedent(text))) if isinstance(node, ast.Call))
    for call in calls:
        f = call.func
        if getattr(getattr(f, "value", None), "id", None) == "torch" and f.attr in factories:
            assert "device" in {keyword.arg for keyword in call.keywords}, f"torch.{f.attr} without device="


@every_method
def test_parents_answer_different_questions(cls, case):
    parents = [base for base in cls.__bases__ if base is not Method]
    answered = [{q for q in QUESTIONS if getattr(base, q) is not getattr(Method, q)} for base in parents]
    assert sum(map(len, answered)) == len(set().union(*answered))


@every_method
def test_method_is_documented_and_shown(cls, case, capsys):
    module = sys.modules[cls.__module__]
    assert len(module.__doc__) > 100 and cls.__doc__
    labkit.show(cls)
    assert cls.__name__ in capsys.readouterr().out


def stored(cls, settings, place):
    """Train, with a checkpoint after every step."""
    torch.set_num_threads(1)
    task, meta = prepared(cls)
    recipe = {"weight_decay": 1e-3}
    labkit.fit(cls(**settings), task, "mlp", 4, 0, recipe, meta=meta, store=place, checkpoint_every=0.0)


@methods(slow=lambda cls: cls.__name__ not in QUICK_KILLS)
def test_killed_in_mid_epoch_and_resumed_ends_in_the_same_bits(cls, case, tmp_path):
    process = begin(stored, cls, case.settings, tmp_path)
    folder = kill_in_mid_epoch(process, tmp_path)
    assert ended(process) == -signal.SIGKILL and not list(tmp_path.glob("*/config.json"))
    assert ended(begin(stored, cls, case.settings, tmp_path)) == 0
    (done,) = (path.parent for path in tmp_path.glob("*/config.json"))
    run = labkit.Run.load(done)
    straight = train(cls(**case.settings), epochs=4, weight_decay=1e-3)
    assert not folder.exists()
    for saved, net in zip(run.state()["nets"], straight.nets):
        assert all(torch.equal(saved[key], value) for key, value in net.state_dict().items())


def kill_in_mid_epoch(process, place):
    """SIGKILL to a training as soon as its newest checkpoint is one inside an epoch after the first. -> its folder"""
    deadline, training = time.monotonic() + 120, psutil.Process(process.pid)
    while time.monotonic() < deadline and process.is_alive():
        training.suspend()  # what is on the disk now is what the kill leaves
        files = [path for path in place.glob("*.partial/checkpoint*.safetensors")]
        state = read_state(min(files, key=lambda path: len(path.name)))["loop"] if files else {"epoch": 0}
        if state["epoch"] >= 1 and state["queue"] is not None and 0 < state["position"] < len(state["queue"]):
            training.kill()
            return files[0].parent
        training.resume()
        time.sleep(0.005)
    raise AssertionError("no checkpoint inside an epoch was written")


def test_every_exception_is_one_that_a_test_makes():
    source = inspect.getsource(sys.modules[__name__])
    assert all(f'methods("{test}")' in source for test in TESTS)

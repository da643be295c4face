"""Variables with a row per sample: a step moves the rows of its batch alone, and is that of a dense gradient in every
bit."""

import pytest
import torch

import labkit
from labkit.fit import begin
from labkit.methods import AUX, CDR_AUX, SOP
from labkit.optimisers import SGD
from labkit.rows import ROWWISE, rows
from labkit.state import load_value, save_value

METHODS = {
    "AUX": lambda: AUX(lam=2.0),
    "AUX, b as slow as the network": lambda: AUX(lam=8.0, b_lr="same"),
    "CDR+AUX": lambda: CDR_AUX(rate=0.4, lam=2.0),
    "SOP": lambda: SOP(lr_u=1.0, lr_v=10.0, std=0.1),
    "SOP, released": lambda: SOP(variant="released", std=0.1),
}
RECIPES = {
    "sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3, "batch": 32, "milestones": (2,)},
    "adam": {"optimiser": "adam", "lr": 1e-3, "batch": 32},
}
DENSE = {**ROWWISE, "fused": True}


def indexed(variable, i):
    """What `rows` does, with a dense gradient."""
    return variable[i]


def begun(method, recipe):
    task = labkit.noise.corrupt(labkit.load("digits", n=300), labkit.noise.symmetric(0.4), 0)
    return begin(method, task, "mlp", 3, 0, RECIPES[recipe], "cpu")[1]


def trained(method, recipe):
    loop = begun(method, recipe)
    for _ in loop.run():
        pass
    return loop


def make_dense(patch):
    for module in ("auxiliary", "sop"):
        patch.setattr(f"labkit.methods.{module}.rows", indexed)
        patch.setattr(f"labkit.methods.{module}.ROWWISE", DENSE)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("make", METHODS.values(), ids=METHODS)
def test_a_step_of_rows_is_a_dense_step_in_every_bit(make, recipe, monkeypatch):
    sparse = trained(make(), recipe)
    make_dense(monkeypatch)
    dense = trained(make(), recipe)
    moved = sparse.method.opts[-1]
    assert not moved.param_groups[-1]["fused"] and dense.method.opts[-1].param_groups[-1]["fused"]
    for one, other in zip(moved.param_groups, dense.method.opts[-1].param_groups):
        assert one["params"][0].abs().sum() > 0 and torch.equal(one["params"][0], other["params"][0])
    assert all(map(torch.equal, sparse.method.nets[0].parameters(), dense.method.nets[0].parameters()))
    for one, other in zip(sparse.rows, dense.rows):
        assert {**one, "seconds": 0} == pytest.approx({**other, "seconds": 0}, abs=0, nan_ok=True)


@pytest.mark.parametrize("make", METHODS.values(), ids=METHODS)
def test_the_optimiser_remembers_nothing_of_rows_as_it_did_of_a_dense_gradient(make, monkeypatch):
    def remembered(loop):
        saved = save_value(loop.method.opts[-1])
        groups = [{name: group[name] for name in group if name != "fused"} for group in saved["param_groups"]]
        buffers = [value for state in saved["state"].values() for value in state.values() if value is not None]
        return groups, buffers

    sparse = remembered(trained(make(), "sgd"))
    make_dense(monkeypatch)
    assert sparse == remembered(trained(make(), "sgd")) and sparse[1] == []


@pytest.mark.parametrize("make", METHODS.values(), ids=METHODS)
def test_a_step_makes_gradients_of_the_rows_of_its_batch_alone(make):
    loop = begun(make(), "sgd")
    next(loop.run())
    for group in loop.method.opts[-1].param_groups:
        grad = group["params"][0].grad.coalesce()
        assert grad.is_sparse and set(grad.indices()[0].tolist()) == set(loop.queue[:32].tolist())


@pytest.mark.parametrize("shape", [(5,), (2, 5)], ids=["a batch", "two batches at once"])
def test_rows_and_their_gradient_are_those_of_an_index_also_where_a_sample_comes_twice(shape):
    variable = torch.randn(9, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    i = torch.tensor([0, 4, 4, 8, 1, 1, 1, 2, 3, 0])[: torch.Size(shape).numel()].view(shape)
    assert torch.equal(rows(variable, i), variable[i])
    factor = torch.arange(i.numel() * 3, dtype=torch.float32).view(*shape, 3)
    gradients = [torch.autograd.grad((take(variable, i) * factor).sum(), variable)[0] for take in (rows, indexed)]
    assert torch.equal(gradients[0].to_dense(), gradients[1])
    one, other = (torch.nn.Parameter(variable.detach().clone()) for _ in range(2))
    one.grad, other.grad = gradients
    SGD([{"params": [one], **ROWWISE}], lr=0.3).step()
    SGD([{"params": [other], **DENSE}], lr=0.3).step()
    assert torch.allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("make", METHODS.values(), ids=METHODS)
def test_a_checkpoint_of_dense_steps_goes_on_with_rows(make):
    whole = trained(make(), "sgd")
    with pytest.MonkeyPatch.context() as patch:
        make_dense(patch)
        half = begun(make(), "sgd")
        running = half.run()
        for _ in range(13):  # to the middle of the second epoch
            next(running)
        state = save_value(half)
    loop = begun(make(), "sgd")
    load_value(loop, state, torch.device("cpu"))
    assert not loop.method.opts[-1].param_groups[-1]["fused"] and loop.epoch == 1
    for _ in loop.run():
        pass
    assert all(map(torch.equal, loop.method.nets[0].parameters(), whole.method.nets[0].parameters()))

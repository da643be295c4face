"""A method that is bound without a training, snapshots of a training, and the columns of a history."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from tools import digits, faces

import labkit
from labkit import measure
from labkit.fit import Loop, begin, snapshots
from labkit.methods import CRUST, ELR, ERM, PES, SPL, CoTeaching, MWNet

SMALL = digits(n=120)


def states(nets):
    """All parameters and buffers of networks, copied. -> list of tensors"""
    return [value.clone() for net in nets for value in net.state_dict().values()]


def same(nets, others):
    """Do networks hold the same bits?"""
    pairs = zip(states(nets), states(others), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


# -- bound_to


def test_a_bound_copy_answers_as_the_method_does_in_a_training():
    _, loop = begin(SPL(rate=0.4, ramp=4), SMALL, "mlp", 5, 0)
    loop.begin_epoch(None)
    i = torch.arange(32)
    x, y = SMALL.train.inputs(i), SMALL.train.y[i]
    for epoch in (0, 2, 4):
        bound = SPL(rate=0.4, ramp=4).bound_to(loop.method.nets[0], SMALL.train, epoch=epoch)
        logits = bound.predict(x).detach()
        assert torch.equal(bound.weight(x, y, i, logits), loop.method.set_epoch(epoch).weight(x, y, i, logits))
        assert torch.equal(bound.loss(logits, y, i), loop.method.loss(logits, y, i))
    kept = (bound.weight(x, y, i, logits) > 0).sum()
    assert kept < 32  # the last epoch filters


def test_the_method_itself_stays_unbound_and_the_network_is_used_not_copied():
    method, net = CRUST(start=0), labkit.nets.mlp()
    before = states([net])
    bound = method.bound_to(net, SMALL.train)
    chosen = bound.select(SMALL.train, 0)
    assert bound.nets[0] is net and "train" not in vars(method) and 0 < len(chosen) < len(SMALL.train)
    assert all(torch.equal(a, b) for a, b in zip(before, states([net])))


def test_a_bound_copy_steps_with_optimisers_and_only_then():
    moved = []
    for make_opt in (None, labkit.Recipe(lr=0.1).optimisers):
        net = labkit.nets.mlp()
        before = states([net])
        bound = ERM().bound_to(net, SMALL.train, make_opt=make_opt)
        i = torch.arange(16)
        loss = bound.step(SMALL.train.inputs(i), SMALL.train.y[i], i)
        assert loss.isfinite()
        moved.append(not all(torch.equal(a, b) for a, b in zip(before, states([net]))))
    assert moved == [False, True]


def test_two_networks_are_handed_out_in_turn_and_too_few_are_refused():
    nets = [labkit.nets.mlp(), labkit.nets.mlp()]
    assert CoTeaching(rate=0.4).bound_to(nets, SMALL.train).nets == nets
    with pytest.raises(ValueError, match="net is a list of 1 networks"):
        CoTeaching(rate=0.4).bound_to(nets[:1], SMALL.train)


def test_meta_sets_schedules_augmentation_and_regression():
    task, meta = labkit.data.meta_split(digits(n=400), 50, trusted=True, balanced="true")
    bound = MWNet().bound_to(labkit.nets.mlp(), task.train, meta, augment=torch.zeros_like)
    assert bound.meta is meta and not bound.augment(torch.ones(3)).any()
    assert PES(warmup=9).bound_to(labkit.nets.mlp(), task.train, epochs=12).stage(0, task.train).epochs == 9
    numbers = faces(n=100)
    output = torch.zeros(4, numbers.train.y.shape[-1])
    loss = ERM().bound_to(torch.nn.Identity(), numbers.train).loss(output, numbers.train.y[:4], torch.arange(4))
    assert torch.allclose(loss, numbers.train.y[:4].square().sum(-1) / 2)


# -- snapshots


def test_snapshots_are_the_bits_of_a_plain_training():
    shot = snapshots("ERM", SMALL, "mlp", 5, 3, {"momentum": 0.5}, at_epochs=(1, 4))
    for epochs, nets in shot.items():
        run = labkit.fit("ERM", SMALL, "mlp", epochs, 3, {"momentum": 0.5})
        assert same(nets, run.method.nets)
    assert list(shot) == [1, 4] and not same(shot[1], shot[4])


def test_snapshots_of_all_epochs_with_the_start_and_two_networks():
    method = CoTeaching(rate=0.4, ramp=2)
    shot = snapshots(method, SMALL, "mlp", 3, 0)
    assert list(shot) == [0, 1, 2, 3] and [len(nets) for nets in shot.values()] == [2] * 4
    assert same(shot[3], labkit.fit(method, SMALL, "mlp", 3, 0).method.nets)
    _, loop = begin(method, SMALL, "mlp", 3, 0)
    assert same(shot[0], loop.method.nets) and "train" not in vars(method)


def test_snapshots_count_epochs_over_stages():
    method = PES(warmup=2, refine=(1, 1))
    shot = snapshots(method, SMALL, "mlp", 4, 0)
    assert max(shot) == len(labkit.fit(method, SMALL, "mlp", 4, 0).rows) > 2
    last = max(shot)
    assert same(snapshots(method, SMALL, "mlp", 4, 0, at_epochs=[last])[last], shot[last])


def test_snapshots_leave_the_global_generators():
    torch.manual_seed(11)
    state = torch.get_rng_state()
    snapshots(ELR(), SMALL, "mlp", 1, 0, at_epochs=[0])
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("at_epochs", [[6], [-1], [True], 3, "1", [1.0]])
def test_snapshots_refuse_epochs_that_there_are_not(at_epochs):
    with pytest.raises(ValueError, match=r"^at_epochs is .*from 0 to 5"):
        snapshots("ERM", SMALL, "mlp", 5, 0, at_epochs=at_epochs)


def test_snapshots_of_stages_refuse_epochs_after_the_end():
    with pytest.raises(ValueError, match=r"^at_epochs is \[90\].*it has \d"):
        snapshots(PES(warmup=1, refine=(1,)), SMALL, "mlp", 2, 0, at_epochs=[90])


def test_a_run_is_stored_with_another_generator_of_numpy_which_stays(tmp_path):
    usual = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(5))
    try:
        before = np.random.get_state(legacy=False)
        run = labkit.fit("ERM", SMALL, "mlp", 2, 0, store=tmp_path, checkpoint_every=0.0)
        assert run.finished and np.random.get_state(legacy=False) == before
    finally:
        np.random.set_bit_generator(usual)


def test_a_loop_takes_keywords_only():
    with pytest.raises(TypeError, match="positional"):
        Loop(ERM(), SMALL, labkit.nets.mlp, 1, 0, labkit.Recipe())


# -- the columns of a history


@pytest.mark.parametrize("task", [SMALL, faces(n=100)], ids=lambda task: task.name)
def test_every_column_of_a_history_has_a_meaning(task):
    run = labkit.fit("ERM", task, "mlp", 1, 0)
    numbers = "r2_test" in measure.COLUMNS and not task.classes
    assert set(run.history) <= set(measure.COLUMNS)
    assert ("r2_test" in run.history) == numbers


def test_every_meaning_belongs_to_a_column_and_stands_in_the_documentation_of_a_history():
    classes, numbers = (labkit.fit("ERM", task, "mlp", 1, 0).history for task in (SMALL, faces(n=100)))
    assert set(measure.COLUMNS) == {*classes, *numbers}
    for name, meaning in measure.COLUMNS.items():
        assert f"{name}: {meaning}" in labkit.Run.history.__doc__


# -- nobody reaches inside

ROOT = Path(labkit.__file__).parent
INNER = {"epoch", "epochs", "augment"}  # attributes of a method that `fit`, bound_to and set_epoch set
SUSPECT = re.compile(r"\.(epoch|epochs|augment)\b[^.()\n]*(=|\bin\b)|\bLoop\(")
OWNERS = {"method.py", "fit/loop.py"}  # they set them
MAKERS = {"fit/__init__.py"}  # it makes loops


def reaching(path):
    """Return the lines of a file that set an inner attribute of an object other than self, or make a Loop. -> two
    lists"""
    assigned, made = [], []
    text = path.read_text(encoding="utf-8")
    if not SUSPECT.search(text):  # parsing takes longer than all the rest
        return assigned, made
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in INNER:
            if getattr(node.value, "id", "") not in ("self", "loop"):
                assigned.append(node.lineno)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Loop":
            made.append(node.lineno)
    return assigned, made


def test_nobody_sets_what_a_training_sets_in_a_method_nor_makes_a_loop():
    for path in [*ROOT.rglob("*.py"), *Path(__file__).parent.rglob("*.py")]:
        name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        assigned, made = reaching(path)
        assert not assigned or name in OWNERS, f"{path}:{assigned} sets what bound_to and set_epoch are for"
        assert not made or name in {*MAKERS, "test_looking.py"}, f"{path}:{made} makes a Loop: begin is for that"


def test_the_finder_of_inner_attributes_finds_them(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("method.epoch = 3\nself.epoch = 1\nfor method.epochs in x: Loop(method=method)\n")
    assert reaching(path) == ([1, 3], [3])
    assert reaching(ROOT / "fit" / "loop.py")[0] and reaching(ROOT / "fit" / "__init__.py")[1]

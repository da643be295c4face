"""Networks of one's own: frozen and unused layers, batch normalisation, outputs that are no classes, odd factories."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from cases import CASES, meta_for
from tools import NO_CASE
from torch import nn

import labkit
from labkit import Task
from labkit.fit import maker
from labkit.methods import (
    ALL,
    CDR,
    CDR_RDI,
    CRUST,
    D2L,
    ERM,
    L2RW,
    PES,
    PRL_G,
    PRL_L,
    RDI,
    BCorrection,
    CoPRL_L,
    DivideMix,
    MWNet,
    O2UNet,
)
from labkit.nets.probe import blocks

PER_SAMPLE = ("PRL_G", "Ignormclip")  # they refuse batch normalisation
SLOW = ("MentorNetDD",)  # its mentor learns for 300 steps
marked = [pytest.param(cls, marks=[pytest.mark.slow] if cls.__name__ in SLOW else []) for cls in ALL.values()]
EVERY = pytest.mark.parametrize("cls", marked, ids=lambda cls: cls.__name__)
QUICK = {"PES": {"refine": (1,), "parts": (1,)}, "INCV": {"selection_epochs": 1, "warmup": 0}}


@cache
def small(kind, cls):
    """65 training samples, and the meta set of 20 that a method asks for. -> Task, Split or None"""
    n = 94 if cls.meta_labels else 72
    noise = labkit.noise.signflip(0.4) if kind == "faces" else labkit.noise.symmetric(0.4)
    return meta_for(cls, labkit.corrupt(labkit.load(kind, n=n), noise, 0), 20)


def fitted(cls, net, **recipe):
    """An epoch or two of a method with the settings of its case. -> its networks"""
    case = CASES.get(cls, NO_CASE)
    task, meta = small(case.task, cls)
    settings = case.settings | QUICK.get(cls.__name__, {})
    return labkit.fit(cls(**settings), task, net, 2, 0, recipe=recipe, meta=meta, progress=False).method.nets


def learnt(nets):
    """What was learnt by the parameters that learn, one vector per network."""
    return [torch.cat([p.detach().flatten() for p in net.parameters() if p.requires_grad]) for net in nets]


@cache
def plain(cls):
    """The networks of `Plain`, trained."""
    return fitted(cls, Plain)


class Plain(nn.Module):
    """Two layers."""

    def __init__(self, shape, classes):
        super().__init__()
        self.a, self.o = nn.Linear(int(np.prod(shape)), 12), nn.Linear(12, classes)

    def forward(self, x):
        return self.o(torch.relu(self.a(x.flatten(1))))


class Frozen(Plain):
    """The first layer does not learn."""

    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.a.requires_grad_(False)


class Buffered(Plain):
    """The same function, its first layer without parameters."""

    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        weight, bias = self.a.weight.data, self.a.bias.data
        del self.a
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)

    def forward(self, x):
        return self.o(torch.relu(nn.functional.linear(x.flatten(1), self.weight, self.bias)))


class Unused(Plain):
    """A head that nothing uses, drawn apart from the other layers."""

    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        with torch.random.fork_rng(devices=[]):
            self.aux = nn.Linear(12, classes)


class Normed(Plain):
    """Batch normalisation between the layers."""

    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.norm = nn.BatchNorm1d(12)

    def forward(self, x):
        return self.o(torch.relu(self.norm(self.a(x.flatten(1)))))


# -- every method


@EVERY
def test_a_frozen_layer_is_a_constant(cls):
    """The same bits as with the layer's weights in buffers, and it keeps its own."""
    nets = fitted(cls, Frozen)
    for one, other in zip(learnt(nets), learnt(fitted(cls, Buffered)), strict=True):
        assert torch.equal(one, other)
    torch.manual_seed(0)
    first = Frozen((*small(CASES.get(cls, NO_CASE).task, ERM)[0].shape,), 10)
    assert torch.equal(nets[0].a.weight, first.a.weight) and not nets[0].a.weight.requires_grad


@EVERY
def test_an_unused_layer_changes_nothing(cls):
    for one, other in zip(fitted(cls, Unused), plain(cls), strict=True):
        state = one.state_dict()
        assert all(torch.equal(state[name], value) for name, value in other.state_dict().items())


@EVERY
def test_data_parallel_on_the_cpu_changes_nothing(cls):
    wrapped = learnt(fitted(cls, lambda shape, classes: nn.DataParallel(Plain(shape, classes))))
    for one, other in zip(wrapped, learnt(plain(cls)), strict=True):
        assert torch.equal(one, other)


@EVERY
def test_a_last_batch_of_one_joins_the_one_before_for_batch_normalisation(cls):
    if cls.__name__ in PER_SAMPLE:
        with pytest.raises(ValueError, match="BatchNorm mixes the samples"):
            fitted(cls, Normed, batch=32)
        return
    for net in fitted(cls, Normed, batch=32):
        assert all(p.isfinite().all() for p in net.parameters())


# -- batches of one


def rows(n, features=5, classes=3, seed=0):
    """n samples of numbers, nothing held out. -> Task"""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, features)).astype("f"), np.arange(n) % classes
    return Task.of(x, y, x[:9] + 1, y[:9], val=0)


def sizes(task, net, batch, **options):
    """How many samples each training step saw."""
    seen = []

    class Watched(ERM):
        def step(self, x, y, i):
            seen.append(len(i))
            return super().step(x, y, i)

    labkit.fit(Watched(), task, net, 1, 0, recipe={"batch": batch, **options}, progress=False)
    return seen


@pytest.mark.parametrize(
    ("n", "batch", "joined"), [(65, 32, [32, 33]), (66, 32, [32, 32, 2]), (5, 2, [2, 3]), (33, 32, [33])]
)
def test_only_one_sample_joins_and_only_for_batch_normalisation(n, batch, joined):
    plain = [batch] * (n // batch) + [n % batch] * bool(n % batch)
    assert sizes(rows(n), Normed, batch) == joined and sizes(rows(n), Plain, batch) == plain
    assert sizes(rows(n), Normed, batch, drop_last=True) == [batch] * (n // batch)


def test_batch_normalisation_over_pixels_takes_one_sample():
    def pixels(shape, classes):
        layers = (nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, classes))
        return nn.Sequential(*layers)

    assert sizes(small("digits", ERM)[0], pixels, 32) == [32, 32, 1]


@pytest.mark.parametrize(
    ("method", "recipe", "argument"),
    [
        (ERM(), {"batch": 1}, "recipe's batch is 1"),
        (L2RW(meta_batch=1), {}, "meta_batch of L2RW is 1"),
        (MWNet(meta_batch=1), {}, "meta_batch of MWNet is 1"),
        (O2UNet(rate=0.2, batch_size=1), {}, "batch_size of O2UNet is 1"),
    ],
)
def test_batches_of_one_are_refused_before_training(method, recipe, argument):
    task, meta = small("digits", MWNet)
    with pytest.raises(ValueError, match=f"{argument}; it must be 2 or more: the network has batch normalisation"):
        labkit.fit(method, task, Normed, 1, 0, recipe=recipe, meta=meta if method.needs_meta else None, progress=False)
    assert labkit.fit(method, task, Plain, 1, 0, recipe=recipe, meta=meta if method.needs_meta else None).finished


def test_one_training_sample_is_refused():
    x = torch.randn(4, 5)
    with pytest.raises(ValueError, match=r"net Normed failed on \[1, 5\].*more than 1 value"):
        labkit.fit("ERM", Task.of(x[:1], [0], x, [0] * 4, val=0, classes=3), Normed, 1, 0)


def test_evaluation_of_one_sample_without_running_statistics_is_refused():
    def still(shape, classes):
        norm = nn.BatchNorm1d(8, track_running_stats=False)
        return nn.Sequential(nn.Linear(5, 8), norm, nn.ReLU(), nn.Linear(8, classes))

    x, y = torch.randn(12, 5), torch.arange(12) % 3
    with pytest.raises(ValueError, match="number of test samples is 1; it must be another one"):
        labkit.fit("ERM", Task.of(x, y, x[:1], y[:1], val=0), still, 1, 0)
    assert labkit.fit("ERM", Task.of(x, y, x[:2], y[:2], val=0), still, 1, 0).finished
    assert labkit.fit("ERM", Task.of(x, y, x[:1], y[:1], val=0), Normed, 1, 0).finished


def test_a_selection_of_one_sample_says_so():
    class One(ERM):
        def select(self, train, epoch):
            return torch.arange(1)

    with pytest.raises(ValueError, match="a batch that One selects in epoch 1 is 1 sample; it must be 2 or more"):
        labkit.fit(One(), rows(9), Normed, 2, 0)
    assert labkit.fit(One(), rows(9), Plain, 2, 0).finished


def test_methods_that_pass_on_a_part_of_a_batch_give_batch_normalisation_two():
    labkit.fit(PRL_L(rate=0.5, reforward=True), rows(8), Normed, 1, 0, recipe={"batch": 2})
    labkit.fit(CoPRL_L(rate=0.5, ramp=0, reforward=True), rows(8), Normed, 1, 0, recipe={"batch": 2})
    labkit.fit(CRUST(mode="train", start=0), rows(129), Normed, 1, 0)
    method = DivideMix(warmup=0)
    run = labkit.fit(method, rows(30), Normed, 1, 0).method
    run.rest = [torch.tensor([3])] * 2
    run.train_mode()
    i = torch.arange(4)
    assert run.mixmatch(0, run.train.inputs(i), run.train.y[i], i).isfinite()


# -- layers that methods look for


def test_cdr_rdi_pulls_and_ranks_what_learns_alone():
    for method in (CDR_RDI(rate=0.2, lam=3.0), CDR_RDI(rate=0.2, lam=3.0, rdi_on="all"), CDR(rate=0.2, norm="l1")):
        with_head, without = (labkit.fit(method, rows(40), net, 2, 0).method.nets[0] for net in (Unused, Plain))
        assert torch.equal(with_head.o.weight, without.o.weight)
    start = labkit.fit(RDI(), rows(40), Unused, 1, 0).method.start[0]
    assert [p0 is None for p0 in start] == [False] * 4 + [True] * 2


class Headless(nn.Module):
    """No Linear layer at all."""

    def __init__(self, shape, classes):
        super().__init__()
        self.w = nn.Parameter(torch.randn(5, classes))

    def forward(self, x):
        return x @ self.w


def test_d2l_takes_the_layer_that_is_called_last_or_says_that_there_is_none():
    def never(run):
        raise AssertionError("it trained")

    with pytest.raises(ValueError, match="net of D2L is 'Headless'; it must be a network that ends in a Linear layer"):
        labkit.fit(D2L(), rows(40), Headless, 1, 0, on_epoch=never)
    with pytest.raises(ValueError, match="net of CRUST is 'Headless'"):
        labkit.fit(CRUST(), rows(40), Headless, 1, 0, on_epoch=never)


class Backwards(nn.Module):
    """Layers that are named in another order than they are called, and an unused one."""

    def __init__(self):
        super().__init__()
        self.unused, self.head, self.body = nn.Linear(5, 5), nn.Linear(8, 3), nn.Linear(5, 8)

    def forward(self, x):
        return self.head(self.body(x).relu())


def test_pes_blocks_are_those_that_learn_in_the_order_of_their_calls():
    net, x = Backwards(), torch.randn(4, 5)
    assert blocks(net, x) == ["body", "head"]
    net.body.requires_grad_(False)
    assert blocks(net, x) == ["head"] and blocks(nn.DataParallel(Backwards()), x) == ["module.body", "module.head"]
    for name in ("mlp", "small_cnn", "resnet32", "lenet"):
        net = labkit.nets.ALL[name]((1, 16, 16), 10)
        assert blocks(net, torch.randn(2, 1, 16, 16)) == blocks(net)
    method = labkit.fit(PES(warmup=1, refine=(1,), parts=(1,)), rows(40), lambda: Backwards(), 1, 0).method
    assert method.names == ["body", "head"]


@pytest.mark.parametrize("T", [[[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]], [[1 / 3] * 3] * 3])
def test_a_matrix_without_an_inverse_is_said_before_training(T):
    def never(run):
        raise AssertionError("it trained")

    with pytest.raises(ValueError, match=r"T of B-correction is without one.*must be a matrix with an inverse"):
        labkit.fit(BCorrection(T=T), rows(40), Plain, 1, 0, on_epoch=never)


def test_an_estimated_matrix_without_an_inverse_is_said():
    method = BCorrection().bound_to(Constant(), rows(40).train)
    with pytest.raises(ValueError, match="T that B-correction estimated"):
        method.end_stage(0)


class Constant(nn.Module):
    """Says the same of every sample."""

    def forward(self, x):
        return torch.zeros(len(x), 3)


# -- outputs that are not the classes, and factories


def linear(outputs):
    """A factory of networks with so many outputs."""
    return lambda: nn.Sequential(nn.Flatten(), nn.Linear(5, outputs))


class Says(Plain):
    """What `says` makes of the outputs."""

    def __init__(self, says):
        super().__init__((5,), 3)
        self.says = says

    def forward(self, x):
        return self.says(super().forward(x), self.training)


WRONG = {
    "7 outputs": (linear(7), r"of shape \[2, 7\]; it must be a tensor of shape \[B, 3\]"),
    "1000 outputs": (linear(1000), r"of shape \[2, 1000\]; it must be a tensor of shape \[B, 3\]"),
    "one output": (linear(1), r"of shape \[2, 1\];"),
    "dict": (lambda: Says(lambda z, _: {"logits": z}), "in evaluation mode is a dict;"),
    "tuple": (lambda: Says(lambda z, _: (z, z)), "in evaluation mode is a tuple;"),
    "tuple in training": (lambda: Says(lambda z, train: (z, z) if train else z), "in training mode is a tuple;"),
    "wrong in training": (lambda: Says(lambda z, train: z[:, :2] if train else z), "in training mode is of shape"),
    "no batch": (lambda: Says(lambda z, _: z.mean(0)), r"of shape \[3\];"),
    "more axes": (lambda: Says(lambda z, _: z[..., None]), r"of shape \[2, 3, 1\];"),
    "double": (lambda: Says(lambda z, _: z.double()), "of torch.float64; it must be of torch.float32"),
    "classes": (lambda: Says(lambda z, _: z.argmax(1)), r"of shape \[2\];"),
    "NaN": (lambda: Says(lambda z, _: z * float("nan")), "not finite"),
    "infinite": (lambda: Says(lambda z, _: z / 0), "not finite"),
    "detached": (lambda: Says(lambda z, _: z.detach()), "without a gradient"),
    "None": (lambda: None, "returned None"),
    "a number": (lambda: 5, "object of type int"),
    "a class": (lambda: Plain, "object of type type"),
    "a function": (lambda: torch.relu, "one that makes a module"),
    "frozen": (lambda: linear(3)().requires_grad_(False), "without a parameter that has a gradient"),
    "empty": (lambda: nn.Flatten(), "without a parameter"),
    "another width": (lambda: nn.Linear(4, 3), r"failed on \[2, 5\]; it must be a network for samples of shape \[5\]"),
    "arguments": (lambda inputs, outputs: nn.Linear(inputs, outputs), "needs inputs, outputs"),
    "float64": (lambda: linear(3)().double(), "task's x is of torch.float32; it must be of torch.float64"),
    "an input that is changed": (lambda: nn.Sequential(nn.ReLU(inplace=True), nn.Linear(5, 3)), "its input in place"),
    "a module": (linear(3)(), "a name or a function that makes a module"),
    "a list": ([linear(3)], "net is"),
    "a number for a name": (5, "net is"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("method", [ERM(), D2L()], ids=["ERM", "D2L"])
def test_what_is_no_network_for_the_task_is_refused_before_training(kind, method, tmp_path):
    net, words = WRONG[kind]

    def never(run):
        raise AssertionError("it trained")

    with pytest.raises(ValueError, match=words):
        labkit.fit(method, rows(20), net, 1, 0, on_epoch=never)


def test_the_outputs_of_a_regression_are_its_targets():
    x, y = torch.randn(30, 5), torch.randn(30, 2)
    task = Task.of(x, y, x, y)
    with pytest.raises(ValueError, match=r"\[2, 3\]; it must be a tensor of shape \[B, 2\]"):
        labkit.fit("ERM", task, linear(3), 1, 0)
    assert labkit.fit("ERM", task, linear(2), 1, 0).finished


class Maker:
    """An object that is called to make a network."""

    def __init__(self, width):
        self.width = width

    def __call__(self, shape, classes):
        return nn.Sequential(nn.Linear(shape[0], self.width), nn.ReLU(), nn.Linear(self.width, classes))


def test_lazy_layers_have_their_sizes_before_they_train():
    def lazy(classes):
        return nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(classes))

    def eager(shape, classes):
        return nn.Sequential(nn.Linear(shape[0], 8), nn.ReLU(), nn.Linear(8, classes))

    ours, theirs = (labkit.fit("ERM", rows(40), net, 2, 0).method.nets[0] for net in (lazy, eager))
    assert all(torch.equal(p, q) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True))
    assert labkit.fit(CDR(rate=0.2), rows(40), lazy, 1, 0).finished


def test_a_factory_must_make_a_new_module_each_time():
    net = linear(3)()
    assert labkit.fit("ERM", rows(20), lambda: net, 1, 0).finished
    for method in ("ERM", "Decoupling"):
        with pytest.raises(ValueError, match="it must be one that makes a new module each time"):
            labkit.fit(method, rows(20), lambda: net, 1, 0)  # it was trained already
    fresh = linear(3)()
    with pytest.raises(ValueError, match="makes a new module"):
        labkit.fit("Decoupling", rows(20), lambda: fresh, 1, 0)  # two networks would be one
    backbone = nn.Linear(5, 8).requires_grad_(False)
    for _ in "12":
        labkit.fit(
            "ERM", rows(20), lambda: nn.Sequential(backbone, nn.Linear(8, 3)), 1, 0
        )  # a frozen part may be shared


def test_trying_a_network_moves_nothing():
    """Neither the generator, which dropout draws from, nor running statistics, nor the mode of a layer."""

    def noisy(shape, classes):
        return nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, classes))

    task = rows(20)
    make = maker(noisy, task, "cpu")
    torch.manual_seed(3)
    net, drawn = make(), torch.rand(1)
    torch.manual_seed(3)
    other = noisy((5,), 3)
    assert torch.equal(drawn, torch.rand(1)) and all(module.training for module in net.modules())
    assert all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), other.state_dict().values(), strict=True))


# -- meta sets


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("which", ["test", "val"])
@pytest.mark.parametrize("part", [slice(None), slice(0, 15)])
def test_what_is_measured_on_is_no_meta_set(which, copied, part):
    task, _ = small("digits", ERM)
    split = task.test if which == "test" else task.train.val
    meta = replace(split, x=split.x[part], y=split.y[part], ids=split.ids[part])
    meta = replace(meta, x=meta.x.clone(), ids=None, origin=None) if copied else meta
    name = "test set" if which == "test" else "validation split"
    with pytest.raises(ValueError, match=f"meta is a set that shares {len(meta)} samples with the {name};"):
        labkit.fit(L2RW(meta_batch=5), task, "mlp", 1, 0, meta=meta)


# -- layers that a method has no rule for


def recurrent(shape, classes):
    """An LSTM over the features."""

    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.head = nn.LSTM(1, 4, batch_first=True), nn.Linear(4, classes)

        def forward(self, x):
            return self.head(self.lstm(x[..., None])[0][:, -1])

    return Recurrent()


def compiled(shape, classes):
    """A network that torch.jit has compiled."""
    return torch.jit.script(nn.Sequential(nn.Linear(shape[0], 8), nn.ReLU(), nn.Linear(8, classes)))


def weight_normed(shape, classes):
    """A layer whose weight is computed from two parameters."""
    layer = torch.nn.utils.weight_norm(nn.Linear(shape[0], 8))
    return nn.Sequential(layer, nn.ReLU(), nn.Linear(8, classes))


LOOKING = (ERM(), L2RW(meta_batch=5), MWNet(meta_batch=5), PRL_G(rate=0.2), PES(warmup=1), CRUST())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("net", [recurrent, compiled, weight_normed])
@pytest.mark.parametrize("method", LOOKING, ids=lambda method: type(method).__name__)
def test_a_layer_without_a_rule_is_trained_or_refused_in_words(net, method):
    task, meta = labkit.data.meta_split(rows(40), 6, trusted=False, balanced="given")
    meta = meta if method.needs_meta else None
    try:
        run = labkit.fit(method, task, net, 1, 0, meta=meta, progress=False)
    except ValueError as error:
        assert not isinstance(method, ERM) and "it must be" in str(error)
    else:
        assert run.finished

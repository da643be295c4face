"""variant="released" of the methods that choose in every batch, against the released code: its formulas, written out
here from the code, in float64. Where a formula has a loop in the code it has one here."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from released import Y, Z, bind, close, drawn, normed, points, rate_schedule, remembered, slope, stepped, table
from torch import nn
from torch.nn import functional as F

import labkit
from labkit.methods import PRL_G, PRL_L, SPL, CoPRL_L, CoTeaching, CoTeachingPlus, JoCoR

UNTESTED = {}  # class with a variant: why its released formula is not written out here


@pytest.mark.catalogue("methods")
def test_every_method_with_a_variant_is_compared_with_its_released_code():
    classes = {cls for cls in labkit.methods.ALL.values() if "variant" in {field.name for field in fields(cls)}}
    files = Path(__file__).parent.glob("test_released*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    tests = set(re.findall(r"^def test_(\w+?)_released_", text, re.MULTILINE))
    written = {cls for cls in classes if cls.__name__.lower() in tests}
    assert len(classes) >= 23 and written.isdisjoint(UNTESTED) and written | set(UNTESTED) == classes
    assert all(len(reason) > 20 for reason in UNTESTED.values())


# -- ramps


@pytest.mark.parametrize("rate, gradual", [(0.45, 10), (0.4, 15), (0.2, 1), (0.5, 0)])
def test_prl_l_released_ramp_is_linspace_from_index_1_as_that_of_prl_g_and_spl(rate, gradual):
    right = rate_schedule(rate, 1, gradual, 18)[1:]
    z, y = drawn(40)
    for cls in (PRL_L, SPL, PRL_G):
        method = table(cls(rate=rate, ramp=gradual, variant="released"), [z], y, 3)
        for epoch, share in enumerate(right):
            method.set_epoch(epoch).step(method.train.x, y, torch.arange(40))
            assert (method.seen[1] > 0).sum() == remembered(share, 40), (cls, epoch)


def test_prl_l_released_ramp_is_ten_epochs_long_and_the_first_of_them_filters():
    shares = [
        round(labkit.methods.spl.ramped(0.45, epoch, PRL_L(rate=0.45, variant="released").ramp, 1), 3)
        for epoch in range(10)
    ]
    assert shares == [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.45]


@pytest.mark.parametrize("cls", [CoTeaching, JoCoR, CoPRL_L])
@pytest.mark.parametrize("exponent, gradual", [(1, 10), (2, 10), (0.5, 10), (3, 4), (2, 1), (2, 0)])
def test_coteaching_released_exponent_is_that_of_the_rate(cls, exponent, gradual):
    method, shares = cls(rate=0.4, exponent=exponent, ramp=gradual, variant="released"), []
    for epoch in range(15):
        shares.append(method.set_epoch(epoch).forgotten())
    assert shares == pytest.approx(rate_schedule(0.4, exponent, gradual, 16)[1:], abs=1e-12)


def test_coteaching_released_share_jumps_after_its_ramp():
    method, shares = CoTeaching(rate=0.4, exponent=2.0, variant="released"), []
    for epoch in range(11):
        shares.append(round(method.set_epoch(epoch).forgotten(), 3))
    assert shares == [0.018, 0.036, 0.053, 0.071, 0.089, 0.107, 0.124, 0.142, 0.16, 0.4, 0.4]
    paper = CoTeaching(rate=0.4, exponent=2.0).set_epoch(5)
    assert paper.forgotten() == pytest.approx(0.4 * 0.5**2)


# -- one network that filters


@pytest.mark.parametrize("rate, seed", [(0.5, 0), (0.3, 1), (0.9, 2)])
def test_spl_released_divides_the_mean_of_the_kept_by_their_number(rate, seed):
    z, y = drawn(seed=seed)
    loss, keep = F.cross_entropy(z, y, reduction="none"), remembered(rate, 12)
    right = loss[loss.argsort()[:keep]].mean() / keep
    assert close(stepped(table(SPL(rate=rate, ramp=0, variant="released"), [z], y, 3)), slope(right, z))


@pytest.mark.parametrize("rate, seed", [(0.5, 0), (0.3, 1), (0.8, 2)])
def test_prl_l_released_learns_from_a_second_pass_over_the_kept(rate, seed):
    (x, y), net = points(seed=seed), normed(seed)
    with torch.no_grad():
        error = (net(x).softmax(1) - F.one_hot(y, 3)).square().sum(1)
    keep = remembered(rate, 16)
    kept = error.argsort()[:keep]
    (F.cross_entropy(net(x[kept]), y[kept]) / keep).backward()
    right = -torch.cat([p.grad.flatten() for p in net.parameters()])
    assert close(stepped(bind(PRL_L(rate=rate, ramp=0, variant="released"), [normed(seed)], x, y, 3)), right)


def test_prl_l_released_of_one_kept_sample_is_not_normalised_alone():
    x, y = points()
    for cls in (PRL_L, CoPRL_L):
        moved = stepped(bind(cls(rate=0.9, ramp=0, variant="released"), [normed(), normed(1)], x, y, 3))
        assert moved.isfinite().all() and moved.norm() > 0


def test_prl_g_released_divides_twice_by_the_number_of_the_kept():
    method = table(PRL_G(rate=0.5, ramp=0, variant="released"), [Z], Y)
    assert stepped(method).norm().item() == pytest.approx(0.104, abs=5e-4)  # 1 / keep = 1/2 of .208


@pytest.mark.parametrize("rate, seed", [(0.5, 0), (0.25, 1), (0.7, 2)])
def test_prl_g_released_keeps_the_shortest_whole_gradients(rate, seed):
    torch.manual_seed(seed)
    (x, y), net = points(seed=seed), nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    lengths = []
    for k in range(16):
        own = torch.autograd.grad(F.cross_entropy(net(x[k : k + 1]), y[k : k + 1]), list(net.parameters()))
        lengths.append(sum(part.square().sum() for part in own))
    keep = remembered(rate, 16)
    kept = torch.stack(lengths).argsort()[:keep]
    right = torch.autograd.grad(F.cross_entropy(net(x[kept]), y[kept]) / keep, list(net.parameters()))
    method = bind(PRL_G(rate=rate, ramp=0, variant="released"), [net], x, y, 3)
    assert close(stepped(method), -torch.cat([part.flatten() for part in right]))


# -- two networks


def exchanged(z1, z2, y, forget):
    """The two losses of Co-teaching: each network's on the samples that the other one's loss calls easy."""
    first, second = (F.cross_entropy(z, y, reduction="none") for z in (z1, z2))
    keep = remembered(forget, len(y)) or len(y)
    easy_1, easy_2 = first.argsort()[:keep], second.argsort()[:keep]
    return first[easy_2].mean() / keep, second[easy_1].mean() / keep


@pytest.mark.parametrize("rate, seed", [(0.5, 0), (0.3, 1), (0.8, 2)])
def test_coteaching_released_exchanges_and_divides_twice(rate, seed):
    (z1, y), (z2, _) = drawn(seed=seed), drawn(seed=seed + 9)
    rights = exchanged(z1, z2, y, rate)
    for k, z in enumerate((z1, z2)):
        method = table(CoTeaching(rate=rate, ramp=0, variant="released"), [z1, z2], y, 3)
        assert close(stepped(method, k=k), slope(rights[k], z))


def test_jocor_released_takes_the_mean_once():
    method = table(JoCoR(rate=0.5, ramp=0, variant="released"), [Z, Z], Y)
    assert 2 * method.step(method.train.x, Y, torch.arange(4)).item() == pytest.approx(0.396, abs=5e-4)


@pytest.mark.parametrize("rate, lam, seed", [(0.5, 0.1, 0), (0.3, 0.85, 1), (0.7, 0.5, 2)])
def test_jocor_released_joint_loss(rate, lam, seed):
    (z1, y), (z2, _) = drawn(seed=seed), drawn(seed=seed + 9)
    p, q = z1.softmax(1), z2.softmax(1)
    apart = (p * (p / q).log()).sum(1) + (q * (q / p).log()).sum(1)
    joint = (1 - lam) * -(p[range(12), y].log() + q[range(12), y].log()) + lam * apart
    right = joint[joint.argsort()[: remembered(rate, 12)]].mean()
    rights = [-part.T.flatten() for part in torch.autograd.grad(right, [z1, z2])]
    for k in (0, 1):
        method = table(JoCoR(rate=rate, lam=lam, ramp=0, variant="released"), [z1, z2], y, 3)
        assert close(stepped(method, k=k), rights[k])


@pytest.mark.parametrize("rate, seed", [(0.5, 0), (0.3, 1), (0.7, 2)])
def test_coprl_l_released_learns_from_a_second_pass_over_the_peers_choice(rate, seed):
    (x, y), nets = points(seed=seed), [normed(seed), normed(seed + 9)]
    keep = remembered(rate, 16)
    with torch.no_grad():
        lengths = [(net(x).softmax(1) - F.one_hot(y, 3)).norm(dim=1) for net in nets]
    rights = []
    for net, length in zip(nets, reversed(lengths)):
        kept = length.argsort()[:keep]
        (F.cross_entropy(net(x[kept]), y[kept]) / keep).backward()
        rights.append(-torch.cat([p.grad.flatten() for p in net.parameters()]))
    for k in (0, 1):
        method = bind(CoPRL_L(rate=rate, ramp=0, variant="released"), [normed(seed), normed(seed + 9)], x, y, 3)
        assert close(stepped(method, k=k), rights[k])


# -- Co-teaching+


def disagreeing(z1, z2, y, ids, forget, progress):
    """The two losses of Co-teaching+. progress: epoch (from 1 on) times batch (from 0 on)."""
    q1, q2 = z1.softmax(1), z2.softmax(1)
    apart = [k for k in range(len(y)) if z1[k].argmax() != z2[k].argmax()]
    named = [ids[k] for k in apart if ids[k] != 0]  # 0 is the mark of absence
    listed = apart[: len(named)]
    if listed:
        return exchanged(q1[listed], q2[listed], y[listed], forget)
    share = 1.0 if progress < 5000 else len(apart) / len(y)
    return share * F.cross_entropy(q1, y), share * F.cross_entropy(q2, y)


@pytest.mark.parametrize("rate", [0.0, 0.4, 0.9])
@pytest.mark.parametrize("seed", range(6))
def test_coteachingplus_released_step(rate, seed):
    rng = torch.Generator().manual_seed(seed)
    (z1, y), (z2, _) = drawn(30, seed=seed), drawn(30, seed=seed + 50)
    i = torch.randperm(30, generator=rng)[:10]
    i[rng.initial_seed() % 10] = 0  # sample 0 is there, in one place or another
    i = i.unique()[torch.randperm(len(i.unique()), generator=rng)]
    rights = disagreeing(z1[i], z2[i], y[i], i.tolist(), rate, 0)
    for k, z in enumerate((z1, z2)):
        method = table(CoTeachingPlus(rate=rate, ramp=0, variant="released"), [z1, z2], y, 3)
        assert close(stepped(method, i, k), slope(rights[k], z))


def test_coteachingplus_released_loses_the_last_disagreeing_sample_where_sample_0_disagrees():
    apart = torch.tensor([[0.0, 2.0], [0.0, 1.0], [1.0, 0.0], [0.0, 3.0]])
    for i, lost in (([0, 1, 2, 3], [3]), ([2, 0, 3], [2]), ([3, 1, 0], [2]), ([1, 2, 3], [])):
        method = table(CoTeachingPlus(rate=0.0, ramp=0, variant="released"), [Z, apart], Y)
        stepped(method, torch.tensor(i))
        assert (method.seen[1] == 0).nonzero()[:, 0].tolist() == lost


@pytest.mark.parametrize("classes, batch", [(3, 8), (2, 5), (4, 12)])
def test_coteachingplus_released_learns_from_an_agreeing_batch_until_step_5000(classes, batch):
    z, y = drawn(batch, classes)
    right = slope(disagreeing(z, z, y, range(batch), 0.25, 0)[0], z)
    make = lambda: table(CoTeachingPlus(rate=0.25, ramp=0, variant="released"), [z, z], y, classes)
    assert close(stepped(make()), right)
    for epoch, before, moves in (
        (1, 4999, True),
        (1, 5000, False),
        (13, 384, True),
        (13, 385, False),
        (5000, 1, False),
    ):
        method = make()
        method.set_epoch(epoch - 1).epoch_of_steps = epoch - 1
        method.steps = before
        assert close(stepped(method), right if moves else 0 * right), (epoch, before)


def test_coteachingplus_released_counts_its_batches_anew_in_every_epoch():
    z, y = drawn(4, 2)
    method = table(CoTeachingPlus(rate=0.0, ramp=0, variant="released"), [z, z], y)
    for _ in range(3):
        stepped(method)
    counted = method.steps
    method.set_epoch(1)
    stepped(method)
    assert (counted, method.steps) == (3, 1)


def test_coteachingplus_released_batch_whose_only_disagreeing_sample_is_0():
    (z1, y), i = drawn(6, 2), torch.tensor([4, 0, 2, 5])
    z2 = z1.detach().clone()
    z2[0] = z2[0].flip(0)
    z2.requires_grad_()
    for epoch, before in ((1, 0), (10, 600)):
        rights = disagreeing(z1[i], z2[i], y[i], i.tolist(), 0.5, epoch * before)
        method = table(CoTeachingPlus(rate=0.5, ramp=0, variant="released"), [z1, z2], y)
        method.set_epoch(epoch - 1).epoch_of_steps = epoch - 1
        method.steps = before
        assert close(stepped(method, i), slope(rights[0], z1)) and rights[0] > 0


def test_coteachingplus_released_start_counts_epochs_from_1_on():
    z, y = drawn(8)
    plain = exchanged(z, z, y, 0.5)[0]
    for epoch, first in ((0, True), (18, True), (19, False), (20, False)):
        method = table(CoTeachingPlus(rate=0.5, ramp=0, start=20, variant="released"), [z, z], y, 3)
        method.set_epoch(epoch)
        assert close(stepped(method), slope(plain, z)) == first
        plain = exchanged(z, z, y, 0.5)[0]

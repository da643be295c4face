"""variant="released" of losses, transition matrices, CDR, selections by epoch, meta weights, DivideMix and PES,
against the released code: its formulas, written out here from the code, in float64."""

import copy
import sys
from itertools import permutations
from math import exp

import numpy as np
import pytest
import torch
from released import Y, Z, bind, close, drawn, normed, params, points, remembered, slope, stepped, table
from torch import nn
from torch.nn import functional as F

import labkit
from labkit.data.task import Scale, Split
from labkit.fit.recipe import Recipe
from labkit.methods import (
    CDR,
    CDR_AUX,
    CDR_RDI,
    CRUST,
    D2L,
    ELR,
    GCE,
    L_DMI,
    NCE_RCE,
    PES,
    PRL_L,
    SCE,
    SOP,
    DivideMix,
    MNWNet,
    MWNet,
    O2UNet,
    RMNWNet,
    TRevision,
)
from labkit.methods.d2l import hidden, lid, turning

# -- losses


@pytest.mark.parametrize("alpha, beta, seed", [(0.1, 1.0, 0), (6.0, 0.1, 1), (0.01, 1.0, 2)])
def test_sce_released_clips_the_label_at_a_ten_thousandth(alpha, beta, seed):
    z, y = drawn(seed=seed)
    p, label = z.softmax(1), F.one_hot(y, 3).double()
    forth = -(label * p.clamp(1e-7, 1).log()).sum(1)
    back = -(p * label.clamp(1e-4, 1).log()).sum(1)
    right = alpha * forth.mean() + beta * back.mean()
    method = table(SCE(alpha=alpha, beta=beta, variant="released"), [z], y, 3)
    assert close(method.loss(z, y, None).mean(), right) and close(stepped(method), slope(right, z))


@pytest.mark.parametrize("alpha, beta, seed", [(1.0, 1.0, 0), (10.0, 0.1, 1), (1.0, 10.0, 2)])
def test_nce_rce_released_clips_the_label_at_a_ten_thousandth(alpha, beta, seed):
    z, y = drawn(seed=seed)
    log_p, label = F.log_softmax(z, 1), F.one_hot(y, 3).double()
    nce = -(label * log_p).sum(1) / -log_p.sum(1)
    back = -(z.softmax(1).clamp(1e-7, 1) * label.clamp(1e-4, 1).log()).sum(1)
    right = alpha * nce.mean() + beta * back.mean()
    method = table(NCE_RCE(alpha=alpha, beta=beta, variant="released"), [z], y, 3)
    assert close(method.loss(z, y, None).mean(), right) and close(stepped(method), slope(right, z))


@pytest.mark.parametrize("seed", range(3))
def test_elr_released_remembers_clipped_predictions(seed):
    (z, y), lam, beta = drawn(scale=9, seed=seed), 3.0, 0.7
    method = table(ELR(lam=lam, beta=beta, variant="released"), [z], y, 3)
    method.t, target = method.t.double(), torch.zeros(12, 3, dtype=torch.float64)
    for turn in range(3):
        z = method.nets[0].l.weight.detach().T.clone().requires_grad_()
        p = z.softmax(1).clamp(1e-4, 1 - 1e-4)
        target = beta * target + (1 - beta) * (p / p.sum(1, keepdim=True)).detach()
        right = F.cross_entropy(z, y) + lam * (1 - (target * p).sum(1)).log().mean()
        assert close(stepped(method), slope(right, z)), turn
        assert close(method.t, target)


@pytest.mark.parametrize("seed", range(3))
def test_sop_released_moves_u_by_both_terms(seed):
    (z, y), rng = drawn(seed=seed), torch.Generator().manual_seed(seed)
    method = table(SOP(lr_u=1.0, lr_v=1.0, variant="released"), [z], y, 3)
    start = [torch.rand(12, columns, generator=rng, dtype=torch.float64) for columns in (1, 3)]
    method.u, method.v = (part.clone().requires_grad_() for part in start)
    u, v = (part.clone().requires_grad_() for part in start)
    right = 0.0
    for k in range(12):
        label = F.one_hot(y[k], 3).double()
        add, take = (u[k] ** 2 * label).clamp(0, 1), (v[k] ** 2 * (1 - label)).clamp(0, 1)
        q = (z[k].softmax(0) + add - take.detach()).clamp(min=1e-4)
        q = (q / q.sum()).clamp(1e-4, 1)
        believed = F.one_hot(z[k].argmax(), 3)
        right = right - q[y[k]].log() + ((believed + add - take - label) ** 2).sum()
    mine = method.loss(z, y, torch.arange(12)).mean()
    assert close(mine, right / 12)
    ours, theirs = torch.autograd.grad(mine, [z, method.u, method.v]), torch.autograd.grad(right / 12, [z, u, v])
    assert all(close(a.to_dense(), b) for a, b in zip(ours, theirs))


def determinant(U):
    """By Leibniz's sum over permutations."""
    total = 0.0
    for order in permutations(range(len(U))):
        swaps = sum(a > b for k, a in enumerate(order) for b in order[k + 1 :])
        product = torch.ones((), dtype=U.dtype)
        for row, column in enumerate(order):
            product = product * U[row, column]
        total = total + (-1) ** swaps * product
    return total


@pytest.mark.parametrize("classes, seed", [(2, 0), (3, 1), (4, 2)])
def test_l_dmi_released_adds_to_the_determinant_of_undivided_counts(classes, seed):
    z, y = drawn(12, classes, seed)
    U = torch.zeros(classes, classes, dtype=torch.float64)
    for k in range(12):
        U = U + F.one_hot(y[k], classes)[:, None] * z[k].softmax(0)[None, :]
    right = -(determinant(U).abs() + 0.001).log()
    method = table(L_DMI(batch_size=12, variant="released"), [z], y, classes)
    method.pretrained = True
    assert close(method.loss(z, y, None).mean(), right) and close(stepped(method), slope(right, z))


# -- transition matrices


def revising(z, y, T, dT, **settings):
    """T-Revision in its last stage, in float64."""
    method = table(TRevision(**settings), [z], y, len(T))
    method.T, method.k, method.dT = T, 2, dT.clone().requires_grad_()
    return method


def test_trevision_released_gradient_of_the_correction():
    T = torch.tensor([[0.8, 0.2], [0.3, 0.7]], dtype=torch.float64)
    method = revising(Z, Y, T, torch.zeros(2, 2, dtype=torch.float64), variant="released")
    g = torch.autograd.grad(method.loss(Z, Y, torch.arange(4)).mean(), method.dT)[0]
    p, ce = Z.softmax(1), F.cross_entropy(Z, Y, reduction="none")
    right = torch.zeros(2, 2, dtype=torch.float64)
    for k in range(4):
        right[:, Y[k]] += -(k + 1) * p[k, Y[k]] / (p[k] @ T)[Y[k]] ** 2 * p[k] * ce[k] / 4
    assert close(g, right)
    assert (g - torch.tensor([[-0.234, -2.896], [-0.076, -0.530]])).abs().max() < 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_trevision_released_revision_loss(seed):
    (z, y), rng = drawn(8, 3, seed), torch.Generator().manual_seed(seed)
    T = torch.softmax(torch.randn(3, 3, generator=rng, dtype=torch.float64) + 3 * torch.eye(3), 1) * 0.9
    dT = 0.002 * torch.randn(3, 3, generator=rng, dtype=torch.float64)
    method, own, revised, right = revising(z, y, T, dT, variant="released"), dT.clone().requires_grad_(), T, 0.0
    for k in range(8):
        p, revised = z[k].softmax(0), revised + own  # inside of the loop over the batch
        right = right + p[y[k]] / (revised.T @ p)[y[k]] * F.cross_entropy(z[k : k + 1], y[k : k + 1])
    mine = method.loss(z, y, torch.arange(8)).mean()
    assert close(mine, right / 8)
    ours, theirs = torch.autograd.grad(mine, [z, method.dT]), torch.autograd.grad(right / 8, [z, own])
    assert all(close(a, b) for a, b in zip(ours, theirs))


@pytest.mark.parametrize("quantile", [0.97, None])
def test_trevision_released_estimate_divides_columns_once(quantile):
    z, y = drawn(60, 8, 0, 0.5)
    method = table(TRevision(variant="released", quantile=quantile), [z], y, 8)
    method.end_stage(0)
    p, raw = z.detach().softmax(1).numpy().copy(), np.empty((8, 8))
    for i in range(8):
        column = p[:, i]
        if quantile:
            column[column >= np.percentile(column, 97, method="higher")] = 0.0  # also for the rows that follow
        raw[i] = p[column.argmax()]
    assert np.abs(method.T.numpy() - raw / raw.sum(1)).max() < 1e-6
    assert quantile is None or raw.sum(1).min() < 0.8  # there is something to divide by


def test_trevision_released_revision_decays_as_the_recipe_says():
    for variant, decay in (("released", 0.01), ("paper", 0.0)):
        method = table(TRevision(variant=variant, revise_lr=1e-3), [Z], Y, weight_decay=0.01)
        recipe = Recipe.of({"weight_decay": 0.01, **method.stage(2, method.train).recipe})
        opts = recipe.optimisers(method.nets, method.extra())
        assert [group["weight_decay"] for opt in opts for group in opt.param_groups] == [decay, decay]
        assert {type(opt).__name__ for opt in opts} == {"Adam"} and opts[-1].param_groups[0]["lr"] == 1e-3


# -- CDR


def criticised(net, loss, tau, buffers, lr, momentum, decay):
    """One step of CDR's released code, by SGD with momentum written out."""
    names = [name for name, p in net.named_parameters() if p.dim() in (2, 4)]
    grads = dict(zip(dict(net.named_parameters()), torch.autograd.grad(loss, list(net.parameters()))))
    with torch.no_grad():
        score = torch.cat([(p * grads[name]).abs().flatten() for name, p in net.named_parameters() if name in names])
        least = score.sort(descending=True).values[int((1 - tau) * len(score)) - 1]
        for name, p in net.named_parameters():
            g = grads[name]
            if name in names:
                g = g * ((p * g).abs() >= least) * (1 - tau)
            g = g + decay * p
            buffers[name] = momentum * buffers[name] + g if name in buffers else g
            p -= lr * buffers[name]


def convolutional():
    """A convolution, batch normalisation, a linear layer."""
    torch.manual_seed(3)
    layers = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4, 3)
    return nn.Sequential(*layers).double()


@pytest.mark.parametrize("tau", [0.2, 0.4, 0.7])
def test_cdr_released_train_one_step(tau):
    x, y = torch.randn(12, 1, 4, 4, dtype=torch.float64), torch.arange(12) % 3
    how = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-2}
    method = bind(CDR(rate=tau, variant="released"), [convolutional()], x, y, 3, **how)
    net, buffers = convolutional(), {}
    for _ in range(4):
        stepped(method)
        criticised(net, F.cross_entropy(net(x), y), tau, buffers, 0.1, 0.9, 1e-2)
    assert close(params(method.nets[0]), params(net))


def test_cdr_aux_released_update_damps_the_network_and_not_b():
    x, y, lam = torch.randn(12, 1, 4, 4, dtype=torch.float64), torch.arange(12) % 3, 2.0
    method = bind(CDR_AUX(rate=0.4, lam=lam, variant="released"), [convolutional()], x, y, 3, lr=0.1, momentum=0.9)
    net, buffers, b = convolutional(), {}, torch.zeros(12, 3, dtype=torch.float64)
    method.b.data = method.b.data.double()
    for _ in range(3):
        stepped(method)
        logits = net(x) + lam * b
        slope_b = lam * (logits.softmax(1) - F.one_hot(y, 3)).detach() / 12
        criticised(net, F.cross_entropy(logits, y), 0.4, buffers, 0.1, 0.9, 0.0)
        b = b - 0.1 / (1 - 0.9) * slope_b
    assert close(params(method.nets[0]), params(net)) and close(method.b.detach(), b)


def test_cdr_rdi_released_update_of_the_penalised_loss():
    x, y, lam = torch.randn(12, 1, 4, 4, dtype=torch.float64), torch.arange(12) % 3, 2.0
    method = bind(CDR_RDI(rate=0.4, lam=lam, variant="released"), [convolutional()], x, y, 3, lr=0.1, momentum=0.9)
    net, buffers, start = convolutional(), {}, params(convolutional())
    for _ in range(3):
        stepped(method)
        flat = torch.cat([p.flatten() for p in net.parameters()])
        loss = F.cross_entropy(net(x), y) + lam**2 / (2 * 12) * (flat - start).square().sum()
        criticised(net, loss, 0.4, buffers, 0.1, 0.9, 0.0)
    assert close(params(method.nets[0]), params(net))


def test_cdr_released_and_prl_l_say_that_running_statistics_move_less_often():
    x, y = points()
    for method, passes in ((CDR(rate=0.4, variant="released"), 1), (PRL_L(rate=0.4, ramp=0, variant="released"), 2)):
        bound = bind(method, [normed()], x, y, 3)
        stepped(bound)
        assert bound.nets[0][1].num_batches_tracked == passes  # one more there
        assert "running statistics" in sys.modules[type(method).__module__].__doc__


def test_gce_truncated_steps_are_longer_by_what_is_pruned_and_the_docstring_says_so():
    for seed, batch in ((0, 8), (1, 10), (2, 16)):
        z, y = drawn(batch, seed=seed)
        p = z.softmax(1)[torch.arange(batch), y]
        method = table(GCE(truncate=p.median().item(), start=0), [z], y, 3)
        kept = method.select(method.train, 0)
        right = ((1 - p**0.7) / 0.7)[kept].sum() / batch  # weight 0, and the mean of the whole batch
        assert close(stepped(method, kept), slope(right, z) * batch / len(kept)) and len(kept) < batch
    assert "leaves the epoch" in sys.modules[GCE.__module__].__doc__


# -- selections by epoch


def test_crust_released_chooses_the_most_central_of_each_label():
    (x, y), net = points(30, 2), nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    method = bind(CRUST(keep=0.4, start=0, variant="released"), [net], x, y, 3)
    chosen = method.select(method.train, 0)
    with torch.no_grad():
        g = ((net(x).softmax(1) - F.one_hot(y, 3)) @ net[2].weight / 128).numpy()
    right, weights = [], {}
    for label in range(3):
        own = [k for k in range(30) if y[k] == label]
        far = [[np.sqrt(((g[a] - g[b]) ** 2).sum()) for b in own] for a in own]
        order = np.argsort([sum(row) for row in far])[: int(0.4 * len(own))]
        right += [own[k] for k in order]
        weights |= {own[k]: sum(d < 2.0 for d in far[k]) for k in order}
    assert chosen.tolist() == sorted(right)
    share = torch.tensor([weights[k] for k in chosen.tolist()], dtype=torch.float64)
    assert close(method.weight(None, None, chosen, torch.zeros(12, 3, dtype=torch.float64)), share / share.sum())


def test_crust_released_mixes_the_inputs_of_one_label_with_one_lambda():
    x = torch.eye(12, dtype=torch.float64)
    method = table(CRUST(start=0, mixup_after=0, variant="released"), [drawn(12)[0]], torch.arange(12) % 3, 3)
    mixed, y, _ = method.batch(x, method.train.y, torch.arange(12))
    others = mixed - torch.diag(mixed.diagonal())
    shares = others.sum(1)[others.sum(1) > 0]
    assert torch.equal(y, method.train.y) and (shares - shares[0]).abs().max() < 1e-6 and len(shares) > 1
    assert all(y[a] == y[b] for a, b in others.nonzero().tolist())


def test_o2unet_released_learning_rate_and_ranking():
    method, rates = table(O2UNet(rate=0.3, variant="released"), [drawn(10)[0]], torch.arange(10) % 3, 3), []
    method.cyclic, total = True, np.zeros(10)
    for epoch in range(1, 24):
        method.set_epoch(epoch - 1).select(method.train, epoch - 1)
        logits = method.nets[0].l.weight.detach().T
        loss = F.cross_entropy(logits, method.train.y, reduction="none").numpy()
        total = total + loss - loss.mean()
        stepped(method)
        rates.append(method.opts[0].param_groups[0]["lr"])
    right = [(1 - t) * 0.01 + t * 0.001 for t in ((epoch % 10 + 1) / 10 for epoch in range(1, 24))]
    assert rates == pytest.approx(right, abs=1e-12)
    method.end_stage(1)
    assert method.rest.nonzero()[:, 0].tolist() == sorted(np.argsort(total)[: remembered(0.3, 10)].tolist())


def test_o2unet_released_goes_on_from_its_first_training():
    starts = {}
    for variant in ("released", "paper"):
        method = table(O2UNet(rate=0.3, variant=variant), [drawn(10)[0]], torch.arange(10) % 3, 3)
        stepped(method)
        after_first = params(method.nets[0])
        method.end_stage(0)
        stepped(method)
        method.end_stage(1)
        starts[variant] = method.stage(2, method.train).start, close(params(method.nets[0]), after_first)
    assert starts == {"released": ("previous", True), "paper": ("init", False)}


def test_d2l_released_pace_and_targets():
    (x, y), net = points(60, 1), nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 3)).double()
    method = bind(D2L(batch_size=20, batches=3, neighbours=7, turn_at=2, variant="released"), [net], x, y, 3)
    for epoch in range(4):
        before = params(method.nets[0])
        method.select(method.train, epoch)
        assert torch.equal(params(method.nets[0]), before)  # nothing is rolled back
        pace = exp(-epoch / 100 * method.lids[-1] / min(method.lids)) if epoch >= 2 else 1.0
        z, own = drawn(seed=epoch)[0], torch.arange(12) % 3
        label = pace * F.one_hot(own, 3) + (1 - pace) * F.one_hot(z.argmax(1), 3)
        assert close(method.loss(z, own, None), -(label * z.softmax(1).log()).sum(1))


def test_d2l_released_dimensionality_and_turning_point():
    h = hidden(nn.Sequential(nn.Linear(6, 3)).double(), points(15, 1)[0]).detach()
    right = []
    for a in h.numpy():
        r = np.sort([np.sqrt(((a - b) ** 2).sum()) for b in h.numpy()])[1:6]
        right.append(-5 / np.log(r / r[-1] + 1e-8).sum())
    assert close(lid(h, 5), torch.tensor(right), 1e-5)
    rng = np.random.default_rng(0)
    for _ in range(200):
        lids, last = rng.normal(5, 1, 9).tolist(), rng.normal(6, 1.5)
        before = np.array(lids[-5:])
        assert turning([*lids, last], 4, 5) == (last - before.mean() > 2 * before.std())


# -- weights from a meta set


def weighted(V, loss):
    """V's weights of the losses [B], which sum to 1 where that can be."""
    v = V(loss[:, None])[:, 0]
    return v / v.sum() if v.sum() != 0 else v


def compare_with_trainer(cls, robust):
    """Two steps of a method that learns V, beside the released trainer with its graph of second order."""
    (x, y), (meta_x, meta_y), net = points(10), points(10, 7), normed(2)
    meta = Split(meta_x, meta_y, 3, Scale(), None, torch.arange(10))
    method = bind(cls(meta_batch=10, meta_lr=0.1, variant="released"), [net], x, y, 3, meta, lr=0.3)
    method.V.double()
    V = copy.deepcopy(method.V)
    for turn in range(2):
        own = copy.deepcopy(method.nets[0])
        names, old = zip(*own.named_parameters())
        loss = F.cross_entropy(own(x), y, reduction="none")
        total = (weighted(V, loss.detach()) * loss).sum()
        ahead = [w - 0.3 * g for w, g in zip(old, torch.autograd.grad(total, old, create_graph=True))]
        logits = torch.func.functional_call(copy.deepcopy(method.nets[0]), dict(zip(names, ahead)), (meta_x,))
        outer = 2 * (1 - logits.softmax(1)[range(10), meta_y]).mean() if robust else F.cross_entropy(logits, meta_y)
        pull = torch.autograd.grad(outer, list(V.parameters()))
        with torch.no_grad():  # SGD, momentum .9, nesterov, weight decay 5e-4
            for p, g in zip(V.parameters(), pull):
                g = g + 5e-4 * p
                p.velocity = 0.9 * p.velocity + g if turn else g
                p -= 0.1 * (g + 0.9 * p.velocity)
        loss = F.cross_entropy(own(x), y, reduction="none")
        right = torch.autograd.grad((weighted(V, loss.detach()).detach() * loss).sum(), old)
        assert close(stepped(method), -0.3 * torch.cat([g.flatten() for g in right])), turn
        assert close(params(method.V), params(V)), turn


def test_mwnet_released_trainer():
    compare_with_trainer(MWNet, robust=False)


def test_mnwnet_released_trainer():
    compare_with_trainer(MNWNet, robust=False)


def test_rmnwnet_released_trainer():
    compare_with_trainer(RMNWNet, robust=True)


def test_mnwnet_released_defaults_beside_its_relatives():
    assert [cls(variant="released").meta_batch for cls in (MWNet, MNWNet, RMNWNet)] == [100, 10, 10]
    assert [cls(variant="released").draw for cls in (MWNet, MNWNet, RMNWNet)] == ["fresh"] * 3
    assert [cls(variant="released").meta_loss for cls in (MWNet, MNWNet, RMNWNet)] == ["ce", "ce", "mae"]


# -- semi-supervised, and early stopping


def sharpened(p):
    """p ** (1 / T), T = .5, to a sum of 1."""
    return p**2 / (p**2).sum(1, keepdim=True)


@pytest.mark.parametrize("seed", range(3))
def test_dividemix_released_step(seed):
    (z1, y), (z2, _) = drawn(8, seed=seed), drawn(8, seed=seed + 9)
    method = table(DivideMix(warmup=10, variant="released"), [z1, z2], y, 3)
    i, j = torch.arange(4), torch.arange(4, 8)
    method.set_epoch(13)
    method.labelled, method.rest, method.done, method.total = [i, i], [j, j], 2, 4
    method.clean = torch.rand(2, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    inputs, net = [], method.nets[0]
    handle = net.register_forward_pre_hook(lambda module, args: inputs.append(args[0]))
    mine = method.mixmatch(0, method.train.x[i], y[i], i)
    handle.remove()
    ours = torch.autograd.grad(mine, net.l.weight)[0].T
    w, own = method.clean[1][i][:, None], z1.detach()
    given = sharpened(w * F.one_hot(y[i], 3) + (1 - w) * own[i].softmax(1))
    taken = [row for row in inputs[-1] if row.sum() > 0]
    drawn_j = [row[4:].argmax().item() + 4 for row in taken[8:12]]
    guessed = sharpened((own[drawn_j].softmax(1) + z2.detach()[drawn_j].softmax(1)) / 2)
    targets = torch.zeros(8, 3, dtype=torch.float64)
    targets[i], targets[drawn_j] = given, guessed
    shares = {round(row.max().item(), 9) for row in taken if (row > 0).sum() == 2}
    assert len(shares) == 1 and 0.5 <= shares.pop() < 1  # one lambda for all pairs, the larger one for the first
    logits = inputs[-1] @ z1
    mixed = inputs[-1] @ targets  # the rows of the inputs say who was mixed with whom, and how much
    p = logits.softmax(1)
    right = -(mixed[:8] * p[:8].log()).sum(1).mean() + 25 * (3 + 2 / 4) / 16 * (p[8:] - mixed[8:]).square().mean()
    right = right + (torch.log(1 / 3 / p.mean(0)) / 3).sum()
    assert close(mine.detach(), right.detach()) and close(ours, torch.autograd.grad(right, z1)[0])


@pytest.mark.parametrize("seed", range(3))
def test_pes_released_confident_set_and_weights(seed):
    z, y = drawn(40, seed=seed)
    turns = iter([1.0, -0.4])  # two views of every sample: the second one is another input
    released = PES(refine=(), warmup=1, variant="released")
    method = table(released, [z], y, 3, augment=lambda x: x * next(turns, 1.0))
    method.k = 1
    chosen = method.select(method.train, 0)
    p = z.detach().softmax(1) + (-0.4 * z.detach()).softmax(1)
    right = [k for k in range(40) if p[k].argmax() == y[k]]
    counts = np.bincount(y[right], minlength=3)
    cw = torch.tensor([counts[counts > 0].mean() / n if n else 0.0 for n in counts], dtype=torch.float64)
    assert chosen.tolist() == right
    assert close(stepped(method, chosen), slope(F.cross_entropy(z[chosen], y[chosen], weight=cw), z), 1e-6)


def test_pes_released_blocks_that_started_again_never_move_after_the_refinement():
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.ReLU()) for _ in range(3)]
    net, (x, y) = nn.Sequential(*blocks, nn.Linear(6, 3)).double(), points()
    for variant, moving in (("released", [True, True, False, False]), ("paper", [True] * 4)):
        method = bind(PES(parts=(2, 1), variant=variant), [net] * 3, x, y, 3, epochs=99)
        for k in range(4):
            stage = method.stage(k, method.train)
            method.opts = Recipe.of({"lr": 0.1, **stage.recipe}).optimisers(method.nets, [])
            before = [params(block) for block in method.nets[0]]
            stepped(method)
            method.end_stage(k)
        assert [not torch.equal(a, params(block)) for a, block in zip(before, method.nets[0])] == moving


def test_pes_released_resnet18_moves_a_quarter_of_its_parameters_in_the_end():
    net, x = labkit.nets.resnet18(), torch.zeros(4, 3, 32, 32)
    method = bind(PES(variant="released", parts=(3, 1)), [net] * 3, x, torch.arange(4), 10)
    method.k = 3
    method.freeze()
    sizes = [p.numel() for p in method.nets[0].parameters() if p.requires_grad]
    assert sum(sizes) == 11173962 - 8398858 == 2775104


def test_pes_released_asks_for_a_block_that_goes_on_learning():
    net, (x, y) = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 3)).double(), points()
    with pytest.raises(ValueError, match="parts of PES"):
        bind(PES(parts=(2, 1), variant="released"), [net] * 3, x, y, 3)
    bind(PES(parts=(2, 1)), [net] * 3, x, y, 3)

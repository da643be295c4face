"""ELR, SOP, DivideMix, PES, confident learning: their properties, and oracles computed another way."""

from functools import partial
from math import log
from warnings import catch_warnings, simplefilter

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from tools import bound, digits
from torch import nn

import labkit
from labkit import confident
from labkit.methods.confident import ConfidentLearning
from labkit.methods.dividemix import DivideMix, semi_supervised, sharpen, unevenness
from labkit.methods.elr import ELR
from labkit.methods.pes import PES, blocks
from labkit.methods.sop import SOP
from labkit.mixture import lower_posterior, two_means
from labkit.state import read_state, write_state

RNG = lambda seed=0: torch.Generator().manual_seed(seed)
one_hot = torch.nn.functional.one_hot


def probabilities(n, classes, seed=0, sure=2.0):
    """Random predictions that lean to random classes. -> p float64 [n, classes], y [n]"""
    rng = RNG(seed)
    y = torch.randint(classes, (n,), generator=rng)
    y[:classes] = torch.arange(classes)
    logits = torch.randn(n, classes, generator=rng, dtype=torch.float64) + sure * one_hot(y, classes)
    return logits.softmax(1), y


# -- the mixture


def two_bumps(n=400, seed=0):
    """Losses of two kinds, scaled to [0, 1]. -> float64 [n]"""
    rng = RNG(seed)
    low, high = torch.rand(n // 2, generator=rng) * 0.3, 0.6 + 0.4 * torch.rand(n - n // 2, generator=rng)
    return torch.cat([low, high]).double()[torch.randperm(n, generator=rng)]


@pytest.mark.parametrize("seed", range(5))
def test_mixture_starts_from_the_best_cut(seed):
    values = torch.rand(40, generator=RNG(seed), dtype=torch.float64)
    spread = lambda part: (part - part.mean()).square().sum().item()
    cost = {
        cut: spread(values[values <= cut]) + spread(values[values > cut]) for cut in values.sort().values[:-1].tolist()
    }
    assert torch.equal(two_means(values), values <= min(cost, key=cost.get))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "options", [{"max_iter": 10, "tol": 1e-2}, {"max_iter": 200, "tol": 1e-6}, {"max_iter": 1, "tol": 0.1}]
)
def test_mixture_equals_scikit_learn_from_the_same_start(seed, options):
    values = torch.rand(300, generator=RNG(seed), dtype=torch.float64) ** 3 if seed % 2 else two_bumps(300, seed)
    x, lower = values.numpy(), two_means(values).numpy()
    groups = [x[lower], x[~lower]]
    start = {
        "weights_init": [len(g) / len(x) for g in groups],
        "means_init": [[g.mean()] for g in groups],
        "precisions_init": [[[1 / (g.var() + 5e-4)]] for g in groups],
    }
    with catch_warnings():
        simplefilter("ignore", ConvergenceWarning)
        theirs = GaussianMixture(2, reg_covar=5e-4, **options, **start).fit(x[:, None])
    expected = theirs.predict_proba(x[:, None])[:, theirs.means_.argmin()]
    assert np.allclose(lower_posterior(values, **options).numpy(), expected, rtol=0, atol=1e-6)


def test_mixture_equals_scikit_learn_from_its_own_start_where_there_are_two_bumps():
    values = two_bumps()
    theirs = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=0).fit(values[:, None].numpy())
    expected = theirs.predict_proba(values[:, None].numpy())[:, theirs.means_.argmin()]
    assert np.allclose(lower_posterior(values).numpy(), expected, rtol=0, atol=1e-6)


def test_mixture_picks_the_low_half_and_does_not_mind_the_order():
    values = two_bumps()
    posterior, order = lower_posterior(values), torch.randperm(len(values), generator=RNG(1))
    assert torch.equal(posterior > 0.5, values < 0.5)
    assert torch.allclose(lower_posterior(values[order]), posterior[order], rtol=0, atol=1e-9)


# -- ELR


def elr(**settings):
    """A bound ELR, 8 positions, random logits in float64 and labels. -> method, logits, y, i"""
    method = bound(ELR(**settings)).method
    method.t = torch.rand(method.t.shape, generator=RNG(), dtype=torch.float64) / 10
    logits = torch.randn(8, 10, generator=RNG(1), dtype=torch.float64, requires_grad=True)
    return method, logits, torch.arange(8), torch.arange(8) * 3


def test_elr_gradient_of_the_penalty_is_p_times_agreement_minus_t_over_its_rest():
    method, logits, y, i = elr(lam=2.0, beta=0.6, clip=0.0)
    p = logits.detach().softmax(1)
    t = 0.6 * method.t[i] + 0.4 * p
    method.loss(logits, y, i).sum().backward()
    agreement = (t * p).sum(1, keepdim=True)
    penalty = p * (agreement - t) / (1 - agreement)
    assert torch.allclose(logits.grad, p - one_hot(y, 10) + 2 * penalty, rtol=0, atol=1e-12)


def test_elr_targets_move_before_they_are_used_and_others_stay():
    method, logits, y, i = elr(lam=3.0, beta=0.7)
    before, p = method.t.clone(), logits.detach().softmax(1).clamp(1e-4, 1 - 1e-4)
    loss = method.loss(logits, y, i)
    expected = 0.7 * before[i] + 0.3 * p / p.sum(1, keepdim=True)
    assert torch.allclose(method.t[i], expected, rtol=0, atol=1e-12)
    plain = labkit.losses.ce(logits, y)
    assert torch.allclose(loss, plain + 3 * (1 - (expected * p).sum(1)).log(), rtol=0, atol=1e-12)
    others = torch.ones(len(before), dtype=torch.bool)
    others[i] = False
    assert torch.equal(method.t[others], before[others]) and not method.t.requires_grad


def test_elr_certain_predictions_need_the_clip():
    for variant, finite in {"released": True, "paper": False}.items():
        method, _, y, i = elr(variant=variant)
        method.t = one_hot(torch.zeros(len(method.t), dtype=torch.long), 10).double()
        logits = torch.zeros(8, 10, dtype=torch.float64)
        logits[:, 0] = 1000.0
        assert method.loss(logits, y * 0, i).isfinite().all() == finite


# -- SOP


def sop(start=None, **settings):
    """A bound SOP whose u and v are random (times start; None: as they start), logits, labels.
    -> method, logits, y, i"""
    method = bound(SOP(**settings)).method
    for p, seed in ((method.u, 1), (method.v, 2)):
        p.data = (
            p.data.double() if start is None else start * torch.randn(p.shape, generator=RNG(seed), dtype=torch.float64)
        )
    logits = torch.randn(8, 10, generator=RNG(3), dtype=torch.float64, requires_grad=True)
    return method, logits, torch.arange(8), torch.arange(8) * 3


def sop_by_hand(z, y, u, v):
    """The two terms of one sample's loss, with the gradient everywhere. z, v [C], y, u numbers -> scalars"""
    p, e = z.softmax(0), one_hot(y, len(z)).double()
    s = (u**2).clamp(max=1) * e - (v**2).clamp(max=1) * (1 - e)
    q = (p + s).clamp(min=1e-4)
    error = one_hot(z.argmax(), len(z)) + s - e
    return -(q[y] / q.sum()).clamp(1e-4, 1).log(), error.dot(error)


@pytest.mark.parametrize("variant, start", [("paper", 0.3), ("released", 0.3), ("paper", 1.2)])
def test_sop_loss_and_gradients_equal_those_by_hand(variant, start):
    method, logits, y, i = sop(start, variant=variant)
    loss = method.loss(logits, y, i)
    loss.sum().backward()
    for n in range(8):
        z, u, v = (t.detach().clone().requires_grad_() for t in (logits[n], method.u[i[n]], method.v[i[n]]))
        explain, square = sop_by_hand(z, y[n], u, v)
        assert torch.allclose(loss[n], explain + square, rtol=0, atol=1e-10)
        z_u = torch.autograd.grad(explain, [z, u], retain_graph=True)
        u_too, v_only = torch.autograd.grad(square, [u, v])
        assert torch.allclose(logits.grad[n], z_u[0], rtol=0, atol=1e-10)
        assert torch.allclose(method.u.grad[i[n]], z_u[1] + (variant == "released") * u_too, rtol=0, atol=1e-10)
        assert torch.allclose(method.v.grad[i[n]], v_only, rtol=0, atol=1e-10)


def test_sop_stays_at_zero_if_it_starts_there():
    method, logits, y, i = sop(std=0.0)
    loss = method.loss(logits, y, i)
    loss.sum().backward()
    constant = 2.0 * (logits.argmax(1) != y)
    assert torch.allclose(loss, labkit.losses.ce(logits, y) + constant, rtol=0, atol=1e-12)
    assert not method.u.grad.any() and not method.v.grad.any()


def test_sop_own_entry_of_v_is_never_used():
    method, logits, y, i = sop(0.3)
    before = method.loss(logits, y, i)
    method.v.data[i, y] = 5.0
    after = method.loss(logits, y, i)
    after.sum().backward()
    assert torch.equal(before, after) and not method.v.grad.to_dense()[i, y].any()


def test_sop_learning_rates_have_no_schedule_and_other_rows_stay():
    loop = bound(SOP(lr_u=3.0, lr_v=5.0, std=0.1), milestones=(1,))
    method = loop.method
    loop.recipe.schedule(method.opts, 2)
    before = method.u.detach().clone()
    i = loop.queue[:32]
    loop.one_batch()
    assert [group["lr"] for group in method.opts[-1].param_groups] == [3.0, 5.0]
    assert method.opts[0].param_groups[0]["lr"] == pytest.approx(0.005)
    moved = (method.u != before)[:, 0].nonzero()[:, 0]
    assert len(moved) and set(moved.tolist()) <= set(i.tolist())


def test_sop_u_grows_where_the_label_is_wrong():
    task = digits(0.4)
    method = labkit.fit(SOP(), task, "mlp", 20, 0).method
    wrong = task.train.y != task.truth.y
    assert labkit.measure.auc(method.u.detach()[:, 0].square().clamp(max=1), wrong) > 0.8


# -- DivideMix


def test_dividemix_sharpening():
    p = torch.randn(20, 10, generator=RNG(), dtype=torch.float64).softmax(1)
    assert torch.allclose(sharpen(p, 1.0), p, rtol=0, atol=1e-12)
    half = sharpen(p, 0.5)
    assert torch.allclose(half, p**2 / (p**2).sum(1, keepdim=True), rtol=0, atol=1e-12)
    assert torch.equal(half.argmax(1), p.argmax(1)) and (half.amax(1) > p.amax(1)).all()


def test_dividemix_penalty_is_a_divergence():
    p = torch.randn(20, 10, generator=RNG(), dtype=torch.float64).softmax(1)
    mean = p.mean(0)
    assert unevenness(p).item() == pytest.approx(sum(0.1 * log(0.1 / m) for m in mean.tolist())) and unevenness(p) > 0
    assert unevenness(one_hot(torch.arange(20) % 10, 10).double()).item() == pytest.approx(0, abs=1e-12)


def test_dividemix_loss_equals_that_by_hand():
    logits = torch.randn(6, 3, generator=RNG(), dtype=torch.float64)
    targets = torch.randn(6, 3, generator=RNG(1), dtype=torch.float64).softmax(1)
    p = logits.softmax(1)
    given = sum(-(targets[n] * p[n].log()).sum() for n in range(4)) / 4
    guessed = sum((targets[n] - p[n]).square().sum() for n in (4, 5)) / (2 * 3)
    expected = given + 7 * guessed + unevenness(p)
    assert torch.allclose(semi_supervised(logits, targets, 4, 7.0), expected, rtol=0, atol=1e-12)


def test_dividemix_each_network_takes_what_the_other_believes():
    loop = bound(DivideMix(warmup=0))
    method, x, y = loop.method, loop.task.train.inputs(), loop.task.train.y
    for k in (0, 1):
        loss = labkit.losses.ce(method.nets[1 - k](x), y).detach()
        theirs = lower_posterior((loss - loss.min()) / (loss.max() - loss.min())) > 0.5
        assert torch.equal(method.labelled[k], theirs.nonzero()[:, 0])
        assert torch.equal(method.rest[k], (~theirs).nonzero()[:, 0])
    assert not torch.equal(*method.clean) and set(loop.queue.tolist()) == set(method.labelled[0].tolist())


def test_dividemix_targets_are_distributions_and_certain_labels_stay():
    method = bound(DivideMix(warmup=0)).method
    i, j = torch.arange(16), torch.arange(16, 48)
    x, u = method.view(i), method.view(j)
    method.clean[1, :8], method.clean[1, 8:16] = 1.0, 0.0
    given, guessed = method.guess(0, method.train.y[i], i, x, x, u, u)
    for target in (given, guessed):
        assert torch.allclose(target.sum(1), torch.ones(len(target))) and not target.requires_grad
    assert torch.equal(given[:8], one_hot(method.train.y[:8], 10).float())
    own, both = (method.nets[0](x).softmax(1), sum(net(u).softmax(1) for net in method.nets) / 2)
    assert torch.allclose(given[8:], sharpen(own[8:], 0.5), atol=1e-6)
    assert torch.allclose(guessed, sharpen(both, 0.5), atol=1e-6)


def test_dividemix_peer_guesses_in_evaluation_mode_and_gets_its_mode_back():
    net = lambda: nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 10))
    method = bound(DivideMix(warmup=0), net=net).method
    before = [net[1].running_mean.clone() for net in method.nets]
    i = torch.arange(16)
    method.guess(0, method.train.y[i], i, *[method.view(i)] * 4)
    assert not torch.equal(method.nets[0][1].running_mean, before[0])
    assert torch.equal(method.nets[1][1].running_mean, before[1]) and method.nets[1].training


def test_dividemix_unlabelled_part_grows_after_the_warm_up():
    method = bound(DivideMix(warmup=3, ramp=4, lam_u=8.0)).method
    strengths = []
    for epoch in (3, 4, 7, 9):
        strengths.append(method.set_epoch(epoch).strength())
    method.set_epoch(3)
    method.done, method.total = 1, 2
    assert strengths == [0.0, 2.0, 8.0, 8.0] and method.strength() == 1.0


def test_dividemix_mixes_a_pair_or_a_batch(monkeypatch):
    seen = []
    draw = labkit.mixing.beta
    monkeypatch.setattr(
        "labkit.methods.dividemix.beta", lambda a, b, size, rng: seen.append(size) or draw(a, b, size, rng)
    )
    for variant in ("paper", "released"):
        bound(DivideMix(warmup=0, variant=variant), batch=16).one_batch()
    assert seen == [(64,), (64,), (1,), (1,)]


def test_dividemix_predicts_with_both_networks_and_finds_wrong_labels():
    task = digits(0.4)
    run = labkit.fit(DivideMix(warmup=5), task, "mlp", 8, 0)
    method, x = run.method, task.test.inputs()
    assert torch.equal(method.predict(x, k=0), method.predict(x, k=1))
    assert torch.allclose(method.predict(x), method.nets[0](x) + method.nets[1](x))
    wrong = task.train.y != task.truth.y
    assert all(labkit.measure.auc(-row, wrong) > 0.8 for row in method.clean)
    assert run.history.selected_precision.iloc[-1] > 0.75 and run.notes["labelled"][0] < 0.9


def test_dividemix_remembers_losses():
    method = bound(DivideMix(warmup=0, memory=2)).method
    first = method.history[0]
    assert first.amin() == 0 and first.amax() == 1
    for net in method.nets:
        nn.init.normal_(net[-1].weight)
    method.select(method.train, 1)
    mean = (first + method.history[1]) / 2
    assert torch.allclose(method.clean[0], lower_posterior(mean[0]).float()) and len(method.history) == 2
    method.select(method.train, 2)
    assert len(method.history) == 2 and not torch.equal(method.history[0], first)


# -- PES


def normed(shape, classes):
    """Two hidden layers with batch normalisation after the first: four blocks."""
    first = (nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU())
    return nn.Sequential(*first, nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, classes))


def snapshots(method, net="mlp", epochs=4):
    """Weights and running statistics after every epoch, with its stage. -> list of (stage, dict)"""
    kept = []
    copy = lambda run: {name: value.clone() for name, value in run.method.nets[0].state_dict().items()}
    labkit.fit(method, digits(), net, epochs, 0, on_epoch=lambda run: kept.append((run.rows[-1]["stage"], copy(run))))
    return kept


def test_pes_frozen_blocks_keep_their_bits_while_the_others_learn():
    kept = snapshots(PES(warmup=2, refine=(2, 3), refine_lr=1e-3))
    assert [stage for stage, _ in kept] == [0, 0, 1, 1, 2, 2, 2, 3, 3]
    frozen = {1: {"1"}, 2: {"1", "3"}}
    for (_, before), (stage, after) in zip(kept[1:], kept[2:]):
        same = {name.split(".")[0] for name in after if torch.equal(after[name], before[name])}
        assert same == frozen.get(stage, set())


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_pes_running_statistics_behind_frozen_blocks(variant):
    kept = snapshots(PES(warmup=1, refine=(2,), variant=variant), normed, epochs=1)
    before, after = kept[-2][1], kept[-1][1]
    assert torch.equal(after["2.running_mean"], before["2.running_mean"]) == (variant == "paper")
    assert torch.equal(after["2.weight"], before["2.weight"]) and not torch.equal(after["4.weight"], before["4.weight"])


def test_pes_only_the_last_blocks_start_again():
    loop = bound(PES(parts=(2, 1)))
    for _ in range(3):
        loop.one_batch()
    method = loop.method
    for k, again in ((0, {"3", "5"}), (1, {"5"})):
        before = {name: value.clone() for name, value in method.nets[0].state_dict().items()}
        method.end_stage(k)
        after = method.nets[0].state_dict()
        assert {name.split(".")[0] for name in after if not torch.equal(after[name], before[name])} == again


def test_pes_learns_what_it_predicts_and_balances_the_classes():
    method = labkit.fit(PES(warmup=3, refine=(1, 1)), digits(), "mlp", 5, 0).method
    chosen, train = method.select(method.train, 0), method.train
    believed = method.nets[0](train.inputs()).argmax(1)
    assert chosen.tolist() == [n for n in range(len(train)) if believed[n] == train.y[n]] and 0 < len(chosen) < len(
        train
    )
    counts = np.bincount(train.y[chosen], minlength=10)
    with np.errstate(divide="ignore"):
        weights = np.where(counts > 0, counts[counts > 0].mean() / counts, 0)
    y = train.y[chosen]
    logits = torch.randn(len(y), 10, generator=RNG(), dtype=torch.float64)
    ours = (method.weight(None, y, None, logits) * method.loss(logits, y, None)).sum()
    theirs = nn.CrossEntropyLoss(torch.tensor(weights))(logits, y)
    assert ours.item() == pytest.approx(theirs.item(), abs=1e-6)


def test_pes_history_is_shorter_when_nothing_is_left_and_longer_by_the_refinement():
    stages = [stage for stage, _ in snapshots(PES(warmup=9, refine=(1, 2)), epochs=2)]
    assert stages == [0, 0, 1, 2, 2]


def test_pes_views_average_two_augmentations():
    drawn = []
    trained = bound(PES(variant="released")).method
    count = lambda x: drawn.append(len(x)) or x
    method = trained.bound_to(trained.nets * 3, trained.train, epochs=10, augment=count)
    method.k = 3
    plain = bound(PES()).method
    plain.k = 3
    assert torch.equal(method.select(method.train, 0), plain.select(plain.train, 0))
    assert sum(drawn) == 2 * len(method.train)


def test_pes_finds_blocks():
    count = lambda net: len(blocks(net))
    assert count(labkit.nets.mlp()) == 3 and count(labkit.nets.resnet18()) == 11 and count(labkit.nets.resnet34()) == 19
    assert count(nn.Sequential(nn.Sequential(labkit.nets.mlp()), nn.Identity())) == 3
    assert count(nn.Linear(2, 2)) == 1


def test_pes_wrong_parts_are_refused():
    with pytest.raises(ValueError, match=r"parts of PES is \(4, 1\)"):
        labkit.fit(PES(parts=(4, 1)), digits(), "mlp", 2, 0)
    with pytest.raises(ValueError, match="parts of PES"):
        PES(parts=(1,), refine=(1, 1))


def test_pes_saved_within_a_refinement_goes_on_with_frozen_blocks(tmp_path):
    make = lambda seed: bound(PES(warmup=1, refine=(2, 1)), seed=seed, epochs=2)
    straight = make(0)
    events = straight.run()
    while not (straight.k == 1 and straight.epoch == 1 and straight.queue is not None):
        next(events)
    write_state(tmp_path / "state.safetensors", straight.state_dict())
    other = make(7)
    other.load_state_dict(read_state(tmp_path / "state.safetensors"))
    other.seed = straight.seed
    assert len(list(events)) == len(list(other.run()))
    for a, b in zip(straight.method.nets[0].parameters(), other.method.nets[0].parameters()):
        assert torch.equal(a, b)


# -- confident learning


@pytest.mark.parametrize("seed", range(3))
def test_confident_joint_equals_the_count_by_hand(seed):
    p, y = probabilities(300, 5, seed, sure=1.0)
    thresholds = [p[y == j, j].mean().item() - 1e-6 for j in range(5)]
    counts = torch.zeros(5, 5, dtype=torch.float64)
    for row, given in zip(p.tolist(), y.tolist()):
        sure = [j for j in range(5) if row[j] >= thresholds[j]]
        if sure:
            counts[given, max(sure, key=row.__getitem__) if len(sure) == 1 else row.index(max(row))] += 1
    labels = torch.bincount(y).double()
    joint = confident.joint(p, y)
    assert torch.equal(joint.sum(1).double(), labels)
    exact = counts / counts.sum(1, keepdim=True) * labels[:, None]
    assert (joint - exact).abs().max() <= 1


@pytest.mark.parametrize("prune", confident.PRUNE)
def test_confident_issues_of_a_perfect_network_are_the_flips(prune):
    y_clean = torch.arange(200) % 5
    y, flipped = y_clean.clone(), torch.randperm(200, generator=RNG())[:60]
    y[flipped] = (y[flipped] + 1 + torch.arange(60) % 4) % 5
    p = one_hot(y_clean, 5).double()
    assert torch.equal(confident.issues(p, y, prune), y != y_clean)
    assert torch.equal(
        confident.joint(p, y), torch.stack([(one_hot(y_clean, 5) * (y == j)[:, None]).sum(0) for j in range(5)])
    )


@pytest.mark.parametrize("seed", range(3))
def test_confident_issues_equal_the_rules_by_hand(seed):
    p, y = probabilities(300, 4, seed, sure=0.7)
    joint, predicted = confident.joint(p, y).tolist(), p.argmax(1)
    by_class, by_rate = set(), set()
    for given in range(4):
        rows = (y == given).nonzero()[:, 0].tolist()
        remove = sum(joint[given]) - joint[given][given]
        by_class |= set(sorted(rows, key=lambda n: p[n, given].item())[:remove])
        for true in set(range(4)) - {given}:
            by_rate |= set(sorted(rows, key=lambda n: (p[n, given] - p[n, true]).item())[: joint[given][true]])
    agreed = set((predicted == y).nonzero()[:, 0].tolist())
    expected = {"prune_by_class": by_class, "prune_by_noise_rate": by_rate, "both": by_class & by_rate}
    for prune, found in expected.items():
        assert set(confident.issues(p, y, prune).nonzero()[:, 0].tolist()) == found - agreed


@pytest.mark.peers("cleanlab")
@pytest.mark.filterwarnings("ignore:May not flag all label issues")
@pytest.mark.parametrize(
    "classes, n, sure", [(2, 40, 0.5), (5, 60, 0.3), (10, 300, 1.0), (30, 200, 2.0), (30, 90, 0.0)]
)
def test_confident_joint_and_issues_equal_cleanlabs(classes, n, sure):
    from cleanlab.count import calibrate_confident_joint, compute_confident_joint
    from cleanlab.filter import find_label_issues

    emptied = 0
    for seed in range(6):
        p, y = probabilities(n, classes, seed, sure)
        joint = confident.joint(p, y)
        counts = compute_confident_joint(y.numpy(), p.numpy(), calibrate=False)
        exact = counts / counts.sum(1, keepdims=True) * np.bincount(y, minlength=classes)[:, None]
        theirs = calibrate_confident_joint(counts, y.numpy())
        # equal remainders may be rounded either way: so the rows and their distance from the exact ones are compared
        assert joint.sum(1).tolist() == theirs.sum(1).tolist()
        assert np.abs(joint.numpy() - exact).sum(1) == pytest.approx(np.abs(theirs - exact).sum(1))
        emptied += int((joint.diagonal() == 0).sum())
        for prune in confident.PRUNE:
            found = find_label_issues(y.numpy(), p.numpy(), filter_by=prune, n_jobs=1, confident_joint=joint.numpy())
            assert confident.issues(p, y, prune).tolist() == found.tolist()
    assert emptied or classes < 30 or sure  # the last sample of a class is one of the cases


def test_confident_rounding_keeps_the_sum_of_a_row():
    rows = torch.tensor([[0.4, 0.4, 0.2], [1.6, 1.6, 1.8], [2.0, 0.0, 1.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    assert confident.rounded(rows).tolist() == [[0, 1, 0], [1, 2, 2], [2, 0, 1], [0, 0, 0]]


def test_confident_learning_knows_a_label_that_nobody_has():
    p, y = probabilities(40, 4, sure=1.0)
    y[y == 2] = 1
    joint = confident.joint(p, y)
    assert not joint[2].any() and joint.sum() == 40
    assert not confident.issues(p, y)[p.argmax(1) == y].any()


def test_confident_weights_make_up_for_what_is_taken_out():
    joint = torch.tensor([[30, 10], [20, 40]])
    assert confident.class_weights(joint).tolist() == pytest.approx([50 / 30, 50 / 40])
    with pytest.raises(ValueError, match="prune_by_class"):
        confident.issues(*probabilities(20, 2), prune="prune_by_clas")


def test_confidentlearning_folds_share_every_label_and_leave_every_sample_out_once():
    method = bound(ConfidentLearning(folds=4)).method
    trained = torch.stack(
        [torch.isin(torch.arange(len(method.train)), method.stage(k, None).indices) for k in range(4)]
    )
    assert ((~trained).sum(0) == 1).all()
    per_label = torch.stack([torch.bincount(method.train.y[~row], minlength=10) for row in trained])
    assert (per_label.amax(0) - per_label.amin(0)).max() <= 1


def test_confidentlearning_only_who_did_not_train_on_a_sample_speaks():
    method = bound(ConfidentLearning(folds=4)).method
    method.end_stage(1)
    out = method.fold == 1
    expected = method.nets[0](method.train.inputs()[out]).softmax(1)
    assert torch.allclose(method.p[out], expected, atol=1e-6) and not method.p[~out].any()


@pytest.mark.parametrize("prune", ["prune_by_class", "both"])
def test_confidentlearning_takes_wrong_labels_out_and_learns_the_rest(prune):
    task = digits(0.4)
    run = labkit.fit(ConfidentLearning(folds=3, fold_epochs=6, prune=prune), task, "mlp", 4, 0)
    method, wrong = run.method, task.train.y != task.truth.y
    assert torch.equal(method.issues, confident.issues(method.p, task.train.y, prune))
    assert wrong[method.issues].float().mean() > 0.7 and run.notes["label_issues"] == method.issues.sum()
    assert torch.equal(method.stage(3, task.train).indices, (~method.issues).nonzero()[:, 0])
    assert list(run.history.stage) == [0] * 6 + [1] * 6 + [2] * 6 + [3] * 4
    assert run.history.selected_precision.iloc[-1] > 0.75 and run.history.selected_recall.iloc[-1] > 0.7
    even = labkit.fit(ConfidentLearning(folds=3, fold_epochs=1, reweight=False), task, "mlp", 1, 0).method
    assert even.trust.eq(1).all() and not method.trust.eq(1).all() and (method.trust >= 1).all()


# -- all


@pytest.mark.parametrize(
    "make, words",
    [
        (partial(ELR, beta=1.0), "beta of ELR is 1.0"),
        (partial(ELR, variant="code"), "variant of ELR is 'code'"),
        (partial(SOP, lr_u=-1.0), "lr_u of SOP is -1.0"),
        (partial(DivideMix, temperature=0.0), "temperature of DivideMix is 0.0"),
        (partial(DivideMix, warmup=1.5), "warmup of DivideMix is 1.5"),
        (partial(PES, warmup=0), "warmup of PES is 0"),
        (partial(ConfidentLearning, folds=1), "folds of ConfidentLearning is 1"),
        (partial(ConfidentLearning, prune="off"), "prune of ConfidentLearning is 'off'"),
    ],
)
def test_bad_settings_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()

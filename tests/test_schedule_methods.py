"""D2L, MentorNet, O2U-Net and INCV: what is special to each."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from tools import bound, digits, train, weights

import labkit
from labkit import losses
from labkit.methods import D2L, INCV, MentorNetDD, MentorNetPD, O2UNet
from labkit.methods.d2l import hidden, lid, turning
from labkit.methods.incv import agreement, estimated_rate, remaining_rate
from labkit.methods.mentornet import features, learn, percentile
from labkit.methods.o2u_net import cyclic_lr


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def stages(method, **settings):
    """Train; -> the method, and per stage the weights at its start and the samples of its first epoch."""
    loop, begun = bound(method, **settings), []
    method, begin = loop.method, loop.begin_epoch

    def remember(indices):
        begin(indices)
        if loop.epoch == 0:
            begun.append((weights(method).clone(), loop.queue.sort().values))

    loop.begin_epoch, loop.queue = remember, None
    for _ in loop.run():
        pass
    return method, begun


# -- D2L


@pytest.mark.parametrize("d, value", [(2, 2.2), (5, 5.6), (10, 10.3)])
def test_d2l_lid_of_a_gaussian_in_30_dimensions(d, value):
    turned = torch.linalg.qr(draw(30, d, seed=1)).Q
    assert lid(draw(2000, d) @ turned.T, 20).mean().item() == pytest.approx(value, abs=0.3)


def test_d2l_lid_is_the_formula_and_knows_no_scale():
    h, k = draw(40, 7), 6
    for n in range(len(h)):
        r = sorted(np.linalg.norm(h[n] - h[m]) for m in range(len(h)) if m != n)[:k]
        assert lid(h, k)[n].item() == pytest.approx(-1 / np.mean(np.log(np.array(r) / r[-1])), rel=1e-9)
    assert torch.allclose(lid(1e-3 * h, k), lid(h, k), rtol=1e-9)
    assert torch.isfinite(lid(torch.zeros(9, 4), k)).all()
    assert torch.equal(lid(h[:5], 20), lid(h[:5], 4))  # no more neighbours than there are


def test_d2l_hidden_is_the_input_of_the_last_layer():
    net, x = labkit.nets.mlp(), torch.rand(5, 1, 8, 8)
    assert torch.equal(hidden(net, x), net[:-1](x))
    assert not any(layer._forward_pre_hooks for layer in net.modules())
    with pytest.raises(ValueError, match="Linear"):
        hidden(torch.nn.Flatten(), x)


def test_d2l_turning_point():
    assert not any(turning([10 - 0.3 * t**0.9 for t in range(n)], 0, 5) for n in range(1, 60))
    flat = [5.0, 5.2, 4.9, 5.1, 5.0]
    mean, std = np.mean(flat), np.std(flat)
    assert turning([*flat, mean + 2.01 * std], 0, 5) and not turning([*flat, mean + 1.99 * std], 0, 5)
    assert turning([9.0, *flat, 6.0], 1, 5) and not turning([9.0, *flat, 6.0], 2, 5)


def test_d2l_loss_mixes_in_the_prediction():
    method, logits, y = bound(D2L()).method, draw(6, 10), torch.arange(6)
    assert torch.equal(method.loss(logits, y, None), losses.ce(logits, y))
    believed = logits.argmax(-1)
    for alpha in (0.0, 0.3):
        method.alpha = alpha
        soft = alpha * torch.nn.functional.one_hot(y, 10) + (1 - alpha) * torch.nn.functional.one_hot(believed, 10)
        assert torch.allclose(method.loss(logits, y, None), losses.ce(logits, soft))


def test_d2l_alpha_follows_the_dimension_after_the_turning_point():
    method = train(D2L(turn_at=1, neighbours=5), epochs=3)
    lids = method.notes()["lid"]
    assert method.notes()["turning_epoch"] == 1 and len(lids) == 3
    assert method.alpha == pytest.approx(np.exp(-2 / 3 * lids[2] / min(lids)))
    assert train(D2L(init_epoch=9), epochs=2).alpha == 1.0
    x = method.train.inputs()[:128]
    method.train_mode(False)
    assert 0 < lid(hidden(method.nets[0], x), 5).mean().item() < 20


@pytest.mark.parametrize("variant, back", [("paper", True), ("released", False)])
def test_d2l_goes_back_one_epoch(variant, back):
    loop = bound(D2L(turn_at=2, variant=variant), lr=0.01)
    loop.queue, starts, ends = None, [], []
    begin, end = loop.begin_epoch, loop.end_epoch
    loop.begin_epoch = lambda indices: (begin(indices), starts.append(weights(loop.method).clone()))
    loop.end_epoch = lambda: (end(), ends.append(weights(loop.method).clone()))
    events = loop.run()
    while len(ends) < 3:
        next(events)
    assert torch.equal(starts[1], ends[0])
    assert torch.equal(starts[2], starts[1] if back else ends[1]) and not torch.equal(starts[1], ends[1])


# -- MentorNet


def test_mentornetpd_percentile_is_numpys_nearest():
    loss = draw(3, 32).abs()
    for p in (0.0, 0.3, 0.7, 1.0):
        hand = np.percentile(loss.numpy(), 100 * p, axis=-1, method="nearest")
        assert np.array_equal(percentile(loss, p)[:, 0].numpy(), hand)


def test_mentornetpd_average_matches_a_hand_computation():
    loop = bound(MentorNetPD(percentile=0.6, decay=0.8, dropout=()))
    level = 0.0
    for _ in range(5):
        i = loop.queue[loop.position : loop.position + 32]
        loss = losses.ce(loop.method.nets[0](loop.task.train.inputs(i)), loop.task.train.y[i]).detach()
        level = 0.8 * level + 0.2 * np.percentile(loss.numpy(), 60, method="nearest")
        loop.one_batch()
        assert loop.method.level.item() == pytest.approx(level, rel=1e-5)


@pytest.mark.parametrize("epoch, stage", [(0, "all"), (18, "all"), (19, "paced"), (89, "paced"), (90, "soft")])
def test_mentornetpd_schedule(epoch, stage):
    method = bound(MentorNetPD(dropout=(), gamma=2.0), epochs=100).method
    method.set_epoch(epoch).level = torch.ones(1)
    logits, y = draw(64, 10), torch.arange(64) % 10
    v = 64 * method.weight(None, y, None, logits)
    loss = losses.ce(logits, y)
    level = 0.5 + 0.5 * percentile(loss, 0.7)
    spl = (loss <= level).double()  # self-paced learning with the threshold `level`
    soft = (1 - (loss - level) / 2).clamp(0, 1)
    assert torch.allclose(v, {"all": torch.ones_like(loss), "paced": spl, "soft": soft}[stage])
    assert 0 < spl.sum() < 64 and method.level == 1  # the average moves with the step, not with the question


def test_mentornetpd_drops_an_exact_share_at_random():
    method = bound(MentorNetPD(burn_in=100), epochs=100).method
    count = lambda epoch: (method.set_epoch(epoch).drop(torch.ones(30)) > 0).sum().item()
    assert [count(epoch) for epoch in (0, 16, 17, 94, 95, 99)] == [15, 15, 28, 28, 0, 0]
    method.set_epoch(0)
    assert not torch.equal(method.drop(torch.ones(30)), method.drop(torch.ones(30)))


def test_mentornetdd_learns_separable_losses():
    right = torch.arange(400) % 3 > 0
    loss = torch.where(right, draw(400).abs() * 0.3, 2 + draw(400).abs()).float()
    mentor = torch.nn.Sequential(torch.nn.Linear(4, 20), torch.nn.Tanh(), torch.nn.Linear(20, 1)).requires_grad_(False)
    phi = features(loss, loss - percentile(loss, 0.7), 20)
    learn(mentor, torch.cat([phi, right[:, None].float()], 1))
    assert roc_auc_score(right, mentor(phi)[:, 0]) > 0.99
    assert not any(p.requires_grad for p in mentor.parameters())


def test_mentornetdd_trusts_right_labels_more_on_digits():
    task, meta = labkit.data.meta_split(digits(n=600), 100, trusted=True, balanced="true")
    run = labkit.fit(MentorNetDD(dropout=(), burn_in=30), task, "mlp", 8, 0, meta=meta)
    assert run.history.auc_weight[:3].isna().all() and (run.history.auc_weight[3:] > 0.8).all()
    method = run.method
    wrong = method.lesson != method.meta.y
    assert 0.2 < wrong.float().mean() < 0.6 and method.learnt and not len(method.observed)


def test_mentornetdd_mentor_is_frozen_after_the_burn_in():
    method = train(MentorNetDD(dropout=(), burn_in=30), epochs=3)
    loss = torch.linspace(0, 6, 50)
    early = method.set_epoch(1).trust(loss, loss - 1)
    assert torch.equal(method.set_epoch(2).trust(loss, loss - 1), early) and early[0] > 0.5 > early[-1]
    assert torch.equal(method.set_epoch(0).trust(loss, loss - 1), torch.ones(50))


def test_mentornetdd_wants_known_labels():
    task, meta = labkit.data.meta_split(digits(), 60, trusted=False, balanced="true")
    with pytest.raises(ValueError, match="trusted"):
        labkit.fit(MentorNetDD(), task, "mlp", 2, 0, meta=meta)


# -- O2U-Net


def test_o2unet_learning_rate_is_periodic_and_falls():
    rates = [cyclic_lr(epoch, 0.01, 0.001, 10) for epoch in range(30)]
    assert rates[:10] == rates[10:20] == rates[20:] and rates[9] == pytest.approx(0.001)
    assert np.allclose(np.diff(rates[:10]), -0.0009) and rates[0] == pytest.approx(0.0091)


def test_o2unet_uses_the_cyclic_rate_in_the_cyclic_stage_only():
    loop = bound(O2UNet(rate=0.3, first_epochs=1, cyclic_epochs=3, period=2, high=0.02, low=0.004), epochs=1)
    used, loop.queue = {}, None
    for event in loop.run():
        if event == "batch":
            used.setdefault((loop.k, loop.epoch), []).append(
                (loop.method.opts[0].param_groups[0]["lr"], loop.recipe.batch)
            )
    rates = {key: set(values) for key, values in used.items()}
    usual, high, low = {(0.05, 32)}, {(0.012, 16)}, {(0.004, 16)}
    assert rates == {(0, 0): usual, (1, 0): high, (1, 1): low, (1, 2): high, (2, 0): usual}


def test_o2unet_record_is_the_loss_of_every_epoch_less_its_mean():
    still = O2UNet(rate=0.3, first_epochs=2, cyclic_epochs=3, high=1e-12, low=1e-12)
    loop = bound(still, epochs=1)
    still, loop.queue = loop.method, None
    for event in loop.run():
        if event == "epoch" and loop.k == 1 and loop.epoch == 1:
            loss = losses.ce(still.nets[0](loop.task.train.inputs()), loop.task.train.y).detach()
    assert torch.allclose(still.total, 3 * (loss - loss.mean()), atol=1e-4)
    assert abs(still.total.sum().item()) < 1e-2


@pytest.mark.parametrize("rate", [0.1, 0.45])
def test_o2unet_removes_the_largest(rate):
    method, begun = stages(O2UNet(rate=rate, first_epochs=1, cyclic_epochs=2), epochs=1)
    n = len(method.train)
    removed = n - int((1 - rate) * n)
    assert method.notes()["removed"] == removed
    assert torch.equal(begun[2][1], method.total.argsort()[: n - removed].sort().values)
    assert [len(samples) for _, samples in begun] == [n, n, n - removed]


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_o2unet_restart(variant):
    loop = bound(O2UNet(rate=0.3, cyclic_epochs=1, variant=variant), epochs=1)
    method, ends, loop.queue = loop.method, [], None
    end_stage = method.end_stage
    method.end_stage = lambda k: (ends.append(weights(method).clone()), end_stage(k))
    first = weights(method).clone()
    begun = []
    begin = loop.begin_epoch
    loop.begin_epoch = lambda indices: (begin(indices), begun.append(weights(method).clone()))
    for _ in loop.run():
        pass
    assert torch.equal(begun[1], ends[0]) and not torch.equal(ends[1], ends[0])
    assert torch.equal(begun[2], first if variant == "paper" else ends[0])


def test_o2unet_finds_wrong_labels_on_digits():
    task = digits(n=600)
    method = train(O2UNet(rate=0.36, first_epochs=10, cyclic_epochs=10, high=0.05, low=0.005), task, epochs=1)
    wrong = task.train.y != task.truth.y
    assert wrong[~method.rest].float().mean() > 0.75 and wrong[method.rest].float().mean() < 0.2


# -- INCV


def test_incv_estimate_inverts_the_formula():
    for classes in (3, 10, 100):
        for rate in (0.05, 0.2, 0.5, 0.6):
            assert estimated_rate(agreement(rate, classes), classes) == pytest.approx(rate, abs=0.0011)
    assert estimated_rate(agreement(0.8, 10), 10) == pytest.approx(0.8, abs=0.0011)
    rates = [estimated_rate(share / 100, 10) for share in range(101)]
    assert rates == sorted(rates, reverse=True) and rates[0] == 0.9 and rates[-1] == 0.001


def test_incv_agreement_is_that_of_a_network_that_fits_the_noise():
    rng, n, classes = np.random.default_rng(0), 400_000, 10
    flip = lambda y, rate: np.where(rng.random(n) < rate, (y + rng.integers(1, classes, n)) % classes, y)
    for rate in (0.2, 0.7):
        true = rng.integers(0, classes, n)
        assert (flip(true, rate) == flip(true, rate)).mean() == pytest.approx(agreement(rate, classes), abs=0.005)


def test_incv_remaining_noise_of_the_card():
    rates = [remaining_rate(rate, 10) for rate in (0.2, 0.5, 0.8)]
    assert rates == pytest.approx([0.007, 0.10, 0.64], abs=0.005) and remaining_rate(0.3, 2) > remaining_rate(0.3, 10)


def test_incv_halves_partition_the_candidates_and_start_from_the_same_weights():
    loop = bound(INCV(rounds=2, selection_epochs=1), epochs=1)
    method = loop.method
    n, loop.queue, seen = len(method.train), None, []
    begin, start = loop.begin_epoch, weights(method).clone()

    def remember(indices):
        begin(indices)
        assert torch.equal(weights(method), start)
        rest, chosen = set(method.rest.tolist()), set(method.chosen.tolist())
        halves = [set(half.tolist()) for half in method.halves]
        assert not rest & chosen and not halves[0] & halves[1] and halves[0] | halves[1] == rest
        samples = set(loop.queue.tolist())
        assert samples == (chosen | halves[loop.k % 2] if method.selecting else chosen)
        seen.append((rest, chosen))

    loop.begin_epoch = remember
    for _ in loop.run():
        pass
    assert len(seen) == 5 and seen[0] == seen[1] == (set(range(n)), set()) and seen[2] == seen[3]
    for (rest, chosen), (later_rest, later_chosen) in zip(seen, seen[1:]):
        assert later_chosen >= chosen and later_rest <= rest and later_chosen | later_rest <= chosen | rest


@pytest.mark.parametrize("noise, some_left_out", [("symmetric", True), ("asymmetric", False)])
def test_incv_discards_for_symmetric_noise_only(noise, some_left_out):
    method = train(INCV(rounds=1, selection_epochs=3, noise=noise), digits(n=400), epochs=1)
    left_out = len(method.train) - len(method.chosen) - len(method.rest)
    assert (left_out > 0) == some_left_out
    assert method.left == remaining_rate(method.estimate, 10 if noise == "symmetric" else 2)


def test_incv_selects_right_labels_on_digits():
    task = digits(n=1000)
    method = train(INCV(rounds=2, selection_epochs=12), task, epochs=1)
    wrong = task.train.y != task.truth.y
    assert wrong.float().mean() > 0.33 and wrong[method.chosen].float().mean() < 0.15
    assert len(method.chosen) > 0.6 * (~wrong).sum() and abs(method.estimate - wrong.float().mean()) < 0.15


def test_incv_networks_learn_from_the_small_losses_of_the_other():
    loop = bound(INCV(rounds=0, ramp=1))
    method = loop.method
    for net in method.nets:
        net.double()
    method.opts = loop.make_opt(method.nets, loop.groups)
    method.set_epoch(1).left = 0.3
    x, y, i = loop.task.train.inputs()[:20].double(), loop.task.train.y[:20], torch.arange(20)
    rows = [losses.ce(net(x), y) for net in method.nets]
    keep = [row.argsort()[:14] for row in rows]
    hand = [
        torch.autograd.grad(row[mine].mean(), list(net.parameters()))
        for row, mine, net in zip(rows, keep[::-1], method.nets)
    ]
    method.step(x, y, i)
    for net, grads in zip(method.nets, hand):
        assert all(torch.allclose(p.grad, g) for p, g in zip(net.parameters(), grads))
    assert set(i[method.seen[1] > 0].tolist()) == set(torch.cat(keep).tolist())


def test_incv_adds_the_rest_after_the_warm_up():
    method = train(INCV(rounds=1, selection_epochs=1, warmup=1), epochs=1)
    x, y, i = method.train.inputs(method.chosen[:20]), method.train.y[method.chosen[:20]], method.chosen[:20]
    sizes = []
    for epoch in (0, 1):
        x2, y2, i2 = method.set_epoch(epoch).batch(x, y, i)
        assert torch.equal(x2, method.train.inputs(i2)) and torch.equal(y2, method.train.y[i2])
        assert torch.equal(i2[:20], i) and set(i2[20:].tolist()) <= set(method.rest.tolist())
        sizes.append(len(i2) - 20)
    assert sizes == [0, min(int(len(method.rest) * 20 / len(method.chosen)), 10)] and len(set(i2.tolist())) == len(i2)
    method.left, method.ramp = 0.5, 1
    method.step(x, y, i)
    used, weight = method.seen
    assert len(used) == 20 + sizes[1]
    assert 10 <= (weight > 0).sum() <= 20 and weight.sum().item() == pytest.approx(1)  # each keeps half of the 20


@pytest.mark.parametrize(
    "make, word",
    [
        (lambda: D2L(window=0), "window"),
        (lambda: D2L(turn_at=-1), "turn_at"),
        (lambda: D2L(variant="code"), "variant"),
        (lambda: MentorNetPD(percentile=1.2), "percentile"),
        (lambda: MentorNetPD(dropout=((0.5, 90),)), "dropout"),
        (lambda: MentorNetPD(gamma=0), "gamma"),
        (lambda: MentorNetDD(burn_in=0), "burn_in"),
        (lambda: MentorNetDD(corruption=1.0), "corruption"),
        (lambda: O2UNet(rate=1.0), "rate"),
        (lambda: O2UNet(rate=0.2, high=0.001, low=0.01), "at most high"),
        (lambda: O2UNet(rate=0.2, cyclic_epochs=0), "cyclic_epochs"),
        (lambda: O2UNet(rate=0.2, restart="last"), "restart"),
        (lambda: INCV(rounds=-1), "rounds"),
        (lambda: INCV(noise="pairflip"), "noise"),
        (lambda: INCV(warmup=-1), "warmup"),
    ],
)
def test_bad_hyperparameters_are_named(make, word):
    with pytest.raises(ValueError, match=word):
        make()

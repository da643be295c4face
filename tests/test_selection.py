"""Properties of the methods that choose in every batch."""

import pytest
import torch
from tools import bound, digits, faces, first_weights, train, weights

import labkit
from labkit import losses
from labkit.methods import ERM, PRL_L, SPL, CoPRL_L, CoTeaching, CoTeachingPlus, Decoupling, JoCoR, MinSGD
from labkit.methods.jocor import divergence
from labkit.ranks import forget_rate, kept, smallest

# PRL, section 4: two predictions for a sample of class 1 that the loss and its gradient rank differently
ALPHA = [0.08, 0.28, *[0.08] * 8]
BETA = [0.1, 0.3, 0.34, 0.05, 0.05, 0.1, 0.03, 0.03, 1e-9, 1e-9]


def step_gradients(method, **recipe):
    """One step, without momentum. -> loop, positions, change of every network's weights"""
    loop = bound(method, momentum=0.0, **recipe)
    before = weights(loop.method)
    i = loop.queue[: loop.recipe.batch]
    loop.one_batch()
    return loop, i, weights(loop.method) - before


def warmed(method):
    """In front of the second epoch: before, random networks disagree on everything. -> loop without momentum"""
    loop = bound(method, momentum=0.0, lr=0.1)
    while loop.position < len(loop.queue):
        loop.one_batch()
    loop.epoch = 1
    loop.begin_epoch(None)
    return loop


def twins(cls, **settings):
    """A method with two networks that have the same weights, in front of its first batch. -> loop"""
    loop = bound(cls(**settings), momentum=0.0)
    first, second = loop.method.nets
    second.load_state_dict(first.state_dict())
    return loop


# -- ranks


def test_kept_counts_are_cut_not_rounded():
    assert (kept(0.45, 128), kept(0.2, 128), kept(0.99, 8), kept(0.0, 5)) == (70, 102, 1, 5)


def test_smallest_is_stable_and_acts_on_the_last_axis():
    score = torch.tensor([[1.0, 0.0, 0.0, 2.0], [3.0, 2.0, 1.0, 1.0]])
    assert smallest(score, 1).int().tolist() == [[0, 1, 0, 0], [0, 0, 1, 0]]
    assert torch.equal(smallest(score, 3)[1], smallest(score[1], 3))


def test_forget_rate_ramps_and_stays():
    assert [forget_rate(0.4, e, 4) for e in range(6)] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.4])
    assert forget_rate(0.4, 0, 0) == 0.4 and forget_rate(0.4, 2, 4, 2.0) == pytest.approx(0.1)


# -- SPL


def test_spl_learns_from_the_smallest_losses_only():
    loop = bound(SPL(rate=0.4), momentum=0.0, lr=0.1)
    i, net = loop.queue[:32], loop.method.nets[0]
    loss = losses.ce(net(loop.task.train.inputs(i)), loop.task.train.y[i])
    chosen = loss.argsort()[:19]  # int(0.6 * 32)
    gradients = torch.autograd.grad(loss[chosen].mean(), list(net.parameters()))
    before = [p.detach().clone() for p in net.parameters()]
    loop.one_batch()
    assert all(
        torch.allclose(p, w - 0.1 * g, rtol=0, atol=1e-6) for p, w, g in zip(net.parameters(), before, gradients)
    )
    _, weight = loop.method.seen
    assert (weight > 0).sum() == 19 and set(weight.nonzero()[:, 0].tolist()) == set(chosen.tolist())


def test_spl_threshold_admits_more_every_epoch_and_may_admit_nobody():
    loop = bound(SPL(mode="threshold", first=2.3, growth=1.5))
    method, i = loop.method, torch.arange(64)
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    logits = method.nets[0](x).detach()
    sizes = []
    for epoch in range(3):
        weight = method.set_epoch(epoch).weight(x, y, i, logits)
        sizes.append((weight > 0).sum().item())
        inside = losses.ce(logits, y) < 2.3 * 1.5**epoch
        assert torch.equal(weight > 0, inside)
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1] == 64
    method.set_epoch(0).first = 1e-6
    assert (method.weight(x, y, i, logits) == 0).all()


# -- Min-SGD


def test_minsgd_learns_from_one_sample():
    loop, i, moved = step_gradients(MinSGD(), lr=0.1)
    fresh = bound(MinSGD(), momentum=0.0, lr=0.1)
    net = fresh.method.nets[0]
    loss = losses.ce(net(fresh.task.train.inputs(i)), fresh.task.train.y[i])
    gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss.min(), list(net.parameters()))])
    assert torch.allclose(moved, -0.1 * gradient, rtol=0, atol=1e-6)
    assert (loop.method.seen[1] > 0).sum() == 1


def test_minsgd_with_batches_of_one_is_plain_sgd():
    task = digits(n=40)
    alone = [first_weights(train(method, task, batch=1)) for method in (MinSGD(), ERM())]
    assert torch.equal(*alone)


def test_minsgd_is_spl_that_keeps_one():
    assert torch.equal(first_weights(train(MinSGD())), first_weights(train(SPL(rate=0.97))))


# -- PRL(L)


def test_prl_l_keeps_the_bounded_gradient_where_spl_keeps_the_loss():
    logits = torch.tensor([ALPHA, BETA], dtype=torch.float64).log()
    y = torch.tensor([1, 1])
    spl, prl = (bound(cls(rate=0.5)).method for cls in (SPL, PRL_L))
    assert losses.ce(logits, y).tolist() == pytest.approx([1.2730, 1.2040], abs=1e-4)
    assert (prl.score(logits, y, None) ** 2).tolist() == pytest.approx([0.5760, 0.6324], abs=1e-4)
    assert spl.weight(None, y, None, logits).tolist() == [0, 1]
    assert prl.weight(None, y, None, logits).tolist() == [1, 0]


def test_prl_l_scores_are_bounded_and_for_two_classes_in_the_order_of_the_loss():
    rng = torch.Generator().manual_seed(0)
    method = bound(PRL_L(rate=0.4)).method
    logits = 20 * torch.randn(500, 10, generator=rng)
    y = torch.randint(10, (500,), generator=rng)
    score = method.score(logits, y, None)
    assert (score >= 0).all() and (score <= 2**0.5 + 1e-6).all() and score.max() > 1.3
    two, y = logits[:, :2].double() / 20, y % 2
    assert torch.equal(method.score(two, y, None).argsort(), losses.ce(two, y).argsort())


def test_prl_l_on_squared_loss_is_spl():
    a, b = (train(cls(rate=0.4), faces()) for cls in (PRL_L, SPL))
    assert torch.equal(first_weights(a), first_weights(b))


def test_prl_l_reforward_is_the_same_step_without_normalisation():
    once, twice = (step_gradients(PRL_L(rate=0.4, reforward=again))[2] for again in (False, True))
    assert torch.allclose(once, twice, rtol=0, atol=1e-7) and once.abs().max() > 0


def test_prl_l_released_divides_twice_and_ramps():
    method = PRL_L(rate=0.4, variant="released")
    assert (method.ramp, method.reforward, method.divide_twice, method.normalised) == (10, True, True, False)
    plain = step_gradients(PRL_L(rate=0.4, ramp=0))[2]
    divided = step_gradients(PRL_L(rate=0.4, ramp=0, divide_twice=True))[2]
    assert torch.allclose(divided, plain / 19, rtol=0, atol=1e-7)


# -- Co-teaching and its relatives


@pytest.mark.parametrize("cls", [CoTeaching, CoPRL_L, CoTeachingPlus, JoCoR, Decoupling])
def test_two_networks_start_apart_and_their_accuracies_are_averaged(cls):
    settings = {} if cls is Decoupling else {"rate": 0.4}
    run = labkit.fit(cls(**settings), digits(), "mlp", 2, 0)
    first, second = run.method.nets
    assert not torch.equal(first[1].weight, second[1].weight)
    test = run.method.train  # the split that both are asked about
    each = [(net(test.inputs()).argmax(1) == test.y).float().mean().item() for net in (first, second)]
    assert run.history.train_given.iloc[-1] == pytest.approx(sum(each) / 2, abs=1e-6)


def test_coteaching_each_network_depends_on_its_peers_choice_only():
    loop = bound(CoTeaching(rate=0.4, ramp=0), momentum=0.0, lr=0.1)
    i, nets = loop.queue[:32], loop.method.nets
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    before = [[p.detach().clone() for p in net.parameters()] for net in nets]
    all_losses = [losses.ce(net(x), y) for net in nets]
    chosen = [loss.argsort()[:19] for loss in all_losses]
    assert set(chosen[0].tolist()) != set(chosen[1].tolist())
    expected = [torch.autograd.grad(all_losses[k][chosen[1 - k]].mean(), list(nets[k].parameters())) for k in range(2)]
    loop.one_batch()
    for net, start, gradients in zip(nets, before, expected):
        assert all(
            torch.allclose(p, w - 0.1 * g, rtol=0, atol=1e-6) for p, w, g in zip(net.parameters(), start, gradients)
        )


def test_coteaching_identical_networks_stay_identical():
    loop = twins(CoTeaching, rate=0.4, ramp=0)
    for _ in range(3):
        loop.one_batch()
    first, second = loop.method.nets
    assert torch.equal(first[1].weight, second[1].weight)


def test_coteaching_released_schedule_starts_earlier_and_divides_twice():
    released, paper = (CoTeaching(rate=0.4, variant=variant) for variant in ("released", "paper"))
    shares = []
    for method in (released, paper):
        for epoch in (0, 4, 8, 20):
            shares.append(method.set_epoch(epoch).forgotten())
    assert shares == pytest.approx([0.4 / 9, 0.4 * 5 / 9, 0.4, 0.4, 0, 0.16, 0.32, 0.4])
    steps = [step_gradients(CoTeaching(rate=0.4, ramp=0, divide_twice=twice))[2] for twice in (True, False)]
    assert torch.allclose(steps[0], steps[1] / 19, rtol=0, atol=1e-7)


def test_coprl_l_with_identical_networks_is_prl_l():
    loop = twins(CoPRL_L, rate=0.4, ramp=0)
    alone = bound(PRL_L(rate=0.4), momentum=0.0)
    alone.method.nets[0].load_state_dict(loop.method.nets[0].state_dict())
    for _ in range(3):
        loop.one_batch()
        alone.one_batch()
    assert torch.allclose(first_weights(loop.method), first_weights(alone.method), rtol=0, atol=1e-7)


def test_coprl_l_on_squared_loss_is_coteaching():
    a, b = (train(cls(rate=0.4, ramp=2), faces()) for cls in (CoPRL_L, CoTeaching))
    assert torch.equal(weights(a), weights(b))


def test_coprl_l_ranks_by_the_gradient():
    logits = torch.tensor([ALPHA, BETA], dtype=torch.float64).log()
    score = bound(CoPRL_L(rate=0.5)).method.score(logits, torch.tensor([1, 1]), None)
    assert score[0] < score[1]


def test_coteachingplus_considers_disagreements_only():
    loop = warmed(CoTeachingPlus(rate=0.4, ramp=0))
    i, nets = loop.queue[:32], loop.method.nets
    x = loop.task.train.inputs(i)
    apart = nets[0](x).argmax(1) != nets[1](x).argmax(1)
    loop.one_batch()
    _, weight = loop.method.seen
    assert 0 < apart.sum() < 32 and not (weight[~apart] > 0).any() and weight.sum().item() == pytest.approx(1)


def test_coteachingplus_keeps_the_small_losses_among_disagreements():
    method = bound(CoTeachingPlus(rate=0.5, ramp=0)).method
    a = torch.tensor([[3.0, 0, 0], [0, 3.0, 0], [2.0, 0, 0], [1.0, 0, 0]])
    b = torch.tensor([[0, 1.0, 0], [0, 3.0, 0], [0, 0, 5.0], [0, 0, 0.5]])
    y = torch.tensor([0, 1, 0, 1])  # they agree on the second sample
    first, second = method.picks([a, b], y, torch.arange(4))
    assert first.tolist() == [1, 0, 0, 0] and second.tolist() == [0, 0, 0, 1]  # 1.30 against 1.55


def test_coteachingplus_is_plain_where_all_agree_and_coteaching_before_its_start():
    loop = twins(CoTeachingPlus, rate=0.4, ramp=0)
    loop.one_batch()
    assert torch.allclose(loop.method.seen[1], torch.full((32,), 1 / 32))
    a, b = train(CoTeachingPlus(rate=0.4, ramp=2, start=99)), train(CoTeaching(rate=0.4, ramp=2))
    assert torch.equal(weights(a), weights(b))


def test_coteachingplus_released_bounds_its_losses_and_loses_the_last_where_position_zero_disagrees():
    method = bound(CoTeachingPlus(rate=0.4, ramp=0, variant="released")).method
    assert method.softmax_twice and method.drop_first and method.divide_twice
    logits, y = 50 * torch.randn(64, 10), torch.arange(64) % 10
    assert method.loss(logits, y, None).max() <= torch.log(torch.tensor(9 + torch.e)) + 1e-5
    a, b = torch.eye(10)[:4] * 5, torch.eye(10)[4:8] * 5
    agreed = torch.tensor([[True], [True], [True], [False]])
    picked = method.picks([a, torch.where(agreed, b, a)], torch.arange(4), torch.arange(4))
    assert all(weight[2:].tolist() == [0, 0] for weight in picked)  # the last of 0, 1, 2, which disagree
    picked = method.picks([a, b], torch.arange(4), torch.arange(1, 5))  # without position 0 none is lost
    assert all((weight > 0).sum() == 2 for weight in picked)


def test_jocor_divergence_is_symmetric_and_zero_for_equal_predictions():
    a, b = torch.randn(2, 16, 10, dtype=torch.float64)
    kl = torch.nn.functional.kl_div
    both = [
        kl(q.log_softmax(1), p.log_softmax(1), reduction="none", log_target=True).sum(1) for p, q in ((a, b), (b, a))
    ]
    assert torch.allclose(divergence(a, b), sum(both), rtol=0, atol=1e-12)
    assert torch.equal(divergence(a, b), divergence(b, a)) and divergence(a, a + 3).abs().max() < 1e-12


def test_jocor_identical_networks_rank_as_spl():
    loop = twins(JoCoR, rate=0.4, ramp=0, lam=0.5)
    net, i = loop.method.nets[0], loop.queue[:32]
    loss = losses.ce(net(loop.task.train.inputs(i)), loop.task.train.y[i])
    loop.one_batch()
    assert torch.equal(loop.method.seen[1] > 0, smallest(loss, 19))


def test_jocor_pulls_the_networks_together():
    apart = {}
    for lam in (0.0, 0.9):
        method = train(JoCoR(rate=0.4, ramp=2, lam=lam), epochs=6)
        logits = [net(method.train.inputs()) for net in method.nets]
        apart[lam] = divergence(*logits).mean().item()
    assert apart[0.9] < 0.5 * apart[0.0]


def test_decoupling_of_identical_networks_never_moves():
    loop = twins(Decoupling)
    before = weights(loop.method)
    for _ in range(3):
        loop.one_batch()
    assert torch.equal(weights(loop.method), before)


def test_decoupling_learns_from_disagreements_over_the_floor():
    loop = warmed(Decoupling(floor=0.5))
    i, before = loop.queue[:32], weights(loop.method)
    nets, x, y = loop.method.nets, loop.task.train.inputs(i), loop.task.train.y[i]
    logits = [net(x) for net in nets]
    apart = logits[0].argmax(1) != logits[1].argmax(1)
    gradients = [
        torch.autograd.grad(losses.ce(z, y)[apart].sum() / max(16, apart.sum()), list(net.parameters()))
        for z, net in zip(logits, nets)
    ]
    flat = torch.cat([g.flatten() for each in gradients for g in each])
    loop.one_batch()
    assert 0 < apart.sum() < 32 and torch.allclose(weights(loop.method), before - 0.1 * flat, rtol=0, atol=1e-6)


def test_decoupling_buffer_waits_for_a_full_batch():
    loop = warmed(Decoupling(buffer=True, start=1))
    before, waits = weights(loop.method), []
    while torch.equal(weights(loop.method), before):
        loop.one_batch()
        waits.append(len(loop.method.waiting))
    assert len(waits) > 1 and all(wait < 32 for wait in waits)
    assert loop.method.seen[1].sum().item() == pytest.approx(1) and len(loop.method.seen[0]) == 32


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: SPL(rate=1.0), ["rate of SPL", "1.0", "[0, 1)"]),
        (lambda: SPL(), ["rate of SPL", "None", "[0, 1)"]),
        (lambda: PRL_L(), ["rate of PRL_L", "missing", "[0, 1)"]),
        (lambda: SPL(mode="fracton"), ["mode", "did you mean 'fraction'"]),
        (lambda: SPL(mode="threshold", first=0), ["first", "0"]),
        (lambda: PRL_L(rate=-0.1), ["rate of PRL_L", "-0.1"]),
        (lambda: PRL_L(rate=0.1, ramp=-1), ["ramp", "-1"]),
        (lambda: CoTeaching(rate=2), ["rate of CoTeaching", "2"]),
        (lambda: CoTeaching(rate=0.2, exponent=0), ["exponent", "0"]),
        (lambda: JoCoR(rate=0.2, lam=1.0), ["lam of JoCoR", "1.0"]),
        (lambda: Decoupling(floor=0), ["floor", "0", "(0, 1]"]),
    ],
)
def test_bad_settings_of_selection_are_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)

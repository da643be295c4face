"""Each method's own properties, and oracles computed another way."""

import pytest
import torch
from tools import bound, digits, linear_net, linear_task, ridge, train, weights

import labkit
from labkit.method import Method
from labkit.methods import ALL, AUX, CDR, CDR_AUX, CDR_RDI, ERM, RDI, make
from labkit.methods.cdr import critical


def after_one_step(method, **recipe):
    """One step by the loop. -> list of (before, after, gradient of the plain loss) per parameter, the loop"""
    loop = bound(method, lr=0.1, **recipe)
    net, i = loop.method.nets[0], loop.queue[: loop.recipe.batch]
    before = [p.detach().clone() for p in net.parameters()]
    loss = Method.loss(loop.method, net(loop.task.train.inputs(i)), loop.task.train.y[i], i).mean()
    gradients = torch.autograd.grad(loss, list(net.parameters()))
    loop.one_batch()
    return list(zip(before, net.parameters(), gradients)), loop


# -- ERM


def test_erm_gradient_at_the_logits_is_p_minus_e_y():
    logits, y = torch.randn(8, 10, dtype=torch.float64, requires_grad=True), torch.arange(8)
    labkit.losses.ce(logits, y).sum().backward()
    expected = logits.detach().softmax(1) - torch.nn.functional.one_hot(y, 10)
    assert torch.allclose(logits.grad, expected, rtol=0, atol=1e-12)


def test_erm_fits_clean_separable_data_and_averages_the_batch():
    x = torch.cat([torch.randn(50, 4) + 6, torch.randn(50, 4) - 6])
    task = labkit.Task.of(x, torch.arange(100) // 50, x, torch.arange(100) // 50, val=0.1)
    run = labkit.fit("ERM", task, "mlp", 20, 0)
    assert run.history.train_given.iloc[-1] == 1.0
    triples, _ = after_one_step(ERM(), momentum=0.0)
    assert all(torch.allclose(w1, w0 - 0.1 * g, rtol=0, atol=1e-6) for w0, w1, g in triples)


def test_erm_soft_labels_reduce_to_hard_ones():
    logits, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 1, 0])
    soft = torch.nn.functional.one_hot(y, 3).float()
    assert torch.allclose(labkit.losses.ce(logits, y), labkit.losses.ce(logits, soft), atol=1e-6)


# -- CDR


@pytest.mark.parametrize("rate", [0.2, 0.4, 0.5, 0.7])
def test_cdr_without_momentum_moves_critical_weights_by_the_damped_gradient_and_decays_the_rest(rate):
    wd = 1e-2
    triples, _ = after_one_step(CDR(rate=rate), momentum=0.0, weight_decay=wd)
    split = [t for t in triples if t[0].dim() == 2]
    w0, w1, g = (torch.cat([t[k].detach().flatten() for t in split]) for k in range(3))
    score = (w0 * g).abs()
    kept = int((1 - rate) * len(w0))
    mask = score >= score.sort(descending=True).values[kept - 1]
    assert mask.sum() >= kept and (mask.sum() == kept or (score == score[mask].min()).sum() > 1)
    assert torch.allclose(w1[~mask], w0[~mask] - 0.1 * wd * w0[~mask], rtol=0, atol=1e-7)
    assert torch.allclose(w1[mask], w0[mask] - 0.1 * ((1 - rate) * g[mask] + wd * w0[mask]), rtol=0, atol=1e-6)


def test_cdr_leaves_biases_undamped_in_the_released_variant_only():
    for method, damped in ((CDR(rate=0.5), False), (CDR(rate=0.5, variant="paper"), True)):
        triples, _ = after_one_step(method, momentum=0.0)
        biases = [t for t in triples if t[0].dim() == 1]
        plain = all(torch.allclose(w1, w0 - 0.1 * g, rtol=0, atol=1e-7) for w0, w1, g in biases)
        assert plain != damped


def test_cdr_strict_really_only_decays_and_the_released_code_does_not():
    moved = {}
    for strict in (False, True):
        _, loop = after_one_step(CDR(rate=0.7, strict=strict), momentum=0.9, weight_decay=1e-3)
        method, net = loop.method, loop.method.nets[0]
        before = [p.detach().clone() for p in net.parameters() if p.dim() == 2]
        i = loop.queue[32:64]
        captured = {}
        damp = method.damp
        method.damp = lambda net, damp=damp, captured=captured: captured.setdefault("split", damp(net))
        method.step(loop.task.train.inputs(i), loop.task.train.y[i], i)
        masks = captured["split"][2]
        after = [p for p in net.parameters() if p.dim() == 2]
        rest = [(w1.flatten()[~m], w0.flatten()[~m]) for w1, w0, m in zip(after, before, masks)]
        moved[strict] = max((w1 - (1 - 0.1 * 1e-3) * w0).abs().max().item() for w1, w0 in rest)
    assert moved[True] < 1e-7 < moved[False]


@pytest.mark.parametrize("strict", [False, True])
def test_cdr_may_decay_by_the_sign(strict):
    wd = 1e-2
    triples, loop = after_one_step(
        CDR(rate=0.6, norm="l1", strict=strict, scope="weights"), momentum=0.0, weight_decay=wd
    )
    split = [t for t in triples if t[0].dim() == 2]
    w0, w1, g = (torch.cat([t[k].detach().flatten() for t in split]) for k in range(3))
    mask = critical(w0, g, 0.6)
    assert torch.allclose(w1[~mask], (w0 - 0.1 * wd * w0.sign())[~mask], rtol=0, atol=1e-7)
    assert torch.allclose(w1[mask], (w0 - 0.1 * (0.4 * g + wd * w0.sign()))[mask], rtol=0, atol=1e-6)
    assert "norm" in loop.method.identifying() and "norm" not in CDR(rate=0.6).identifying()


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_cdr_updates_channels_last_weights_in_place(optimiser):
    """Weights of convolutions are channels-last, and each gets its own gradient: without noise CDR is plain SGD."""
    recipe = {"optimiser": optimiser, "lr": 0.01, "weight_decay": 1e-3}
    task = digits(n=128)
    ends = [labkit.fit(method, task, "small_cnn", 1, 0, recipe).method for method in (ERM(), CDR(rate=0.0))]
    assert torch.equal(*map(weights, ends))


def test_cdr_criticality_does_not_change_under_rescaling_and_acts_on_the_last_axis():
    w, g = torch.randn(3, 200, dtype=torch.float64), torch.randn(3, 200, dtype=torch.float64)
    mask = critical(w, g, 0.3)
    assert torch.equal(mask, critical(w * 8, g / 8, 0.3)) and (mask.sum(-1) == 140).all()
    assert all(torch.equal(mask[k], critical(w[k], g[k], 0.3)) for k in range(3))


def test_cdr_lenet_has_61470_parameters_that_cdr_splits():
    net = labkit.nets.lenet()
    assert sum(p.numel() for p in net.parameters() if p.dim() in (2, 4)) == 61_470


# -- AUX


def test_aux_gradient_of_b_and_rows_outside_the_batch():
    loop = bound(AUX(lam=3.0), momentum=0.9, lr=0.1)
    method, i = loop.method, loop.queue[:32]
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    p = method.nets[0](x).detach().softmax(1)
    method.step(x, y, i)
    v = (p - torch.nn.functional.one_hot(y, 10)) / 32
    assert torch.allclose(method.b[i], -(0.1 / (1 - 0.9)) * 3.0 * v, rtol=0, atol=1e-6)
    once = method.b.detach().clone()
    others = loop.queue[32:64]
    method.step(loop.task.train.inputs(others), loop.task.train.y[others], others)
    unmoved = torch.ones(len(method.b), dtype=torch.bool)
    unmoved[others] = False
    assert torch.equal(method.b[unmoved], once[unmoved]) and not torch.equal(method.b[others], once[others])


def test_aux_evaluates_without_b_and_aids_training_samples_with_it():
    method = train(AUX(lam=2.0))
    x, i = method.train.inputs(slice(0, 16)), torch.arange(16)
    with torch.no_grad():
        plain = method.predict(x)
        assert torch.equal(plain, method.nets[0](x))
        assert torch.equal(method.predict(x, i), plain + 2.0 * method.b[i])
        method.b += 100.0
        assert torch.equal(method.predict(x), plain)


def test_aux_training_accuracy_with_b_is_at_least_the_one_without():
    run = labkit.fit(AUX(lam=4.0), digits(n=None), "mlp", 15, 0)
    last = run.history.iloc[-1]
    assert last.train_aided > last.train_given + 0.05


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("lam", [0.5, 1.5])
def test_aux_and_rdi_reach_kernel_ridge_on_a_linear_model(momentum, lam):
    task = linear_task(n=8)  # few samples are nearly orthogonal, so a few hundred steps reach the end
    recipe = {"lr": 0.5 if momentum else 2.0, "momentum": momentum, "batch": len(task.train)}
    steps = 500 if momentum else 250
    aux, rdi = bound_linear(AUX(lam=lam), task, steps, recipe), bound_linear(RDI(lam=lam), task, steps, recipe)
    expected = ridge(task, rdi.start[0][0], lam)
    assert torch.allclose(rdi.nets[0].weight.T, expected, rtol=0, atol=1e-8)
    assert torch.allclose(aux.nets[0].weight.T, expected, rtol=0, atol=1e-8)
    assert torch.allclose(aux.predict(task.train.x, torch.arange(len(task.train))), task.train.y, rtol=0, atol=1e-7)
    assert (aux.predict(task.train.x) - task.train.y).abs().max() > 0.05
    assert aux.notes()["lam_eff"] == pytest.approx(lam) and rdi.notes()["lam_eff"] == pytest.approx(lam)


def bound_linear(method, task, steps, recipe):
    """Full-batch training of a linear model without measuring it."""
    torch.manual_seed(0)
    net = linear_net(task.shape, task.train.y.shape[1])
    bound_method = method.bound_to(net, task.train, make_opt=labkit.Recipe.of(recipe).optimisers, seed=1)
    i = torch.arange(len(task.train))
    for _ in range(steps):
        bound_method.step(task.train.x, task.train.y, i)
    return bound_method


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_aux_lam_eff_is_the_ridge_that_the_same_learning_rate_gives(momentum):
    task, lam = linear_task(n=8), 1.5
    recipe = {"lr": 0.5, "momentum": momentum, "batch": len(task.train)}
    method = bound_linear(AUX(lam=lam, b_lr="same"), task, 400, recipe)
    start = bound_linear(ERM(), task, 0, recipe).nets[0].weight.detach()
    assert method.notes()["lam_eff"] == pytest.approx(lam * (1 - momentum) ** 0.5)
    expected = ridge(task, start, method.notes()["lam_eff"])
    assert torch.allclose(method.nets[0].weight.T, expected, rtol=0, atol=1e-8)


def test_cdr_aux_lam_eff_is_the_ridge_under_a_damped_gradient():
    class Damped(CDR_AUX):  # every weight critical: what remains of CDR is the damping
        def damp(self, net):
            for p in net.parameters():
                p.grad.mul_(1 - self.rate)
            return [], [], []

    task = linear_task(n=8)
    recipe = {"lr": 0.5, "momentum": 0.9, "batch": len(task.train)}
    method = bound_linear(Damped(rate=0.4, lam=1.0), task, 600, recipe)
    start = bound_linear(ERM(), task, 0, recipe).nets[0].weight.detach()
    assert method.notes()["lam_eff"] == pytest.approx((1 / 0.6) ** 0.5)
    expected = ridge(task, start, method.notes()["lam_eff"])
    assert torch.allclose(method.nets[0].weight.T, expected, rtol=0, atol=1e-8)


# -- RDI


def test_rdi_penalty_and_its_gradient_start_at_zero_and_follow_the_equation():
    loop = bound(RDI(lam=3.0))
    method = loop.method
    params = list(method.nets[0].parameters())
    assert method.penalty().item() == 0 and all((g == 0).all() for g in torch.autograd.grad(method.penalty(), params))
    with torch.no_grad():
        for p in params:
            p.add_(torch.randn_like(p))
    for scale, n in (("mean", len(loop.task.train)), ("sum", 1)):
        method.scale = scale
        gradients = torch.autograd.grad(method.penalty(), params)
        for g, p, p0 in zip(gradients, params, method.start[0]):
            assert torch.allclose(g, 9.0 / n * (p - p0), rtol=1e-4, atol=1e-7)


# -- combinations


def test_cdr_aux_falls_back_to_its_parents():
    assert torch.equal(weights(train(CDR_AUX(rate=0.4, lam=0.0))), weights(train(CDR(rate=0.4))))
    assert torch.equal(weights(train(CDR_AUX(rate=0.0, lam=2.0))), weights(train(AUX(lam=2.0))))
    both = weights(train(CDR_AUX(rate=0.4, lam=8.0)))
    assert not torch.equal(both, weights(train(CDR(rate=0.4)))) and not torch.equal(both, weights(train(AUX(lam=8.0))))


def test_cdr_aux_does_not_damp_b():
    loop = bound(CDR_AUX(rate=0.5, lam=2.0), lr=0.1, momentum=0.0)
    i = loop.queue[:32]
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    p = loop.method.nets[0](x).detach().softmax(1)
    loop.method.step(x, y, i)
    v = (p - torch.nn.functional.one_hot(y, 10)) / 32
    assert torch.allclose(loop.method.b[i], -0.1 * 2.0 * v, rtol=0, atol=1e-6)


def test_cdr_rdi_falls_back_to_its_parents():
    assert torch.equal(weights(train(CDR_RDI(rate=0.4, lam=0.0))), weights(train(CDR(rate=0.4))))
    assert torch.equal(weights(train(CDR_RDI(rate=0.0, lam=2.0))), weights(train(RDI(lam=2.0))))
    both = weights(train(CDR_RDI(rate=0.4, lam=8.0)))
    assert not torch.equal(both, weights(train(CDR(rate=0.4)))) and not torch.equal(both, weights(train(RDI(lam=8.0))))


def test_cdr_rdi_on_all_pulls_what_cdr_does_not_touch():
    steps = {}
    for where in ("critical", "all"):
        loop = bound(CDR_RDI(rate=0.9, lam=50.0, rdi_on=where), lr=0.1, momentum=0.0)
        with torch.no_grad():
            for p in loop.method.nets[0].parameters():
                p.add_(0.01)
        before = weights(loop.method)
        loop.one_batch()
        steps[where] = (weights(loop.method) != before).float().mean().item()
    assert steps["critical"] < 0.2 and steps["all"] > 0.95


# -- bad input


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: CDR(rate=1.0), ["rate", "1.0", "[0, 1)"]),
        (lambda: CDR(rate="high"), ["rate", "high"]),
        (lambda: CDR(rate=0.4, variant="realeased"), ["variant", "did you mean 'released'"]),
        (lambda: CDR(rate=0.4, norm="l3"), ["norm", "l3", "l1"]),
        (lambda: AUX(lam=-1), ["lam", "-1", ">= 0"]),
        (lambda: AUX(b_lr="big"), ["b_lr", "big", "matched"]),
        (lambda: RDI(lam=float("nan")), ["lam", "nan"]),
        (lambda: RDI(scale="max"), ["scale", "max", "mean"]),
        (lambda: CDR_RDI(rate=0.2, rdi_on="none"), ["rdi_on", "none", "critical"]),
        (lambda: CDR_RDI(rate=0.2, rdi_on="all", strict=True), ["rdi_on", "strict"]),
    ],
)
def test_bad_hyperparameters_are_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)


# -- making methods by name


def test_a_method_is_made_by_its_name_with_a_noise_rate_where_it_assumes_one():
    assert make("Co-teaching", 0.4).rate == make("Co-teaching", 0.2, rate=0.4).rate == 0.4
    assert make("SPL", noise_rate=0.3).rate == 0.3
    assert make("GCE", 0.4, q=0.5).q == 0.5
    with pytest.raises(ValueError, match="rate of CoTeaching is missing"):
        make("Co-teaching")
    with pytest.raises(ValueError, match=r"method is 'Coteaching'.*Co-teaching"):
        make("Coteaching")
    with pytest.raises(ValueError, match="argument of GCE is 'rate'"):
        make("GCE", rate=0.4)


@pytest.mark.catalogue("methods")
def test_methods_say_whether_they_assume_a_rate_and_which_labels_their_meta_set_has():
    rated = {"SPL", "PRL_G", "PRL_L", "CoPRL_L", "CoTeaching", "CoTeachingPlus", "JoCoR", "O2UNet", "SModel"}
    assert {cls.__name__ for cls in ALL.values() if cls.assumes_rate()} == rated | {"CDR", "CDR_AUX", "CDR_RDI"}
    labels = {cls.__name__: cls.meta_labels for cls in ALL.values() if cls.meta_labels}
    clean = dict.fromkeys(("GLC", "FineTuning", "L2RW", "MWNet", "MentorNetDD"), "true")
    assert labels == clean | {"MNWNet": "given", "RMNWNet": "given"}
    assert make("MW-Net").needs_meta and not make("ERM").needs_meta


def test_a_method_of_ones_own_may_say_that_it_needs_a_meta_set():
    class Own(ERM):
        needs_meta = True

    with pytest.raises(ValueError, match="meta is None; it must be a meta set for Own"):
        labkit.fit(Own(), digits(), "mlp", 1, 0)

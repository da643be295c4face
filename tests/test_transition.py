"""Transition matrices: what is estimated, what the corrected losses do, and the methods of several trainings."""

import pytest
import torch
from tools import bound, digits, first_weights, prepared, train

import labkit
from labkit import losses, transition
from labkit.methods import GLC, L_DMI, BCorrection, FCorrection, FineTuning, SModel, TRevision
from labkit.methods.l_dmi import log_det

EYE = torch.eye(10, dtype=torch.float64)


def a_noise(classes=10, seed=0):
    """A random, invertible transition matrix with a heavy diagonal. -> [C, C] float64"""
    rng = torch.Generator().manual_seed(seed)
    T = torch.rand(classes, classes, generator=rng, dtype=torch.float64) + 4 * torch.eye(classes, dtype=torch.float64)
    return T / T.sum(1, keepdim=True)


def beliefs(n=2000, classes=10, seed=0):
    """Clean posteriors with an anchor for every class. -> [n, C] float64, logits of them"""
    rng = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(n, classes, generator=rng, dtype=torch.float64)
    logits[:classes] = 60 * torch.eye(classes, dtype=torch.float64)
    return logits.softmax(1), logits


def slope(loss, logits):
    """d sum loss / d logits."""
    return torch.autograd.grad(loss.sum(), logits, retain_graph=True)[0]


# -- F- and B-correction


def test_fcorrection_estimates_t_exactly_from_perfect_anchors():
    T, (p, _) = a_noise(), beliefs()
    assert torch.allclose(transition.anchors(p @ T, quantile=None), T, rtol=0, atol=1e-9)
    estimated = transition.anchors(p @ T, quantile=0.97)
    assert torch.allclose(estimated.sum(1), torch.ones(10, dtype=T.dtype)) and (estimated >= 0).all()


def test_fcorrection_reading_from_the_shared_array_makes_zeros_that_nobody_measured():
    T, (p, _) = a_noise(3), beliefs(200, 3)
    copy, shared = (transition.anchors(p @ T, 0.5, shared=way) for way in (False, True))
    assert (copy > 0).all() and (shared == 0).any()


def test_fcorrection_with_the_identity_is_ce_and_with_t_has_its_minimum_at_the_truth():
    _, logits = beliefs(50)
    y = torch.arange(50) % 10
    assert torch.allclose(transition.forward(logits, y, EYE), losses.ce(logits, y), rtol=0, atol=1e-12)
    T, at = a_noise(), torch.randn(50, 10, dtype=torch.float64).requires_grad_()
    noisy = at.detach().softmax(1) @ T  # the posterior of given labels when p is the true one
    expected = sum(noisy[:, c] * transition.forward(at, torch.full((50,), c), T) for c in range(10))
    assert slope(expected, at).abs().max() < 1e-12
    plain = sum(noisy[:, c] * losses.ce(at, torch.full((50,), c)) for c in range(10))
    assert slope(plain, at).abs().max() > 1e-2


def test_bcorrection_is_unbiased_over_the_noise():
    T, (_, logits), y = a_noise(), beliefs(50), torch.arange(50) % 10
    mean = sum(T[y, c] * transition.backward(logits, torch.full((50,), c), T) for c in range(10))
    assert torch.allclose(mean, losses.ce(logits, y), rtol=0, atol=1e-10)
    method = bound(BCorrection(T=T.tolist())).method
    ours = method.loss(logits.float(), y, None)
    assert torch.allclose(ours.double(), transition.backward(logits, y, T), rtol=0, atol=1e-3)
    assert ours.min() < 0  # single losses may be negative


def test_fcorrection_uses_the_matrix_that_it_is_given():
    T, (_, logits), y = a_noise(), beliefs(50), torch.arange(50) % 10
    method = bound(FCorrection(T=T.tolist())).method
    assert torch.allclose(method.loss(logits.float(), y, None).double(), transition.forward(logits, y, T), atol=1e-4)
    assert method.stage(1, method.train) is None


def test_fcorrection_trains_twice_from_the_same_weights_and_notes_its_matrix():
    run = labkit.fit(FCorrection(), digits(n=None), "mlp", 6, 0)
    assert list(run.history.stage) == [0] * 6 + [1] * 6
    T = torch.tensor(run.notes["T"])
    off = T[~torch.eye(10, dtype=torch.bool)]
    assert T.diagonal().mean() > 0.35 and off.mean() < 0.08 and torch.allclose(T.sum(1), torch.ones(10), atol=1e-5)
    plain = labkit.fit("ERM", digits(n=None), "mlp", 6, 0).history
    first = run.history[run.history.stage == 0].drop(columns="seconds").reset_index(drop=True)
    assert first.equals(plain.drop(columns="seconds"))  # the first training is plain SGD


# -- S-Model


def test_smodel_starts_from_the_assumed_noise_and_frozen_is_forward_correction():
    method = bound(SModel(rate=0.4)).method
    theta = method.b.detach().softmax(1)
    expected = labkit.noise.symmetric(0.4).matrix(10, "digits").float()
    assert torch.allclose(theta, expected, atol=1e-6)
    frozen = first_weights(train(SModel(rate=0.4, layer_lr=0)))
    forward = first_weights(train(FCorrection(T=expected.tolist())))
    assert torch.allclose(frozen, forward, rtol=0, atol=1e-5)


def test_smodel_layer_learns_and_its_gradient_sums_to_zero_in_each_row():
    loop = bound(SModel(rate=0.4))
    method, i = loop.method, torch.arange(64)
    x, y = loop.task.train.inputs(i), loop.task.train.y[i]
    gradient = torch.autograd.grad(method.loss(method.nets[0](x), y, i).sum(), method.b)[0]
    assert gradient.sum(1).abs().max() < 1e-4 < gradient.abs().max()
    before = method.b.detach().clone()
    loop.one_batch()
    assert not torch.equal(method.b.detach(), before)


def test_smodel_without_a_rate_starts_from_the_confusion_of_a_first_training():
    run = labkit.fit(SModel(), digits(n=None), "mlp", 5, 0)
    assert list(run.history.stage) == [0] * 5 + [1] * 5
    assert torch.tensor(run.notes["theta"]).diagonal().mean() > 0.3


# -- GLC


def test_glc_measures_the_matrix_exactly_from_exact_posteriors():
    T = a_noise()
    y = torch.arange(200) % 10
    assert torch.allclose(transition.class_means(T[y], y, 10), T, rtol=0, atol=1e-12)


def test_glc_takes_ce_on_gold_and_forward_on_silver():
    method = bound(GLC()).method
    method.C = a_noise().float()
    _, logits = beliefs(20)
    logits, y, i = logits.float(), torch.arange(20) % 10, torch.tensor([3, -1] * 10)
    loss = method.loss(logits, y, i)
    assert torch.allclose(loss[1::2], losses.ce(logits, y)[1::2], atol=1e-5)
    assert torch.allclose(loss[::2], transition.forward(logits, y, method.C)[::2], atol=1e-5)
    x, y, i = method.batch(method.train.inputs(slice(0, 32)), method.train.y[:32], torch.arange(32))
    gold = round(32 * 60 / len(method.train))
    assert len(x) == len(y) == len(i) == 32 + gold and (i[32:] == -1).all() and gold > 1


def test_glc_needs_every_class_in_its_trusted_set():
    task, meta = prepared(GLC)
    few = labkit.Split(meta.x[meta.y < 8], meta.y[meta.y < 8], 10, meta.scale)
    with pytest.raises(ValueError, match=r"without class \[8, 9\]"):
        labkit.fit("GLC", task, "mlp", 1, 0, meta=few)
    with pytest.raises(ValueError, match="meta set for GLC"):
        labkit.fit("GLC", task, "mlp", 1, 0)


def test_glc_begins_its_second_training_from_the_same_weights():
    starts = []

    class Watched(GLC):
        def select(self, train, epoch):
            if epoch == 0:
                starts.append(first_weights(self))

    task, meta = prepared(GLC)
    labkit.fit(Watched(), task, "mlp", 2, 0, meta=meta)
    assert len(starts) == 2 and torch.equal(*starts)


# -- T-Revision


def revising(**settings):
    """T-Revision in its last stage, with a random T and a small dT. -> method"""
    method = bound(TRevision(**settings)).method
    method.k, method.T = 2, a_noise().float()
    method.dT.data = 0.01 * torch.randn(10, 10, generator=torch.Generator().manual_seed(0))
    return method


def test_trevision_weights_by_the_share_of_the_label_that_is_true():
    T, (p, logits), y = a_noise(), (each[10:] for each in beliefs(60)), torch.arange(50) % 10
    beta = transition.importance(logits, y, T)
    expected = torch.stack([p[k, y[k]] / sum(T[j, y[k]] * p[k, j] for j in range(10)) for k in range(50)])
    assert torch.allclose(beta, expected, rtol=1e-9, atol=0)
    above = p.gather(1, y[:, None])[:, 0] > 1e-6  # below, ratios are cut off
    assert torch.allclose(transition.importance(logits, y, EYE)[above], torch.ones(int(above.sum()), dtype=p.dtype))


def test_trevision_at_zero_correction_is_the_second_stage_and_then_has_a_gradient():
    method = revising()
    _, logits = beliefs(50)
    logits, y = logits.float() / 3, torch.arange(50) % 10
    method.dT.data.zero_()
    last = method.loss(logits, y, None)
    gradient = torch.autograd.grad(last.sum(), method.dT)[0]
    method.k = 1
    assert torch.allclose(last, method.loss(logits, y, None), atol=1e-6) and gradient.abs().max() > 1e-3
    method.k = 2
    bumped = torch.zeros(10, 10)
    bumped[2, 3] = 1e-3
    method.dT.data = bumped
    up = method.loss(logits, y, None).sum()
    method.dT.data = -bumped
    down = method.loss(logits, y, None).sum()
    assert ((up - down) / 2e-3).item() == pytest.approx(gradient[2, 3].item(), rel=0.02, abs=2e-2)


def test_trevision_loss_does_not_depend_on_the_order_of_the_batch_and_the_released_one_does():
    _, logits = beliefs(64)
    logits, y = logits.float() / 3, torch.arange(64) % 10
    for variant, same in (("paper", True), ("released", False)):
        method = revising(variant=variant)
        forth, back = method.loss(logits, y, None), method.loss(logits.flip(0), y.flip(0), None).flip(0)
        assert torch.allclose(forth, back, atol=1e-6) == same


def test_trevision_released_scales_columns_of_the_estimate_and_never_those_of_the_revised_matrix():
    method = revising(variant="released", accumulate=False)
    assert torch.equal(method.revised(torch.zeros(4)).detach(), method.T + method.dT.detach())
    method.end_stage(0)
    p = method.nets[0](method.train.inputs()).softmax(1).detach()
    raw = transition.anchors(p, 0.97, shared=True) * raw_sums(p)[:, None]
    assert torch.allclose(method.T, raw / raw_sums(p)[None, :], atol=1e-6) and raw_sums(p).min() < 0.999


def raw_sums(p):
    """Row sums of the estimate that is read off the array with the zeros of earlier rows. -> [C]"""
    p, sums = p.clone(), []
    for i in range(p.shape[1]):
        p[p[:, i] >= p[:, i].quantile(0.97), i] = 0.0
        sums.append(p[p[:, i].argmax()].sum())
    return torch.stack(sums)


def test_trevision_moves_its_correction_in_the_last_stage_only():
    run = labkit.fit(TRevision(revise_lr=1e-3, revise=2), digits(), "mlp", 3, 0)
    assert list(run.history.stage) == [0] * 3 + [1] * 3 + [2] * 2
    dT = torch.tensor(run.notes["dT"])
    assert 0 < dT.abs().max() <= 1e-3 * 2 * 8 + 1e-6  # Adam moves by its learning rate at most, 16 steps


# -- L_DMI


def test_l_dmi_noise_adds_a_constant():
    T, (p, _) = a_noise(5), beliefs(5000, 5, seed=3)
    rng = torch.Generator().manual_seed(0)
    q = torch.softmax(torch.randn(5000, 5, generator=rng, dtype=torch.float64) + 2 * p.log(), 1)  # a prediction
    joint = p.T @ q / 5000  # true posterior against prediction
    noisy = T.T @ joint
    change = torch.linalg.slogdet(noisy).logabsdet - torch.linalg.slogdet(joint).logabsdet
    assert change.item() == pytest.approx(torch.linalg.slogdet(T).logabsdet.item(), abs=1e-10)


def test_l_dmi_against_the_naive_determinant_and_under_permuted_classes():
    logits, y = torch.randn(30, 3, dtype=torch.float64), torch.arange(30) % 3
    U = torch.nn.functional.one_hot(y, 3).double().T @ logits.softmax(1) / 30
    assert log_det(logits, y).item() == pytest.approx(U.det().abs().log().item(), abs=1e-10)
    assert log_det(logits[:, [2, 0, 1]], y).item() == pytest.approx(log_det(logits, y).item(), abs=1e-10)
    assert log_det(logits, y, divide=False).item() == pytest.approx((30 * U).det().abs().log().item(), abs=1e-10)


def test_l_dmi_second_stage_has_one_loss_for_the_batch_and_both_variants_differ():
    logits, y = torch.randn(64, 10), torch.arange(64) % 10
    values = {}
    for variant in ("paper", "released"):
        method = bound(L_DMI(batch_size=64, variant=variant)).method
        method.pretrained = True
        loss = method.loss(logits, y, None)
        assert (loss == loss[0]).all()
        values[variant] = loss[0].item()
    assert values["paper"] == pytest.approx(-log_det(logits, y).item(), rel=1e-5)
    det = log_det(logits, y, divide=False).exp()
    assert values["released"] == pytest.approx(-(det + 1e-3).log().item(), rel=1e-5)


def test_l_dmi_stays_finite_at_a_hundred_classes():
    logits, y = torch.randn(256, 100), torch.arange(256) % 100
    assert log_det(logits, y).isfinite() and log_det(logits, y) < -300  # exp of it is no float32


def test_l_dmi_needs_batches_of_two_samples_per_class():
    with pytest.raises(ValueError, match=r"batch_size of L_DMI is 16; it must be a whole number in 20"):
        bound(L_DMI(batch_size=16))


# -- Fine-tuning


def test_finetuning_then_learns_from_the_meta_set_alone():
    task, meta = prepared(FineTuning)
    run = labkit.fit(FineTuning(tune=30, tune_lr=0.05), task, "mlp", 3, 0, meta=meta, life=True)
    assert list(run.history.stage) == [0] * 3 + [1] * 30
    assert run.life.weight[3:].abs().max() == 0 and run.life.weight[:3].min() > 0
    believed = run.method.nets[0](meta.inputs()).argmax(1)
    assert (believed == meta.y).float().mean() > 0.95
    plain = labkit.fit("ERM", task, "mlp", 3, 0).method.nets[0](meta.inputs()).argmax(1)
    assert (plain == meta.y).float().mean() < 0.9


def test_finetuning_can_freeze_running_statistics():
    def net(shape, classes):
        layers = torch.nn.Linear(64, 32), torch.nn.BatchNorm1d(32), torch.nn.ReLU(), torch.nn.Linear(32, classes)
        return torch.nn.Sequential(torch.nn.Flatten(), *layers)

    task, meta = prepared(FineTuning)
    means = {}
    for freeze in (False, True):
        method = FineTuning(tune=2, freeze_statistics=freeze)
        run = labkit.fit(method, task, net, 2, 0, meta=meta)
        means[freeze] = run.method.nets[0][2].running_mean
    first = labkit.fit(FineTuning(tune=0), task, net, 2, 0, meta=meta).method.nets[0][2].running_mean
    assert torch.equal(means[True], first) and not torch.equal(means[False], first)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: FCorrection(T=[[0.5, 0.6], [0.5, 0.5]]), ["T of FCorrection is", "sum to 1"]),
        (lambda: FCorrection(T=[[1.0, 0.0]]), ["T of FCorrection is", "[[1.0, 0.0]]", "[C, C]"]),
        (lambda: bound(FCorrection(T=[[1.0, 0.0], [0.0, 1.0]])), ["T is", "[10, 10]"]),
        (lambda: FCorrection(quantile=2), ["quantile", "2"]),
        (lambda: SModel(rate=1.0), ["rate of SModel", "1.0"]),
        (lambda: SModel(layer_lr="fast"), ["layer_lr", "fast", "matched"]),
        (lambda: GLC(gold_batch=0), ["gold_batch", "0"]),
        (lambda: TRevision(revise_lr=0), ["revise_lr", "0"]),
        (lambda: L_DMI(offset=-1), ["offset", "-1"]),
        (lambda: FineTuning(tune=-1), ["tune", "-1"]),
    ],
)
def test_bad_settings_of_transition_methods_are_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words)

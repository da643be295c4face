"""CRUST: its properties, in both variants."""

import pytest
import torch
from tools import bound, digits, first_weights, train

import labkit
from labkit import coreset, losses
from labkit.methods import ERM
from labkit.methods.crust import CRUST, last_linear

PAPER = {"variant": "paper"}
PLAIN = {"mixup": "none", "weights": "none"}
SPACES = pytest.mark.parametrize("space", ["logit", "feature"])


def selected(**settings):
    """A bound method after its first selection, and what it chose. -> method, indices"""
    loop = bound(CRUST(**{"start": 0, "mixup_after": 0} | settings))
    return loop.method, loop.method.select(loop.task.train, 0)


def test_crust_variants_fill_what_is_not_given():
    assert CRUST().hyperparameters() | {"variant": 0} == CRUST(**PAPER).hyperparameters() | {
        "variant": 0,
        "selector": "centrality",
        "group_by": "label",
        "space": "feature",
        "weights": "radius",
        "mixup": "same_label",
        "alpha": [1.0, 0.1],
        "start": 5,
        "mixup_after": 1,
    }
    assert CRUST(variant="paper", selector="centrality").selector == "centrality"


@SPACES
def test_crust_gradients_are_those_of_autograd(space):
    loop = bound(CRUST(space=space), task=digits(n=64))
    net, split = loop.method.nets[0].eval(), loop.task.train
    g, predicted = loop.method.gradients(split)
    layer, kept = last_linear(net, split.inputs(slice(0, 1))), {}
    handle = layer.register_forward_hook(lambda _, inputs, out: kept.update(feature=inputs[0], logit=out))
    logits = net(split.inputs())
    handle.remove()
    slope = torch.autograd.grad(losses.ce(logits, split.y).sum(), kept[space])[0]
    assert torch.allclose(g, slope, rtol=0, atol=1e-6) and torch.equal(predicted, logits.argmax(1))


@pytest.mark.parametrize("group_by", ["label", "prediction"])
@pytest.mark.parametrize("keep", [0.3, 0.5, 1.0])
def test_crust_chooses_its_share_of_every_group(group_by, keep):
    method, chosen = selected(keep=keep, group_by=group_by)
    split = method.train
    group = split.y if group_by == "label" else method.gradients(split)[1]
    assert torch.equal(chosen, chosen.unique())  # sorted, nobody twice
    sizes = group.bincount(minlength=10).tolist()
    assert group[chosen].bincount(minlength=10).tolist() == [size and max(1, int(keep * size)) for size in sizes]


def test_crust_lives_with_classes_that_nobody_predicts():
    method, _ = selected(**PAPER)
    with torch.no_grad():
        for p in method.nets[0].parameters():
            p.zero_()  # predicts the first class only
    n = len(method.train)
    assert len(method.select(method.train, 0)) == n // 2 and method.trust.sum() == n + n - n // 2


def test_crust_weights_of_the_paper_are_the_sizes_of_clusters():
    method, chosen = selected(**PAPER, partners=2)
    assert torch.equal(chosen[::2], chosen[1::2])  # a medoid for each of its partners
    medoids = chosen.unique()
    predicted = method.gradients(method.train)[1]
    assert method.trust[chosen].sum() == len(method.train)
    for c in predicted.unique():
        assert method.trust[medoids[predicted[medoids] == c]].sum() * 2 == (predicted == c).sum()
    i = chosen[:32]
    w = method.weight(None, None, i, torch.zeros(32, 10))
    assert torch.allclose(w, method.trust[i] / method.trust[i].sum()) and w.std() > 0


@SPACES
def test_crust_released_weights_are_the_sizes_of_groups(space):
    method, chosen = selected(space=space, weights="radius")
    sizes = method.train.y.bincount(minlength=10)
    assert torch.equal(method.trust[chosen].long(), sizes[method.train.y[chosen]])
    near, chosen = selected(space=space, weights="radius", radius=2e-4)
    g, y = near.gradients(near.train)[0].double(), near.train.y
    within = (torch.cdist(g[chosen], g) <= 128 * 2e-4) & (y[chosen][:, None] == y)
    assert torch.equal(near.trust[chosen].long(), within.sum(1)) and (within.sum(1) < sizes[y[chosen]]).any()


def test_crust_mixes_a_medoid_with_another_of_its_cluster():
    method, chosen = selected(**PAPER, keep=0.2, alpha=5.0)
    g, predicted = method.gradients(method.train)
    again = coreset.select(g, coreset.shares(predicted, 0.2), "facility_location", predicted)
    cluster, sizes = again.cluster[chosen], again.sizes[again.cluster[chosen]]
    partners = torch.stack([method.partner(chosen) for _ in range(300)])  # [300, k]
    assert torch.equal(again.cluster[partners], cluster.expand_as(partners))
    assert ((partners == chosen) == (sizes == 1)).all() and (sizes == 1).any()
    met = [column.unique().numel() for column in partners.T]
    expected = (sizes - 1).clamp_min(1).clamp_max(20)
    assert all(n >= e for n, e in zip(met, expected.tolist()))  # everybody else is drawn
    counts = partners[:, sizes.argmax()].bincount(minlength=len(method.train))
    fair = 300 / (sizes.max() - 1)
    assert counts.max() < fair + 6 * fair**0.5


def test_crust_mixed_labels_are_those_of_the_two_samples():
    method, chosen = selected(**PAPER, keep=0.2, alpha=5.0)
    state = method.rng.get_state()
    i = chosen[:40]
    x, y, _ = method.batch(method.train.inputs(i), method.train.y[i], i)
    method.rng.set_state(state)
    j = method.partner(i)
    x1, x2 = method.train.inputs(i).flatten(1), method.train.inputs(j).flatten(1)
    differ = i != j
    lam = (((x.flatten(1) - x2) * (x1 - x2)).sum(1) / (x1 - x2).square().sum(1))[differ]
    assert differ.any() and (lam > 0).all() and (lam < 1).all() and lam.unique().numel() > 1
    one = torch.eye(10)
    y1, y2 = one[method.train.y[i]][differ], one[method.train.y[j]][differ]
    assert torch.allclose(y[differ], lam[:, None] * y1 + (1 - lam[:, None]) * y2, rtol=0, atol=1e-4)
    assert torch.allclose(x.flatten(1)[~differ], x1[~differ], rtol=0, atol=1e-6)
    assert torch.equal(y.sum(1) > 0.999, torch.ones(40, dtype=torch.bool))


def test_crust_released_mixes_with_the_same_given_label_and_keeps_it():
    method, chosen = selected()
    i = chosen[:40]
    partners = torch.stack([method.partner(i) for _ in range(200)])
    assert torch.equal(method.train.y[partners], method.train.y[i].expand(200, 40))
    outside = ~torch.isin(partners, chosen)
    assert 0.3 < outside.float().mean() < 0.7  # half of the samples are not chosen
    state = method.rng.get_state()
    x, y, _ = method.batch(method.train.inputs(i), method.train.y[i], i)
    method.rng.set_state(state)
    j = method.partner(i)
    x1, x2 = method.train.inputs(i).flatten(1), method.train.inputs(j).flatten(1)
    lam = ((x.flatten(1) - x2) * (x1 - x2)).sum(1) / (x1 - x2).square().sum(1)
    lam = lam[i != j]
    assert torch.equal(y, method.train.y[i]) and lam.max() - lam.min() < 1e-3 and lam.min() > 0


def test_crust_begins_when_its_start_says():
    loop = bound(CRUST(start=2, mixup_after=1))
    method, split, i = loop.method, loop.task.train, torch.arange(32)
    x, y = split.inputs(i), split.y[i]
    for epoch, chosen, mixed in ((0, False, False), (1, False, False), (2, True, False), (3, True, True)):
        method.set_epoch(epoch)
        assert (method.select(split, epoch) is not None) == chosen
        assert torch.equal(method.batch(x, y, i)[0], x) != mixed


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_crust_with_everything_kept_is_plain_sgd(variant):
    mine = train(CRUST(keep=1.0, start=0, variant=variant, **PLAIN), weight_decay=1e-3)
    assert torch.equal(first_weights(mine), first_weights(train(ERM(), weight_decay=1e-3)))


@pytest.mark.parametrize("selector", ["facility_location", "kmedoids", "centrality"])
def test_crust_with_everything_kept_is_weighted_sgd(selector):
    mine, chosen = selected(keep=1.0, selector=selector, weights="cluster", mixup="none")
    assert torch.equal(chosen, torch.arange(len(mine.train))) and (mine.trust == 1).all()


def norm_net(shape, classes):
    """A small network with BatchNorm."""
    layers = torch.nn.Flatten(), torch.nn.Linear(shape[-1] * shape[-2], 16), torch.nn.BatchNorm1d(16)
    return torch.nn.Sequential(*layers, torch.nn.ReLU(), torch.nn.Linear(16, classes))


@SPACES
def test_crust_looks_without_touching_the_network(space):
    loop = bound(CRUST(start=0, space=space), net=norm_net)
    method, state = loop.method, {k: v.clone() for k, v in loop.method.nets[0].state_dict().items()}
    for on in (True, False):
        method.train_mode(on)
        method.select(loop.task.train, 0)
        assert method.nets[0].training is on
    assert all(torch.equal(v, state[k]) for k, v in method.nets[0].state_dict().items())
    method.mode = "train"
    method.select(loop.task.train, 0)
    assert not torch.equal(method.nets[0].state_dict()["2.running_mean"], state["2.running_mean"])
    assert method.nets[0].training is False


def softly(shape, classes):
    """A network that does not end in a linear layer."""
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, classes), torch.nn.Softplus())


def test_crust_in_feature_space_needs_a_last_linear_layer():
    with pytest.raises(ValueError, match="net of CRUST is 'Sequential'; it must be a network that ends in a Linear"):
        bound(CRUST(), net=softly)
    bound(CRUST(space="logit", start=0), net=softly).one_batch()
    assert last_linear(labkit.nets.mlp((1, 8, 8), 10), torch.zeros(1, 1, 8, 8)).out_features == 10


def test_crust_by_centrality_drops_wrong_labels_and_by_greedy_does_not():
    task, precision = digits(rate=0.4, n=1000), {}
    for selector in ("centrality", "facility_location"):
        method = CRUST(selector=selector, group_by="prediction", space="logit", start=8, mixup="none")
        method = labkit.fit(method, task, "mlp", 8, 0, recipe={"lr": 0.02}).method
        method.start = 0
        chosen = method.select(task.train, 8)
        precision[selector] = (task.train.y == task.truth.y)[chosen].float().mean().item()
    assert precision["centrality"] > 0.85 > 0.6 > precision["facility_location"]


BAD = [
    ({"keep": 0.0}, "keep of CRUST is 0.0"),
    ({"keep": 1.5}, "keep of CRUST is 1.5"),
    ({"variant": "papers"}, "did you mean 'paper'"),
    ({"selector": "centralty"}, "selector of CRUST is 'centralty'.*did you mean 'centrality'"),
    ({"group_by": "labels"}, "group_by of CRUST"),
    ({"space": "logits"}, "space of CRUST"),
    ({"weights": "size"}, "weights of CRUST"),
    ({"mixup": True}, "mixup of CRUST"),
    ({"mode": "test"}, "mode of CRUST"),
    ({"radius": 0}, "radius of CRUST"),
    ({"partners": 0}, "partners of CRUST"),
    ({"start": -1}, "start of CRUST"),
    ({"mixup_after": 0.5}, "mixup_after of CRUST"),
    ({"alpha": 0}, "alpha of CRUST"),
    ({"alpha": [1.0, 2.0, 3.0]}, "alpha of CRUST"),
]


@pytest.mark.parametrize("settings, message", BAD)
def test_crust_names_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        CRUST(**settings)


@pytest.mark.slow
@pytest.mark.data("mnist")
def test_crust_on_mnist_keeps_clean_labels_by_centrality_only():
    task = labkit.corrupt(labkit.load("mnist", n=20_000), labkit.noise.symmetric(0.5), 0)
    recipe = {"lr": 0.01, "momentum": 0.9, "batch": 128}
    method = labkit.fit(CRUST(space="logit", group_by="prediction", start=6), task, "lenet", 6, 0, recipe=recipe).method
    precision, method.start = {}, 0
    for selector in ("centrality", "facility_location"):
        method.selector = selector
        chosen = method.select(task.train, 6)
        precision[selector] = (task.train.y == task.truth.y)[chosen].float().mean().item()
    print(precision)
    assert precision["centrality"] > 0.95 and precision["facility_location"] < 0.5

"""PRL's regression on faces: the features, the table, and what the paper claims, on real landmarks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import hypergeom
from sklearn.linear_model import Ridge

import labkit
from labkit.data import overlap
from labkit.papers.prl import landmarks
from labkit.ranks import smallest

ERM, PRL_L, HUBER = "ERM", "PRL(L)", "Huber"
CLAIMED = ("signflip", "uninoise", "mixture")


@pytest.fixture(scope="module")
def drawn():
    """Features of the drawn faces, from a CNN that was trained for a moment."""
    return landmarks.features(labkit.load("faces", n=600), epochs=3)


def test_features_belong_to_their_targets(drawn):
    assert drawn.shape == (512,) and drawn.train.x.dtype == torch.float32 and drawn.classes is None
    linear = Ridge(1.0).fit(drawn.train.x.numpy(), drawn.train.y.numpy())
    assert linear.score(drawn.test.x.numpy(), drawn.test.y.numpy()) > 0.3
    assert linear.score(drawn.train.val.x.numpy(), drawn.train.val.y.numpy()) > 0.3


def test_features_are_half_of_the_samples_with_their_ids_and_units(drawn):
    faces = labkit.load("faces", n=600)
    ids = torch.cat([drawn.train.ids, drawn.train.val.ids])
    assert len(ids) == 300 == len(ids.unique()) and len(drawn.train.val) == 30 and len(drawn.test) == 400
    assert overlap(drawn.train, faces.train) + overlap(drawn.train, faces.train.val) == 270
    assert drawn.train.y.mean(0).abs().max() < 1e-5 and torch.allclose(
        drawn.train.y.std(0, correction=0), torch.ones(10)
    )
    assert torch.equal(drawn.truth.y, drawn.train.y) and torch.equal(drawn.truth.val, drawn.train.val.y)
    everything = labkit.load("faces", val=0.0, standardise=False).train  # ids count in the whole training set
    place = {id.item(): k for k, id in enumerate(everything.ids)}
    for half in (drawn.train, drawn.train.val):
        there = everything.y[[place[id.item()] for id in half.ids]]
        assert torch.allclose(drawn.units.stored(half.y), there, atol=1e-5)
    assert torch.allclose(drawn.units.stored(drawn.test.y), faces.units.stored(faces.test.y), atol=1e-5)


def test_the_papers_protocol_takes_the_features_of_the_test_images():
    faces = labkit.load("faces", n=200)
    task = landmarks.features(faces, protocol="paper", epochs=1)
    assert task.name == faces.name and task.shape == (512,)
    assert (len(task.train), len(task.train.val), len(task.test)) == (288, 32, 80)  # of 400 test images
    assert task.train.origin == faces.test.origin
    rows = torch.cat([task.train.ids, task.train.val.ids])
    assert len(rows.unique()) == 320
    stored = faces.units.stored(faces.test.y)
    assert torch.allclose(task.units.stored(torch.cat([task.train.y, task.train.val.y])), stored[rows], atol=1e-5)
    rest = torch.tensor(sorted(set(range(400)) - set(rows.tolist())))
    there = task.units.stored(task.test.y)
    apart = (there[:, None] - stored[rest]).abs().amax(-1)
    assert apart.min(1).values.max() < 1e-5  # the other images, and so none is in both
    other = landmarks.features(faces, protocol="paper", epochs=1, seed=1)
    assert not torch.equal(other.train.ids, task.train.ids)


def test_celeba_gets_the_papers_protocol_and_its_name_and_size_fill_the_papers_cells(monkeypatch):
    faces = labkit.load("faces", n=200)
    celeba = replace(faces, name="celeba-landmarks")
    task = landmarks.features(celeba, epochs=1)
    assert task.name == "celeba-landmarks" and len(task.test) == 80
    assert landmarks.features(faces, epochs=1).name == "faces features"
    with pytest.raises(ValueError, match="protocol is 'thirds'; it may be paper, halves"):
        landmarks.features(faces, protocol="thirds")


def test_a_network_that_the_store_keeps_gives_the_same_features_in_every_bit(tmp_path):
    faces = labkit.load("faces", n=200)
    first, second = (landmarks.features(faces, epochs=1, store=tmp_path) for _ in range(2))
    assert first.hash() == second.hash() and len(list(tmp_path.glob("*/config.json"))) == 1


def test_last_inputs_lead_to_the_outputs():
    split, net = labkit.load("faces", n=100).train, labkit.nets.celeba_cnn((1, 24, 24), 10).eval()
    with torch.no_grad():
        seen = landmarks.last_inputs(net, split)
        assert seen.shape == (90, 512) and torch.allclose(net[-1](seen), net(split.inputs()), atol=1e-6)
    assert not net[-1]._forward_pre_hooks
    with pytest.raises(ValueError, match="linear"):
        landmarks.last_inputs(torch.nn.Flatten(), split)


def test_seeds_decide_and_the_global_generator_is_left_alone():
    faces, before = labkit.load("faces", n=200), torch.get_rng_state()
    a, b, c = (landmarks.features(faces, epochs=1, seed=seed) for seed in (1, 1, 2))
    assert a.hash() == b.hash() != c.hash() and torch.equal(before, torch.get_rng_state())
    assert not torch.equal(a.train.ids, c.train.ids)


def test_bad_input_is_named(drawn):
    for task in (
        labkit.load("digits", n=100),
        labkit.corrupt(labkit.load("faces", n=100), labkit.noise.signflip(0.2), 0),
    ):
        with pytest.raises(ValueError, match="clean regression"):
            landmarks.features(task, epochs=1)
    for given, named in (({"noises": ["symmetric"]}, "noises"), ({"methods": ["PRL"]}, "methods")):
        with pytest.raises(ValueError, match=named):
            landmarks.table(drawn, **given)
    for batch in (0, 11, 2.0):
        with pytest.raises(ValueError, match="batch"):
            landmarks.quota_precision(n=10, rate=0.4, batch=batch)


def test_a_table_of_every_noise_method_and_seed(drawn, tmp_path):
    runs = landmarks.table(drawn, epochs=2, store=tmp_path)
    assert len(runs) == 6 * 3 * 2 and set(runs.noise) == set(landmarks.NOISES)
    for noise in landmarks.NOISES:
        assert any(line.startswith(noise) for line in landmarks.lines(runs))
    clean = runs[runs.noise == "clean"].set_index(["method", "seed"])
    assert clean.loc[ERM, "last"].equals(clean.loc[PRL_L, "last"]) and (clean.rate == 0).all()
    noisy = runs[runs.noise != "clean"].set_index("method")
    assert np.allclose(noisy.loc[[ERM, HUBER], "precision"], 0.6, atol=0.01)
    again = landmarks.table(drawn, noises=["mixture"], methods=[ERM], epochs=2)
    same = runs[(runs.noise == "mixture") & (runs.method == ERM)]
    assert again["last"].tolist() == same["last"].tolist()
    assert landmarks.table(drawn, epochs=2, store=tmp_path)["last"].equals(runs["last"])


def test_the_assumed_rate_is_what_the_filter_uses(drawn):
    whole = {"epochs": 1, "recipe": {"optimiser": "adam", "lr": 1e-3, "batch": 512}, "seeds": [0]}
    linadv = lambda **more: landmarks.table(drawn, noises=["linadv"], methods=[PRL_L], **whole, **more).precision.item()
    assert linadv() == linadv(assumed=0.4) == 1 and linadv(assumed=0.1) == pytest.approx(162 / int(0.9 * 270))


@pytest.mark.parametrize("assumed", [None, 0.3, 0.5])
@pytest.mark.parametrize("batch", [8, 32, 200])
def test_quota_precision_is_that_of_a_perfect_ranking(batch, assumed):
    n, rate, draws = 200, 0.4, 4000
    rng = torch.Generator().manual_seed(0)
    wrong = (torch.arange(n) < int(rate * n)).expand(draws, n).float()
    batches = wrong.gather(1, torch.rand(draws, n, generator=rng).argsort(1))[:, :batch]
    kept = smallest(batches, int((1 - (assumed or rate)) * batch))
    right, precision = (
        1 - batches[kept].mean().item(),
        landmarks.quota_precision(n=n, rate=rate, batch=batch, assumed=assumed),
    )
    assert precision == pytest.approx(right, abs=0.005)
    left, wrong = int((1 - (assumed or rate)) * batch), hypergeom(n, int(rate * n), batch)
    assert precision == pytest.approx(1 - wrong.expect(lambda k: (k - batch + left).clip(min=0)) / left, rel=1e-9)


@pytest.fixture(scope="module")
def real():
    return landmarks.features(labkit.load("face-landmarks"))


@pytest.fixture(scope="module")
def score(real):
    """score(noise, method, **more of table) -> R2 and facts of one run, mean of the last ten epochs"""
    return lambda noise, method, **more: landmarks.table(
        real, noises=[noise], methods=[method], seeds=[0], **more
    ).iloc[0]


@pytest.mark.slow
@pytest.mark.data("face-landmarks")
def test_prl_l_keeps_what_least_squares_lose(score):
    assert score("clean", ERM).last10 > 0.8
    for noise in CLAIMED:
        # a recipe with which plain training fits wrong targets, too
        heart = {"epochs": 100, "recipe": labkit.Recipe(optimiser="adam", lr=1e-3, momentum=0.0, batch=128)}
        for more in ({}, heart):
            assert score(noise, PRL_L, **more).last10 > 0.75
        assert score(noise, ERM, **heart).last10 < 0.3
    for noise in ("signflip", "mixture"):
        assert score(noise, ERM).last10 < 0.3
    assert 0.55 < score("uninoise", ERM).last10 < 0.75  # the paper prints .656
    assert score("pairflip", PRL_L).last10 > 0.75 < score("pairflip", ERM).last10  # a small error on unaligned faces


@pytest.mark.slow
@pytest.mark.data("face-landmarks")
def test_linadv_comes_through_the_quota_of_a_batch_and_not_through_the_ranking(real, score):
    assert score("linadv", ERM).last10 < -10
    small = score("linadv", PRL_L, epochs=80, recipe={"optimiser": "adam", "lr": 1e-3, "batch": 32})
    assert small.last10 < 0 and small.oracle_best > 0.6 and small.auc > 0.99
    assert small.precision == pytest.approx(landmarks.quota_precision(n=len(real.train), rate=0.4, batch=32), abs=0.02)
    whole = {"optimiser": "adam", "lr": 1e-3, "batch": len(real.train)}
    for more in ({}, {"assumed": 0.5}, {"epochs": 80, "recipe": whole}):
        assert score("linadv", PRL_L, **more).last10 > 0.75
    assert score("signflip", PRL_L).best_val < 0.5 < score("signflip", PRL_L).last10

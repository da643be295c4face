"""Recipes: schedules, optimisers, augmentation, and the values that the papers give."""

from dataclasses import replace

import pytest
import torch
from tools import digits, weights

import labkit
from labkit.fit.augment import Augment
from labkit.recipes import PAPERS


def test_cosine_falls_from_the_first_rate_and_starts_again():
    recipe = labkit.Recipe(lr=0.2, cosine=4)
    assert [recipe.lr_at(e) for e in range(1, 9)] == pytest.approx([0.2, 0.170711, 0.1, 0.029289] * 2, abs=1e-6)


def test_entries_that_came_later_do_not_rename_older_runs():
    plain = labkit.Recipe()
    assert not {"betas", "cosine", "augment"} & set(plain.record())
    assert labkit.Recipe(cosine=3, augment="crop_flip").record() == plain.record() | {
        "cosine": 3,
        "augment": "crop_flip",
    }


def test_extra_groups_may_have_adam_and_rates_of_their_own():
    net, b, c = (torch.nn.Linear(2, 2) for _ in range(3))
    groups = [
        {"params": list(b.parameters()), "lr": 7.0, "momentum": 0.0, "weight_decay": 0.0},
        {"params": list(c.parameters()), "lr": "same", "optimiser": "adam", "weight_decay": 0.0},
    ]
    recipe = labkit.Recipe(lr=0.1, milestones=(1,))
    opts = recipe.optimisers([net], groups)
    assert [type(opt).__name__ for opt in opts] == ["SGD", "SGD", "Adam"]
    assert [opt.param_groups[0]["lr"] for opt in opts] == [0.1, 7.0, 0.1]
    recipe.schedule(opts, 2)
    assert [opt.param_groups[0]["lr"] for opt in opts] == pytest.approx([0.01, 0.7, 0.01])


def test_adam_has_its_betas():
    opt = labkit.Recipe(optimiser="adam", betas=(0.1, 0.9)).optimisers([torch.nn.Linear(1, 1)], [])[0]
    assert opt.param_groups[0]["betas"] == (0.1, 0.9)


# -- augmentation


def by_hand(image, kind, black, offset_y, offset_x, mirrored):
    """One sample, with torch's own padding and slicing."""
    if kind == "crop_flip":
        padded = torch.nn.functional.pad(image - black, (4, 4, 4, 4)) + black
    else:
        padded = torch.nn.functional.pad(image[None], (4, 4, 4, 4), mode="reflect")[0]
    size_y, size_x = image.shape[1:]
    crop = padded[:, offset_y : offset_y + size_y, offset_x : offset_x + size_x]
    return crop.flip(2) if mirrored else crop


@pytest.mark.parametrize("kind", ["crop_flip", "reflect_crop_flip"])
def test_augmented_images_are_crops_of_the_padded_one(kind):
    x = torch.randn(40, 3, 9, 12, generator=torch.Generator().manual_seed(0))
    black = torch.tensor([-2.0, -1.0, -3.0]).view(1, 3, 1, 1)
    out = Augment(kind, black, torch.Generator().manual_seed(1))(x)
    assert out.shape == x.shape
    seen = set()
    for image, augmented in zip(x, out):
        found = [
            (dy, dx, flip)
            for dy in range(9)
            for dx in range(9)
            for flip in (False, True)
            if torch.allclose(by_hand(image, kind, black[0], dy, dx, flip), augmented, atol=1e-6)
        ]
        assert len(found) == 1
        seen |= set(found)
    assert len(seen) > 30 and {flip for *_, flip in seen} == {False, True}


def test_augmentation_is_part_of_the_seed_and_only_of_training():
    task = digits()
    runs = [
        labkit.fit("ERM", task, "small_cnn", 2, 0, recipe={"augment": kind}) for kind in ("crop_flip",) * 2 + (None,)
    ]
    assert torch.equal(weights(runs[0].method), weights(runs[1].method))
    assert not torch.equal(weights(runs[0].method), weights(runs[2].method))
    logits = runs[0].method.nets[0](task.test.inputs())
    assert (logits.argmax(1) == task.test.y).float().mean().item() == pytest.approx(runs[0].accuracy["last"])


def test_augmentation_resumes_in_mid_epoch(tmp_path):
    calls = iter(range(99))
    settings = dict(recipe={"augment": "reflect_crop_flip"}, checkpoint_every=0.0)
    labkit.fit("ERM", digits(), "mlp", 4, 0, store=tmp_path, on_epoch=lambda run: next(calls) == 1, **settings)
    resumed = labkit.fit("ERM", digits(), "mlp", 4, 0, store=tmp_path, **settings)
    straight = labkit.fit("ERM", digits(), "mlp", 4, 0, **settings)
    assert torch.equal(weights(resumed.method), weights(straight.method))


@pytest.mark.parametrize(
    "entries, words",
    [
        ({"augment": "crop"}, ["augment", "crop", "crop_flip"]),
        ({"cosine": 0}, ["cosine", "0"]),
        ({"cosine": 5, "milestones": (3,)}, ["cosine", "without milestones"]),
    ],
)
def test_bad_entries_are_named(entries, words):
    with pytest.raises(ValueError) as error:
        labkit.Recipe.of(entries)
    assert all(word in str(error.value) for word in words)


# -- the papers


def test_every_paper_recipe_names_things_that_exist():
    for name, plan in PAPERS.items():
        assert plan.net in labkit.nets.ALL, name
        assert isinstance(plan.recipe, labkit.Recipe) and plan.epochs > 0 and plan.doubts is not None
        assert all(noise in labkit.noise.ALL for noise in plan.noise), name
        assert 0 <= plan.held_out < 1 and (plan.scale is None or isinstance(plan.scale, labkit.data.Scale)), name


def test_paper_recipes_hold_out_what_the_papers_do():
    assert {name: plan.held_out for name, plan in PAPERS.items() if "CIFAR" in name or "RMNW" in name} == {
        **dict.fromkeys(("CRUST, CIFAR-10", "CRUST, CIFAR-100", "PRL, CIFAR"), 0.0),
        **dict.fromkeys(("RMNW-Net, WRN-28-10", "RMNW-Net, ResNet-32"), 0.0),
    }
    assert PAPERS["CDR+AUX, MNIST"].held_out == 0.1
    plain, held = (PAPERS[name].load("digits", n=100) for name in ("PRL, CelebA", "CRUST, mini-WebVision"))
    assert (len(plain.train), len(plain.train.val)) == (90, 10) and (len(held.train), len(held.train.val)) == (100, 0)
    assert len(PAPERS["CRUST, mini-WebVision"].load("digits", n=100, val=0.2).train) == 80


def test_a_paper_recipe_scales_the_inputs_as_its_code_does():
    plan = PAPERS["RMNW-Net, ResNet-32"]
    x = torch.randint(256, (40, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    task = labkit.data.scaled(labkit.Task.of(x, torch.arange(40) % 2, x, torch.arange(40) % 2), plan.scale)
    mean, std = (torch.tensor(row)[:, None, None] for row in ([125.3, 123.0, 113.9], [63.0, 62.1, 66.7]))
    right = (x.float() - mean) / std
    assert (task.train.inputs() - right[task.train.ids]).abs().max() < 1e-5
    assert (task.train.val.inputs() - right[task.train.val.ids]).abs().max() < 1e-5
    assert (task.test.inputs() - right).abs().max() < 1e-5


def test_the_scale_of_a_plan_reaches_the_network():
    plan = replace(PAPERS["PRL, CIFAR"], scale=labkit.data.Scale(16.0, (0.5,), (0.25,)))
    seen = []
    hook = torch.nn.modules.module.register_module_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    try:
        labkit.fit("ERM", plan.load("digits", n=50), "mlp", 1, 0, {"batch": 50}, progress=False)
    finally:
        hook.remove()
    task = labkit.load("digits", n=50, val=0.0)
    right = (task.train.x.float() / 16 - 0.5) / 0.25
    batch = next(x for x in seen if x.shape == right.shape)
    assert batch.min() == -2 and batch.max() == 2 and (batch.mean() - right.mean()).abs() < 1e-5


@pytest.mark.parametrize(
    "scale, words",
    [
        ("unit", ["scale", "unit", "Scale"]),
        (labkit.data.Scale(255.0, (0.1, 0.2), (1.0, 1.0)), ["scale", "[2]", "1"]),
        (labkit.data.Scale(255.0, (0.1,), (1.0, 1.0)), ["scale", "[1, 2]"]),
    ],
)
def test_a_scale_that_does_not_fit_is_named(scale, words):
    with pytest.raises(ValueError) as error:
        labkit.data.scaled(digits(), scale)
    assert all(word in str(error.value) for word in words)
    with pytest.raises(ValueError, match="uint8"):
        labkit.data.scaled(faces_as_floats(), labkit.data.Scale())


def faces_as_floats():
    """A task whose samples are floats. -> Task"""
    x = torch.rand(20, 1, 4, 4)
    return labkit.Task.of(x, torch.arange(20) % 2, x, torch.arange(20) % 2)


def test_a_paper_recipe_can_be_passed_on():
    plan = PAPERS["CDR+AUX, MNIST"]
    assert (plan.recipe.lr, plan.recipe.milestones, plan.recipe.batch, plan.net) == (0.01, (9, 19), 32, "lenet")
    rates = [plan.recipe.lr_at(epoch) for epoch in range(1, plan.epochs + 1)]
    assert [sum(abs(rate - lr) < 1e-12 for rate in rates) for lr in (1e-2, 1e-3, 1e-4)] == [9, 10, 81]
    run = labkit.fit("ERM", digits(), "mlp", 1, 0, recipe=plan.recipe)
    assert run.config["recipe"]["weight_decay"] == 1e-3

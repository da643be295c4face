"""Lesson 10: corrupted landmarks, what its panel draws, and what its exercises say."""

import numpy as np
import pytest
import torch

import labkit
from labkit.lessons.l10 import figures, study
from labkit.panels import lessons
from labkit.panels.stored import draw_frame, load


@pytest.mark.parametrize("noise", study.NOISES)
def test_faces_that_are_wrong_at_a_low_rate_are_wrong_at_a_high_one(noise):
    low, high = (study.wrong_rows(study.faces(noise, noise_rate=rate)) for rate in (0.1, 0.4))
    assert low.sum() == 144 and high.sum() == 576 and (high | ~low).all()


def test_the_chosen_faces_are_the_first_wrong_and_right_ones():
    task = study.faces("signflip", noise_rate=0.4)
    wrong = study.wrong_rows(task)[study.chosen(task, 4, 2)]
    assert wrong.tolist() == [True] * 4 + [False] * 2
    clean = study.faces("signflip", noise_rate=0.0)
    assert not study.wrong_rows(clean)[study.chosen(clean, 4, 2)].any() and len(study.chosen(clean, 4, 2)) == 6


def test_true_landmarks_are_in_the_image_and_linadv_throws_them_out():
    task = study.faces("linadv", noise_rate=0.4)
    i = study.wrong_rows(task).nonzero()[:, 0]
    inside = lambda y: ((study.places(y[i], task) >= 0) & (study.places(y[i], task) <= 1)).double().mean()
    assert inside(task.truth.y) == 1 and inside(task.train.y) < 0.5


def test_a_story_keeps_what_the_network_predicts_after_every_epoch():
    i, heard = study.chosen(study.faces("signflip", noise_rate=0.4)), []
    story = study.followed(
        "signflip", noise_rate=0.4, method="PRL(L)", i=i, epochs=2, report=lambda s: heard.append(len(s.predicted))
    )
    assert heard == [1, 2] and len(story.run.rows) == 2
    task, net = study.faces("signflip", noise_rate=0.4), story.run.method.nets[0]
    with torch.no_grad():
        assert torch.allclose(study.places(net(task.train.inputs(i)), task), story.predicted[-1])
    plain = study.trained("signflip", noise_rate=0.4, method="PRL(L)", epochs=2)
    assert [row["r2_test"] for row in plain.rows] == [row["r2_test"] for row in story.run.rows]


def test_jitter_moves_a_target_as_far_as_a_reflection_and_keeps_its_mean():
    task = study.faces("jitter", noise_rate=0.4)
    wrong = study.wrong_rows(task)
    moved = (task.train.y - task.truth.y)[wrong]
    assert int(wrong.sum()) == 576
    assert moved.square().mean().item() == pytest.approx(4, abs=0.2) and abs(moved.mean().item()) < 0.1


def test_a_corrupted_target_is_learnt_where_the_prediction_is_nearer_to_it():
    run = study.trained("signflip", noise_rate=0.4, method="least squares", epochs=2)
    task = study.faces("signflip", noise_rate=0.4)
    wrong = study.wrong_rows(task)
    predicted = labkit.measure.outputs(run.method, task.train)[wrong]
    nearer = (predicted * task.truth.y[wrong]).sum(1) < 0  # the given target is the true one with its sign changed
    assert study.learnt(run, task) == pytest.approx(nearer.double().mean().item(), abs=0.01)


def test_a_method_below_the_axis_is_named_in_the_picture():
    def curve(values):
        return labkit.Run({}, [{"epoch": k, "r2_test": value} for k, value in enumerate(values, 1)])

    race = {"least squares": [curve([-3, -2])], "PRL(L)": [curve([0.1, 0.5])]}
    (ax,) = figures.r2_race({"linadv": race}).axes
    assert [text.get_text() for text in ax.texts] == ["below -1 in every epoch: least squares"]
    assert ax.get_ylim()[0] < -1 and list(ax.lines[1].get_ydata()) == [0.1, 0.5]


def test_perfect_answers_look_worse_than_the_mean_on_mirrored_validation():
    scores = study.perfect_scores(study.faces("signflip", noise_rate=0.4))
    assert scores["the true targets"] < -0.3 < scores["always the mean"] <= 0
    clean = study.perfect_scores(study.faces("signflip", noise_rate=0.0))
    assert clean["the true targets"] == 1


def test_every_epoch_has_the_landmarks_of_the_story(monkeypatch):
    monkeypatch.setenv("LABKIT_FAST", "1")
    sketch, trainings = lessons.sketch("10"), []
    whole = study.followed
    monkeypatch.setattr(study, "followed", lambda *a, **k: trainings.append(a) or whole(*a, **k))
    rate = sketch.moved(sketch.positions, rate=0.3)
    frame, again = (draw_frame(sketch, rate) for _ in range(2))
    assert len(trainings) == 1 and frame == again
    task = study.faces("signflip", noise_rate=0.3)
    story = whole("signflip", noise_rate=0.3, method="least squares", i=study.chosen(task), epochs=3)
    faces = frame["picture"]["faces"]
    assert [about["name"] for about in faces["marks"]] == ["given", "true"]
    for places, moving in zip(story.predicted, faces["per_epoch"]["moving"], strict=True):
        assert np.allclose(places, moving[0]["points"], atol=1e-3)
    assert "epoch 3" in frame["message"] and min(frame["picture"]["history"]["series"][0]["y"]) >= -1


def test_stored_answers_are_those_of_the_question():
    kept = load("10")
    assert len(kept["answers"]) == 5 and max(kept["answers"]) < lessons.sketch("10").question.naive - 0.2
    assert len(kept["frames"]) == len(lessons.sketch("10").kept())


def clipped(g, clip):
    return (g * (clip / g.norm(dim=1, keepdim=True)).clamp(max=1)).mean(0)


def run(noise="linadv", method="Min-SGD", curve=(0.1, 0.2, 0.3), seed=0, rate=0.4):
    """A Run as far as exercise 10.5 looks at it."""
    record = {"name": noise, "rate": rate} if noise else None
    return labkit.Run({"noise": record, "method": method, "seed": seed}, [{"r2_test": value} for value in curve])


RIGHT = [
    ("10.1", 0.36),
    ("10.2", -0.6),
    ("10.3", clipped),
    ("10.3", lambda g, clip: clipped(g, clip).tolist()),
    ("10.4", 13 / 16),
    ("10.5", (run(), run("uninoise"))),
    ("10.5", [run("uninoise"), run()]),
]
MISTAKES = [
    ("10.1", 0.6, "fraction of clean rows"),
    ("10.1", 0.2, "that is the factor"),
    ("10.1", 0.04, "variance of 0.2 y"),
    ("10.1", -0.6, "clean"),
    ("10.1", 0.64, "that is the error"),
    ("10.1", -0.2, "memorised corrupted rows"),
    ("10.2", 0.6, "squares, not rows"),
    ("10.2", 0.2, "4 y^2"),
    ("10.2", 0.36, "least-squares"),
    ("10.2", 0, "mean face"),
    ("10.2", 1, "clean targets"),
    ("10.2", -1.4, "60 % of the rows were reflected"),
    ("10.2", -60, "a hundred times too large"),
    ("10.3", lambda g, c: g.mean(0) * (c / g.mean(0).norm()).clamp(max=1), "NormClip"),
    ("10.3", lambda g, c: g.clamp(-c, c).mean(0), "every *number*"),
    ("10.3", lambda g, c: (g * c / g.norm(dim=1, keepdim=True)).mean(0), "short rows longer"),
    ("10.3", lambda g, c: clipped(g, c) * len(g), "the sum"),
    ("10.3", lambda g, c: g.mean(0), "nothing is clipped"),
    ("10.3", lambda g, c: (g * (g.norm(dim=1, keepdim=True) <= c)).mean(0), "drops the long rows"),
    ("10.3", lambda g, c: g, "one mean gradient"),
    ("10.3", lambda g, c: 3 * g[0], "not the mean"),
    ("10.3", lambda g, c: "short", "is a text"),
    ("10.4", 1, "however good"),
    ("10.4", 0.5, "without any filter"),
    ("10.4", 3 / 16, "fraction of wrong rows"),
    ("10.4", 10 / 16, "divide by the 2"),
    ("10.4", 11 / 16, "how often"),
    ("10.5", run(), "a pair of Runs"),
    ("10.5", (run(), run()), "linadv and linadv"),
    ("10.5", (run(), run("uninoise", "ERM")), "take Min-SGD"),
    ("10.5", (run(), run("uninoise", curve=(0.1, 0.2))), "3 and 2 epochs"),
    ("10.5", (run(), run("uninoise", curve=(0.1, 0.2, 0.4), seed=1)), "seeds or rates differ"),
    ("10.5", (run(), run("uninoise", curve=(0.1, 0.2, 0.4))), "the same seed has to"),
]


def test_min_sgd_does_not_see_how_wrong_rows_are_wrong():
    pair = [study.trained(noise, noise_rate=0.4, method="Min-SGD", epochs=3) for noise in ("linadv", "uninoise")]
    assert labkit.check("10.5", pair, strict=True)


def test_marks_stand_where_the_landmarks_are_in_their_own_image():
    task = study.faces("linadv", noise_rate=0.4)
    i = study.chosen(task, wrong=2, right=0)
    at = {"given": study.places(task.train.y[i], task).numpy()}
    at["true"] = study.places(task.truth.y[i], task).numpy()
    (ax,) = figures.landmark_faces({"one": (task.train.x[i], at), "two": (task.train.x[i][:1], at)}).axes
    faces = [image.get_extent() for image in ax.images]
    assert len(faces) == 3 and faces[0][0] == faces[2][0] and faces[0][1] < faces[1][0], "the second row has one face"
    for k, (left, right, bottom, top) in enumerate(faces):
        given, true = (np.stack(line.get_data(), 1) - (left, top) for line in ax.lines[2 * k : 2 * k + 2])
        assert np.allclose((right - left, bottom - top), 1) and np.allclose(true, at["true"][k % 2])
        assert np.abs(given - 0.5).max() < 0.62 < np.abs(at["given"][k % 2] - 0.5).max(), "drawn at the edge"

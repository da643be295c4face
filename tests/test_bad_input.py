"""What cannot be used is named, with its value and what it may be, before anything is trained or written."""

import numpy as np
import pytest
import torch
from tools import digits, faces, prepared

import labkit
from labkit import noise
from labkit.methods import CRUST, RMNWNet

X, Y = np.zeros((20, 1, 8, 8), np.uint8), np.arange(20) % 10


def arrays(x=X, y=Y, **settings):
    """A Task of arrays, with itself as test set."""
    return labkit.Task.of(x, y, x, y, **settings)


def spoiled(value):
    """Float images with one value that is not finite."""
    x = X.astype(np.float32)
    x[3, 0, 2, 2] = value
    return x


CASES = {
    "a rate of 1": (lambda: noise.symmetric(1.0), ["rate", "1.0", "[0, 1)"]),
    "a rate below 0": (lambda: noise.pairflip(-0.1), ["rate", "-0.1", "[0, 1)"]),
    "a rate that is no number": (lambda: noise.flip("much"), ["rate", "much"]),
    "labels that are no whole numbers": (lambda: arrays(y=Y + 0.5), ["y", "float"]),
    "labels below 0": (lambda: arrays(y=Y - 1), ["y", "-1"]),
    "labels of another length": (lambda: arrays(y=Y[:7]), ["y", "7", "20"]),
    "NaN in images": (lambda: arrays(x=spoiled(np.nan)), ["x", "finite"]),
    "infinity in images": (lambda: arrays(x=spoiled(np.inf)), ["x", "finite"]),
    "NaN in targets": (lambda: arrays(y=np.full((20, 2), np.nan, np.float32)), ["y", "finite"]),
    "a class without a sample": (lambda: arrays(y=np.where(Y == 4, 5, Y)), ["4", "class"]),
    "an unknown dataset": (lambda: labkit.load("mnits"), ["mnits", "did you mean 'mnist'"]),
    "an unknown method": (lambda: labkit.fit("Co-teach", digits(), "mlp", 1, 0), ["Co-teach", "did you mean"]),
    "an unknown network": (lambda: labkit.fit("ERM", digits(), "resnet33", 1, 0), ["resnet33", "did you mean"]),
    "an unknown selector": (lambda: CRUST(selector="medoids"), ["selector", "medoids", "did you mean 'kmedoids'"]),
    "a regression method on classes": (lambda: labkit.fit("Huber", digits(), "mlp", 1, 0), ["Huber", "numbers"]),
    "a classification method on numbers": (lambda: labkit.fit("GCE", faces(), "mlp", 1, 0), ["GCE", "classes"]),
    "class noise on numbers": (lambda: labkit.corrupt(labkit.load("faces"), noise.symmetric(0.2), 0), ["symmetric"]),
    "target noise on classes": (lambda: labkit.corrupt(labkit.load("digits"), noise.linadv(0.2), 0), ["linadv"]),
    "a meta method without a meta set": (lambda: labkit.fit("MW-Net", digits(), "mlp", 1, 0), ["meta", "meta_split"]),
    "samples of another number type": (
        lambda: labkit.fit("ERM", arrays(x=X.astype(np.float64)), "mlp", 1, 0),
        ["float64", "float32"],
    ),
}


@pytest.mark.parametrize("make, words", CASES.values(), ids=CASES)
def test_bad_input_is_named(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_meta_set_that_overlaps_the_training_set_is_refused(tmp_path):
    task, _ = prepared(RMNWNet)
    meta = labkit.Split(task.train.x[:40], task.train.y[:40], 10, task.train.scale, trusted=True)
    with pytest.raises(ValueError, match="meta is a set that shares 40 samples"):
        labkit.fit("RMNW-Net", task, "mlp", 1, 0, meta=meta, store=tmp_path)
    assert not list(tmp_path.iterdir())  # nothing half-written


def test_a_coreset_larger_than_its_class_is_refused():
    points = torch.randn(20, 3)
    with pytest.raises(ValueError, match="9"):
        labkit.coreset.select(points, 9, "facility_location", groups=torch.arange(20) % 4)


def test_a_missing_dataset_names_the_layout_and_the_command(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        labkit.load("cifar100", root=tmp_path)
    assert all(word in str(error.value) for word in (str(tmp_path), "cifar-100-python", "./lab fetch cifar100"))


def test_the_noise_of_a_label_file_of_the_wrong_length_is_refused(tmp_path):
    np.save(tmp_path / "labels.npy", np.arange(7))
    with pytest.raises(ValueError) as error:
        labkit.corrupt(labkit.load("digits"), noise.human("labels", file=tmp_path / "labels.npy"), 0)
    assert "7" in str(error.value)

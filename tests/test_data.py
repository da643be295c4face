"""Tasks from arrays, the embedded digits, real files, and downloads from a server on this machine."""

import gzip
import hashlib
import http.server
import socket
import struct
import threading
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import labkit
from labkit import data


def test_digits_are_scikit_learns():
    theirs, order = load_digits(), np.random.default_rng(0).permutation(1797)
    task, x, y = labkit.load("digits", val=0.0), theirs.images[order], theirs.target[order]
    for split, own in ((task.test, slice(360)), (task.train, slice(360, None))):
        assert (split.x[:, 0].numpy() == x[own]).all() and (split.y.numpy() == y[own]).all()


def test_digits_are_split_once_and_for_all():
    task, again = labkit.load("digits"), labkit.load("digits")
    assert (len(task.train), len(task.train.val), len(task.test)) == (1294, 143, 360)
    assert task.hash() == again.hash() and task.classes == 10 and task.shape == (1, 8, 8)
    assert torch.equal(task.train.y, task.truth.y)
    rows = [set(map(bytes, split.x.flatten(1).numpy())) for split in (task.train, task.train.val, task.test)]
    assert sum(map(len, rows)) - len(set.union(*rows)) <= 2  # the set itself holds a few equal images


def test_inputs_are_standardised():
    x = labkit.load("digits").train.inputs()
    assert x.dtype == torch.float32 and abs(x.mean()) < 0.01 and abs(x.std() - 1) < 0.01
    colour = data.Scale(255.0, (0.5, 0.2, 0.1), (0.25, 0.5, 1.0))(torch.full((2, 3, 4, 4), 255, dtype=torch.uint8))
    assert torch.allclose(colour[0, :, 0, 0], torch.tensor([2.0, 1.6, 0.9]))


def test_train_has_no_way_to_the_truth():
    task = labkit.corrupt(labkit.load("digits"), labkit.noise.symmetric(0.5), 0)
    held = list(vars(task.train).values()) + list(vars(task.train.val).values())
    tensors = [v for v in held if isinstance(v, torch.Tensor)]
    truths = (task.truth.y, task.truth.val)
    assert not any(t.shape == truth.shape and torch.equal(t, truth) for t in tensors for truth in truths)
    assert not any(isinstance(v, labkit.data.Truth | labkit.Task) for v in held)


def test_a_part_of_the_training_set():
    assert len(labkit.load("digits", n=100, val=0.2).train) == 80


def test_a_small_part_keeps_the_number_of_classes():
    task = labkit.load("digits", n=5, val=0.0)
    assert task.classes == 10 and len(task.train.y.unique()) < 10


def test_of_copies_what_it_is_given():
    x, y = np.zeros((10, 3), np.float32), np.arange(10) % 2
    task = labkit.Task.of(x, y, x.copy(), y.copy(), val=0.0)
    x += 1
    y += 1
    assert task.train.x.sum() == 0 and task.train.y.max() == 1


def test_regression_task_has_no_classes():
    x, y = np.random.default_rng(0).normal(size=(20, 4)), np.random.default_rng(1).normal(size=(20, 2))
    task = labkit.Task.of(x, y, x, y)
    assert task.classes is None and task.train.y.shape == (18, 2)


X, Y = np.zeros((10, 3), np.float32), np.arange(10) % 2


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: labkit.load("mnits"), ["name", "mnits", "did you mean 'mnist'"]),
        (lambda: labkit.load("digits", n=0), ["n is 0", "1..1437"]),
        (lambda: labkit.load("digits", val=1.5), ["val", "1.5", "[0, 1)"]),
        (lambda: labkit.Task.of(X, Y[:-1], X, Y), ["len(y)", "9", "10"]),
        (lambda: labkit.Task.of(X, Y - 1, X, Y), ["y", "-1"]),
        (lambda: labkit.Task.of(X, Y, X, Y + 1), ["y_test", "0..1"]),
        (lambda: labkit.Task.of(X * np.nan, Y, X, Y), ["x", "finite"]),
        (lambda: labkit.Task.of(X, Y.astype(float), X, Y.astype(float)), ["y", "[N, Q]"]),
        (lambda: labkit.Task.of(X, Y * 2, X, Y * 2), ["y is", "class 1", "0..2"]),
        (lambda: labkit.Task.of(X, Y * 2, X, Y, class_names=("a", "b", "c")), ["class 1 (b)"]),
        (lambda: labkit.Task.of(X, Y * 2 + (Y > 0), X, Y, class_names=("a", "b")), ["class 1 (b)", "2"]),
        (lambda: labkit.Task.of(X, Y, X, Y, classes=1), ["y is", "up to 1", "0..0"]),
        (lambda: labkit.Task.of(X, Y.astype(str), X, Y), ["y is", "<U", "integer classes"]),
        (lambda: labkit.Task.of(X, Y, X * np.inf, Y), ["x_test", "finite"]),
        (lambda: labkit.Task.of(X, X * np.nan, X, X), ["y is", "finite"]),
        (lambda: labkit.Task.of(X, X, X, X / 0), ["y_test is", "finite"]),
        (lambda: labkit.Task.of(X, X, X, X[:, :2]), ["y_test's shape", "[M, 3]"]),
        (lambda: labkit.Task.of(X, Y, X[:, :2], Y), ["x_test's shape", "[M, 3]"]),
        (lambda: labkit.Task.of(X, Y, X, Y, ids=[1, 2]), ["ids' shape", "(2,)", "[10]"]),
        (lambda: labkit.Task.of(X, Y, X, Y, limit_bytes="1 GB"), ["limit_bytes", "1 GB"]),
        (lambda: labkit.load("digits", size=3), ["size is 3", "left out"]),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert all(word in str(error.value) for word in words)


def test_missing_data_says_where_it_looked_and_how_to_fetch_it(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        labkit.load("mnist", root=tmp_path)
    for words in (str(tmp_path / "MNIST" / "raw"), "./lab fetch mnist", "train-images-idx3-ubyte", "LABKIT_DATA"):
        assert words in str(error.value)
    assert not any(tmp_path.iterdir())


def idx_files(n):
    """MNIST's four files with n random images, compressed. -> {name: bytes}"""
    rng = np.random.default_rng(0)
    images = struct.pack(">iiii", 2051, n, 28, 28) + rng.integers(0, 256, (n, 28, 28), np.uint8).tobytes()
    labels = struct.pack(">ii", 2049, n) + (np.arange(n) % 10).astype(np.uint8).tobytes()
    names = [f"{part}-{kind}" for part in ("train", "t10k") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
    return {f"{name}.gz": gzip.compress(images if "images" in name else labels) for name in names}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A server on this machine with a tiny MNIST, which torchvision's download is pointed at. -> base address"""
    from torchvision.datasets import MNIST

    (tmp_path / "served").mkdir()
    for name, content in idx_files(50).items():
        (tmp_path / "served" / name).write_bytes(content)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "served")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(MNIST, "mirrors", [address])
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in idx_files(50).items()]
    monkeypatch.setattr(MNIST, "resources", sums)
    yield address
    server.shutdown()


def test_download_fetches_checks_and_is_found_afterwards(mirror, tmp_path):
    root = tmp_path / "data"
    task = labkit.load("mnist", root=root, download=True)
    assert len(task.train) == 45 and task.shape == (1, 28, 28) and data.find("mnist", root)[1]
    assert labkit.load("mnist", root=root).hash() == task.hash()


def test_a_folder_that_was_copied_in_part_says_which_file_is_damaged(tmp_path):
    for name, content in idx_files(30).items():
        part = tmp_path / "MNIST" / "raw" / name.removesuffix(".gz")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(gzip.decompress(content))
    labels = tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte"
    fewer = gzip.decompress(idx_files(20)[f"{labels.name}.gz"])
    for content, words in ((labels.read_bytes()[:-9], "is 29 bytes that begin"), (fewer, "is 20; it must be 30")):
        labels.write_bytes(content)
        with pytest.raises(ValueError, match=f"{labels} {words}"):
            labkit.load("mnist", root=tmp_path)
    batches = tmp_path / "cifar-10-batches-py"
    batches.mkdir()
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch", "batches.meta"):
        (batches / name).write_bytes(b"half")
    with pytest.raises(ValueError, match=r"checksum of data_batch_1.* is another; .* delete it, then fetch"):
        labkit.load("cifar10", root=tmp_path)


def test_download_of_a_damaged_file_is_refused(mirror, tmp_path):
    served = tmp_path / "served" / "t10k-labels-idx1-ubyte.gz"
    served.write_bytes(served.read_bytes()[:-9] + b"oops-oops")
    with pytest.raises(FileNotFoundError, match="mnist could not be read or fetched"):
        labkit.load("mnist", root=tmp_path / "data", download=True)
    assert not data.find("mnist", tmp_path / "data")[1]


def test_no_network_is_one_readable_error(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        closed = s.getsockname()[1]
    monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{closed}/"])
    with pytest.raises(FileNotFoundError) as error:
        labkit.load("mnist", root=tmp_path, download=True)
    assert error.value.__cause__ is None and "With a network" in str(error.value)


@pytest.mark.data
@pytest.mark.parametrize("name, n, shape", [("mnist", 60_000, (1, 28, 28)), ("cifar10", 50_000, (3, 32, 32))])
def test_real_data(name, n, shape):
    task = labkit.load(name)
    assert len(task.train) + len(task.train.val) == n and len(task.test) == 10_000 and task.shape == shape
    x = task.train.inputs(torch.arange(2000))
    assert abs(x.mean()) < 0.05 and abs(x.std() - 1) < 0.3  # CIFAR's usual std is the mean over images: 1.2 remains
    noisy = labkit.corrupt(task, labkit.noise.asymmetric(0.4), 0)
    assert 0.1 < noisy.noise.realised < 0.25


def test_a_task_tells_itself_in_a_line():
    digits, faces = labkit.load("digits"), labkit.load("faces", val=0.0)
    assert repr(digits) == (
        "digits: 1,294 samples [1, 8, 8] (digits), 10 classes; validation 143, test 360; clean labels"
    )
    assert repr(faces).startswith("faces: 1,600 samples [1, 24, 24] (faces), 10 targets; validation 0, test 400")
    noisy = labkit.corrupt(digits, labkit.noise.symmetric(0.4), seed=0)
    assert repr(noisy).endswith(noisy.noise.words)

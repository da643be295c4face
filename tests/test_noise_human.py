"""Labels from a file: in the order of the original training set, and nothing in the file is executed."""

import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

import labkit
from labkit.noise import human
from labkit.noise.files import read_columns


def small(n=200, classes=10, name="own", val=0.2):
    """A task of arrays whose pixel is its position."""
    y = torch.arange(n) % classes
    x = torch.arange(n, dtype=torch.float32)[:, None]
    return labkit.Task.of(x, y, x[:10], y[:10] % classes, name=name, val=val, classes=classes, y_true="given")


def given_labels(n=200, classes=10, seed=0):
    """Labels of which about a third are wrong. -> (given, clean)"""
    rng, clean = np.random.default_rng(seed), np.arange(n) % classes
    return np.where(rng.random(n) < 1 / 3, rng.integers(0, classes, n), clean), clean


def write(folder, kind, columns):
    """A label file of a kind. columns: {name: array} -> Path"""
    path = folder / f"labels.{kind}"
    if kind == "npz":
        np.savez(path, **columns)
    elif kind == "pt":
        torch.save(columns, path)
    elif kind == "npy":
        np.save(path, next(iter(columns.values())))
    else:
        rows = zip(*(column.tolist() for column in columns.values()))
        path.write_text("\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


@pytest.mark.parametrize("kind", ["npz", "npy", "csv", "pt"])
def test_every_sample_gets_its_own_label_whatever_the_split(tmp_path, kind):
    given, clean = given_labels()
    columns = {"worse_label": given, "clean_label": clean}
    path = write(tmp_path, kind, columns)
    task = small()
    before = torch.get_rng_state()
    noisy = labkit.corrupt(task, human(file=path), 0)
    for half in (noisy.train, noisy.train.val):
        positions = half.x[:, 0].long()
        assert torch.equal(half.y, torch.from_numpy(given)[positions]) and half.y.dtype == torch.int64
    assert len(noisy.train) == 160 and torch.equal(noisy.truth.y, task.truth.y)
    passport = noisy.noise
    assert passport.realised == passport.rate == pytest.approx((given != clean).mean()) and passport.matrix is None
    assert torch.allclose(passport.realised_matrix.sum(1), torch.ones(10, dtype=torch.float64))
    assert passport.options == {"labels": "worse_label", "file": path.name}
    assert "worse_label" in passport.words and f"{passport.realised:.1%}" in passport.words
    assert torch.equal(labkit.corrupt(task, human(file=path), 7).train.y, noisy.train.y)
    assert torch.equal(before, torch.get_rng_state())


def test_columns_by_name_and_a_csv_without_a_head(tmp_path):
    (given, clean), other = given_labels(), given_labels(seed=1)[0]
    path = write(tmp_path, "csv", {"a": given, "b": other, "clean_label": clean})
    for name, column in (("a", given), ("b", other)):
        noisy = labkit.corrupt(small(val=0.0), human(name, file=path), 0)
        assert noisy.train.y.tolist() == column.tolist()
    bare = tmp_path / "bare.csv"
    bare.write_text("\n".join(map(str, given)))
    assert labkit.corrupt(small(val=0.0), human(file=bare), 0).train.y.tolist() == given.tolist()


def test_a_smaller_choice_of_samples_takes_its_own_labels(tmp_path):
    given, clean = given_labels()
    path = write(tmp_path, "npz", {"worse_label": given, "clean_label": clean})
    task, ids = small(val=0.0), torch.tensor([150, 3, 77])
    few = replace(task.train, x=task.train.x[ids], y=task.truth.y[ids], ids=ids)
    part = replace(task, train=few, truth=replace(task.truth, y=task.truth.y[ids]))
    assert labkit.corrupt(part, human(file=path), 0).train.y.tolist() == given[ids].tolist()


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def hostile_files(folder, trace):
    """Label files that would run code: in each kind that has a pickle in it."""
    torch.save({"worse_label": Hostile(trace)}, folder / "torch.pt")
    (folder / "bare.pt").write_bytes(pickle.dumps({"worse_label": Hostile(trace)}, protocol=2))
    torch.save({"worse_label": Hostile(trace)}, folder / "old.pt", _use_new_zipfile_serialization=False)
    objects = np.array([Hostile(trace), 1], dtype=object)
    np.save(folder / "array.npy", objects, allow_pickle=True)
    np.savez(folder / "arrays.npz", worse_label=objects)
    return sorted(folder.glob("*.*"))


def test_no_file_runs_code(tmp_path):
    (folder := tmp_path / "files").mkdir()
    trace = tmp_path / "trace"
    files = hostile_files(folder, trace)
    pickle.loads((folder / "bare.pt").read_bytes())["worse_label"].close()
    assert trace.exists(), "the file must be dangerous to a reader that unpickles"
    trace.unlink()
    assert len(files) == 5
    for path in files:
        with pytest.raises(ValueError, match=f"{path.name} is no label file"):
            labkit.corrupt(small(), human(file=path), 0)
        assert not trace.exists()


def test_the_names_that_a_file_may_use_are_forgotten_afterwards(tmp_path):
    path = write(tmp_path, "pt", {"worse_label": given_labels()[0]})
    before = set(torch.serialization.get_safe_globals())
    assert "worse_label" in read_columns(path)
    assert set(torch.serialization.get_safe_globals()) == before
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)


def test_broken_files_are_named(tmp_path):
    good = write(tmp_path, "pt", {"worse_label": given_labels()[0]})
    (tmp_path / "half.pt").write_bytes(good.read_bytes()[:300])
    (tmp_path / "words.csv").write_text("worse_label\ncat\ndog\n")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "empty.csv").write_text("")
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        archive.writestr("worse_label", "no array")
    torch.save([1, 2], tmp_path / "list.pt")
    for name in ("half.pt", "words.csv", "ragged.csv", "empty.csv", "zip.npz", "list.pt"):
        with pytest.raises(ValueError, match=name):
            labkit.corrupt(small(), human(file=tmp_path / name), 0)


GIVEN, CLEAN = given_labels()


@pytest.mark.parametrize(
    "columns, words",
    [
        ({"worse_label": GIVEN[:-1]}, ["length of labels.npz", "199", "200"]),
        ({"worse_label": np.append(GIVEN, 1)}, ["length of labels.npz", "201", "200"]),
        ({"worse_label": GIVEN, "clean_label": CLEAN[:150]}, ["length", "150", "200"]),
        ({"worse_label": np.where(np.arange(200) == 9, 10, GIVEN)}, ["worse_label", "10", "0..9"]),
        ({"worse_label": np.where(np.arange(200) == 9, -1, GIVEN)}, ["worse_label", "-1", "0..9"]),
        ({"worse_label": GIVEN.astype(float)}, ["worse_label", "float64", "whole numbers"]),
        ({"worse_label": np.stack([GIVEN, GIVEN], 1)}, ["worse_label", "(200, 2)"]),
        ({"worse_label": GIVEN, "clean_label": CLEAN[::-1].copy()}, ["order of labels.npz", "differ"]),
        ({"worst": GIVEN, "aggre": GIVEN}, ["labels is 'worse_label'", "worst", "aggre"]),
    ],
)
def test_bad_labels_are_named(tmp_path, columns, words):
    path = write(tmp_path, "npz", columns)
    with pytest.raises(ValueError) as error:
        labkit.corrupt(small(), human(file=path), 0)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_task_and_a_file_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"CIFAR-10_human\.pt is not in .*LABKIT_DATA"):
        labkit.corrupt(small(name="cifar10"), human(), 0)
    with pytest.raises(ValueError, match=r"'own'.*cifar10"):
        labkit.corrupt(small(), human(), 0)
    with pytest.raises(ValueError, match=r"labels\.txt is '\.txt'.*\.npz"):
        labkit.corrupt(small(), human(file=tmp_path / "labels.txt"), 0)
    with pytest.raises(ValueError, match="labels of human noise is 3"):
        human(3)
    task = small(name="cifar10")
    lost = replace(task, train=replace(task.train, ids=None))
    with pytest.raises(ValueError, match=r"ids.*original training set"):
        labkit.corrupt(lost, human(), 0)


def people(file):
    """The columns of a file of CIFAR-N in the data folder; without it the test is skipped. -> dict"""
    path = labkit.data.folder() / file
    if not path.is_file():
        pytest.skip(f"{file} is not in {path.parent}")
    return read_columns(path)


WRONG = {"worse_label": 0.40208, "aggre_label": 0.0901}
WRONG |= {"random_label1": 0.17234, "random_label2": 0.18122, "random_label3": 0.1764}


@pytest.mark.data("cifar10")
def test_cifar10n_has_the_published_shares_of_wrong_labels_in_the_order_of_cifar10():
    columns, task = people("CIFAR-10_human.pt"), labkit.load("cifar10")
    assert set(columns) == {"clean_label", *WRONG}
    for labels, wrong in WRONG.items():
        noisy = labkit.corrupt(task, human(labels), 0)
        assert noisy.noise.realised == pytest.approx(wrong, abs=1e-9)
        assert noisy.train.y.tolist() == columns[labels][task.train.ids].tolist()
    cats = labkit.corrupt(task, human(), 0).noise.realised_matrix[3]
    assert cats[5] > 2 * cats[9]  # called dogs rather than trucks
    file = labkit.data.folder() / "CIFAR-10_human.pt"
    named, found = (labkit.corrupt(task, human(file=f), 0).noise.record() for f in (file, None))
    assert named == found
    few = labkit.corrupt(labkit.load("cifar10", n=2000), human(), 0)
    assert few.noise.realised == pytest.approx(0.402, abs=4 * (0.24 / 2000) ** 0.5)


def test_cifar100n_has_the_published_share_of_wrong_labels():
    columns = people("CIFAR-100_human.pt")
    x, y = np.arange(50_000, dtype=np.float32)[:, None], columns["clean_label"]
    task = labkit.Task.of(x, y, x[:10], y[:10], name="cifar100", y_true="given")
    noisy = labkit.corrupt(task, human("noisy_label"), 0)
    assert noisy.noise.realised == pytest.approx(0.402, abs=1e-4)
    with pytest.raises(ValueError, match=r"labels is 'worse_label'.*noisy_label"):
        labkit.corrupt(task, human(), 0)

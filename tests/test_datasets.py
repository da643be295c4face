"""Datasets on small real files: images, tables, arrays, layouts of CelebA and WebVision; sets too large for memory."""

import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

import labkit
from labkit import data
from labkit.cli import main
from labkit.data import faces, images, mapped


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def refuses(call, *words, error=ValueError):
    """The call raises an error with all of these words."""
    with pytest.raises(error) as raised:
        call()
    assert all(word in str(raised.value) for word in words), str(raised.value)


def picture(path, grey, size=(10, 8), mode="RGB"):
    """Write an image of one colour and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = grey if mode in ("L", "I;16") else (grey, 255 - grey, 7)
    Image.new(mode, size, colour).save(path)
    return path


# -- drawn faces


def test_faces_are_the_same_in_every_draw_and_leave_the_global_generators_alone():
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    a, b = faces.draw(50), faces.draw(50)
    assert all(np.array_equal(*pair) for pair in zip(a, b)) and a[0].dtype == np.uint8
    assert not np.array_equal(faces.draw(50, seed=1)[0], a[0]) and np.array_equal(np.random.get_state()[1], state)
    assert labkit.load("faces").hash() == labkit.load("faces").hash()


def test_landmarks_sit_on_what_they_name():
    x, y = faces.draw(400, side=96)
    pixels, points = x[:, 0].astype(float), y.reshape(-1, 5, 2)
    assert y.min() > 0 and y.max() < 1
    at = lambda point, du=0.0, dv=0.0: np.array(
        [image[int(96 * (v + dv)), int(96 * (u + du))] for image, (u, v) in zip(pixels, point)]
    )
    left, right, nose, corner, other = points.transpose(1, 0, 2)
    cheek = at((left + corner) / 2)
    assert (at(left) < 0.5 * cheek).mean() > 0.95 and (at(right) < 0.5 * at((right + other) / 2)).mean() > 0.95
    mouth = (corner + other) / 2
    darkest = np.min([at(mouth, dv=dv) for dv in np.linspace(-0.05, 0.05, 11)], 0)
    assert (darkest < 0.7 * cheek).mean() > 0.95 and (at(nose) > at(nose, dv=0.025)).mean() > 0.9
    assert (left[:, 0] < right[:, 0]).all() and (corner[:, 0] < other[:, 0]).all()
    assert (left[:, 1] < nose[:, 1]).all() and (nose[:, 1] < mouth[:, 1]).all()


def test_an_mlp_learns_faces_but_not_perfectly():
    run = labkit.fit("ERM", labkit.load("faces"), "mlp", 20, 0)
    assert 0.88 < run.history["r2_test"].iloc[-1] < 0.97


# -- standardised targets


def test_standardised_targets_lead_back_and_keep_r2():
    task, stored = labkit.load("faces"), labkit.load("faces", standardise=False)
    assert stored.units is None and torch.equal(task.train.ids, stored.train.ids)
    assert torch.allclose(task.train.y.mean(0), torch.zeros(10), atol=1e-5)
    assert torch.allclose(task.train.y.std(0, correction=0), torch.ones(10), atol=1e-5)
    for a, b in ((task.train, stored.train), (task.train.val, stored.train.val), (task.test, stored.test)):
        assert torch.allclose(task.units.stored(a.y), b.y, atol=1e-6)
    guess = task.test.y + torch.randn(task.test.y.shape, generator=torch.Generator().manual_seed(0))
    r2 = labkit.measure.r2
    assert r2(guess, task.test.y) == pytest.approx(r2(task.units.stored(guess), stored.test.y), abs=1e-4)


def test_standardise_refuses_classes_and_constant_targets():
    x = np.zeros((10, 2), np.float32)
    refuses(
        lambda: labkit.Task.of(x, np.arange(10) % 2, x, np.arange(10) % 2, standardise=True), "standardise", "classes"
    )
    refuses(lambda: labkit.Task.of(x, x, x, x, standardise=True), "y is", "coordinate [0]")
    refuses(lambda: labkit.load("digits", standardise=True), "standardise")


# -- positions and origin


def test_ids_are_positions_in_the_original_set():
    whole, part = labkit.load("digits", val=0.0), labkit.load("digits", n=200, val=0.3)
    assert torch.equal(whole.train.ids, torch.arange(1437)) and torch.equal(whole.test.ids, torch.arange(360))
    for split in (part.train, part.train.val):
        assert torch.equal(whole.train.x[split.ids], split.x) and torch.equal(whole.train.y[split.ids], split.y)
    both = torch.cat([part.train.ids, part.train.val.ids])
    assert len(both.unique()) == 200 and both.dtype == torch.int64
    noisy = labkit.corrupt(part, labkit.noise.symmetric(0.3), 0).to("cpu")
    assert torch.equal(noisy.train.ids, part.train.ids) and noisy.train.origin == "digits"


def test_hash_does_not_know_ids():
    task = labkit.load("digits", n=100)
    before = task.hash()
    task.train.ids = task.train.ids + 1
    assert task.hash() == before


# -- folders of images


def class_folder(root, classes=("ant", "bee", "cat"), each=6, **how):
    for c, name in enumerate(classes):
        for k in range(each):
            picture(root / name / f"{k}.png", 60 * c + k, **how)
    return root


def test_a_folder_per_class(tmp_path):
    task = labkit.load(class_folder(tmp_path / "zoo"), size=4, val=0.2)
    assert task.name == "zoo" and task.class_names == ("ant", "bee", "cat") and task.shape == (3, 4, 4)
    assert (len(task.train), len(task.train.val), len(task.test)) == (12, 3, 3)
    for split in (task.train, task.train.val, task.test):
        assert torch.equal(split.x[:, 0, 2, 2] // 60, split.y)  # the colour says which file it was
    listed = torch.cat([task.train.ids, task.train.val.ids]), torch.cat([task.train.x, task.train.val.x])
    assert torch.equal(listed[0] % 6, listed[1][:, 0, 0, 0].long() % 60)  # positions in the sorted list of files
    assert task.train.inputs().mean().abs() < 0.5
    assert labkit.load(str(tmp_path / "zoo"), size=4, val=0.2).hash() == task.hash()


def test_grey_images_of_8_and_16_bits(tmp_path):
    picture(tmp_path / "a" / "a" / "1.png", 200, mode="L")
    x, _ = images.decoded([tmp_path / "a" / "a" / "1.png", picture(tmp_path / "2.png", 200 * 256 + 9, mode="I;16")], 3)
    assert x.shape == (2, 1, 3, 3) and (x == 200).all()
    both, _ = images.decoded([tmp_path / "2.png", picture(tmp_path / "3.png", 9)], 3)
    assert both.shape[1] == 3 and (both[0] == 200).all()


def test_crop_keeps_the_middle_and_stretch_the_places(tmp_path):
    wide = np.zeros((8, 24), np.uint8)
    wide[:, 8:16] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    crop, stretch = (images.decoded([tmp_path / "wide.png"], 8, shape)[0] for shape in images.SHAPES)
    assert (crop == 255).all() and stretch[0, 0, 4].tolist()[0] == 0 and stretch[0, 0, 4, 4] > 200


def test_folders_with_a_test_set_of_their_own(tmp_path):
    class_folder(tmp_path / "train")
    class_folder(tmp_path / "test", each=2)
    task = data.from_folder(tmp_path, size=4, val=0.0)
    assert len(task.train) == 18 and len(task.test) == 6
    class_folder(tmp_path / "test", classes=("catt",), each=1)
    refuses(lambda: data.from_folder(tmp_path, size=4), "catt", "did you mean 'cat'")


def test_a_table_of_labels(tmp_path):
    for k in range(10):
        picture(tmp_path / "in" / f"{k}.png", 20 * k, mode="L")
    lines = ["filename,label", *(f"in/{k}.png,{'old' if k < 5 else 'young'}" for k in range(10))]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    task = labkit.load(tmp_path, size=2, val=0.0)
    assert task.class_names == ("old", "young") and torch.equal((task.train.x[:, 0, 0, 0] >= 100).long(), task.train.y)
    (tmp_path / "ages.csv").write_text(
        "\n".join(["filename,u,v", *(f"in/{k}.png,{k / 10},0.{9 - k}" for k in range(10))])
    )
    task = data.from_folder(tmp_path, size=2, labels=tmp_path / "ages.csv", standardise=False)
    assert task.classes is None and torch.allclose(task.train.x[:, 0, 0, 0] / 200, task.train.y[:, 0], atol=1e-6)


@pytest.mark.parametrize(
    "lines, words",
    [
        (["filename,lable", "a.png,1"], ["'label'", "did you mean 'lable'"]),
        (["file,label", "a.png,1"], ["lines of labels.csv is 1", "3, one per image", 'skip="unlisted"']),
        (["old,label", "d.png,1"], ["file is not given", "'old'", "'label'"]),
        (["old,new,label", "a.png,a.png,1", "b.png,b.png,0"], ["file is not given", "['old', 'new']"]),
        (["filename,label", "a.png,0", "b.png,"], ["line 3", "'label'", "empty"]),
        (["filename,label", "a.png,0", "b.png,1"], ["lines of labels.csv is 2", "3, one per image", "c.png"]),
        (["filename,label", "a.png,0", "b.png,1", "c.png,0", "d.png,1"], ["d.png", "a file below"]),
        (["filename,label", "a.png,0", "b.png,1", "b.png,0"], ["b.png", "a different file"]),
        (["filename,label", "a.png,1", "b.png,2", "c.png,3"], ["integers 1..3", "0..C-1"]),
        (["filename,label"], ["rows of", "1 or more"]),
    ],
)
def test_tables_of_labels_that_do_not_fit(tmp_path, lines, words):
    for name in "abc":
        picture(tmp_path / f"{name}.png", 9)
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    refuses(lambda: labkit.load(tmp_path, size=2), *words)


def test_folders_that_cannot_be_used(tmp_path):
    (tmp_path / "empty").mkdir()
    refuses(lambda: labkit.load(tmp_path / "empty"), "0 class folders", "PATH/CLASS/image.png")
    refuses(lambda: labkit.load(tmp_path / "nowhere"), "nowhere", "a folder that exists")
    refuses(lambda: labkit.load(str(tmp_path / "no.csv")), "no.csv", "a file that exists")
    zoo = class_folder(tmp_path / "zoo")
    refuses(lambda: labkit.load(zoo, size=0), "size is 0")
    refuses(lambda: labkit.load(zoo, sise=3), "option", "did you mean 'size'")
    refuses(lambda: labkit.load(zoo, test=1.0), "test is 1.0")
    refuses(lambda: labkit.load(zoo, limit_bytes=-1), "limit_bytes is -1")
    (zoo / "dog").mkdir()
    refuses(lambda: labkit.load(zoo), "class 'dog'", "without an image")


def test_an_image_that_cannot_be_decoded_is_named_and_nothing_is_kept(tmp_path, cache):
    zoo = class_folder(tmp_path / "zoo")
    whole = (zoo / "bee" / "3.png").read_bytes()
    for broken in (b"not an image", whole[: len(whole) // 2]):
        (zoo / "bee" / "3.png").write_bytes(broken)
        refuses(lambda: labkit.load(zoo, size=4), str(zoo / "bee" / "3.png"), "cannot be read as an image")
    assert not list((cache / "arrays").iterdir())


def test_the_cache_is_used_and_sees_changed_files(tmp_path, cache):
    zoo = class_folder(tmp_path / "zoo")
    first = labkit.load(zoo, size=4)
    kept = {path: path.stat().st_mtime_ns for path in (cache / "arrays").iterdir()}
    assert labkit.load(zoo, size=4, val=0.3).train.origin == first.train.origin
    assert {path: path.stat().st_mtime_ns for path in (cache / "arrays").iterdir()} == kept and len(kept) == 2
    picture(zoo / "ant" / "0.png", 250)
    os.utime(zoo / "ant" / "0.png", ns=(1, 1))
    assert labkit.load(zoo, size=4).hash() != first.hash()


# -- tables


def write_table(path, rows=40, **columns):
    rng = np.random.default_rng(0)
    columns = {"height": rng.normal(170, 10, rows), "town": rng.choice(["Rome", "Bern"], rows)} | columns
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values()))]
    path.write_text("\n".join(lines))
    return path


def test_a_table_with_classes(tmp_path):
    path = write_table(tmp_path / "people.csv", kind=["None", "NA"] * 20)
    task = labkit.load(path, target="kind", val=0.0)
    assert task.class_names == ("NA", "None") and task.shape == (3,) and len(task.test) == 8
    x = task.train.x
    assert x.dtype == torch.float32 and x.mean().abs() < 1e-6 and torch.allclose(x.std(0, correction=0), torch.ones(3))
    assert torch.allclose(x[:, 1], -x[:, 2], atol=1e-6)  # two towns
    assert labkit.fit("ERM", task, "mlp", 1, 0).finished


def test_a_table_with_numbers(tmp_path):
    y = np.linspace(0, 5, 40).round(3)
    path = write_table(tmp_path / "t.csv", age=range(40), score=y)
    task = data.from_csv(path, target="score", standardise=False)
    assert task.classes is None and torch.allclose(task.train.y[:, 0], torch.tensor(y).float()[task.train.ids])
    assert data.from_csv(path, target=["score", "age"]).train.y.shape == (29, 2)
    assert data.from_csv(path, target="age", kind="numbers").classes is None


@pytest.mark.parametrize(
    "columns, target, words",
    [
        ({"kind": ["a", "b"] * 20}, "knid", ["target is 'knid'", "did you mean 'kind'"]),
        ({"kind": ["a", "b"] * 20}, None, ["label is not given", "'height', 'town', 'kind'"]),
        ({"kind": ["a", "b", "", "b"] * 10}, "kind", ["line 4", "'kind'", "10 cells"]),
        ({"kind": ["a", "b"] * 20, "w": [1.5, "x"] + [2.5] * 38}, "kind", ["line 3", "'w'", "'x'"]),
        ({"kind": ["a", "b"] * 20, "w": ["inf", 1.5] * 20}, "kind", ["line 2", "'w'", "inf", "finite"]),
        ({"kind": [0, -1] * 20}, "kind", ["'kind'", "-1..0", "0..C-1"]),
        ({"kind": [0, 2] * 20}, "kind", ["'kind'", "0..2", 'kind="numbers"']),
        ({"kind": [0.5, "inf"] * 20}, "kind", ["'kind'", "inf"]),
    ],
)
def test_tables_that_do_not_fit(tmp_path, columns, target, words):
    path = write_table(tmp_path / "t.csv", **columns)
    refuses(lambda: labkit.load(path, target=target), *words)


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    refuses(lambda: labkit.load(tmp_path / "t.csv", target="a"), "t.csv", "cannot be read as a CSV")
    (tmp_path / "u.csv").write_text('a,b\n1,"2\n3')
    refuses(lambda: labkit.load(tmp_path / "u.csv", target="a"), "u.csv")
    write_table(tmp_path / "v.csv", rows=150, name=[f"n{k}" for k in range(150)], y=[0, 1] * 75)
    refuses(lambda: labkit.load(tmp_path / "v.csv", target="y"), "'name'", "150 different words")


# -- arrays in .npz files


def test_npz_with_and_without_a_test_set(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (30, 5, 5, 3), np.uint8), np.arange(30) % 3
    np.savez(tmp_path / "a.npz", x_train=x[:20], y_train=y[:20], x_test=x[20:], y_test=y[20:])
    task = labkit.load(tmp_path / "a.npz", val=0.0)
    assert (
        task.shape == (3, 5, 5)
        and len(task.test) == 10
        and torch.equal(task.train.x, torch.tensor(x[:20]).movedim(3, 1))
    )
    np.savez_compressed(tmp_path / "b.npz", images=x[..., 0], targets=rng.normal(size=(30, 4, 2)))
    task = labkit.load(str(tmp_path / "b.npz"), test=0.5)
    assert task.shape == (1, 5, 5) and task.train.y.shape == (14, 8) and task.train.y.dtype == torch.float32
    assert torch.equal(task.train.x[:, 0], torch.tensor(x[..., 0])[task.train.ids])


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_malicious_file_is_refused_and_runs_nothing(tmp_path):
    trace, bomb = tmp_path / "trace", np.array([Bomb(tmp_path / "trace")], dtype=object)
    np.savez(tmp_path / "a.npz", images=np.zeros((1, 2, 2), np.uint8), targets=bomb)
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Bomb(trace)))
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as file:
        for name in ("images.npy", "targets.npy"):
            file.writestr(name, pickle.dumps(Bomb(trace)))
    for name in "abc":
        for limit in (None, 0):
            refuses(lambda: labkit.load(tmp_path / f"{name}.npz", limit_bytes=limit), f"{name}.npz")  # noqa: B023
    assert not trace.exists()
    np.load(tmp_path / "a.npz", allow_pickle=True)["targets"]
    assert trace.exists()  # the bomb is a real one


def test_npz_files_that_do_not_fit(tmp_path):
    save = lambda **arrays: np.savez(tmp_path / "a.npz", **arrays)
    load = lambda **options: labkit.load(tmp_path / "a.npz", **options)
    x, y = np.zeros((6, 2, 2), np.uint8), np.arange(6) % 2
    for arrays, words in (
        ({"pictures": x, "labels": y}, ["keys of a.npz", "pictures", "images"]),
        ({"images": x, "labels": y[:-1]}, ["targets in a.npz is 5", "6, one per image"]),
        ({"images": x.astype(int), "labels": y}, ["int64", "uint8 or floats"]),
        ({"images": x, "labels": y.astype(str)}, ["targets in a.npz", "integers"]),
        ({"images": x * np.nan, "labels": y}, ["x is", "finite"]),
        ({"images": x, "labels": np.full((6, 2), np.inf)}, ["finite"]),
        ({"images": x[:, 0, 0], "labels": y}, ["shape (6,)", "[N, F]"]),
    ):
        save(**arrays)
        refuses(load, *words)
    save(x_train=x, y_train=y, x_test=x, y_test=y + 1)
    refuses(load, "y_test", "0..1")
    save(x_train=x, y_train=y * 2, x_test=x, y_test=y)
    refuses(load, "class 1", "a sample each")


def test_face_landmarks_from_a_file(tmp_path):
    x, y = faces.draw(40)
    (tmp_path / "faces").mkdir()
    refuses(lambda: labkit.load("face-landmarks", root=tmp_path), "faces/NAME.npz", error=FileNotFoundError)
    save = lambda name, y: np.savez(tmp_path / "faces" / name, x_train=x[:30, 0], y_train=y[:30].reshape(30, 5, 2),
                                    x_test=x[30:, 0], y_test=y[30:].reshape(10, 5, 2))  # fmt: skip
    save("a.npz", y)
    task = labkit.load("face-landmarks", root=tmp_path, val=0.0)
    assert torch.allclose(task.units.stored(task.train.y), torch.tensor(y[:30]), atol=1e-6)
    assert data.find("face-landmarks", tmp_path)[1]
    save("b.npz", 24 * y)
    refuses(lambda: labkit.load("face-landmarks", root=tmp_path), "file is None", "a.npz, b.npz")
    refuses(lambda: labkit.load("face-landmarks", root=tmp_path, file="b.npz"), "b.npz", "[0, 1]")


@pytest.mark.data("face-landmarks")
def test_real_face_landmarks():
    task = labkit.load("face-landmarks")
    assert len(task.train) + len(task.train.val) == 3462 and len(task.test) == 770
    assert task.shape == (1, 64, 64) and task.train.y.shape[1] == 10 and not task.train.mapped
    stored = labkit.load("face-landmarks", standardise=False)
    assert stored.train.y.min() >= 0 and stored.train.y.max() <= 1
    eyes, mouth = stored.train.y[:, [1, 3]].mean(), stored.train.y[:, [7, 9]].mean()
    assert eyes < mouth and (stored.train.y[:, 0] < stored.train.y[:, 2]).float().mean() > 0.95
    on_disk = labkit.load("face-landmarks", limit_bytes=10**6)
    assert on_disk.train.mapped and on_disk.hash() == task.hash()


# -- CelebA, WebVision, CIFAR-N in their own layouts


def celeba(root, n=12):
    points = np.random.default_rng(0).integers(1, 170, (n, 10))
    for k in range(n):
        picture(root / "celeba" / "img_align_celeba" / f"{k:06d}.jpg", 20 * k, size=(178, 218))
    names = " ".join(f"{p}_{axis}" for p in ("lefteye", "righteye", "nose", "leftmouth", "rightmouth") for axis in "xy")
    rows = [f"{k:06d}.jpg  " + "  ".join(map(str, row)) for k, row in enumerate(points)]
    (root / "celeba" / "list_landmarks_align_celeba.txt").write_text("\n".join([str(n), names, *rows]) + "\n")
    parts = [f"{k:06d}.jpg {(0, 0, 0, 1, 2)[k % 5]}" for k in range(n)]
    (root / "celeba" / "list_eval_partition.txt").write_text("\n".join(parts) + "\n")
    return points


def test_celeba(tmp_path):
    refuses(lambda: labkit.load("celeba-landmarks", root=tmp_path), "img_align_celeba/000001.jpg", "lab fetch",
            error=FileNotFoundError)  # fmt: skip
    points = celeba(tmp_path)
    task = labkit.load("celeba-landmarks", root=tmp_path, size=8, val=0.25, standardise=False)
    assert (len(task.train), len(task.train.val), len(task.test)) == (6, 2, 2) and task.shape == (3, 8, 8)
    files = [k for k in range(12) if k % 5 < 3]  # ids are positions in the training part
    for split in (task.train, task.train.val):
        rows = np.array(files)[split.ids]
        assert np.allclose(split.y, points[rows] / np.tile([178, 218], 5), atol=1e-6)
        assert np.allclose(split.x[:, 0, 4, 4], 20 * rows, atol=6)  # JPEG
    assert task.units is None and labkit.load("celeba-landmarks", root=tmp_path, size=8).units is not None


def test_celeba_lists_that_do_not_fit(tmp_path):
    celeba(tmp_path)
    load = lambda: labkit.load("celeba-landmarks", root=tmp_path, size=4)
    parts = tmp_path / "celeba" / "list_eval_partition.txt"
    parts.write_text("\n".join(parts.read_text().splitlines()[:-1]))
    refuses(load, "list of 11 files", "the 12 files")
    celeba(tmp_path)
    table = tmp_path / "celeba" / "list_landmarks_align_celeba.txt"
    table.write_text(table.read_text().replace("12\n", "13\n", 1))
    refuses(load, "(12, 10)", "(13, 10)")
    table.write_text("nothing")
    refuses(load, "cannot be read", "list_eval_partition.txt")
    celeba(tmp_path)
    (tmp_path / "celeba" / "img_align_celeba" / "000006.jpg").unlink()
    refuses(load, "000006.jpg", "a file that exists")


def webvision(root, classes=(0, 1, 2, 60)):
    train, test = [], []
    for c in classes:
        for k in range(4):
            picture(root / "webvision" / "google" / f"q{c}" / f"{k}.jpg", 3 * c + 20 * k, size=(20, 16))
            train.append(f"google/q{c}/{k}.jpg {c}")
        picture(root / "webvision" / "val_images_256" / f"v{c}.jpg", 3 * c)
        test.append(f"v{c}.jpg {c}")
    (root / "webvision" / "info").mkdir(exist_ok=True)
    (root / "webvision" / "info" / "train_filelist_google.txt").write_text("\n".join(train))
    (root / "webvision" / "info" / "val_filelist.txt").write_text("\n".join(test))


def test_webvision(tmp_path):
    refuses(lambda: labkit.load("webvision-mini", root=tmp_path, download=True), "train_filelist_google.txt",
            "cannot be fetched", error=FileNotFoundError)  # fmt: skip
    webvision(tmp_path)
    task = labkit.load("webvision-mini", root=tmp_path, size=8, val=0.25, limit_bytes=0)
    assert task.classes == 3 and (len(task.train), len(task.train.val), len(task.test)) == (9, 3, 3)
    assert task.train.mapped and task.test.mapped and data.find("webvision-mini", tmp_path)[1]
    in_memory = labkit.load("webvision-mini", root=tmp_path, size=8, val=0.25)
    assert in_memory.hash() == task.hash() and not in_memory.train.mapped
    assert torch.equal(task.train.y, task.train.ids // 4)
    refuses(lambda: labkit.load("webvision-mini", root=tmp_path, test="imagenet"), "imagenet/val/CLASS", "class 0",
            error=FileNotFoundError)  # fmt: skip
    for name in ("0", "n02", "2"):
        picture(tmp_path / "imagenet" / "val" / name / "i.JPEG", 9)
    (tmp_path / "webvision" / "info" / "synsets.txt").write_text("n01 a\nn02 b\nn03 c")
    own = labkit.load("webvision-mini", root=tmp_path, size=8, test="imagenet", classes=3)
    assert own.test.y.tolist() == [0, 1, 2]


def test_webvision_lists_that_do_not_fit(tmp_path):
    webvision(tmp_path, classes=(0, 2))
    refuses(lambda: labkit.load("webvision-mini", root=tmp_path, size=4), "class 1")
    (tmp_path / "webvision" / "info" / "val_filelist.txt").write_text("a.jpg 0\nb.jpg x")
    refuses(lambda: labkit.load("webvision-mini", root=tmp_path, size=4), "line 2", "b.jpg x")


@pytest.mark.data("cifar10n")
def test_real_human_labels():
    clean, worst = labkit.load("cifar10n", n=2000), labkit.load("cifar10n-worst", n=2000)
    assert clean.name == worst.name == "cifar10" and torch.equal(clean.truth.y, worst.truth.y)
    assert torch.equal(clean.train.y, clean.truth.y)
    assert 0.35 < (worst.train.y != worst.truth.y).float().mean() < 0.45


def test_human_labels_without_their_file(tmp_path):
    for name in ("cifar10n", "cifar10n-worst"):
        refuses(lambda: labkit.load(name, root=tmp_path), "CIFAR-10_human.pt", error=FileNotFoundError)  # noqa: B023
        assert not data.find(name, tmp_path)[1]
    refuses(lambda: labkit.load("cifar10n-wosrt"), "did you mean 'cifar10n-worst'")


def test_fetch_says_the_layout_of_what_it_cannot_fetch(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABKIT_DATA", str(tmp_path))
    for name, words in (("webvision-mini", "val_images_256"), ("face-landmarks", "faces/NAME.npz")):
        assert main(["fetch", name]) == 1
        assert words in capsys.readouterr().err
    assert main(["fetch", "faces"]) == 0
    assert "faces: 1600 training and 400 test images" in capsys.readouterr().out


# -- what does not fit into memory


def test_mapped_and_in_memory_are_the_same_task(cache):
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (200, 1, 4, 4), np.uint8), np.arange(200) % 4
    for shuffled in (False, True):
        small = labkit.Task.of(x, y, x, y, shuffled=shuffled)
        large = labkit.Task.of(x, y, x, y, shuffled=shuffled, limit_bytes=100)
        assert large.train.mapped and large.train.val.mapped and not small.train.mapped
        assert large.hash() == small.hash() and torch.equal(large.train.inputs(), small.train.inputs())
    noisy = labkit.corrupt(large, labkit.noise.symmetric(0.3), 0)
    assert noisy.train.mapped
    rest, meta = data.meta_split(noisy, 20, trusted=True, balanced="true")
    assert rest.train.mapped and not meta.mapped and data.overlap(meta, rest.train) == 0
    assert torch.equal(rest.train.x, torch.tensor(x)[rest.train.ids])
    a, b = (labkit.fit("ERM", task, "mlp", 2, 0) for task in (small, large))
    assert a.history.drop(columns="seconds").equals(b.history.drop(columns="seconds"))
    assert not list(cache.rglob("*.npy"))  # scratch files have no name


def test_samples_of_a_mapped_split_stay_and_batches_move():
    x, y = np.zeros((50, 3, 2), np.uint8), np.arange(50) % 2
    split = labkit.Task.of(x, y, x, y, limit_bytes=1).to("meta").train
    assert split.x.device.type == "cpu" and split.y.device.type == "meta"
    assert split.inputs(torch.arange(3)).device.type == "meta" and split.inputs(slice(0, 2)).shape == (2, 3, 2)
    assert labkit.Task.of(x, y, x, y).to("meta").train.x.device.type == "meta"


LARGE = """
import resource, sys, numpy as np, torch, labkit
x = np.load(sys.argv[1], mmap_mode="r")
y = np.arange(len(x)) % 10
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
task = labkit.Task.of(x, y, x[:10], y[:10], shuffled=True, limit_bytes=10**6)
batch = task.train.inputs(torch.randperm(len(task.train))[:64])
assert task.train.mapped and batch.shape == (64, 3, 64, 64) and task.train.x[-1].sum() == 3 * 64 * 64 * 7
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
def test_a_batch_of_a_large_set_reads_only_its_rows(tmp_path):
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, (60_000, 3, 64, 64))  # 737 MB, sparse
    x[-1] = 7
    x.flush()
    done = subprocess.run([sys.executable, "-c", LARGE, tmp_path / "x.npy"], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 150e6, done.stdout


def test_large_npz_members_are_unpacked_once(tmp_path, cache):
    x, y = np.random.default_rng(0).integers(0, 256, (40, 6, 6), np.uint8), np.arange(40) % 2
    np.savez_compressed(tmp_path / "a.npz", images=x, labels=y)
    small, large = labkit.load(tmp_path / "a.npz"), labkit.load(tmp_path / "a.npz", limit_bytes=500)
    assert large.train.mapped and small.hash() == large.hash()
    assert len(list(cache.rglob("*.npy"))) == 1 and not list(cache.rglob(".*.npy"))


def test_a_failed_write_leaves_nothing(cache):
    def half(path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mapped.cached_file("key", half)
    assert not list((cache / "arrays").iterdir())


def test_the_limit_is_half_of_the_memory():
    assert mapped.limit() == mapped.memory() // 2 and 2**28 < mapped.memory() < 2**50
    assert mapped.limit(7) == 7
    refuses(lambda: mapped.limit("much"), "limit_bytes is 'much'")

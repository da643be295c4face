"""What files leave open is asked for, with the argument that settles it; the advice is followed and works."""

import struct
import zipfile
import zlib
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import labkit
from labkit import Task, noise
from labkit.data import images
from labkit.runs.sweep import Plan
from labkit.runs.sweep.entry import entry


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def refuses(call, *words):
    """The call raises a ValueError with all of these words."""
    with pytest.raises(ValueError) as raised:
        call()
    assert all(word in str(raised.value) for word in words), str(raised.value)


def pictures(folder, classes=("a", "b"), n=10, end="png"):
    """A folder of images per class; the grey of an image is 80 times its class and its number."""
    for c, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for k in range(n):
            Image.new("L", (8, 8), (80 * c + k) % 256).save(folder / name / f"{k}.{end}", _format(end))
    return folder


def _format(end):
    return {"jfif": "JPEG", "jpg": "JPEG"}.get(end, end.upper())


def table(path, **columns):
    """Write columns as a CSV file. -> path"""
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


K = np.arange(60)


# -- tables


@pytest.mark.parametrize("line", [2, 31, 61])
def test_a_line_of_another_width_is_named(tmp_path, line):
    lines = ["length,width,label"] + [f"{k},{2 * k},{k % 2}" for k in range(60)]
    lines[line - 1] += ",7"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    refuses(lambda: labkit.load(tmp_path / "t.csv", target="label"), f"line {line} of", "is 4", "3, one per name")
    lines[line - 1] = "1,2"
    (tmp_path / "t.csv").write_text("\n".join(lines))
    refuses(lambda: labkit.load(tmp_path / "t.csv", target="label"), f"line {line} of", "is 2")


def test_columns_that_all_shift_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("length,width,label\n" + "".join(f"{k},{2 * k},{k % 2},{k % 3}\n" for k in range(60)))
    refuses(lambda: labkit.load(path, target="label"), "line 2 of", "is 4")
    path.write_text("a,a,label\n" + "1,2,0\n3,4,1\n" * 9)
    refuses(lambda: labkit.load(path, target="label"), "header", "['a']", "different")


@pytest.mark.parametrize(
    "name, column", [("label_2", K % 2), ("colour", np.where(K % 2, "red", "blue")), ("code", 7 - 3 * (K % 2))]
)
def test_columns_that_give_the_target_away_are_named(tmp_path, name, column):
    path = table(tmp_path / "t.csv", a=K, label=K % 2, **{name: column})
    refuses(lambda: labkit.load(path, target="label"), f"'{name}'", "drop=", "features=")
    assert labkit.load(path, target="label", drop=name).shape == (1,)
    assert labkit.load(path, target="label", features=["a", name]).shape[0] >= 2


def test_a_linear_copy_of_a_target_a_second_label_and_numbers_of_rows_are_named(tmp_path):
    rng = np.random.default_rng(0)
    path = table(tmp_path / "t.csv", a=K % 7, inches=K * 0.4, cm=K * 1.016)
    refuses(lambda: labkit.load(path, target="cm"), "'inches'", "determines")
    path = table(tmp_path / "u.csv", a=K % 7, label=K % 2, noisy_label=rng.integers(0, 2, 60))
    refuses(lambda: labkit.load(path, target="label"), "'noisy_label'", "true_label=")
    path = table(tmp_path / "v.csv", a=K % 7, label=K % 2, customer_id=K + 900)
    refuses(lambda: labkit.load(path, target="label"), "'customer_id'", "rows=")
    task = labkit.load(path, target="label", rows="customer_id", val=0.0)
    assert [int(name) - 900 for name in task.samples().file] == task.train.ids.tolist()


def test_thousands_missing_words_and_overflow(tmp_path):
    load = partial(labkit.load, target="label")
    path = table(tmp_path / "t.csv", a=[f"1,{200 + k}" for k in K], b=K % 7, label=K % 2)
    refuses(lambda: load(path), "'a'", "1,200", 'thousands=","', 'decimal=","')
    one, other = load(path, thousands=","), load(path, decimal=",")
    assert one.shape == other.shape == (2,) and torch.allclose(one.train.x[:, 0], other.train.x[:, 0], atol=1e-5)
    for marks in (["?"], ["?", "n/a"], ["NULL"]):
        path = table(tmp_path / "u.csv", a=[marks[k % len(marks)] if k % 5 < 3 else k for k in K], b=K, label=K % 2)
        refuses(lambda: load(path), "line 2", "'a'", repr(marks[0]), 'skip="incomplete"')  # noqa: B023
        task = load(path, skip="incomplete")
        assert task.shape == (2,) and "left out: 36" in repr(task)
    for large in (1e300, -1e200, 1e40):
        path = table(tmp_path / "v.csv", a=large * (K + 1), label=K % 2)
        refuses(lambda: load(path), "line 2", "'a'", "float32")  # noqa: B023


@pytest.mark.parametrize("values", [K % 2 * 1.0, K % 5 * 1.0, K % 3 * 2.0 - 1])
def test_whole_numbers_as_floats_are_asked_about(tmp_path, values):
    path = table(tmp_path / "t.csv", a=K % 7, label=values)
    refuses(lambda: labkit.load(path, target="label"), "kind is not given", "'label'", '"classes" or "numbers"')
    assert labkit.load(path, target="label", kind="numbers", standardise=False).train.y.dtype == torch.float32
    order = None if values.min() == 0 else "number"
    task = labkit.load(path, target="label", kind="classes", order=order, val=0.0)
    different = sorted(set(values))
    assert task.classes == len(different)
    assert task.train.y.tolist() == [different.index(values[k]) for k in task.train.ids]


def test_one_hot_labels_are_asked_about(tmp_path):
    hot = pd.DataFrame(np.eye(4, dtype=int)[K % 4], columns=list("abcd")).assign(x=K / 7)
    hot.to_csv(tmp_path / "t.csv", index=False)
    load = partial(labkit.load, tmp_path / "t.csv", target=list("abcd"))
    refuses(load, "kind is not given", "single 1")
    assert load(kind="classes").class_names == ("a", "b", "c", "d") and load(kind="numbers").classes is None
    x, y = np.random.default_rng(0).normal(size=(60, 5)).astype("f"), K % 4
    for one_hot in (np.eye(4, dtype="f")[y], np.eye(4, dtype=int)[y]):
        refuses(lambda: Task.of(x, one_hot, x, one_hot), "kind is not given")  # noqa: B023
        task = Task.of(x, one_hot, x, one_hot, kind="classes", val=0.0)
        assert task.classes == 4 and task.train.y.tolist() == y.tolist()
    for column in (y.astype("f"), y.astype(float)[:, None]):
        refuses(lambda: Task.of(x, column, x, column), "kind is not given", "4 different")  # noqa: B023
        assert Task.of(x, column, x, column, kind="classes").classes == 4
        assert Task.of(x, column, x, column, kind="numbers").train.y.shape == (54, 1)
    np.savez(tmp_path / "a.npz", x=x, y=y.astype(float))
    refuses(lambda: labkit.load(tmp_path / "a.npz"), "kind is not given")
    assert labkit.load(tmp_path / "a.npz", kind="classes").classes == 4


def test_orders_of_classes_that_are_numbers(tmp_path):
    path = table(tmp_path / "t.csv", a=K % 7, label=K % 3 + 1)
    refuses(lambda: labkit.load(path, target="label"), "1..3", 'order="number"')
    assert labkit.load(path, target="label", order="number").class_names == ("1", "2", "3")
    zoo = pictures(tmp_path / "zoo", ("1", "2", "10"), 5)
    refuses(lambda: labkit.load(zoo, size=4), "order is not given", "['1', '2', '10']", "['1', '10', '2']")
    assert labkit.load(zoo, size=4, order="number").class_names == ("1", "2", "10")
    assert labkit.load(zoo, size=4, order="alphabet").class_names == ("1", "10", "2")
    assert labkit.load(zoo, size=4, order=["10", "2", "1"]).class_names == ("10", "2", "1")
    refuses(lambda: labkit.load(zoo, size=4, order=["10", "2"]), "order", "['1']")


@pytest.mark.parametrize("sep, name", [(";", "t.csv"), ("\t", "t.tsv"), ("|", "t.csv")])
def test_separators_marks_and_encodings(tmp_path, sep, name):
    lines = [sep.join(("a", "größe", "label")), *(sep.join((str(k), f"{k % 7}", "xy"[k % 2])) for k in range(40))]
    path = tmp_path / name
    for encoding in ("utf-8", "utf-8-sig"):
        path.write_text("\n".join(lines), encoding=encoding)
        assert labkit.load(path, target="label").shape == (2,)
    path.write_text("\n".join(lines), encoding="cp1252")
    refuses(lambda: labkit.load(path, target="label"), "UTF-8", 'encoding="cp1252"')
    assert labkit.load(path, target="label", encoding="cp1252").shape == (2,)
    path.write_text("\n".join([f"sep={sep}", *lines]))
    assert labkit.load(path, target="label").shape == (2,)


def test_a_separator_that_is_left_open_is_asked_for(tmp_path):
    (tmp_path / "t.csv").write_text("a;b,label\n" + "1;2,x\n3;4,y\n" * 20)
    refuses(lambda: labkit.load(tmp_path / "t.csv", target="label"), "sep is not given", "commas and semicolons")
    refuses(lambda: labkit.load(tmp_path / "t.csv", target="label", sep=",,"), "sep is ',,'")
    words = {"words": "a;b", "sep": ","}
    assert labkit.load(tmp_path / "t.csv", target="label", features="a;b", **words).classes == 2


# -- folders and label files


def shuffled_labels(folder, path, names=("filename", "noisy"), classes="abc"):
    """A table of the true class of every file, its lines in another order."""
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.png"))
    rows = pd.DataFrame({names[0]: files, names[1]: [classes.index(file[0]) for file in files]})
    rows.sample(frac=1, random_state=0).to_csv(path, index=False)
    return rows


def test_label_files_are_joined_by_name(tmp_path):
    folder = pictures(tmp_path / "d", ("a", "b", "c"), 20)
    task = labkit.load(folder, size=4)
    for names in (("filename", "noisy"), ("path", "noisy"), ("image_id", "noisy")):
        rows = shuffled_labels(folder, tmp_path / "l.csv", names)
        assert labkit.corrupt(task, noise.human("noisy", tmp_path / "l.csv"), 0).noise.realised == 0.0
    few = labkit.load(folder, size=4, n=20)
    assert labkit.corrupt(few, noise.human("noisy", tmp_path / "l.csv"), 0).noise.realised == 0.0
    rows["noisy"] = rows["noisy"].map(lambda c: "abc"[c])
    rows.iloc[::-1].to_csv(tmp_path / "words.csv", index=False, sep=";", encoding="utf-8-sig")
    assert labkit.corrupt(task, noise.human("noisy", tmp_path / "words.csv"), 0).noise.realised == 0.0
    rows.iloc[1:].to_csv(tmp_path / "less.csv", index=False)
    refuses(lambda: labkit.corrupt(labkit.load(folder, size=4, test=0.01), noise.human("noisy", tmp_path / "less.csv"),
                                   0), "image_id", "key")  # fmt: skip
    rows.assign(noisy="zebra").to_csv(tmp_path / "zebra.csv", index=False)
    refuses(lambda: labkit.corrupt(task, noise.human("noisy", tmp_path / "zebra.csv"), 0), "zebra", "a, b, c")


def test_names_for_samples_without_names_are_refused(tmp_path):
    digits = labkit.load("digits", n=100)
    whole = {"filename": [f"{k}.png" for k in range(1437)], "noisy": np.arange(1437) % 10}
    table(tmp_path / "l.csv", **whole)
    refuses(
        lambda: labkit.corrupt(digits, noise.human("noisy", tmp_path / "l.csv"), 0), "key is not given", "'filename'"
    )
    by_position = labkit.corrupt(digits, noise.human("noisy", tmp_path / "l.csv", key=False), 0)
    assert by_position.train.y.tolist() == (digits.train.ids % 10).tolist()


def test_a_label_file_with_a_mark(tmp_path):
    digits = labkit.load("digits", n=100)
    for sep in ",;\t":
        text = f"\ufeffnoisy{sep}other\n" + "".join(f"{k % 10}{sep}1\n" for k in range(1437))
        (tmp_path / "bom.csv").write_text(text, encoding="utf-8")
        given = labkit.corrupt(digits, noise.human("noisy", tmp_path / "bom.csv"), 0).train.y
        assert given.tolist() == (digits.train.ids % 10).tolist()


def test_a_split_that_a_table_may_hold_is_asked_for(tmp_path):
    folder = tmp_path / "d"
    for part, n in (("train", 8), ("val", 4)):
        pictures(folder / part, n=n)
    files = [file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*.png"))]
    labels = [file.split("/")[1] for file in files]
    table(tmp_path / "l.csv", filename=files, label=labels)
    load = partial(labkit.load, folder, size=4, labels=tmp_path / "l.csv")
    refuses(load, "split is not given", '"folder"', "False")
    assert len(load(split="folder").test) == 8 and len(load(split=False).test) == 4
    for name, values in (
        ("is_valid", ["val" in file for file in files]), ("set", [file.split("/")[0] for file in files]),
        ("is_test", [int("val" in file) for file in files]),
    ):  # fmt: skip
        table(tmp_path / "l.csv", filename=files, label=labels, **{name: values})
        refuses(load, "split is not given", f"'{name}'")
        assert len(load(split=name).test) == 8


@pytest.mark.parametrize("val", ["val", "valid", "validation"])
def test_folders_for_validation_are_the_validation_set(tmp_path, val):
    for part, n in (("train", 10), (val, 6), ("test", 5)):
        pictures(tmp_path / "d" / part, n=n)
    task = labkit.load(tmp_path / "d", size=4)
    assert (len(task.train), len(task.train.val), len(task.test)) == (20, 12, 10) and f"val: {val}/" in repr(task)
    assert all(name.startswith(f"{val}/") for name in task.samples("val").file)
    assert len(labkit.load(tmp_path / "d", size=4, n=8).train) == 8
    refuses(lambda: labkit.load(tmp_path / "d", size=4, val=0.2), "val is 0.2", "12 samples")
    swapped = labkit.load(tmp_path / "d", size=4, split={"train": val, "test": "train"})
    assert len(swapped.test) == 20 and len(swapped.train) + len(swapped.train.val) == 12
    pictures(tmp_path / "d" / "dev", n=3)
    refuses(lambda: labkit.load(tmp_path / "d", size=4), "split is not given", "dev")


def test_images_are_turned_upright(tmp_path):
    ramp = np.repeat(np.arange(16, dtype=np.uint8)[None] * 16, 16, 0)
    for orientation, upright in ((6, ramp.T), (3, ramp[:, ::-1]), (8, ramp.T[::-1])):
        image = Image.fromarray(ramp)
        exif = image.getexif()
        exif[0x0112] = orientation
        image.save(tmp_path / "e.png", exif=exif)
        assert np.array_equal(images.pixels(tmp_path / "e.png", 16, "crop", 1)[0], upright)


def test_what_is_not_read_is_said(tmp_path, capsys, monkeypatch):
    folder = pictures(tmp_path / "d", n=6)
    for k in range(50):
        (folder / "a" / f"x{k}.heic").write_bytes(b"x")
    (folder / "b" / "notes.txt").write_text("x")
    (folder / ".hidden").write_text("x")
    monkeypatch.delenv("LABKIT_PROGRESS", raising=False)
    task = labkit.load(folder, size=4)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "a: 6, b: 6" in said and "validation 1, test 2" in said
    for words in ("50 .heic files", "1 .txt file", "1 hidden file", "truth not known"):
        assert words in said and words in repr(task)
    monkeypatch.setenv("LABKIT_PROGRESS", "0")
    labkit.load(folder, size=4)
    assert capsys.readouterr().err == ""
    refuses(lambda: labkit.load(pictures(tmp_path / "j", ("a",)).parent / "j", size=4), "1 class folders")
    (tmp_path / "h" / "a").mkdir(parents=True)
    (tmp_path / "h" / "a" / "1.heic").write_bytes(b"x")
    pictures(tmp_path / "h", ("b",))
    refuses(lambda: labkit.load(tmp_path / "h", size=4), "class 'a'", "'.heic'", ".jfif")


def test_jfif_is_jpeg(tmp_path):
    assert labkit.load(pictures(tmp_path / "d", end="jfif"), size=4).classes == 2


def test_all_unreadable_files_are_named_and_left_out_on_request(tmp_path, cache):
    folder = pictures(tmp_path / "d")
    bad = [folder / "a" / f"bad{k}.png" for k in range(3)] + [folder / "b" / "3.png"]
    for file in bad:
        file.write_bytes(b"no")
    refuses(lambda: labkit.load(folder, size=4), "4 files", *map(str, bad), 'skip="unreadable"')
    for _ in range(2):
        task = labkit.load(folder, size=4, skip="unreadable")
        assert len(task.train) + len(task.train.val) + len(task.test) == 19 and "unreadable: 4" in repr(task)
        assert (task.train.x[:, 0, 0, 0] // 80 == task.train.y).all()
    for note in (cache / "unreadable").iterdir():
        note.write_text("damaged")
    assert len(labkit.load(folder, size=4, skip=["unreadable"]).test) == len(task.test)


def test_rare_classes_live(tmp_path):
    folder = pictures(tmp_path / "d", [f"c{k:03d}" for k in range(100)], 3)
    task = labkit.load(folder, size=4)
    assert task.classes == 100 and len(task.test) == 60
    assert len(task.train.y.unique()) == 100 and len(task.test.y.unique()) == 60
    assert len(labkit.load(folder, size=4, n=100, val=0.0).train.y.unique()) == 100
    rare = np.where(K < 58, "common", "rare")
    task = labkit.load(table(tmp_path / "t.csv", a=K % 7, label=rare), target="label")
    assert (task.train.y == 1).sum() >= 1
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(60, 3)), y=np.maximum(K - 50, 0))
    task = labkit.load(tmp_path / "a.npz", test=0.5, val=0.3)
    assert len(task.train.y.unique()) == 10


@pytest.mark.parametrize("head, cell", [("image_id,label", "{k}"), ("filename,label", "./{k}.png"),
                                        ("filename;label", "in\\{k}.png"), ("f\tlabel", "C:\\x\\in\\{k}.png"),
                                        ("id,label", "{k:.0f}.png")])  # fmt: skip
def test_names_of_files_however_they_are_written(tmp_path, head, cell):
    (tmp_path / "in").mkdir()
    for k in range(10):
        Image.new("L", (8, 8), 9 * k).save(tmp_path / "in" / f"{k}.png")
    sep = next(mark for mark in ",;\t" if mark in head)
    lines = [head, *(f"{cell.format(k=k)}{sep}{'ab'[k % 2]}" for k in reversed(range(10)))]
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    task = labkit.load(tmp_path, size=4, val=0.0)
    assert (task.train.x[:, 0, 0, 0] // 9 % 2 == task.train.y).all() and len(task.test) == 2


def test_lines_and_files_that_do_not_meet(tmp_path):
    folder = pictures(tmp_path / "d", ("a",), 10)
    lines = {"filename": [f"a/{k}.png" for k in range(8)] + ["a/x.png"], "label": ["u", "v"] * 4 + ["u"]}
    table(tmp_path / "l.csv", **lines)
    load = partial(labkit.load, folder, size=4, labels=tmp_path / "l.csv")
    refuses(load, "a/x.png", 'skip="absent"')
    refuses(lambda: load(skip="absent"), "a/8.png", 'skip="unlisted"')
    assert len(load(skip=["absent", "unlisted"]).test) == 1
    refuses(lambda: load(skip="everything"), "skip is 'everything'", "unreadable")
    table(tmp_path / "l.csv", filename=[f"a/{k}.png" for k in range(10)], label=["u", "v", None, "u", "v"] * 2)
    refuses(load, "line 4", "'label'", 'skip="incomplete"')
    assert "u: 4, v: 4" in repr(load(skip=["incomplete", "unlisted"]))
    pictures(folder, ("b",), 2)
    (folder / "labels.csv").write_text("filename,label\n")
    refuses(lambda: labkit.load(folder, size=4), "labels is not given", '"labels.csv" or False')
    assert labkit.load(folder, size=4, labels=False).class_names == ("a", "b")


@pytest.mark.parametrize("name", ["", " ", 5, None, b"digits", 1.5, ["digits"], "no\0thing"])
def test_what_is_no_name(name):
    refuses(lambda: labkit.load(name), "name is", "digits", ".npz")


# -- broken sets


def test_labels_that_no_set_has():
    x = np.zeros((60, 5), "f")
    for huge in (10**12, 2**62, 10**5):
        refuses(lambda: Task.of(x, np.r_[K[1:] % 3, huge], x, K % 3), "y is", str(huge))  # noqa: B023
    for kind in (np.uint8, np.uint16, np.uint32, np.uint64, bool):
        y = (K % 2).astype(kind)
        assert Task.of(x, y, x, y).classes == 2
    unsigned = torch.from_numpy((K % 3).astype(np.uint16))
    assert Task.of(x, unsigned, x, K % 3).classes == 3
    refuses(lambda: Task.of(x, np.full(60, 2**64 - 1, np.uint64), x, K % 3), "y is")


def test_archives_that_do_not_fit(tmp_path, cache):
    x = np.random.default_rng(0).normal(size=(60, 5)).astype("f")
    np.savez(tmp_path / "in.npz", x=x, y=K % 3)
    with zipfile.ZipFile(tmp_path / "in.npz") as one, zipfile.ZipFile(tmp_path / "out.npz", "w") as other:
        for name in one.namelist():
            other.writestr("folder/" + name, one.read(name))
    refuses(lambda: labkit.load(tmp_path / "out.npz"), "keys of out.npz", "folder/x", "x=")
    assert labkit.load(tmp_path / "out.npz", x="folder/x", label="folder/y").classes == 3
    np.savez(tmp_path / "two.npz", x=x, y=K % 3, labels=K % 2)
    refuses(lambda: labkit.load(tmp_path / "two.npz"), "label is not given", "labels and y")
    assert labkit.load(tmp_path / "two.npz", label="labels").classes == 2
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as file:
        for key, shape in (("x", (10**9, 10**6)), ("y", (10**15,))):
            with file.open(f"{key}.npy", "w") as stream:
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(stream, header)
    refuses(lambda: labkit.load(tmp_path / "huge.npz"), "huge.npz", "4,000,000,000,000,000 bytes")
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        for key, rows in (("x", 60), ("y", 3 * 10**7)):
            with file.open(f"{key}.npy", "w") as stream:
                np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (rows,)})
                stream.write(bytes(rows))
    refuses(
        lambda: labkit.load(tmp_path / "bomb.npz", limit_bytes=10**6),
        "targets in bomb.npz is 30000000",
        "60, one per image",
    )
    assert not list(cache.rglob("*.npy"))


def test_scales_and_layouts_of_arrays_are_asked_for(tmp_path):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 4, 4, 3)).astype("f")
    np.savez(tmp_path / "a.npz", images=pixels, labels=np.arange(40) % 2)
    load = partial(labkit.load, tmp_path / "a.npz")
    refuses(load, "scale is not given", "255")
    assert load(scale=255).train.x.max() <= 1 < load(scale=1).train.x.max() <= 255
    assert load(scale="standard").train.x.mean().abs() < 0.1
    np.savez(tmp_path / "b.npz", images=rng.integers(0, 256, (40, 3, 8, 3), np.uint8), labels=np.arange(40) % 2)
    refuses(lambda: labkit.load(tmp_path / "b.npz"), "layout is not given")
    assert labkit.load(tmp_path / "b.npz", layout="first").shape == (3, 8, 3)
    assert labkit.load(tmp_path / "b.npz", layout="last").shape == (3, 3, 8)


MNIST = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


@pytest.mark.parametrize(
    "content", [b"<html>nothing here</html>", b"", struct.pack(">iiii", 2049, 5, 28, 28) + bytes(9)]
)
def test_broken_files_of_a_named_set(tmp_path, content):
    place = tmp_path / "MNIST" / "raw"
    place.mkdir(parents=True)
    for name in MNIST:
        (place / name).write_bytes(content)
    refuses(lambda: labkit.load("mnist", root=tmp_path), str(place / MNIST[0]), "2051", "lab fetch mnist")


def png(path, width, height, rows=None):
    """A grey PNG of zeros, however large. rows: that are really there"""
    chunk = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(width + 1) * (height if rows is None else rows), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="resource is there on Unix alone")
@pytest.mark.parametrize("size", [(200_000, 1), (1, 200_000), (2_000_000, 1)])
def test_thin_images_take_no_memory(tmp_path, size):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert images.pixels(png(tmp_path / "thin.png", *size), 64, "crop", 1).shape == (1, 64, 64)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_long_images_are_cropped_as_others_are(tmp_path):
    rng = np.random.default_rng(0)
    for shape in ((400, 20), (20, 700), (33, 1000)):
        image = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))
        ratio = 16 / min(image.size)
        wide, high = (max(16, round(side * ratio)) for side in image.size)
        left, top = (wide - 16) // 2, (high - 16) // 2
        scaled = image.resize((wide, high), Image.BILINEAR).crop((left, top, left + 16, top + 16))
        assert np.abs(np.asarray(scaled).astype(int) - np.asarray(images._cropped(image, 16))).max() <= 1


def test_images_of_too_many_pixels_are_refused(tmp_path):
    for side in (9000, 20_000):
        refuses(lambda: images.decoded([png(tmp_path / "large.png", side, side, 1)], 8), "large.png")  # noqa: B023


@pytest.mark.parametrize("keep", [0, 100, -1])
def test_damaged_files_of_the_cache_are_made_anew(tmp_path, cache, keep):
    folder = pictures(tmp_path / "d")
    before = labkit.load(folder, size=4)
    for file in (cache / "arrays").glob("*.npy"):
        file.write_bytes(file.read_bytes()[:keep])
    assert torch.equal(labkit.load(folder, size=4).train.x, before.train.x)


# -- plans


def plan(tmp_path, data, **fit):
    """A plan of one run."""
    common = {"data": str(data), "net": "mlp", "epochs": 1, "method": "ERM"}
    return {"fit": common | fit, "grid": {"seed": [0]}, "store": str(tmp_path / "store")}


def test_a_plan_says_what_own_data_leave_open_and_takes_the_options(tmp_path):
    own = table(tmp_path / "own.csv", a=K, label=K % 2)
    read = lambda **fit: Plan.read(plan(tmp_path, own, **fit))
    refuses(read, "label is not given", "'a', 'label'", "data.X")
    refuses(lambda: read(**{"data.targte": "label"}), "data.targte", "data.target")
    refuses(lambda: read(**{"data.label": "label", "n": 500}), "n is 500")
    refuses(lambda: read(**{"data.label": "label", "noise": "linadv", "rate": 0.2}), "linadv")
    task = entry(read(**{"data.label": "label", "n": 20}).points[0])[1]
    assert task.classes == 2 and len(task.train) == 18
    folder = pictures(tmp_path / "d")
    refuses(lambda: Plan.read(plan(tmp_path, folder, **{"data.size": 0})), "size is 0")
    task = entry(Plan.read(plan(tmp_path, folder, **{"data.size": 4})).points[0])[1]
    assert task.shape == (1, 4, 4)
    refuses(lambda: Plan.read(plan(tmp_path, "digits", **{"data.size": 4})), "data.size", "data.val")


def test_a_changed_table_of_labels_is_read_again(tmp_path):
    folder = pictures(tmp_path / "d", ("a",), 10)
    names = [f"a/{k}.png" for k in range(10)]
    table(tmp_path / "l.csv", filename=names, label=["u", "v"] * 5)
    point = Plan.read(plan(tmp_path, folder, **{"data.size": 4, "data.labels": str(tmp_path / "l.csv")})).points[0]
    before = entry(point)[1].class_names
    table(tmp_path / "l.csv", filename=names, label=["u", "wow"] * 5)
    assert (before, entry(point)[1].class_names) == (("u", "v"), ("u", "wow"))

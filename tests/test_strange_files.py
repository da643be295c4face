"""Files of strangers: what a table, a folder or an archive leaves open is read right, or asked for."""

import json
import os

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import labkit
from labkit.data.images import pixels
from labkit.data.matching import matched
from labkit.data.places import signature
from labkit.notebook import find, parameters
from labkit.runs.sweep.plan import Plan


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LABKIT_PROGRESS", "0")


def table(path, head, row, count=30, **options):
    path.write_text("\n".join([head, *(row(k) for k in range(count))]) + "\n", encoding="utf-8")
    return labkit.load(path, label="label", **options)


def pictures(folder, names):
    for k, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 9 * k).save(folder / name)
    return folder


def refused(call, *words):
    with pytest.raises(ValueError) as error:
        call()
    for word in words:
        assert word in str(error.value)


def letter(k):
    return "xy"[k % 2]


def raw_column(task, k=0):
    """The first feature in the order of the file, up to shift and scale, of the training split."""
    x = task.train.x[:, k].double()
    return task.train.ids, x


def test_points_that_part_thousands_are_no_fractions(tmp_path):
    row = lambda k: f"{k % 9 + 1}.{k:03d};0,{k};{letter(k)}"
    task = table(tmp_path / "t.csv", "a;b;label", row, decimal=",", thousands=".")
    ids, x = raw_column(task)
    meant = torch.tensor([(k % 9 + 1) * 1000.0 + k for k in ids.tolist()], dtype=torch.float64)
    assert torch.corrcoef(torch.stack([x, meant]))[0, 1] > 1 - 1e-9
    refused(lambda: table(tmp_path / "t.csv", "a;b;label", row, decimal=","), "line 2, column 'a'", 'thousands="."')


@pytest.mark.parametrize("cell", ["1.5", "01.02.2024", "1.2345"])
def test_points_that_part_no_thousands_are_refused_and_the_advice_works(cell, tmp_path):
    row = lambda k: f"{cell};0,{k % 7};{letter(k // 3)}"
    options = {"decimal": ",", "thousands": "."}
    refused(lambda: table(tmp_path / "t.csv", "a;b;label", row, **options), cell, "drop=['a']", "words=['a']")
    assert table(tmp_path / "t.csv", "a;b;label", row, **options, drop=["a"]).shape == (1,)
    assert table(tmp_path / "t.csv", "a;b;label", row, **options, words=["a"]).shape == (2,)


def test_other_marks_with_lines_left_out_truths_and_true_numbers(tmp_path):
    row = lambda k: f"{'-' if k == 3 else '1,5'};{'TRUE' if k % 5 else 'FALSE'};{letter(k)}"
    refused(lambda: table(tmp_path / "t.csv", "a;b;label", row, decimal=","), "line 5, column 'a'", "skip=")
    task = table(tmp_path / "t.csv", "a;b;label", row, decimal=",", skip="incomplete")
    assert "left out: 1" in task.reading and task.shape == (2,)
    row = lambda k: f"0,{k % 9};{k},5;{k},5"
    task = table(tmp_path / "t.csv", "a;label;t", row, decimal=",", true_label="t")
    assert task.truth.complete and torch.equal(task.truth.y, task.train.y)


def test_names_and_words_stay_as_they_are_written(tmp_path):
    task = table(tmp_path / "t.csv", "id,a,label", lambda k: f"{k:04d},{k % 7},{letter(k)}", rows="id")
    assert set(task.files) | set(task.test_files) == {"", *(f"{k:04d}" for k in range(30))}
    task = table(tmp_path / "t.csv", "a,label", lambda k: f"{['01', '1', '2'][k % 3]},{letter(k)}", words=["a"])
    assert task.shape == (3,)


@pytest.mark.parametrize("pair", [("Cat", "cat"), ("a cat", "a\u00a0cat"), ("caf\u00e9", "cafe\u0301")])
def test_classes_that_are_nearly_alike_are_asked_about(pair, tmp_path):
    row = lambda k: f"{k % 7},{[*pair, 'dog'][k % 3]}"
    refused(lambda: table(tmp_path / "t.csv", "a,label", row), "order is not given", "nearly alike")
    task = table(tmp_path / "t.csv", "a,label", row, order=[*pair, "dog"])
    assert task.class_names == (*pair, "dog")
    folder = pictures(tmp_path / "f", [f"{name}/{k}.png" for name in ("Cat", "cat") for k in range(3)])
    refused(lambda: labkit.load(folder, size=8), "'Cat' and 'cat'")


@pytest.mark.parametrize("true", ["XY", "01", "xz"])
def test_true_labels_that_are_never_given_are_asked_about(true, tmp_path):
    row = lambda k: f"{k % 7},{letter(k)},{true[k % 2]}"
    refused(lambda: table(tmp_path / "t.csv", "a,label,t", row, true_label="t"), "never given", "order=")
    names = sorted({*"xy", *true})
    task = table(tmp_path / "t.csv", "a,label,t", row, true_label="t", order=names)
    assert [names[c] for c in task.truth.y.tolist()] == [true[k % 2] for k in task.train.ids.tolist()]


def test_true_labels_of_minus_one_are_not_known_and_those_of_columns_are_read(tmp_path):
    row = lambda k: f"{k % 7},{k % 3},{k % 3 if k < 20 else -1}"
    task = table(tmp_path / "t.csv", "a,label,t", row, true_label="t")
    assert task.classes == 3 and torch.equal(task.truth.masks()[0], task.train.ids < 20)
    lines = [f"{k % 7},{k % 2},{1 - k % 2},{'' if k > 20 else 'q' if k % 2 else 'p'}" for k in range(30)]
    (tmp_path / "o.csv").write_text("\n".join(["a,p,q,t", *lines]))
    task = labkit.load(tmp_path / "o.csv", label=["p", "q"], kind="classes", true_label="t")
    assert torch.equal(task.truth.masks()[0], task.train.ids <= 20)
    known = task.truth.y >= 0
    assert torch.equal(task.truth.y[known], (task.train.ids[known] % 2 == 1).long())


def test_marks_at_the_beginning_of_a_table(tmp_path):
    row = lambda k: f"{letter(k)},{k % 7}"
    assert table(tmp_path / "t.csv", "\ufefflabel,a", row, encoding="utf-8").classes == 2
    row = lambda k: f"{letter(k)};{k % 7}"
    assert table(tmp_path / "t.csv", '"sep=;"\nlabel;a', row).classes == 2


def test_advice_on_an_empty_cell_names_no_column_that_is_needed(tmp_path):
    row = lambda k: f"{k % 7},{'' if k == 4 else letter(k)}"
    with pytest.raises(ValueError, match="line 6, column 'label'") as error:
        table(tmp_path / "t.csv", "a,label", row)
    assert "drop=" not in str(error.value)
    assert table(tmp_path / "t.csv", "a,label", row, skip="incomplete").classes == 2


def test_a_target_twice_and_a_cell_with_several_labels_are_refused(tmp_path):
    table(tmp_path / "t.csv", "a,label", lambda k: f"{k % 7},{letter(k)}")
    refused(lambda: labkit.load(tmp_path / "t.csv", target=["a", "a"]), "target", "different columns")
    refused(lambda: labkit.load(tmp_path / "t.csv", target="label", label="label"), "label", "target is given")
    row = lambda k: f"{k % 7}," + ('"{""choices"":[""x"",""y""]}"' if k == 4 else letter(k))
    refused(lambda: table(tmp_path / "t.csv", "a,label", row), "line 6", "one label")


NAMES = [f"{c}/a {k}.png" for c in ("one", "two") for k in range(3)]


@pytest.mark.parametrize(
    "form",
    ["C:\\x\\ph\\{}", "/home/u/ph/{}", "../ph/{}", "https://x.org/b/{}?w=3", "s3://b/{}", "/data/local-files/?d=ph/{}"],
)
def test_names_below_shared_folders_and_addresses_mean_their_files(form):
    sep = "\\" if "\\" in form else "/"
    sign = "%20" if "://" in form else " "
    listed = [form.format(name.replace("/", sep).replace(" ", sign)) for name in NAMES]
    assert matched(listed[::-1], NAMES).tolist() == [5, 4, 3, 2, 1, 0]


def test_names_in_capitals_with_accents_and_as_uploaded_mean_their_files():
    assert matched(["IMG1.PNG", "IMG0.PNG"], ["img0.png", "img1.png"]).tolist() == [1, 0]
    assert matched(["caf\u00e9.png"], ["cafe\u0301.png"]).tolist() == [0]
    assert matched(["/data/upload/1/ab12cd34-a_1.png"], ["a 0.png", "a 1.png"]).tolist() == [1]
    assert matched(["A.png"], ["a.png", "A.png"]).tolist() == [1]


def test_a_table_without_names_of_columns_is_refused(tmp_path):
    folder = pictures(tmp_path / "f", [f"{k}.png" for k in range(6)])
    (tmp_path / "t.csv").write_text("\n".join(f"{k}.png,{letter(k)}" for k in range(6)))
    refused(lambda: labkit.load(folder, labels=tmp_path / "t.csv"), "first line of t.csv", "names of columns")
    (tmp_path / "t.csv").write_text("\n".join(f"{k},{letter(k)}" for k in range(6)))
    refused(
        lambda: labkit.load(folder, labels=tmp_path / "t.csv", label="x"), "first line of t.csv", "names of columns"
    )
    (tmp_path / "u.csv").write_text("\n".join(f"{k % 7}.5,{letter(k)}" for k in range(30)))
    refused(lambda: labkit.load(tmp_path / "u.csv", label="x"), "first line of u.csv", "add a line of names")


def test_several_annotators_are_refused_and_the_advice_works(tmp_path):
    folder, place = pictures(tmp_path / "f", [f"p{k}.png" for k in range(8)]), tmp_path / "t.csv"
    rows = [(f"/data/upload/1/ab12cd34-p{k}.png", letter(k), who) for k in range(8) for who in (1, 2)]
    frame = pd.DataFrame(rows, columns=["image", "choice", "annotator"])
    frame.to_csv(place, index=False)
    load = lambda: labkit.load(folder, labels=place, label="choice", size=8)
    refused(load, "8 files have several", "groupby('image').sample(1, random_state=0)")
    frame.groupby("image").sample(1, random_state=0).to_csv(place)
    assert load().class_names == ("x", "y")


def test_folders_that_systems_leave_behind_are_no_classes(tmp_path):
    names = [f"{c}/{k}.png" for c in "ab" for k in range(3)]
    folder = pictures(tmp_path / "f", [*names, "@eaDir/x.png", "a/@eaDir/0.png/thumb.png", "__MACOSX/a/0.png"])
    task = labkit.load(folder, size=8)
    assert task.class_names == ("a", "b") and "3 hidden files" in task.reading
    assert len(task.train) + len(task.train.val) + len(task.test) == 6


@pytest.mark.parametrize(
    "pair", [("training_set", "test_set"), ("train2017", "val2017"), ("Train-images", "test.images")]
)
def test_folders_called_nearly_like_parts_are_asked_about(pair, tmp_path):
    folder = pictures(tmp_path / "f", [f"{part}/{c}/{k}.png" for part in pair for c in "ab" for k in range(3)])
    refused(lambda: labkit.load(folder, size=8), "split is not given", pair[0], pair[1])
    parts = dict(zip(("train", "val" if "val" in pair[1] else "test"), pair))
    assert len(labkit.load(folder, size=8, split=parts).test) == 6
    assert labkit.load(folder, size=8, split=False).class_names == tuple(sorted(pair))


def test_advice_on_a_layout_that_is_none_works(tmp_path):
    names = [f"{c}/{k}.png" for c in "ab" for k in range(3)]
    folder = pictures(tmp_path / "f", [f"train/train/{name}" for name in names])
    refused(lambda: labkit.load(folder), f"load {folder / 'train' / 'train'}")
    folder = pictures(tmp_path / "g", [*(f"train/{name}" for name in names), "test/0.png"])
    refused(lambda: labkit.load(folder), f"load {folder / 'train'} alone")
    assert labkit.load(folder / "train", size=8).class_names == ("a", "b")


@pytest.mark.parametrize("mode, kind", [("I;16", "<u2"), ("I;16B", ">u2")])
def test_16_bits_of_both_orders_keep_their_greys(mode, kind, tmp_path):
    values = np.tile(np.linspace(0, 255, 8).astype(np.uint8), (8, 1))
    image = Image.frombytes(mode, (8, 8), (values.astype(kind) * 257).astype(kind).tobytes())
    image.save(tmp_path / "a.tif")
    assert np.array_equal(pixels(tmp_path / "a.tif", 8, "crop", 1)[0], values)


Y = np.arange(40) % 4
X = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 4), np.uint8)


def archive(folder, options=None, **arrays):
    np.savez(folder / "d.npz", **arrays)
    return labkit.load(folder / "d.npz", **(options or {}))


def test_channels_that_are_not_1_or_3_are_asked_about(tmp_path):
    refused(lambda: archive(tmp_path, x=X, y=Y), "layout is not given", "(40, 8, 8, 4)")
    assert archive(tmp_path, {"layout": "last"}, x=X, y=Y).shape == (4, 8, 8)
    assert archive(tmp_path, {"layout": "first"}, x=X.transpose(0, 3, 1, 2), y=Y).shape == (4, 8, 8)


def test_the_scale_of_bytes_that_are_no_images_is_asked_for(tmp_path):
    refused(lambda: archive(tmp_path, x=X.reshape(40, -1), y=Y), "scale is not given")
    assert archive(tmp_path, {"scale": 255}, x=X.reshape(40, -1), y=Y).train.x.max() <= 1


def test_true_labels_of_an_archive_that_are_not_known(tmp_path):
    words, unknown = np.array(list("abcd"))[Y], np.arange(40) >= 30
    columns = {"true_label": "t", "kind": "classes"}
    task = archive(tmp_path, columns, x=X[..., 0], y=words, t=np.where(unknown, "", words))
    assert task.classes == 4 and torch.equal(task.truth.masks()[0], task.train.ids < 30)
    columns = {"true_label": "t", "order": "number"}
    task = archive(tmp_path, columns, x=X[..., 0], y=Y + 1, t=np.where(unknown, -1, Y + 1))
    assert task.class_names == ("1", "2", "3", "4") and torch.equal(task.truth.masks()[0], task.train.ids < 30)
    refused(lambda: archive(tmp_path, {"true_label": "t"}, x=X[..., 0], y=Y, t=words), "true_label", "int64")


def test_arrays_of_an_archive_have_one_role_and_one_value_per_row(tmp_path):
    refused(lambda: archive(tmp_path, {"x": "x", "label": "x"}, x=X[..., 0], y=Y), "a different array for each role")
    names = np.array([f"{k:03d}" for k in range(40)])
    assert archive(tmp_path, {"file": "f"}, x=X[..., 0], y=Y, f=names[:, None]).files[0] == "000"
    both = np.stack([names, names], 1)
    refused(lambda: archive(tmp_path, {"file": "f"}, x=X[..., 0], y=Y, f=both), "file", "one value per row")


def test_tensors_are_dense_and_without_a_gradient():
    x = torch.randn(40, 5)
    refused(lambda: labkit.Task.of(x.to_sparse(), Y, x[:8], Y[:8]), "a sparse tensor", "to_dense")
    assert not labkit.Task.of(x.requires_grad_(), Y, x[:8], Y[:8]).train.x.requires_grad


def test_a_folder_that_holds_itself_is_looked_at_once(tmp_path):
    folder = pictures(tmp_path / "f", ["a/0.png"])
    os.symlink(folder, folder / "a" / "again")
    assert len(signature(folder)) == 2


def test_the_table_of_a_plan_begins_where_the_plan_is_read(tmp_path, monkeypatch):
    names = [f"{k}.png" for k in range(8)]
    pictures(tmp_path / "f", names)
    text = "image,label\n" + "\n".join(f"{name},{letter(k)}" for k, name in enumerate(names))
    fixed = {"data": "f", "data.size": 8, "net": "mlp", "epochs": 1, "method": "ERM", "seed": 0}
    monkeypatch.chdir(tmp_path)
    for place in ("t.csv", "f/u.csv"):
        (tmp_path / place).write_text(text)
    for given, meant in (("t.csv", "t.csv"), ("u.csv", "f/u.csv"), ("./f/../t.csv", "t.csv")):
        (point,) = Plan.read({"fit": fixed | {"data.labels": given}}).points
        assert point["data.labels"] == str(tmp_path / meant)


def test_human_labels_without_a_line_for_every_sample_are_not_joined_by_position(tmp_path):
    folder = pictures(tmp_path / "f", [f"{'ab'[k % 2]}/p{k}.png" for k in range(10)])
    task, place = labkit.load(folder, size=8, labels_are="true"), tmp_path / "people.csv"
    lines = [f"p{k}.png,{'ab'[k % 2]}" for k in range(10)]
    corrupted = lambda: labkit.noise.corrupt(task, labkit.noise.human("label", place), 0)
    name = task.files[int(task.train.ids[0])].rpartition("/")[2]
    for changed in ([line for line in lines if not line.startswith(name)], [*lines, f"{name},a"]):
        place.write_text("\n".join(["file,label", *changed]))
        refused(corrupted, "the key 'file' in people.csv", name, "has no line, or several (1 have)")
    place.write_text("\n".join(lines))
    refused(corrupted, "the first line is 'p0.png, a'", "names of columns")
    place.write_text("\n".join(["file,label", *lines[::-1]]))
    assert torch.equal(corrupted().train.y, task.train.y)


def test_channels_and_endings_that_are_none_are_refused(tmp_path):
    folder = pictures(tmp_path / "f", [f"{c}/{k}.png" for c in "ab" for k in range(3)])
    refused(lambda: labkit.load(folder, channels=True), "channels is True")
    refused(lambda: labkit.load(folder, ending=[]), "ending is []")


@pytest.mark.parametrize("wrong", [{"words": 5}, {"words": [5]}, {"decimal": "5"}, {"thousands": "-"}, {"decimal": ""}])
def test_marks_and_words_that_are_none_are_refused(wrong, tmp_path):
    row = lambda k: f"{k % 7},{letter(k)}"
    refused(lambda: table(tmp_path / "t.csv", "a,label", row, **wrong), next(iter(wrong)))
    assert table(tmp_path / "t.csv", "a,label", row, words=None).shape == (1,)


def test_the_table_of_a_notebook_begins_where_the_command_was_typed(tmp_path, monkeypatch):
    pictures(tmp_path / "f", ["0.png"])
    for place in ("t.csv", "f/u.csv"):
        (tmp_path / place).touch()
    monkeypatch.chdir(tmp_path)
    known = parameters.read(find("crust"))
    for given, meant in (("t.csv", "t.csv"), ("u.csv", "f/u.csv"), ("./f/../t.csv", "t.csv")):
        values = parameters.check(known, [("dataset", "./f"), ("options", json.dumps({"labels": given, "size": 8}))])
        assert values == {"dataset": str(tmp_path / "f"), "options": {"labels": str(tmp_path / meant), "size": 8}}
    values = parameters.check(known, [("options", '{"labels": "t.csv"}'), ("dataset", "mnist")])
    assert values["options"] == {"labels": "t.csv"}


def test_advice_on_the_numbers_of_a_table_of_images_works(tmp_path):
    folder, place = pictures(tmp_path / "f", [f"p{k}.png" for k in range(12)]), tmp_path / "t.csv"
    place.write_text("image;age\n" + "\n".join(f"p{k}.png;{k},5" for k in range(12)))
    load = lambda **options: labkit.load(folder, labels=place, label="age", size=8, standardise=False, **options)
    refused(load, 'decimal=","')
    task = load(decimal=",")
    assert [f"p{int(y)}.png" for y in task.train.y[:, 0]] == task.samples().file.tolist()
    place.write_text("image,age\n" + "\n".join(f"p{k}.png,{'unsure' if k == 3 else k + 0.5}" for k in range(12)))
    refused(load, "line 5, column 'age'", 'skip="incomplete"')
    assert "p3.png" not in load(skip=["incomplete", "unlisted"]).files


def test_words_among_numbers_stay_where_labels_are_classes(tmp_path):
    row = lambda k: f"{k % 7},{'unsure' if k % 3 == 0 else k % 3}"
    task = table(tmp_path / "t.csv", "a,label", row, kind="classes", skip="incomplete")
    assert task.class_names == ("1", "2", "unsure")

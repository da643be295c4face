"""Files as strangers make them: from the file to `fit` in at most three lines, as README shows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import labkit


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("LABKIT_CACHE", str(tmp_path / "cache"))


def picture(path, grey):
    """Write a small image of one grey."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (6, 6), int(grey)).save(path)


def trained(task, method="ERM"):
    """A run of one epoch."""
    return labkit.fit(method, task, "mlp", 1, 0, progress=False)


def greys(split):
    """The grey of every image of a split. -> list"""
    return split.x[:, 0, 0, 0].tolist()


def test_kaggle_a_folder_and_a_table_of_ids_without_endings(tmp_path):
    rng = np.random.default_rng(0)
    ids = [f"{k:04d}" for k in rng.permutation(60)]
    for name in ids:
        picture(tmp_path / "train_images" / f"{name}.jpg", 4 * int(name))
    labels = ["cat" if int(name) >= 30 else "ant" for name in ids]
    pd.DataFrame({"image_id": ids, "label": labels}).to_csv(tmp_path / "train.csv", index=False)

    task = labkit.load(tmp_path / "train_images", labels=tmp_path / "train.csv", size=6)
    run = labkit.fit("ERM", task, "mlp", 1, 0, progress=False)

    assert run.finished and task.class_names == ("ant", "cat") and task.truth is None
    for split in (task.train, task.train.val, task.test):
        assert [grey >= 118 for grey in greys(split)] == (split.y == 1).tolist()
    assert len(task.test) == 12 and int((task.test.y == 1).sum()) == 6


CLASSES = ("n01", "n02", "n03")


def imagenette(folder):
    """train/ and val/ with a folder per class, and the table of noisy labels."""
    rows = []
    for part, n in (("train", 20), ("val", 6)):
        for c, name in enumerate(CLASSES):
            for k in range(n):
                picture(folder / part / name / f"{k}.png", 80 * c + k)
                wrong = part == "train" and k % 4 == 0
                rows.append((f"{part}/{name}/{k}.png", name, CLASSES[(c + wrong) % 3], part == "val"))
    names = ["path", "noisy_labels_0", "noisy_labels_25", "is_valid"]
    pd.DataFrame(rows, columns=names).sample(frac=1, random_state=0).to_csv(folder / "noisy.csv", index=False)


def test_imagenette_noisy_labels_given_clean_ones_as_truth(tmp_path):
    imagenette(tmp_path)
    columns = {"label": "noisy_labels_25", "true_label": "noisy_labels_0", "split": "is_valid"}
    task = labkit.load(tmp_path, size=6, labels="noisy.csv", **columns)
    run = labkit.fit("ERM", task, "mlp", 1, 0, progress=False)

    true = [grey // 80 for grey in greys(task.train)]
    assert task.truth.complete and task.truth.y.tolist() == true and len(task.test) == 18
    assert (task.train.y != task.truth.y).double().mean() + (task.train.val.y != task.truth.val).sum() / 54 > 0.2
    assert sum(a != b for a, b in zip(task.train.y.tolist() + task.train.val.y.tolist(),
                                      true + [grey // 80 for grey in greys(task.train.val)])) == 15  # fmt: skip
    assert task.test.y.tolist() == [grey // 80 for grey in greys(task.test)] and task.test.trusted
    assert "25.0% of the given ones are wrong" in run.notes["noise_words"]


def test_imagenette_by_folders_and_people(tmp_path):
    imagenette(tmp_path)
    task = labkit.load(tmp_path, size=6, labels_are="true")
    task = labkit.corrupt(task, labkit.noise.human("noisy_labels_25", tmp_path / "noisy.csv"), seed=0)
    assert task.noise.realised == 0.25 and len(task.test) == 18 and trained(task).finished
    assert "count as true" not in task.noise.words


def test_a_spreadsheet_with_a_mark_semicolons_and_decimal_commas(tmp_path):
    rng = np.random.default_rng(0)
    lines = ["Länge;Breite;Ort;Sorte"]
    for k in range(60):
        length, width = f"{rng.normal(5, 1):.2f}".replace(".", ","), f"1.{rng.integers(100, 999)},5"
        lines.append(f"{length};{width};{rng.choice(['Bonn', 'Köln'])};{'AB'[k % 2]}")
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8-sig")

    task = labkit.load(tmp_path / "t.csv", label="Sorte", decimal=",", thousands=".")
    run = labkit.fit("ERM", task, "mlp", 1, 0, progress=False)

    assert run.finished and task.shape == (4,) and task.class_names == ("A", "B")
    assert "'Länge'" in repr(task) and (task.train.x[:, :2].std(0) > 0.5).all()
    with pytest.raises(ValueError, match=r"'Länge'.*decimal=\",\""):
        labkit.load(tmp_path / "t.csv", label="Sorte")


def test_label_studio_an_export_with_uploads(tmp_path):
    head = "image,id,choice,annotator,annotation_id,created_at,updated_at,lead_time"
    lines = [head]
    for k in range(40):
        picture(tmp_path / "photos" / f"photo-{k}.png", 5 * k)
        upload = f"/data/upload/1/{k:08x}-photo-{k}.png"
        lines.append(f"{upload},{k + 7},{'dark' if k < 20 else 'light'},1,{k + 9},2024-03-01T10:00:{k:02d}Z,,3.{k}")
    (tmp_path / "export.csv").write_text("\n".join(lines[:1] + lines[:0:-1]))

    task = labkit.load(tmp_path / "photos", labels=tmp_path / "export.csv", label="choice", size=6)
    run = labkit.fit("ERM", task, "mlp", 1, 0, progress=False)

    assert run.finished and task.class_names == ("dark", "light")
    assert [grey >= 100 for grey in greys(task.train)] == (task.train.y == 1).tolist()
    assert task.samples("test").file.str.startswith("photo-").all()


def test_an_npz_with_names_of_its_own_words_and_true_labels_for_a_part(tmp_path):
    rng = np.random.default_rng(0)
    x, c = rng.integers(0, 256, (60, 5, 5, 3), np.uint8), np.arange(60) % 3
    true = np.where(np.arange(60) < 30, c, -1)
    np.savez(tmp_path / "a.npz", pixels=x, given=np.where(np.arange(60) % 10 == 0, (c + 1) % 3, c), checked=true)

    task = labkit.load(tmp_path / "a.npz", x="pixels", label="given", true_label="checked")
    run = labkit.fit("ERM", task, "mlp", 1, 0, progress=False)

    known, val_known = task.truth.masks()
    assert run.finished and task.shape == (3, 5, 5)
    assert torch.equal(known, task.train.ids < 30) and torch.equal(val_known, task.train.val.ids < 30)
    assert torch.equal(task.truth.y[known], task.train.ids[known] % 3)
    assert "known for" in task.noise_text


def test_true_labels_of_a_table_for_a_part(tmp_path):
    words = ["cat", "dog"]
    rows = [(k * 1.5, words[(k % 2 + (k % 8 == 0)) % 2], words[k % 2] if k < 40 else "") for k in range(80)]
    pd.DataFrame(rows, columns=["a", "label", "checked"]).to_csv(tmp_path / "t.csv", index=False)
    task = labkit.load(tmp_path / "t.csv", label="label", true_label="checked")
    known = task.truth.masks()[0]
    assert torch.equal(known, task.train.ids < 40)
    assert torch.equal(task.truth.y[known], task.train.ids[known] % 2) and (task.truth.y[~known] == -1).all()
    assert trained(task).finished


def readme_files(folder):
    """The files that README reads."""
    rng = np.random.default_rng(0)
    for k in range(20):
        picture(folder / "train_images" / f"{k:03d}.jpg", 9 * k)
        picture(folder / "photos" / f"photo-{k}.png", 9 * k)
    table = {"image_id": [f"{k:03d}" for k in range(20)], "label": ["a", "b"] * 10}
    pd.DataFrame(table).to_csv(folder / "train.csv", index=False)
    imagenette(folder / "imagenette2")
    (folder / "imagenette2" / "noisy.csv").rename(folder / "imagenette2" / "noisy_imagenette.csv")
    plants = {"Länge": rng.normal(size=20).round(2), "Sorte": ["A", "B"] * 10}
    pd.DataFrame(plants).to_csv(folder / "plants.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    names = [f"/data/upload/1/{k:08x}-photo-{k}.png" for k in range(20)]
    export = {"image": names, "id": range(20), "choice": ["u", "v"] * 10, "annotator": 1, "created_at": "2024"}
    pd.DataFrame(export).to_csv(folder / "export.csv", index=False)
    x, given = rng.integers(0, 256, (20, 4, 4), np.uint8), np.arange(20) % 2
    np.savez(folder / "cells.npz", pixels=x, given=given, checked=np.where(np.arange(20) < 9, given, -1))


def test_the_lines_of_the_readme_read_such_files(tmp_path, monkeypatch):
    readme = (Path(labkit.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("**Your own files.**") :]
    block = section[section.index("```python") + 9 : section.index("```", section.index("```python") + 9)]
    *examples, last = block.strip().split("\n\n")
    readme_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    for example in examples:
        namespace = {"labkit": labkit}
        assert len([line for line in example.splitlines() if not line.startswith("#")]) <= 2
        exec(example + "\n" + last.replace("epochs=30", "epochs=1, progress=False"), namespace)
        assert namespace["run"].finished
    assert len(examples) == 5

"""WebVision 1.0 (Li et al., 2017), its first 50 classes: web images, labelled by the words of the search for them."""

import os
from pathlib import Path

import numpy as np

from ..errors import choose, must, need
from .divide import pick
from .images import decoded, is_image, scale_of
from .places import absent_files, folder, missing
from .raw import Raw

LAYOUT = """\
webvision/info/train_filelist_google.txt     lines of: google/q0001/NAME.jpg CLASS
webvision/info/val_filelist.txt              lines of: NAME.jpg CLASS
webvision/google/...                         the training images found by Google (16 GB for 50 classes)
webvision/val_images_256/...                 the validation images, which are the test set
imagenet/val/CLASS/...                       optional, for test="imagenet": ImageNet's, a folder per class: its number,
                                             or its name in webvision/info/synsets.txt"""
TRAIN_LIST = "info/train_filelist_google.txt"
VAL_LIST = "info/val_filelist.txt"


def find(root: str | os.PathLike | None = None) -> tuple[Path, list[str]]:
    """Return WebVision's folder, and which of its lists are missing."""
    place = folder(root) / "webvision"
    return place, absent_files(place, (TRAIN_LIST, VAL_LIST))


def mini(
    root: str | os.PathLike | None, download: bool, *, classes: int = 50, size: int = 256, test: str = "webvision",
    limit_bytes: float | None = None,
) -> Raw:  # fmt: skip
    """Read the first `classes` classes of WebVision, Google's part: 65,944 training and 2,500 test images for 50.

    People checked the labels of the test images; those of the training images are noisy, and the truth is not known.
    size: the shorter side is scaled to it, the middle is kept. test: "webvision" | "imagenet". Nothing is downloaded.
    Raises FileNotFoundError if files are missing, ValueError for other arguments and broken lists.
    """
    place, absent = find(root)
    choose("test", test, dict.fromkeys(("webvision", "imagenet")))
    need(isinstance(classes, int) and 1 < classes <= 1000, "classes", classes, "a whole number in 2..1000")
    if absent:
        raise missing("webvision-mini", place, absent, LAYOUT)
    files, y = _read_list(place, TRAIN_LIST, "", classes)
    if test == "imagenet":
        test_files, y_test = _imagenet(root, classes)
    else:
        test_files, y_test = _read_list(place, VAL_LIST, "val_images_256", classes)
    order = np.random.default_rng(0).permutation(len(files))
    x, _ = decoded(pick(files, order), size, "crop", 3, limit_bytes)
    x_test, _ = decoded(test_files, size, "crop", 3, limit_bytes)
    return Raw(x, y[order], x_test, y_test, scale_of(x), ids=order, shuffled=True, test_trusted=True)


def _read_list(place, name, subfolder, classes):
    """Return the files of a list that are of the first classes. -> [Path], y [N]"""
    files = []
    y = []
    for number, line in enumerate((place / name).read_text(encoding="utf-8").splitlines(), 1):
        file, _, label = line.strip().rpartition(" ")
        need(file and label.isdecimal(), f"line {number} of {place / name}", line, "a file and the number of its class")
        if int(label) < classes:
            files.append(place / subfolder / file)
            y.append(int(label))
    must(files, str(place / name), "a list without a file of the first classes", f"a list of files:\n{LAYOUT}")
    return files, np.array(y)


def _imagenet(root, classes):
    """Return ImageNet's validation images of the same classes. -> [Path], y [N]"""
    place = folder(root) / "imagenet" / "val"
    synsets = folder(root) / "webvision" / "info" / "synsets.txt"
    lines = synsets.read_text(encoding="utf-8").splitlines() if synsets.is_file() else []
    synset_names = [line.split()[0] for line in lines if line]
    files = []
    y = []
    for c in range(classes):
        images = []
        for name in (str(c), *synset_names[c : c + 1]):
            images += [path for path in (place / name).glob("*") if is_image(path)]
        if not images:
            raise missing("ImageNet's validation set", place, [f"the images of class {c}"], LAYOUT)
        files += sorted(images)
        y += [c] * len(images)
    return files, np.array(y)

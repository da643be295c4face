"""Faces with landmarks: CelebA in its own layout, and .npz files of images and targets."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import must, need
from . import npz
from .divide import pick
from .images import decoded, scale_of
from .mapped import tensor
from .places import absent_files, folder, missing
from .raw import Raw

CELEBA = """\
celeba/img_align_celeba/000001.jpg ...     the aligned images
celeba/list_landmarks_align_celeba.txt     number of images, names of the columns, then: file, 10 coordinates
celeba/list_eval_partition.txt             file, 0 (training), 1 (validation) or 2 (test)"""
FACES = """\
faces/NAME.npz     with x_train, y_train, x_test, y_test (or images, targets): images uint8 [N, H, W] or [N, H, W, 3],
                   targets float [N, 5, 2] or [N, 10], in units of the image, [0, 1]"""
LISTS = ("list_landmarks_align_celeba.txt", "list_eval_partition.txt")
IMAGES = "img_align_celeba"
# CelebA's numbers for its parts
TRAIN = 0
TEST = 2


def find_celeba(root: str | os.PathLike | None = None) -> tuple[Path, list[str]]:
    """Return CelebA's folder, and the files and folders that are missing in it."""
    place = folder(root) / "celeba"
    absent = absent_files(place, LISTS)
    if not (place / IMAGES).is_dir():
        absent.append(IMAGES)
    return place, absent


def celeba(
    root: str | os.PathLike | None, download: bool, *, size: int = 64, channels: int = 3,
    limit_bytes: float | None = None,
) -> Raw:  # fmt: skip
    """Read CelebA's five landmarks (Liu et al., ICCV 2015), x and y in units of the image.

    Its training part is the training set (162,770 images), its test part the test set (19,962). Its validation part is
    not used: labkit holds out a share of the training set, which is corrupted with the rest.
    size: images are size x size (each side scaled apart). channels: 3, or 1 for grey.
    Raises FileNotFoundError if files are missing, ValueError for lists that do not fit.
    """
    place, absent = find_celeba(root)
    if absent and download:
        _fetch_celeba(root, place)
        place, absent = find_celeba(root)
    if absent:
        raise missing("celeba-landmarks", place, absent, CELEBA, "`./lab fetch celeba-landmarks` (1.4 GB)")
    files, points, part = _celeba_lists(place)
    train_rows = np.flatnonzero(part == TRAIN)
    test_rows = np.flatnonzero(part == TEST)
    order = np.random.default_rng(0).permutation(len(train_rows))
    train_rows = train_rows[order]
    train_files = pick(files, train_rows)
    test_files = pick(files, test_rows)
    x, _ = decoded(train_files, size, "stretch", channels, limit_bytes)
    x_test, _ = decoded(test_files, size, "stretch", channels, limit_bytes)
    return Raw(
        x,
        points[train_rows],
        x_test,
        points[test_rows],
        scale=scale_of(x, 1.0),
        standardise=True,
        ids=order,
        shuffled=True,
        y_true="given",
        files=_names(train_files),
        test_files=_names(test_files),
    )


def _fetch_celeba(root, place):
    """Fetch CelebA by torchvision. Raises FileNotFoundError if that fails."""
    from torchvision.datasets import CelebA

    try:
        CelebA(folder(root), split="all", target_type="landmarks", download=True)
    except (ImportError, OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"celeba-landmarks could not be fetched into {place}: {error}. Its server allows a few downloads a day: "
            f"fetch the files by hand, in this layout:\n{CELEBA}"
        ) from None


def _celeba_lists(place):
    """Read CelebA's lists. -> files, landmarks float32 [N, 10] in [0, 1], part [N]"""
    import pandas as pd
    from PIL import Image

    points_file = place / LISTS[0]
    parts_file = place / LISTS[1]
    try:
        points = pd.read_csv(points_file, sep=r"\s+", header=1)
        part = pd.read_csv(parts_file, sep=r"\s+", header=None, index_col=0)[1]
        count = int(points_file.read_text(encoding="utf-8").split(maxsplit=1)[0])
        values = points.to_numpy(np.float64)
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(f"the lists in {place} cannot be read: {error}; the layout is\n{CELEBA}") from None
    need(values.shape == (count, 10), f"{points_file}'s table", values.shape, f"({count}, 10), as its first line says")
    may_be = f"a list of the {count} files of {points_file.name}, in their order"
    must(list(part.index) == list(points.index), f"{parts_file}", f"a list of {len(part)} files", may_be)
    files = [place / IMAGES / name for name in points.index]
    need(files[0].is_file(), "an image", str(files[0]), "a file that exists")
    with Image.open(files[0]) as image:
        values = values / np.tile(image.size, 5)
    return files, in_image(values.astype(np.float32), points_file), part.to_numpy()


def _names(paths):
    """Return the names of files, without their folders."""
    return [path.name for path in paths]


def in_image(y: np.ndarray, source: object) -> np.ndarray:
    """Return landmarks in units of the image. Raises ValueError if one lies outside of its image."""
    smallest = y.min()
    largest = y.max()
    is_valid = np.isfinite(y).all() and smallest >= 0 and largest <= 1
    must(is_valid, f"landmarks of {source}", f"{smallest:.3g}..{largest:.3g}", "in units of the image, [0, 1]")
    return y


def find_faces(root: str | os.PathLike | None = None) -> tuple[Path, list[Path]]:
    """Return the folder of face landmarks, and the .npz files in it."""
    place = folder(root) / "faces"
    return place, sorted(place.glob("*.npz"))


def faces(
    root: str | os.PathLike | None, download: bool, *, file: str | None = None, limit_bytes: float | None = None
) -> Raw:  # fmt: skip
    """Read face landmarks from an .npz file in the folder `faces`. file: its name, if there are several.

    A fully connected network on 64 x 64 pixels needs a learning rate of 0.01 or less. Raises FileNotFoundError without
    a file, ValueError if `file` is needed or unknown, and for targets that are no landmarks.
    """
    place, paths = find_faces(root)
    if not paths:
        raise missing("face-landmarks", place, ["an .npz file"], FACES)
    names = _names(paths)
    if file is not None or len(names) > 1:
        need(file in names, "file", file, f"one of {', '.join(names)}")
    name = file or names[0]
    raw = npz.read(place / name, limit_bytes=limit_bytes)
    must(raw.y.dtype.kind == "f", f"targets of {name}", "classes", f"landmarks:\n{FACES}")
    in_image(raw.y, name)
    in_image(raw.y_test, name)
    scale = scale_of(tensor(raw.x), 1.0) if raw.x.dtype == np.uint8 else raw.scale
    return replace(raw, scale=scale, y_true="given")

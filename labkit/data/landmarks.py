"""Faces with landmarks: CelebA in its own layout, and .npz files of images and targets."""

from dataclasses import replace

import numpy as np

from ..errors import must, need
from . import npz
from .images import decoded, scale_of
from .mapped import tensor
from .places import folder, missing
from .raw import Raw

CELEBA = """\
celeba/img_align_celeba/000001.jpg ...     the aligned images
celeba/list_landmarks_align_celeba.txt     number of images, names of the columns, then: file, 10 coordinates
celeba/list_eval_partition.txt             file, 0 (training), 1 (validation) or 2 (test)"""
FACES = """\
faces/NAME.npz     with x_train, y_train, x_test, y_test (or images, targets): images uint8 [N, H, W] or [N, H, W, 3],
                   targets float [N, 5, 2] or [N, 10], in units of the image, [0, 1]"""


def find_celeba(root=None):
    """CelebA's folder, and what is missing in it. -> Path, list"""
    place = folder(root) / "celeba"
    files = [name for name in ("list_landmarks_align_celeba.txt", "list_eval_partition.txt")
             if not (place / name).is_file()]  # fmt: skip
    return place, files + ([] if (place / "img_align_celeba").is_dir() else ["img_align_celeba"])


def celeba(root, download, *, size=64, channels=3, limit_bytes=None):
    """CelebA's five landmarks (Liu et al., ICCV 2015), x and y in units of the image. Its training part is the training
    set (162,770 images), its test part the test set (19,962); its validation part is not used: labkit holds out its own
    share, which is corrupted with the rest.

    size: images are size x size (each side scaled apart). channels: 3, or 1 for grey. -> Raw
    """
    place, absent = find_celeba(root)
    if absent and download:
        _fetch_celeba(root, place)
        place, absent = find_celeba(root)
    if absent:
        raise missing("celeba-landmarks", place, absent, CELEBA, "`./lab fetch celeba-landmarks` (1.4 GB)")
    files, points, part = _celeba_lists(place)
    order = np.random.default_rng(0).permutation((part == 0).sum())
    train, test = np.flatnonzero(part == 0)[order], np.flatnonzero(part == 2)
    read = lambda rows: decoded([files[k] for k in rows], size, "stretch", channels, limit_bytes)[0]
    x, x_test = read(train), read(test)
    return Raw(x, points[train], x_test, points[test], scale_of(x, 1.0), True, (), order, True, "given",
               files=[files[k].name for k in train], test_files=[files[k].name for k in test])  # fmt: skip


def _fetch_celeba(root, place):
    from torchvision.datasets import CelebA

    try:
        CelebA(folder(root), split="all", target_type="landmarks", download=True)
    except (ImportError, OSError, RuntimeError) as error:
        raise FileNotFoundError(
            f"celeba-landmarks could not be fetched into {place}: {error}. Its server allows a few downloads a day: "
            f"fetch the files by hand, in this layout:\n{CELEBA}"
        ) from None


def _celeba_lists(place):
    """CelebA's lists. -> files, landmarks float32 [N, 10] in [0, 1], part [N]"""
    import pandas as pd
    from PIL import Image

    lists = place / "list_landmarks_align_celeba.txt", place / "list_eval_partition.txt"
    try:
        points = pd.read_csv(lists[0], sep=r"\s+", header=1)
        part = pd.read_csv(lists[1], sep=r"\s+", header=None, index_col=0)[1]
        said = int(lists[0].read_text(encoding="utf-8").split(maxsplit=1)[0])
        values = points.to_numpy(np.float64)
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(f"the lists in {place} cannot be read: {error}; the layout is\n{CELEBA}") from None
    need(values.shape == (said, 10), f"{lists[0]}'s table", values.shape, f"({said}, 10), as its first line says")
    must(list(part.index) == list(points.index), f"{lists[1]}", f"a list of {len(part)} files",
         f"a list of the {said} files of {lists[0].name}, in their order")  # fmt: skip
    files = [place / "img_align_celeba" / name for name in points.index]
    need(files[0].is_file(), "an image", str(files[0]), "a file that exists")
    with Image.open(files[0]) as image:
        values = values / np.tile(image.size, 5)
    return files, in_image(values.astype(np.float32), lists[0]), part.to_numpy()


def in_image(y, source):
    """Landmarks have to lie in their image."""
    must(np.isfinite(y).all() and y.min() >= 0 and y.max() <= 1, f"landmarks of {source}",
         f"{y.min():.3g}..{y.max():.3g}", "in units of the image, [0, 1]")  # fmt: skip
    return y


def find_faces(root=None):
    """The folder of face landmarks, and the .npz files in it. -> Path, list"""
    place = folder(root) / "faces"
    return place, sorted(place.glob("*.npz"))


def faces(root, download, *, file=None, limit_bytes=None):
    """Face landmarks from an .npz file in the folder `faces`. file: which one, where there are several. -> Raw

    A fully connected network on 64 x 64 pixels wants a learning rate of 0.01 or less.
    """
    place, there = find_faces(root)
    if not there:
        raise missing("face-landmarks", place, ["an .npz file"], FACES)
    names = [path.name for path in there]
    need(file in names or (file is None and len(names) == 1), "file", file, f"one of {', '.join(names)}")
    raw = npz.read(place / (file or names[0]), limit_bytes=limit_bytes)
    must(raw.y.dtype.kind == "f", f"targets of {file or names[0]}", "classes", f"landmarks:\n{FACES}")
    for y in (raw.y, raw.y_test):
        in_image(y, file or names[0])
    scale = scale_of(tensor(raw.x), 1.0) if raw.x.dtype == np.uint8 else raw.scale
    return replace(raw, scale=scale, y_true="given")

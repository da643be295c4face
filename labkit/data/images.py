"""Image files as one array of uint8: decoded once, kept in the cache."""

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from ..errors import choose, need
from .mapped import kept, opened
from .task import Scale

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
SHAPES = ("crop", "stretch")


def is_image(path):
    """Has the file the ending of an image?"""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def decoded(files, size, shape="crop", channels=None, limit_bytes=None):
    """Image files as uint8 [N, channels, size, size]: in memory, or mapped where larger than the limit. -> tensor,
    mapped?

    shape: "crop" (the shorter side to `size`, then the middle) or "stretch" (height and width apart; what landmarks in
    units of the image need). channels: 1, 3, or None: 1 where all files are grey, else 3.
    Raises ValueError for a size that is none, a missing file, and one that cannot be decoded (it is named).
    """
    need(isinstance(size, int) and size > 0, "size", size, "a whole number of pixels above 0")
    need(channels in (None, 1, 3), "channels", channels, "1, 3 or None")
    choose("shape", shape, dict.fromkeys(SHAPES))
    files = [Path(file) for file in files]
    need(files, "files", files, "one image or more")
    digest = sha256(repr((size, shape, channels)).encode())
    for file in files:
        need(file.is_file(), "an image", str(file), "a file that exists")
        digest.update(repr((str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns)).encode())
    return opened(kept(digest.hexdigest()[:24], lambda path: _write(path, files, size, shape, channels)), limit_bytes)


def _write(path, files, size, shape, channels):
    """Decode into an .npy file, with a bar where somebody watches."""
    from tqdm.auto import tqdm

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        progress = lambda jobs, words: tqdm(jobs, words, len(files), disable=None, delay=2, unit="image")
        try:
            if channels is None:
                channels = 1 if all(progress(pool.map(_grey, files), "look at images")) else 3
            out = np.lib.format.open_memmap(path, "w+", np.uint8, (len(files), channels, size, size))
            for k, image in enumerate(progress(pool.map(lambda f: pixels(f, size, shape, channels), files), "decode")):
                out[k] = image
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        out.flush()


def _open(path):
    """An image, its header read. Raises ValueError that names the file."""
    from PIL import Image

    try:
        return Image.open(path)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path} cannot be read as an image: {error}") from None


def _grey(path):
    with _open(path) as image:
        return image.mode in ("1", "L", "I;16")


def pixels(path, size, shape, channels):
    """One image file. -> uint8 [channels, size, size]"""
    from PIL import Image

    with _open(path) as image:
        need(image.mode not in ("I", "F"), f"{path}'s pixels", image.mode, "of 8 or 16 bits")
        try:
            if image.mode == "I;16":  # Pillow would cut 16 bits off at 255
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            image = image.convert("L" if channels == 1 else "RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(f"{path} cannot be read as an image: {error}") from None
    wide, high = image.size
    if shape == "crop" and wide != high:
        ratio = size / min(wide, high)
        wide, high = max(size, round(wide * ratio)), max(size, round(high * ratio))
        left, top = (wide - size) // 2, (high - size) // 2
        image = image.resize((wide, high), Image.BILINEAR).crop((left, top, left + size, top + size))
    elif image.size != (size, size):
        image = image.resize((size, size), Image.BILINEAR)
    array = np.asarray(image)
    return array[None] if channels == 1 else array.transpose(2, 0, 1)


def scale_of(x, std=None):
    """Mean and standard deviation per channel of (at most 2,000) images uint8 [N, channels, H, W]. -> Scale

    std: instead of the measured one. 1.0 keeps grey values in a range of 1: fully connected networks with many pixels
    and several targets stay stable at higher learning rates.
    """
    some = x[torch.linspace(0, len(x) - 1, min(len(x), 2000)).long()].double() / 255
    mean, measured = some.mean((0, 2, 3)), some.std((0, 2, 3), correction=0).clamp(min=1e-3)
    std = measured if std is None else torch.full_like(mean, std)
    return Scale(255.0, *(tuple(round(value, 4) for value in values.tolist()) for values in (mean, std)))

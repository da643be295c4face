"""Image files as one array of uint8: decoded once, kept in the cache."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from ..arguments import Whole, scalar
from ..errors import choose, must, need
from .cache import cache_folder
from .mapped import kept, opened
from .task import Scale

ENDINGS = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
SHAPES = ("crop", "stretch")
MOST_PIXELS = 2**26  # of one image: 200 MB in colour
LONG = 16  # times the shorter side: a longer image is cropped before it is scaled
LISTED = 100  # files that one message names
READER = 2  # raised where the same file becomes other pixels


class Unreadable(ValueError):
    """Files that cannot be read as images. files: {path: reason}; advice: what to do about them."""

    def __init__(self, files, advice=""):
        self.files = files
        named = [f"{path} cannot be read as an image: {reason}" for path, reason in list(files.items())[:LISTED]]
        head = [f"{len(files)} files cannot be read as an image:"] if len(files) > 1 else []
        more = [f"and {len(files) - LISTED} others"] if len(files) > LISTED else []
        super().__init__("\n".join(head + named + more) + advice)


def is_image(path):
    """Has the file the ending of an image?"""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def decoded(files, size, shape="crop", channels=None, limit_bytes=None):
    """Image files as uint8 [N, channels, size, size]: in memory, or mapped where larger than the limit. -> tensor,
    mapped?

    shape: "crop" (the shorter side to `size`, then the middle) or "stretch" (height and width apart; what landmarks in
    units of the image need). channels: 1, 3, or None: 1 where all files are grey, else 3. Images are turned upright as
    their EXIF orientation says.
    Raises ValueError for a size that is none and a missing file; Unreadable, a ValueError, names all files that cannot
    be decoded.
    """
    need(Whole(1, 10**5).takes(size), "size", size, "a whole number of pixels above 0")
    size = int(scalar(size))
    need(channels in (None, 1, 3) and channels is not True, "channels", channels, "1, 3 or None")
    choose("shape", shape, dict.fromkeys(SHAPES))
    files = [Path(file) for file in files]
    need(files, "files", files, "one image or more")
    key = identity(files, READER, size, shape, channels)
    fits = lambda array: len(array) == len(files) and array.shape[2:] == (size, size)
    return opened(kept(key, lambda path: _write(path, files, size, shape, channels), fits), limit_bytes)


def remember(files, bad, *options):
    """Note which of the files cannot be read, so that who leaves them out again does not try again."""
    place = _note(files, options)
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps([[files.index(file), reason] for file, reason in bad.items()]), encoding="utf-8")
    os.replace(temporary, place)


def recalled(files, *options):
    """What was noted of the same files. -> {file: reason}, empty where nothing was"""
    try:
        noted = json.loads(_note(files, options).read_text(encoding="utf-8"))
        return {files[place]: reason for place, reason in noted}
    except (OSError, ValueError, TypeError, IndexError):  # nothing, or damaged
        return {}


def _note(files, options):
    """The file of such a note."""
    return cache_folder() / "unreadable" / f"{identity(files, READER, *options)}.json"


def identity(files, *options):
    """A name for what files become under options: it changes with the path, size and time of a file. -> text"""
    digest = sha256(repr(options).encode())
    for file in files:
        need(file.is_file(), "an image", str(file), "a file that exists")
        stat = file.stat()
        digest.update(repr((os.fsencode(file.resolve()), stat.st_size, stat.st_mtime_ns)).encode())
    return digest.hexdigest()[:24]


def _write(path, files, size, shape, channels):
    """Decode into an .npy file, with a bar where somebody watches. Raises Unreadable with all files that fail."""
    from tqdm.auto import tqdm

    def progress(jobs, action):
        return tqdm(jobs, action, len(files), disable=None, delay=2, unit="image")

    bad = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            if channels is None:
                grey = list(progress(pool.map(lambda file: _attempt(_grey, file), files), "look at images"))
                channels = 1 if all(one is True or isinstance(one, ValueError) for one in grey) else 3
            out = np.lib.format.open_memmap(path, "w+", np.uint8, (len(files), channels, size, size))
            images = pool.map(lambda file: _attempt(pixels, file, size, shape, channels), files)
            for k, image in enumerate(progress(images, "decode")):
                if isinstance(image, ValueError):
                    bad[files[k]] = _reason(image, files[k])
                else:
                    out[k] = image
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        out.flush()
    if bad:
        raise Unreadable(bad)


def unreadable(files, size, shape):
    """The files that cannot be decoded. -> {file: reason}"""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        images = pool.map(lambda file: _attempt(pixels, file, size, shape, 1), files)
        return {file: _reason(image, file) for file, image in zip(files, images) if isinstance(image, ValueError)}


def _reason(error, file):
    """What an error says beside the name of the file."""
    return str(error).removeprefix(f"{file} cannot be read as an image: ").removeprefix(f"{file}'s ")


def _attempt(function, *arguments):
    """What a function returns, or the ValueError that it raises."""
    try:
        return function(*arguments)
    except ValueError as error:
        return error


@contextmanager
def _naming(path):
    """Errors name the file. A broken file can make a decoder raise anything."""
    try:
        yield
    except Exception as error:
        raise ValueError(f"{path} cannot be read as an image: {error or type(error).__name__}") from None


def _open(path):
    """An image, its header read. Raises ValueError that names the file."""
    from PIL import Image

    with _naming(path):
        return Image.open(path)


def _grey(path):
    with _open(path) as image:
        return image.mode in ("1", "L") or image.mode.startswith("I;16")


def pixels(path, size, shape, channels):
    """One image file, upright. -> uint8 [channels, size, size]"""
    from PIL import Image, ImageOps

    with _open(path) as image:
        need(image.mode not in ("I", "F"), f"{path}'s pixels", image.mode, "of 8 or 16 bits")
        fine = image.width * image.height <= MOST_PIXELS
        must(
            fine, f"{path}'s size", f"{image.width} x {image.height}", f"{MOST_PIXELS:,} pixels at most: scale it down"
        )
        with _naming(path):
            image = ImageOps.exif_transpose(image)
            if image.mode.startswith("I;16"):  # Pillow would cut 16 bits off at 255
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            image = image.convert("L" if channels == 1 else "RGB")
    array = np.asarray(_cropped(image, size) if shape == "crop" else image.resize((size, size), Image.BILINEAR))
    return array[None] if channels == 1 else array.transpose(2, 0, 1)


def _cropped(image, size):
    """The middle of an image whose shorter side is scaled to `size`. -> an image of size x size"""
    from PIL import Image

    width, height = image.size
    if width == height:
        return image.resize((size, size), Image.BILINEAR)
    ratio = size / min(width, height)
    wide, high = max(size, round(width * ratio)), max(size, round(height * ratio))
    left, top = (wide - size) // 2, (high - size) // 2
    if max(width, height) > LONG * min(width, height):  # scaled whole it may not fit into memory
        box = left * width / wide, top * height / high, (left + size) * width / wide, (top + size) * height / high
        return image.resize((size, size), Image.BILINEAR, box=box)
    return image.resize((wide, high), Image.BILINEAR).crop((left, top, left + size, top + size))


def scale_of(x, std=None):
    """Mean and standard deviation per channel of (at most 2,000) images uint8 [N, channels, H, W]. -> Scale

    std: instead of the measured one. 1.0 keeps grey values in a range of 1: fully connected networks with many pixels
    and several targets stay stable at higher learning rates.
    """
    some = x[torch.linspace(0, len(x) - 1, min(len(x), 2000)).long()].double() / 255
    mean, measured = some.mean((0, 2, 3)), some.std((0, 2, 3), correction=0).clamp(min=1e-3)
    std = measured if std is None else torch.full_like(mean, std)
    return Scale(255.0, *(tuple(round(value, 4) for value in values.tolist()) for values in (mean, std)))

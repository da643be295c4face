"""Image files as one array of uint8, decoded once and kept in the cache."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..arguments import Whole, scalar
from ..errors import choose, must, need
from .cache import cache_folder
from .mapped import cached_file, open_array
from .split import Scale

ENDINGS = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
SHAPES = ("crop", "stretch")
MOST_PIXELS = 2**26  # of one image: 200 MB in colour
LONG = 16  # times the shorter side: a longer image is cropped before it is scaled
LISTED = 100  # files that one message names
READER = 2  # raised where the same file becomes other pixels


class Unreadable(ValueError):
    """Files that cannot be read as images. files: {path: reason}; advice: what to do about them."""

    def __init__(self, files: Mapping[Path, str], advice: str = ""):
        self.files = files
        messages = []
        if len(files) > 1:
            messages.append(f"{len(files)} files cannot be read as an image:")
        for path, reason in list(files.items())[:LISTED]:
            messages.append(f"{path} cannot be read as an image: {reason}")
        if len(files) > LISTED:
            messages.append(f"and {len(files) - LISTED} others")
        super().__init__("\n".join(messages) + advice)


def is_image(path: Path) -> bool:
    """Return whether a file has the ending of an image and is not hidden."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def decoded(
    files: Iterable[str | os.PathLike], size: int, shape: str = "crop", channels: int | None = None,
    limit_bytes: float | None = None,
) -> tuple[torch.Tensor, bool]:  # fmt: skip
    """Decode image files to uint8 [N, channels, size, size]. -> tensor, mapped?

    The tensor is in memory, or a mapped file of the cache if it is larger than the limit. shape: "crop" scales the
    shorter side to `size` and keeps the middle, "stretch" scales height and width apart (as landmarks in units of the
    image need). channels: 1, 3, or None: 1 if all files are grey, else 3. Images are turned upright as their EXIF
    orientation says.
    Raises ValueError for an invalid size and a missing file; Unreadable, a ValueError, names all files that cannot be
    decoded.
    """
    need(Whole(1, 10**5).takes(size), "size", size, "a whole number of pixels above 0")
    size = int(scalar(size))
    need(channels in (None, 1, 3) and channels is not True, "channels", channels, "1, 3 or None")
    choose("shape", shape, dict.fromkeys(SHAPES))
    files = [Path(file) for file in files]
    need(files, "files", files, "one image or more")

    def write(path):
        _write(path, files, size, shape, channels)

    def accepts(array):
        return len(array) == len(files) and array.shape[2:] == (size, size)

    path = cached_file(identity(files, READER, size, shape, channels), write, accepts)
    return open_array(path, limit_bytes)


def remember_unreadable(files: Sequence[Path], bad: Mapping[Path, str], *options: Any) -> None:
    """Store which of the files cannot be read, so that the next load leaves them out without trying them again.

    bad: {file: reason}; options: of decoding
    """
    path = _note_path(files, options)
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = [[files.index(file), reason] for file, reason in bad.items()]
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(notes), encoding="utf-8")
    os.replace(temporary, path)


def recall_unreadable(files: Sequence[Path], *options: Any) -> dict[Path, str]:
    """Return the files that `remember_unreadable` stored for the same files. -> {file: reason}, {} if there are none"""
    try:
        notes = json.loads(_note_path(files, options).read_text(encoding="utf-8"))
        return {files[position]: reason for position, reason in notes}
    except (OSError, ValueError, TypeError, IndexError):  # nothing stored, or damaged
        return {}


def _note_path(files, options):
    """Return the path of the note about unreadable files."""
    return cache_folder() / "unreadable" / f"{identity(files, READER, *options)}.json"


def identity(files: Iterable[Path], *options: Any) -> str:
    """Return a name for the result of decoding files. It changes with path, size and time of a file, and with options.

    Raises ValueError for a file that does not exist.
    """
    digest = sha256(repr(options).encode())
    for file in files:
        need(file.is_file(), "an image", str(file), "a file that exists")
        status = file.stat()
        digest.update(repr((os.fsencode(file.resolve()), status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()[:24]


def _write(path, files, size, shape, channels):
    """Decode images into an .npy file, with a progress bar. Raises Unreadable with all files that fail."""
    bad = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            if channels is None:
                channels = _common_channels(pool, files)
            array = np.lib.format.open_memmap(path, "w+", np.uint8, (len(files), channels, size, size))
            images = pool.map(lambda file: _attempt(pixels, file, size, shape, channels), files)
            for k, image in enumerate(_progress(images, "decode", len(files))):
                if isinstance(image, ValueError):
                    bad[files[k]] = _reason(image, files[k])
                else:
                    array[k] = image
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        array.flush()
    if bad:
        raise Unreadable(bad)


def _common_channels(pool, files):
    """Return the number of channels for images: 1 if all files that can be read are grey, else 3."""
    grey = pool.map(lambda file: _attempt(_is_grey, file), files)
    for is_grey in list(_progress(grey, "look at images", len(files))):
        if is_grey is False:
            return 3
    return 1


def _progress(jobs, action, count):
    """Return the jobs with a progress bar, which a terminal shows after two seconds."""
    from tqdm.auto import tqdm

    return tqdm(jobs, action, count, disable=None, delay=2, unit="image")


def unreadable(files: Sequence[Path], size: int, shape: str) -> dict[Path, str]:
    """Return the files that cannot be decoded. -> {file: reason}"""
    bad = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        images = pool.map(lambda file: _attempt(pixels, file, size, shape, 1), files)
        for file, image in zip(files, images):
            if isinstance(image, ValueError):
                bad[file] = _reason(image, file)
    return bad


def _reason(error, file):
    """Return the message of an error without the name of the file at its start."""
    return str(error).removeprefix(f"{file} cannot be read as an image: ").removeprefix(f"{file}'s ")


def _attempt(function: Callable, *arguments):
    """Return the result of a function, or the ValueError that it raises."""
    try:
        return function(*arguments)
    except ValueError as error:
        return error


@contextmanager
def _named_errors(path) -> Iterator[None]:
    """Raise every error as a ValueError that names the file. A broken file can make a decoder raise anything."""
    try:
        yield
    except Exception as error:
        raise ValueError(f"{path} cannot be read as an image: {error or type(error).__name__}") from None


def _open(path):
    """Open an image and read its header. Raises ValueError that names the file."""
    from PIL import Image

    with _named_errors(path):
        return Image.open(path)


def _is_grey(path):
    """Return whether an image is stored in grey values. Raises ValueError for a file that is no image."""
    with _open(path) as image:
        return image.mode in ("1", "L") or image.mode.startswith("I;16")


def pixels(path: Path, size: int, shape: str, channels: int) -> np.ndarray:
    """Decode one image file, upright. -> uint8 [channels, size, size]

    Raises ValueError that names the file if it is no image, larger than MOST_PIXELS, or of 32 bits.
    """
    from PIL import Image

    with _open(path) as image:
        need(image.mode not in ("I", "F"), f"{path}'s pixels", image.mode, "of 8 or 16 bits")
        is_valid = image.width * image.height <= MOST_PIXELS
        may_be = f"{MOST_PIXELS:,} pixels at most: scale it down"
        must(is_valid, f"{path}'s size", f"{image.width} x {image.height}", may_be)
        with _named_errors(path):
            image = _upright(image, channels)
    scaled = _cropped(image, size) if shape == "crop" else image.resize((size, size), Image.BILINEAR)
    array = np.asarray(scaled)
    return array[None] if channels == 1 else array.transpose(2, 0, 1)


def _upright(image, channels):
    """Return an image turned upright, with 8 bits per channel, in grey or in colour."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):  # Pillow would cut 16 bits off at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image.convert("L" if channels == 1 else "RGB")


def _cropped(image, size):
    """Return the middle of an image whose shorter side is scaled to `size`. -> an image of size x size"""
    from PIL import Image

    width, height = image.size
    if width == height:
        return image.resize((size, size), Image.BILINEAR)
    ratio = size / min(width, height)
    scaled_width = max(size, round(width * ratio))
    scaled_height = max(size, round(height * ratio))
    left = (scaled_width - size) // 2
    top = (scaled_height - size) // 2
    if max(width, height) <= LONG * min(width, height):
        scaled = image.resize((scaled_width, scaled_height), Image.BILINEAR)
        return scaled.crop((left, top, left + size, top + size))
    box = (  # cropped first, since a long image may not fit into memory once it is scaled
        left * width / scaled_width,
        top * height / scaled_height,
        (left + size) * width / scaled_width,
        (top + size) * height / scaled_height,
    )
    return image.resize((size, size), Image.BILINEAR, box=box)


def scale_of(x: torch.Tensor, std: float | None = None) -> Scale:
    """Return mean and standard deviation per channel of (at most 2,000) images uint8 [N, channels, H, W], in [0, 1].

    std: instead of the measured one. 1.0 keeps grey values in a range of 1: fully connected networks with many pixels
    and several targets stay stable at higher learning rates.
    """
    rows = torch.linspace(0, len(x) - 1, min(len(x), 2000)).long()
    images = x[rows].double() / 255
    mean = images.mean((0, 2, 3))
    if std is None:
        stds = images.std((0, 2, 3), correction=0).clamp(min=1e-3)
    else:
        stds = torch.full_like(mean, std)
    return Scale(255.0, _rounded(mean), _rounded(stds))


def _rounded(values):
    """Return the values of a tensor [C], rounded to four decimals. -> tuple"""
    return tuple(round(value, 4) for value in values.tolist())

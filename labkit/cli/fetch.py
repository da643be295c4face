"""lab fetch: download a dataset."""

import argparse
import os
import sys
from collections.abc import Sequence

import labkit

from ..data import NAMES
from ..errors import choose, need
from . import parser


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab fetch`."""
    command = parser("fetch", f"Download a dataset: {', '.join(NAMES)}.")
    command.add_argument("name")
    command.add_argument("--mirror", metavar="URL", help="where the files of MNIST, Fashion-MNIST or CIFAR lie instead")
    return command


def main(argv: Sequence[str]) -> int:
    """Fetch the missing files, with progress and checksums, and print where they are. -> exit status

    Raises ValueError for an unknown dataset or a mirror that is no address.
    """
    args = arguments().parse_args(argv)
    name = args.name
    if args.mirror:
        need("://" in args.mirror, "--mirror", args.mirror, "the address of a folder, like https://HOST/mnist")
        os.environ["LABKIT_MIRROR"] = args.mirror
    choose("the dataset", name, dict.fromkeys(NAMES))
    try:
        task = labkit.load(name, download=True)
    except FileNotFoundError as error:  # no network, or a file that cannot be read
        print("lab:", " ".join(str(error).split()), file=sys.stderr)
        return 1
    training = len(task.train) + len(task.train.val)
    place = labkit.data.find(name)[0]
    print(f"{name}: {training} training and {len(task.test)} test images, in {place}; labkit.load({name!r}) reads them")
    return 0

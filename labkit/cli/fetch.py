"""lab fetch: download a dataset."""

import os
import sys

import labkit

from ..data import NAMES
from ..errors import choose, need
from . import parser


def main(argv):
    """Fetch what is missing, with progress and checksums; then say where it is. -> exit status"""
    args = parser("fetch", f"Download a dataset: {', '.join(NAMES)}.")
    args.add_argument("name")
    args.add_argument("--mirror", metavar="URL", help="where the files of MNIST, Fashion-MNIST or CIFAR lie instead")
    given = args.parse_args(argv)
    name = given.name
    if given.mirror:
        need("://" in given.mirror, "--mirror", given.mirror, "the address of a folder, like https://HOST/mnist")
        os.environ["LABKIT_MIRROR"] = given.mirror
    choose("the dataset", name, dict.fromkeys(NAMES))
    try:
        task = labkit.load(name, download=True)
    except FileNotFoundError as error:  # no network, or a file that cannot be read
        print("lab:", " ".join(str(error).split()), file=sys.stderr)
        return 1
    print(f"{name}: {len(task.train) + len(task.train.val)} training and {len(task.test)} test images, "
          f"in {labkit.data.find(name)[0]}")  # fmt: skip
    return 0

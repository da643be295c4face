"""lab fetch: download a dataset."""

import sys

import labkit

from ..data import NAMES
from ..errors import choose
from . import parser


def main(argv):
    """Fetch what is missing, with progress and checksums; then say where it is. -> exit status"""
    args = parser("fetch", f"Download a dataset: {', '.join(NAMES)}.")
    args.add_argument("name")
    name = args.parse_args(argv).name
    choose("the dataset", name, dict.fromkeys(NAMES))
    try:
        task = labkit.load(name, download=True)
    except FileNotFoundError as error:  # no network, or a file that cannot be read
        print("lab:", " ".join(str(error).split()), file=sys.stderr)
        return 1
    print(f"{name}: {len(task.train) + len(task.train.val)} training and {len(task.test)} test images, "
          f"in {labkit.data.find(name)[0]}")  # fmt: skip
    return 0

"""lab site: write the lessons, the papers' notebooks and the ledger as pages that need no kernel and no network."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from . import ROOT, parser


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab site`."""
    purpose = "Write lessons, solutions, papers and the ledger as a site, from what is stored: nothing trains."
    command = parser("site", purpose)
    command.add_argument("--out", type=Path, default=ROOT / "site", help="the folder; an older site in it is replaced")
    return command


def main(argv: Sequence[str]) -> int:
    """Write the site. -> exit status; raises ValueError for a folder that holds something else"""
    args = arguments().parse_args(argv)
    from ..site import build

    start = time.monotonic()
    count = build(args.out)
    megabytes = sum(path.stat().st_size for path in args.out.rglob("*") if path.is_file()) / 1e6
    print(f"\n{count} pages, {megabytes:.1f} MB, {time.monotonic() - start:.0f} s")
    print(f"Open {args.out / 'index.html'} in a browser, or serve it: python -m http.server --directory {args.out}")
    return 0

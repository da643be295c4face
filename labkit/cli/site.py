"""lab site: the lessons, the papers' notebooks and the ledger as pages that need no kernel and no network."""

import time
from pathlib import Path

from . import ROOT, parser


def main(argv):
    """Write the site. -> exit status"""
    read = parser(
        "site", "Write lessons, solutions, papers and the ledger as a site, from what is stored: nothing trains."
    )
    read.add_argument("--out", type=Path, default=ROOT / "site", help="the folder; an older site in it is replaced")
    args = read.parse_args(argv)
    from ..site import build

    began = time.monotonic()
    count = build(args.out)
    megabytes = sum(path.stat().st_size for path in args.out.rglob("*") if path.is_file()) / 1e6
    print(f"\n{count} pages, {megabytes:.1f} MB, {time.monotonic() - began:.0f} s")
    print(f"Open {args.out / 'index.html'} in a browser, or serve it: python -m http.server --directory {args.out}")
    return 0

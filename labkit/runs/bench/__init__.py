"""lab bench: ratios measured side by side, in one run. Every part is a module with lines(...) -> printed lines.

./lab bench cdr steps --rounds 5 --threads 2
"""

import argparse
from collections.abc import Sequence
from importlib import import_module

import torch

from ...errors import choose

PARTS = {
    "cdr": "CDR's step against the released kind of loop",
    "steps": "PRL(L) and PRL(G) against a plain step",
    "meta": "RMNW-Net's step against one with a second-order graph",
    "coreset": "greedy facility location against apricot and submodlib",
    "sweep": "what a sweep costs beside its trainings, and what 100,000 runs would",
}


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab bench`."""
    command = argparse.ArgumentParser(prog="lab bench", description=__doc__.split("\n")[0], allow_abbrev=False)
    command.add_argument("parts", nargs="*", help="; ".join(f"{name}: {purpose}" for name, purpose in PARTS.items()))
    command.add_argument("--rounds", type=int, default=5, help="repetitions; the median is printed (default 5)")
    command.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of torch")
    return command


def main(argv: Sequence[str] | None = None) -> int:
    """Print the ratios of the named parts, or of all. -> exit status; raises ValueError for an unknown part"""
    args = arguments().parse_args(argv)
    for name in args.parts:
        choose("part", name, PARTS)
    torch.set_num_threads(args.threads)
    for name in args.parts or PARTS:
        print(f"\n{name}: {PARTS[name]}; {args.threads} threads, medians of {args.rounds} interleaved rounds")
        for line in import_module(f".{name}", __name__).lines(rounds=args.rounds):
            print(line, flush=True)
    return 0

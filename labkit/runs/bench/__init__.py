"""lab bench: ratios measured side by side, in one run. Every part is a module with lines(...) -> printed lines.

./lab bench [cdr | steps | meta | coreset | sweep ...] [--rounds 5] [--threads 2]
"""

import argparse
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


def main(argv=None):
    """Print each part's ratios; all parts when none is named."""
    parser = argparse.ArgumentParser(prog="lab bench", description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", help="; ".join(f"{name}: {what}" for name, what in PARTS.items()))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args(argv)
    for name in args.parts:
        choose("part", name, PARTS)
    torch.set_num_threads(args.threads)
    for name in args.parts or PARTS:
        print(f"\n{name}: {PARTS[name]}; {args.threads} threads, medians of {args.rounds} interleaved rounds")
        for line in import_module(f".{name}", __name__).lines(rounds=args.rounds):
            print(line, flush=True)

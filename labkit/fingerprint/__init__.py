"""Fingerprints: a hash of code and of what it depends on, so that a run is found again only if nothing changed.

    walk       hashes values, functions with their closures and globals, classes, instances
    bytecode   what a function does, without its comments, its docstring and its lines in a file
    outside    variables of the environment and files that a function reads
    origin     whether a module is labkit's, an installed package's, or the user's
    network    a network as its function makes it: structure, weights, code
    observer   whether a callback only reads a run

A fingerprint is stable on one machine with one version of Python. Installed packages count by name and version.
"""

from .named import Named, named
from .network import network
from .objects import belongs
from .observer import observes
from .outside import content
from .walk import Unidentified, Walk, fingerprint

__all__ = ["Named", "Unidentified", "Walk", "belongs", "content", "fingerprint", "named", "network", "observes"]

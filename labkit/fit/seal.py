"""The seal of a finished run: checksums of its files in config.json, so that a run that was edited is noticed.

Runs of older versions have no seal. Of these the configuration has to fit the folder's name, and the accuracies the
history.
"""

import json
import re
from hashlib import file_digest, sha256
from pathlib import Path

from ..errors import must, need

FACTS = "config.json"
SEAL = "seal"
FILES = "files"
OPEN = ".txt", ".ipynb"  # files that people may change: logs and notebooks
NAME = re.compile(r"[0-9a-f]{16}")  # of a run's folder
PARTS = {"config": dict, "notes": dict, "about": dict, "accuracy": dict}
# what the configuration of a training holds
CONFIG = {
    "method": str, "hyperparameters": dict, "task": str, "noise": (dict, type(None)), "net": str, "epochs": int,
    "seed": int, "recipe": dict, "numbers": int,
}  # fmt: skip
NOISE = {"name": str, "rate": (int, float), "realised": (int, float), "seed": (int, type(None)), "hash": str}


def identity(config: dict) -> str:
    """Return the name of a run: the hash of its configuration, 16 hexadecimal digits."""
    return sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:16]


def write_facts(folder: Path, facts: dict) -> None:
    """Write config.json of a run whose other files are written already: the facts, and the seal of all files."""
    facts = json.loads(json.dumps(facts))  # as they will be read
    checksums = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in OPEN:
            checksums[path.name] = checksum(path)
    sealed = facts | {FILES: checksums}
    (folder / FACTS).write_text(json.dumps(sealed | {SEAL: _seal(sealed)}, indent=1))


def checksum(path: Path) -> str:
    """Return the hash of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def read_facts(folder: Path) -> dict:
    """Read and check config.json. Raises ValueError unless it has the facts of the run that the folder is named for."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{FACTS} cannot be read: {error}") from None
    need(isinstance(facts, dict), FACTS, _short(facts), "a dict")
    _check(facts.get("config"), "config", {})
    if "notebook" not in facts["config"]:
        _check(facts, FACTS, PARTS)
        _check(facts["config"], "config", CONFIG)
        if facts["config"]["noise"] is not None:
            _check(facts["config"]["noise"], "noise", NOISE)
    name = identity(facts["config"])
    if NAME.fullmatch(folder.name):
        must(name == folder.name, "its configuration", f"that of run {name}", f"that of run {folder.name}")
    if SEAL in facts:
        seal = facts.pop(SEAL)
        must(seal == _seal(facts), FACTS, "not what was written", "as it was written")
        _check(facts.get(FILES), FILES, {})
    return facts


def check_files(folder: Path, facts: dict, names: tuple = ()) -> None:
    """Raise ValueError unless the files are what was sealed.

    names: the files to check, () for all; a file that was not sealed is not checked.
    """
    for name, sealed in facts.get(FILES, {}).items():
        if names and name not in names:
            continue
        try:
            unchanged = checksum(folder / name) == sealed
        except OSError as error:
            raise ValueError(f"{name} cannot be read: {error}") from None
        must(unchanged, name, "not what was written", "as it was written")


def flaw(folder: Path, names: tuple = ()) -> str | None:
    """Return what is wrong with the folder of a run, or None. names: the files to check, () for all"""
    try:
        check_files(folder, read_facts(folder), names)
    except ValueError as error:
        return str(error)
    return None


def same_number(a: object, b: object) -> bool:
    """Are two accuracies the same number? NaN is NaN."""
    return a == b or (a != a and b != b)


def _seal(facts):
    """Return the hash of the facts, which config.json holds beside them."""
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _check(table, name, types):
    """Raise ValueError unless `table` is a dict with values of these types. types: key -> type or tuple of types"""
    need(isinstance(table, dict), name, _short(table), "a dict")
    for key, kinds in types.items():
        must(key in table, name, f"without {key}", f"a dict with {', '.join(types)}")
        kinds = kinds if isinstance(kinds, tuple) else (kinds,)
        value = table[key]
        right = isinstance(value, kinds) and not isinstance(value, bool)
        may_be = " or ".join(kind.__name__ for kind in kinds)
        need(right, f"{name}'s {key}", _short(value), may_be)


def _short(value):
    """Return a value for an error message, of a long one its type and beginning."""
    if isinstance(value, (int, float, type(None))):
        return value
    return f"{type(value).__name__} {str(value)[:40]}"

"""The house: imports go down a floor or stay on it; methods know neither the truth nor other packages than torch."""

import ast
from pathlib import Path

import pytest

import labkit

ROOT = Path(labkit.__file__).parent
FLOORS = [
    {
        "arguments",
        "checkout",
        "errors",
        "fingerprint",
        "generators",
        "markup",
        "numbers",
        "optimisers",
        "pages",
        "paths",
        "ranks",
        "rooms",
        "state",
        "tables",
    },
    {"losses", "nets", "data", "noise", "grads", "coreset", "mixing", "transition", "mixture", "confident"},
    {"method", "methods", "load"},
    {"measure", "fit", "show", "recipes"},
    {"runs", "notebook"},
    {"ledger", "spectrum", "study"},
    {"plot", "exercises", "panels", "site", "view", "lessons", "papers"},
    {"cli"},
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem not in ("__init__", "__main__"))


def imported_rooms(path):
    """Rooms of labkit that a file imports. -> set"""
    rooms, inside = set(), path.relative_to(ROOT).parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            target = [*inside[: len(inside) - node.level], *(node.module or "").split(".")]
            names = [part for part in target if part][:1]
            rooms |= set(names or [alias.name for alias in node.names])
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "labkit":
            rooms |= set(node.module.split(".")[1:2])
        elif isinstance(node, ast.Import):
            rooms |= {
                part for alias in node.names for part in alias.name.split(".")[1:2] if alias.name.startswith("labkit.")
            }
    return rooms & set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert room in FLOOR, f"{room} stands on no floor: add it to FLOORS"
    up = {other for other in imported_rooms(path) if FLOOR[other] > FLOOR[room]}
    assert not up, f"{path.name} imports {up} from a floor above"


@pytest.mark.parametrize("path", sorted((ROOT / "data").glob("*.py")), ids=lambda path: path.name)
def test_data_know_no_noise(path):
    assert "noise" not in imported_rooms(path)


def test_the_walker_sees_imports():
    assert imported_rooms(ROOT / "runs" / "bench" / "cdr.py") >= {"data", "fit", "methods", "nets", "noise"}
    assert "measure" in imported_rooms(ROOT / "fit" / "loop.py")


@pytest.mark.parametrize("path", sorted((ROOT / "methods").glob("*.py")), ids=lambda path: path.name)
def test_methods_import_torch_and_labkit_only(path):
    allowed = {"torch", "labkit", "collections", "dataclasses", "functools", "math", "typing"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.split(".")[0] in allowed
    assert "measure" not in imported_rooms(path) and "truth" not in path.read_text()


def test_the_readme_lists_every_method_in_its_family():
    readme = (ROOT.parent / "README.md").read_text(encoding="utf-8")
    for family in labkit.methods.FAMILIES.values():
        assert f"| {', '.join(name for name in family if name != 'SGD')} |" in readme
    assert f"**Methods.** {len(set(labkit.methods.ALL.values()))} of them" in readme

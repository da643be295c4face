"""The house: imports go down a floor or stay on it, there are no circles, the core knows no lesson and no paper.

Every import counts: those at the top of a file, those inside functions, and names that are taken from labkit itself
(`import labkit; labkit.plot.race`). Imports for annotations alone (`if TYPE_CHECKING`) do not run and do not count.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import labkit

ROOT = Path(labkit.__file__).parent
FLOORS = [
    """arguments checkout errors fingerprint generators markup numbers optimisers pages paths person ranks rooms
    rows state tables""",
    "losses nets data noise grads coreset mixing transition mixture confident",
    "method methods load",
    "measure fit show recipes",
    "runs notebook",
    "ledger spectrum",
    "reproduce",
    "plot exercises panels site",
    "lessons papers",
    "cli",
]
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms.split()}
CONTENT = ("lessons", "papers")
PAIRS = {  # a lesson that builds on a paper or on an earlier lesson
    ("lessons.l05", "papers.crust"),
    ("lessons.l06", "papers.crust"),
    ("lessons.l08", "papers.rmnw_net"),
    ("lessons.l09", "lessons.l01"),
    ("lessons.l11", "lessons.seeds"),  # it writes ranges over its own runs in the same words
    ("lessons.l12", "lessons.seeds"),  # it lays the ways to learn beside crowds, in tables of the same words
}
FACADE = "labkit"  # labkit/__init__.py: offers names of every floor, and loads those above the third when they are used


def module_name(path):
    """Return the dotted name of a file, e.g. labkit.fit.loop."""
    parts = list(path.relative_to(ROOT.parent).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}


def room_of(module):
    """Return the room of a module: its first folder or file, for content its lesson or paper ("lessons.l05")."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2]) if parts[:1] and parts[0] in CONTENT else "".join(parts[:1])


def statements(tree):
    """Yield every node of a module but those that only serve annotations."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from statements(node)


def imported(module):
    """Return the modules of labkit that a module imports, anywhere in its text. -> set of dotted names"""
    path, names = MODULES[module], set()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in statements(tree):
        if isinstance(node, ast.ImportFrom):
            names |= from_import(node, package)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name in MODULES}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == FACADE:
            names |= behind_facade(node.attr)
    return names - {module}


def from_import(node, package):
    """Return the modules that `from base import names` reaches."""
    base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    target = ".".join([*base, *([node.module] if node.module else [])])
    reached = set()
    for alias in node.names:
        whole = f"{target}.{alias.name}"
        if whole in MODULES:
            reached.add(whole)
        elif target == FACADE:
            reached |= behind_facade(alias.name)
        elif target in MODULES:
            reached.add(target)
    return reached


def behind_facade(name):
    """Return the module that holds labkit.NAME."""
    if name in labkit._LAZY:
        return {f"{FACADE}.{labkit._LAZY[name]}"}
    if name in labkit._LAZY_NAMES:
        return {f"{FACADE}.{labkit._LAZY_NAMES[name][0]}"}
    if f"{FACADE}.{name}" in MODULES and not callable(getattr(labkit, name)):
        return {f"{FACADE}.{name}"}
    holder = getattr(getattr(labkit, name), "__module__", None)
    return {holder} & set(MODULES) - {FACADE}


IMPORTS = {module: imported(module) for module in MODULES}


def circles(graph):
    """Return the groups of nodes that reach each other (Tarjan's strongly connected components). -> list of sets"""
    number, low, stack, groups = {}, {}, [], []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            start = stack.index(node)
            groups.append(set(stack[start:]))
            del stack[start:]

    for node in list(graph):
        if node not in number:
            visit(node)
    return [group for group in groups if len(group) > 1]


INSIDE = sorted(set(MODULES) - {FACADE, f"{FACADE}.__main__"})


@pytest.mark.parametrize("module", INSIDE)
def test_imports_go_down(module):
    room = room_of(module).split(".")[0]
    assert room in FLOOR, f"{room} stands on no floor: add it to FLOORS"
    reached = {room_of(other).split(".")[0] for other in IMPORTS[module] if other != FACADE}
    up = {other for other in reached if FLOOR[other] > FLOOR[room]}
    assert not up, f"{module} imports {up} from a floor above"


def test_there_are_no_circles_of_files():
    assert circles({module: IMPORTS[module] - {FACADE} for module in INSIDE}) == []


def test_there_are_no_circles_of_rooms():
    graph = defaultdict(set)
    for module in INSIDE:
        graph[room_of(module)] |= {room_of(other) for other in IMPORTS[module]} - {room_of(module), ""}
    assert circles(graph) == []


def test_content_is_imported_by_nobody_but_the_finder_and_the_named_pairs():
    pairs = set()
    for module in INSIDE:
        for other in IMPORTS[module]:
            room, content = room_of(module), room_of(other)
            if content.split(".")[0] in CONTENT and "." in content and content != room:
                pairs.add((room, content))
    assert pairs == PAIRS


def test_data_know_no_noise():
    assert not [module for module in INSIDE if room_of(module) == "data" and "noise" in map(room_of, IMPORTS[module])]


def test_the_walker_sees_every_kind_of_import():
    assert {room_of(other) for other in IMPORTS["labkit.runs.bench.cdr"]} >= {"data", "fit", "methods", "nets", "noise"}
    assert "labkit.measure" in IMPORTS["labkit.fit.loop"]
    assert "labkit.plot.style" in IMPORTS["labkit.panels.pictures"]
    assert behind_facade("panel") == {"labkit.panels.lessons"}, "loaded when it is used"
    assert behind_facade("fit") == {"labkit.fit.fit"} or behind_facade("fit") <= set(MODULES), "a function"
    assert behind_facade("plot") == {"labkit.plot"}


def test_the_walker_finds_circles():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("path", sorted((ROOT / "methods").glob("*.py")), ids=lambda path: path.name)
def test_methods_import_torch_and_labkit_only(path):
    allowed = {"torch", "labkit", "dataclasses", "functools", "math", "typing", "collections"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.split(".")[0] in allowed
    module = module_name(path)
    assert "measure" not in map(room_of, IMPORTS[module]) and "truth" not in path.read_text()


def test_every_lesson_has_a_room_of_the_same_shape():
    parts = {"__init__", "study", "panel", "figures", "exercises"}
    for folder in sorted((ROOT / "lessons").glob("l[0-9]*")):
        assert {"__init__", "exercises"} <= {path.stem for path in folder.glob("*.py")}, folder.name
        assert (folder / "panel.py").exists() == (folder / "stored.json.gz").exists(), folder.name
    assert parts <= {path.stem for path in (ROOT / "lessons" / "l05").glob("*.py")}


def test_every_paper_has_a_room_of_the_same_shape():
    for folder in sorted(path.parent for path in (ROOT / "papers").glob("*/__init__.py")):
        names = {path.stem for path in folder.glob("*.py")}
        assert {"findings", "figures"} <= names and names & {"experiments", "kernel"}, folder.name
        assert list(folder.glob("printed/*.csv")) and (folder / "results" / "runs.parquet").exists(), folder.name


@pytest.mark.catalogue("methods")
def test_the_readme_lists_every_method_in_its_family():
    readme = (ROOT.parent / "README.md").read_text(encoding="utf-8")
    for family in labkit.methods.FAMILIES.values():
        assert f"| {', '.join(name for name in family if name != 'SGD')} |" in readme
    assert f"**Methods.** {len(set(labkit.methods.ALL.values()))} of them" in readme

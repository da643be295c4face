"""Print how dense code is, by folder or file: `python tests/style.py labkit/methods labkit/noise/models.py`.

Without one: the core and its machinery (labkit without the rooms of lessons and papers), then those rooms.

Columns, each over all files below a folder:

nodes, p90      syntax nodes of a simple statement (assignment, call, return, assert ...), median and 90th percentile:
                all that Python's parser sees in it; imports, docstrings and heads of blocks are left out
comprehensions  per 100 code lines (lines that are neither blank nor comment nor docstring)
nested          comprehensions that stand inside another one, per 1000 statements
vague           bindings (arguments, variables, loop variables, functions, classes) with a name of VAGUE, in percent
annotated       arguments of public functions and methods that have an annotation, in percent
returns         public functions whose return is annotated, in percent
longest         the longest function in lines, without its docstring; the longest file in lines

scikit-learn's linear models and torch's optimisers, as installed, stand below as a scale.
"""

import ast
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles

# Pronouns, adverbs and metaphors: names that say nothing of their value. `given` (the given labels), `known` (where the
# truth is known) and `kept` (the samples that a method keeps) are terms of the field and may stand.
VAGUE = frozenset(
    """
    words found at own look looks looked looking more one ones each fine told said seen who whom whose what which where
    there here other others another same such both all_of some any_of none_of every thing things stuff it this that 
    these those them they mine ours theirs yours first_one last_one rest whole wanted gave asked answer_to heard spoken
    left gone went come comes came stays stayed stands stood says say tells tell speaks fits suits
    enough plenty much many few less least most very quite just only even still yet already again once twice ever never
    now then later before after always often apart aside alike together alone beside behind beyond
    """.split()  # noqa: SIM905
)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PEERS = ("sklearn.linear_model", "torch.optim")
HEAD = ("nodes", "p90", "comprehensions", "nested", "vague", "annotated", "returns", "longest", "file")


def python_files(folder):
    """Return every Python file below a folder, without tests; of a file the file."""
    if Path(folder).is_file():
        return [Path(folder)]
    return sorted(path for path in Path(folder).rglob("*.py") if "tests" not in path.relative_to(folder).parts)


def core_files(folder):
    """Return the Python files of labkit that are not of a lesson's or a paper's room."""
    return [path for path in python_files(folder) if path.relative_to(folder).parts[0] not in ("lessons", "papers")]


def docstrings(tree):
    """Return the docstring statements of a module, its classes and functions. -> set of nodes"""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)) and body and is_text(body[0]):
            found.add(body[0])
    return found


def is_text(statement):
    """Is a statement nothing but a text?"""
    value = getattr(statement, "value", None)
    return isinstance(statement, ast.Expr) and isinstance(value, ast.Constant) and isinstance(value.value, str)


def is_simple(statement):
    """Is a statement one that does something by itself: no import, no head of a block?"""
    return not hasattr(statement, "body") and not isinstance(statement, (ast.Import, ast.ImportFrom))


def nodes(statement):
    """Count the syntax nodes of a simple statement."""
    return sum(not isinstance(node, ast.expr_context) for node in ast.walk(statement))


def depths(node, inside=0):
    """Yield for each comprehension how many others it stands in."""
    deeper = inside + isinstance(node, COMPREHENSIONS)
    if isinstance(node, COMPREHENSIONS):
        yield inside
    for child in ast.iter_child_nodes(node):
        yield from depths(child, deeper)


def bindings(tree):
    """Yield every name that a module binds, once for each place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.ClassDef, *FUNCTIONS)):
            yield node.name


def public_functions(node, inside_function=False):
    """Yield functions and methods without an underscore at module or class level (`__init__` counts)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS):
            if child.name == "__init__" or not child.name.startswith("_"):
                yield child
        elif isinstance(child, ast.ClassDef):
            if not child.name.startswith("_"):
                yield from public_functions(child)
        elif isinstance(child, (ast.If, ast.Try, ast.With)):
            yield from public_functions(child)


def arguments(function):
    """Return a function's arguments without self and cls."""
    spec = function.args
    listed = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    return [argument for argument in listed if argument and argument.arg not in ("self", "cls")]


def code_lines(text, tree):
    """Return the numbers of the lines that hold code: neither blank nor a comment nor a docstring. -> set"""
    silent = {line for text_node in docstrings(tree) for line in range(text_node.lineno, text_node.end_lineno + 1)}
    lines = enumerate(text.splitlines(), 1)
    return {number for number, line in lines if line.strip() and not line.strip().startswith("#")} - silent


def length(function, code):
    """Count the code lines of a function."""
    return sum(function.lineno <= line <= function.end_lineno for line in code)


def measure(paths):
    """Measure files. -> dict of raw lists and counts"""
    counts = dict.fromkeys(("statements", "code", "vague", "bound"), 0)
    total = counts | {name: [] for name in ("sizes", "comprehensions", "arguments", "returns", "functions", "files")}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        add(total, text, tree)
    return total


def add(total, text, tree):
    """Add one file's measures to the total."""
    silent, code = docstrings(tree), code_lines(text, tree)
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node not in silent]
    functions = [node for node in statements if isinstance(node, FUNCTIONS)]
    public = list(public_functions(tree))
    names = list(bindings(tree))
    total["sizes"] += [nodes(statement) for statement in statements if is_simple(statement)]
    total["statements"] += len(statements)
    total["comprehensions"] += depths(tree)
    total["code"] += len(code)
    total["bound"] += len(names)
    total["vague"] += sum(name.strip("_").lower() in VAGUE for name in names)
    total["arguments"] += [argument.annotation is not None for function in public for argument in arguments(function)]
    total["returns"] += [function.returns is not None for function in public if function.name != "__init__"]
    total["functions"] += [length(function, code) for function in functions]
    total["files"].append(len(text.splitlines()))


def row(total):
    """Return the printed columns of a measured folder. -> list of texts"""
    nested = sum(depth > 0 for depth in total["comprehensions"])
    return [
        f"{median(total['sizes']):.0f}",
        f"{quantiles(total['sizes'], n=10)[-1]:.0f}",
        f"{100 * len(total['comprehensions']) / total['code']:.1f}",
        f"{1000 * nested / total['statements']:.1f}",
        f"{100 * total['vague'] / total['bound']:.1f} %",
        percent(total["arguments"]),
        percent(total["returns"]),
        str(max(total["functions"], default=0)),
        str(max(total["files"])),
    ]


def percent(flags):
    """Return the share of True among flags in words."""
    return f"{100 * sum(flags) / len(flags):.0f} %" if flags else "-"


def main(folders):
    """Print the table: the folders, then the peers."""
    places = {folder: python_files(folder) for folder in folders}
    if not folders:
        places["labkit, core and machinery"] = core_files("labkit")
        places |= {room: python_files(room) for room in ("labkit/lessons", "labkit/papers")}
    places |= {peer: python_files(Path(find_spec(peer).origin).parent) for peer in PEERS}
    print(f"{'folder':32s} {'files':>6s} {'code':>7s} " + " ".join(f"{name:>14s}" for name in HEAD))
    for name, paths in places.items():
        total = measure(paths)
        print(f"{name:32s} {len(total['files']):6d} {total['code']:7d} " + " ".join(f"{x:>14s}" for x in row(total)))


if __name__ == "__main__":
    main(sys.argv[1:])

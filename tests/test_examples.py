"""Every command that a help text, a docstring or a page of the project shows can be typed as it stands."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import yaml

import labkit
from labkit.cli import COMMANDS, ROOT, main, module_of, papers, split
from labkit.cli.reproduce import seconds
from labkit.errors import choose
from labkit.methods import ALL
from labkit.notebook import find, parameters
from labkit.notebook.copies import Copies
from labkit.reproduce import all_jobs, matching
from labkit.runs.bench import PARTS
from labkit.site import book

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"`([^`\n]+)`")
PLAN = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^(?:\./)?lab(?= |$)(.*)$")
PAGES = ("README.md", "CONTRIBUTING.md", "lessons/README.md")
UNFINISHED = re.compile(r"\b(COMMAND|DIR|FILE|NAME|NN|PLAN)\b|[{<]")  # a reader fills it in
SCRIPT = re.compile(r"\bpython (tests/\w+\.py)")


def commands(text: str) -> Iterator[str]:
    """Yield the command lines of a text: lines of a block or of an indented example, and what stands in quotes."""
    lines = []
    for language, block in FENCE.findall(text):
        lines += block.splitlines() if not language else []
    lines += [line for line in text.splitlines() if line.startswith(("  ", "\t"))]
    lines += QUOTED.findall(text)
    for line in lines:
        line = re.split(r"\s+#", line.strip())[0]
        if COMMAND.match(line) or SCRIPT.search(line) or line.startswith("papermill notebooks/"):
            yield line


def texts() -> Iterator[tuple[str, str]]:
    """Yield every place that shows commands, and its text."""
    for name in COMMANDS:
        yield f"lab {name} --help", module_of(name).arguments().format_help()
    for page in PAGES:
        yield page, (ROOT / page).read_text(encoding="utf-8")
    for path in sorted(Path(labkit.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
                yield f"{path.relative_to(ROOT)}, {getattr(node, 'name', 'its head')}", ast.get_docstring(node)
    for place in ("notebooks", "lessons", "lessons/solutions"):
        for path in sorted((ROOT / place).glob("*.ipynb")):
            cells = nbformat.read(path, as_version=4).cells
            prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
            yield path.relative_to(ROOT).as_posix(), "\n\n".join(prose)


EXAMPLES = sorted({(place, line) for place, text in texts() for line in commands(text)})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to type in, with README's plan under the names that examples give it."""
    plan = PLAN.search((ROOT / "README.md").read_text(encoding="utf-8"))[1]
    for name in ("plan.yml", "my_plan.yml"):
        (tmp_path / name).write_text(plan, encoding="utf-8")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    monkeypatch.chdir(tmp_path)


def values_of(words: list[str]) -> list[tuple[str, str]]:
    """Return the parameters that follow -p and -y in papermill's words."""
    values = []
    for k, word in enumerate(words):
        if word == "-p":
            values.append((words[k + 1], words[k + 2]))
        elif word == "-y":
            values += [(name, str(value)) for name, value in yaml.safe_load(words[k + 1]).items()]
    return values


def try_command(words: list[str]) -> None:
    """Do all that a command does before it takes time; a wrong one raises."""
    command, argv = split(words)
    choose("command", command, COMMANDS)
    arguments = module_of(command).arguments()
    if command in ("lab", "test"):  # other options go to JupyterLab or to pytest
        check(command, arguments.parse_known_args(argv)[0])
    elif command == "sweep" and argv:
        assert main(["sweep", *argv, "--dry"]) == 0
    elif argv:  # without any, a text names the command
        check(command, arguments.parse_args(argv))


def check(command: str, args) -> None:
    """Check the values that a command's parser leaves to the command."""
    if command == "run":
        parameters.check(parameters.read(find(args.notebook)), args.values)
    if command == "lab" and args.notebook:
        assert find(args.notebook).is_file()
    if command == "reset":
        for name in args.lesson:
            Copies().find(name)
    if command == "papers":
        assert papers.chosen(args.names)
    elif command == "reproduce":
        check_queue(args)
    else:
        for name in getattr(args, "names", []):
            choose("method", name, ALL)
    for name in getattr(args, "parts", []):
        choose("part", name, PARTS)
    if command in ("slides", "app"):
        book.lesson(args.lesson)
    if command == "fetch":
        choose("dataset", args.name, dict.fromkeys(labkit.data.NAMES))


def check_queue(args) -> None:
    """Check what `lab reproduce` looks up in the queue."""
    jobs = all_jobs(args.papers or labkit.reproduce.papers())
    assert not args.cells or matching(jobs, args.cells)
    assert args.budget is None or seconds(args.budget) > 0


def test_examples_are_seen():
    lines = {line for _, line in EXAMPLES}
    assert len(lines) > 25
    assert "./lab run cdr_aux -p rates '[0.4]' -p methods '[CDR, AUX, CDR+AUX]'" in lines
    assert {"./lab run 02", "./lab papers cdr_aux", "./lab reset 05", "./lab 02", "./lab"} <= lines
    assert any(line.startswith("papermill") for line in lines) and "./lab slides 05" in lines


@pytest.mark.parametrize("place, line", EXAMPLES, ids=lambda text: text[:60])
def test_an_example_can_be_typed(place, line, folder, capsys):
    if UNFINISHED.search(line):
        pytest.skip("a part of it is to be filled in")
    words, script = shlex.split(line), SCRIPT.search(line)
    if script:
        assert (ROOT / script[1]).is_file()
    elif words[0] == "papermill":
        parameters.check(parameters.read(find(words[1])), values_of(words))
    else:
        try_command(words[1:])


@pytest.mark.parametrize(
    "line",
    [
        "lab run cdr_aux -p rate 0.4",
        "lab run cdr_aux -p methods '[CDR, AUX]'",
        "lab sweep plam.yml",
        "lab slides 77",
        "lab bench crd",
        "lab fetch minst",
        "lab swep plan.yml",
        "lab 77",
        "lab lab 77",
        "lab run 77",
        "lab reset 77",
        "lab papers cdr",
        "lab papers sweep",
        "lab reproduce --papers CDX",
        "lab reproduce --budget 2x",
    ],
)
def test_a_wrong_example_is_noticed(line, folder):
    with pytest.raises((ValueError, FileNotFoundError, AssertionError)):
        try_command(shlex.split(line)[1:])

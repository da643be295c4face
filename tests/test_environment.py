"""The environments agree, and the project's files keep to the rules of the house."""

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
CONDA = {"torch": "pytorch", "duckdb": "python-duckdb", "playwright": "playwright-python"}
TEXTS = {"", ".cfg", ".cff", ".css", ".csv", ".html", ".ipynb", ".js", ".json", ".lock", ".md", ".py", ".toml", ".yml"}
# put together here, so that this file does not hold them
HOSTS = [f"{name}.org" for name in ("pypi", "pythonhosted", "npmjs", "debian", "anaconda", "pytorch")]
HOSTS = re.compile(
    "|".join(rf"(files|deb|download|registry|conda|packages)\.{re.escape(h)}|//{re.escape(h)}" for h in HOSTS)
)
PATHS = re.compile(r"(?<![\w.~*-])/(work|root|opt)/")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def tracked():
    """Every file that git has, or would take. -> paths relative to the project"""
    if not (shutil.which("git") and (ROOT / ".git").exists()):
        pytest.skip("not a git checkout")
    call = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file()]


def text(path):
    """What is in a file."""
    return (ROOT / path).read_text(encoding="utf-8")


def wanted():
    """pyproject's dependencies, the tests' included, the peers' not: conda has not got them all. -> {name:
    Requirement}"""
    project = tomllib.loads(text("pyproject.toml"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["test"]
    return {Requirement(line).name: Requirement(line) for line in lines}


def test_conda_has_what_pyproject_wants():
    environment = yaml.safe_load(text("environment.yml"))
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    conda = {Requirement(line).name: Requirement(line).specifier for line in environment["dependencies"]}
    project = tomllib.loads(text("pyproject.toml"))
    tools = {"python": project["project"]["requires-python"], "pip": ""}
    tools |= {Requirement(line).name: Requirement(line).specifier for line in project["build-system"]["requires"]}
    same = {CONDA.get(name, name): requirement.specifier for name, requirement in wanted().items()} | tools
    assert {name: str(range_) for name, range_ in conda.items()} == {
        name: str(Requirement(f"{name}{range_}").specifier) for name, range_ in same.items()
    }
    assert all(re.search(rf"\b{name}\b", text("environment.yml")) for name in wanted())  # findable by its usual name


def locked():
    """The lock's lines. -> [Requirement]"""
    lines = [line for line in text("requirements.lock").splitlines() if not line.lstrip().startswith("#")]
    return [Requirement(line) for line in lines if line.strip()]


def test_the_lock_pins_everything():
    pins = locked()
    assert all(re.fullmatch(r"==[^*,]+", str(pin.specifier)) and not pin.url for pin in pins)
    for name, requirement in wanted().items():
        versions = [next(iter(pin.specifier)).version for pin in pins if pin.name == name]
        assert versions, f"{name} is not in requirements.lock"
        assert all(requirement.specifier.contains(version) for version in versions), f"{name} is locked as {versions}"


@pytest.mark.parametrize("name", ["torch", "torchvision", "setuptools"])
def test_the_lock_has_one_version_for_all(name):
    (pin,) = [pin for pin in locked() if pin.name == name]
    assert pin.marker is None


@pytest.mark.parametrize(
    "line, found",
    [
        ("pip install -i https://pypi" + ".org/simple x", HOSTS),
        ("https://download.pytorch" + ".org/whl/cpu", HOSTS),
        ("in /work" + "/main/labkit", PATHS),
        ("'/root" + "/.cache'", PATHS),
    ],
)
def test_the_patterns_find_what_they_are_for(line, found):
    assert found.search(line) and not found.search("see pytorch.org/get-started, frame/work/x, ~/work/ and docs")


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    lines = {
        f"{path}:{number}: {line.strip()[:100]}"
        for path in tracked()
        if path.suffix in TEXTS
        for number, line in enumerate(text(path).splitlines(), 1)
        if HOSTS.search(line) or PATHS.search(line)
    }
    assert not lines


def test_no_file_has_a_name_that_windows_keeps_for_itself():
    assert RESERVED.fullmatch("aux.py") and RESERVED.fullmatch("con") and not RESERVED.fullmatch("auxiliary.py")
    assert not [path for path in tracked() if any(map(RESERVED.fullmatch, path.parts))]


def functions(source):
    """Every function's name, first line and number of lines, decorators aside."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


@pytest.mark.parametrize(
    "path", sorted((ROOT / "labkit").rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_sizes(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 300, "a room of more than 300 lines becomes a folder"
    assert not [name for name, _, lines in functions(source) if lines > 60]


def test_sizes_are_counted():
    source = "class A:\n    def f(self):\n" + "        pass\n" * 45
    assert list(functions(source)) == [("f", 2, 46)]

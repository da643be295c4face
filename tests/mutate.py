"""Neutralise the line marked `# core` of every method, one at a time, in a copy of the package: a test must fail.

    python tests/mutate.py [NAME ...]

A method that is built from others has their core lines neutralised, and its *own* tests must notice. Exit status 1
when a mutant survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEUTRAL = {
    "method.py": "pass",
    "methods/cdr.py": "g.mul_(1.0)",
    "methods/auxiliary.py": "return super().loss(logits, y, i)",
    "methods/rdi.py": "return 0.0 * moved",
}
# method -> the files whose core line it lives on, and the tests that are its own
MUTANTS = {
    "ERM": (["method.py"], "erm"),
    "CDR": (["methods/cdr.py"], "cdr and not cdr_aux and not cdr_rdi"),
    "AUX": (["methods/auxiliary.py"], "aux and not cdr_aux"),
    "RDI": (["methods/rdi.py"], "rdi and not cdr_rdi"),
    "CDR_AUX": (["methods/cdr.py", "methods/auxiliary.py"], "cdr_aux"),
    "CDR_RDI": (["methods/cdr.py", "methods/rdi.py"], "cdr_rdi"),
}


def neutralise(path, code):
    """Replace the one line marked `# core` by `code`, at the same indentation."""
    lines = path.read_text().split("\n")
    (marked,) = [n for n, line in enumerate(lines) if "# core" in line]
    indent = len(lines[marked]) - len(lines[marked].lstrip())
    lines[marked] = " " * indent + code
    path.write_text("\n".join(lines))


def outcome(file, own):
    """A method's own tests, run in a copy with `file` neutralised (None: untouched). -> exit status, output"""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(ROOT / "labkit", Path(copy) / "labkit")
        if file:
            neutralise(Path(copy) / "labkit" / file, NEUTRAL[file])
        tests = [str(ROOT / "tests" / name) for name in ("test_shared.py", "test_methods.py")]
        words = ["-xq", "-p", "no:cacheprovider", "-k", f"({own}) and not killed"]
        command = [sys.executable, "-m", "pytest", *tests, *words]
        env = os.environ | {
            "PYTHONPATH": copy,
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "LABKIT_COPY": copy,
        }
        done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def judge(name, file, own):
    """-> did all go as it must?, a line to print"""
    status, output = outcome(file, own)
    what = f"{name:8s} {'with ' + file + ' neutralised' if file else 'untouched'}"
    if file is None:
        return status == 0, f"{what}: {'passes' if status == 0 else 'FAILS' + chr(10) + output}"
    first = next((line for line in output.split("\n") if line.startswith("FAILED")), output[-500:])
    return status == 1, f"{what}: {'caught by ' + first[7:100] if status == 1 else 'SURVIVED' + chr(10) + first}"


def main(names):
    """Judge every mutant of the named methods (all, when none is named). -> exit status"""
    chosen = {name: MUTANTS[name] for name in names or MUTANTS}
    everything = " or ".join(f"({own})" for _, own in chosen.values())
    work = [("all", None, everything), *((name, file, own) for name, (files, own) in chosen.items() for file in files)]
    with ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda job: judge(*job), work))
    print("\n".join(line for _, line in verdicts))
    failed = sum(not fine for fine, _ in verdicts)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

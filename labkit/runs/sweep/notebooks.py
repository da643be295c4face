"""Notebooks on a worker: one of a plan, or one that shows a training. The kernel is warm: a worker has one."""

import hashlib
import json
import os
import shutil
import time
from functools import lru_cache
from pathlib import Path

import pandas as pd

from ...fit import Keeper
from ...fit.config import about
from ...fit.seal import write_facts
from ...notebook import Warm, execute
from ...numbers import NUMBERS
from ...state import whole

SHOWS = Path(__file__).parents[2] / "notebook" / "run.ipynb"  # shows one training


class CellFailed(RuntimeError):
    """A notebook did not come to its end. cell: the number of the failed cell; partial: the folder of what there is."""

    def __init__(self, failed, out):
        super().__init__(f"{failed.error}\ncell {failed.cell} of {out}\n{failed.traceback}")
        self.cell = failed.cell


@lru_cache(maxsize=1)
def kernel():
    """This worker's kernel."""
    return Warm()


def run(point, how):
    """A notebook with the point's values, kept in a folder of the store like a training; its own trainings go to
    <store>/trainings, so that one that was killed goes on there. -> run, status. Raises CellFailed, Busy"""
    notebook, store = Path(how["notebook"]), Path(how["store"])
    os.environ["LABKIT_RUNS"] = str(store / "trainings")
    wait = (lambda words: None) if how["wait"] else None
    with Keeper(store, configuration(notebook, point), wait=wait) as keeper:
        if keeper.finished:
            return {"run": keeper.name, "status": "read"}
        began, out = time.monotonic(), keeper.partial / "run.ipynb"
        keeper.log(f"begins: {notebook.name} {json.dumps(point)}")
        if failed := execute(notebook, out, point, kernel()):
            keeper.log(f"cell {failed.cell} failed: {failed.error}")
            raise CellFailed(failed, out)
        keeper.log("finished")
        _keep(keeper, notebook, point, time.monotonic() - began)
        return {"run": keeper.name, "status": "finished"}


def configuration(notebook, point):
    """What makes an executed notebook this one: its code, the values, the size. -> dict"""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = json.dumps([cell["source"] for cell in cells if cell["cell_type"] == "code"])
    size = {"fast": os.environ.get("LABKIT_FAST", "0") not in ("", "0"), "numbers": NUMBERS}
    return {"notebook": notebook.name, "code": hashlib.sha256(code.encode()).hexdigest()[:16], "values": point, **size}


def _keep(keeper, notebook, point, seconds):
    """The folder of a notebook that came to its end."""
    import torch

    facts = about(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    row = {"notebook": notebook.stem, "values": json.dumps(point), "numbers": NUMBERS, "seconds": seconds, **facts}
    with whole(keeper.folder, keeper.partial) as folder:
        for name in ("run.ipynb", "log.txt"):
            shutil.copy(keeper.partial / name, folder)
        pd.DataFrame([row]).to_parquet(folder / "result.parquet")
        config = {"config": configuration(notebook, point), "about": facts}
        write_facts(folder, config)


def leaf(folder):
    """Leave an executed notebook in the folder of a training, unless there is one. Raises CellFailed"""
    out, temporary = folder / "run.ipynb", folder / f".run.{os.getpid()}.ipynb"
    if out.exists():
        return
    try:
        if failed := execute(SHOWS, temporary, {"folder": str(folder.resolve())}, kernel()):
            raise CellFailed(failed, temporary)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)

"""What a figure or a report may say of labels whose truth is not known, or known in part."""

from ..data import Task
from ..data.truth import CLEAN
from ..fit import Run


def is_clean(run: Run) -> bool:
    """Was the run trained on labels that are known to be right? -> bool"""
    return run.noise is None and run.notes.get("noise_words", CLEAN) == CLEAN


def added_noise(run: Run) -> str:
    """The noise of a run in a few words; where none was added, what is known about its labels. -> text"""
    if run.noise is None:
        return run.notes.get("noise_words", "noise not noted").partition(", ")[0]
    assumed = " (labels before count as true)" if run.noise.get("of_given") else ""
    return f"{run.noise['name']} {run.noise['rate']:.0%}, {run.noise['realised']:.0%} wrong{assumed}"


def true_class(task: Task, i: int) -> int | None:
    """The true class of training sample i, None where it is not known."""
    if task.truth is None or not task.truth.masks()[0][int(i)]:
        return None
    return int(task.truth.y[int(i)])


def labels_of_test(run: Run) -> str:
    """What the test set is labelled with: "clean" labels, or "given" ones, which may be wrong. -> text"""
    return "given" if "test_labels" in run.notes else "clean"


def score_name(run: Run) -> str:
    """What a test score is called in a figure: it says so where the test labels may be wrong. -> text"""
    name = "R2 on the test set" if "r2_test" in run.rows[0] else "test accuracy"
    return f"{name} (given labels)" if labels_of_test(run) == "given" else name


def setting_lines(runs: list[Run], narrow: bool = False) -> list[str]:
    """Data, network, method, noise and seeds in one or two lines. -> list of texts"""
    run = runs[0]
    n = f", n = {len(run.method.train):,}" if run.method else ""
    seeds = f"seed {run.config['seed']}" if len(runs) == 1 else f"{len(runs)} seeds (mean, lowest to highest)"
    what = f"{run.config['task']}{n}, {run.config['net']}, {run.config['method']}"
    noise = added_noise(run)
    return [what, f"{noise}; {seeds}"] if not narrow else [noise, what, seeds]

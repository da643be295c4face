"""What the captions of a figure or a report say of a run: its data, its noise, and labels whose truth is not known."""

from ..data import Task
from ..data.truth import CLEAN
from ..fit import Run


def is_clean(run: Run) -> bool:
    """Return whether the run was trained on labels that are known to be right."""
    return run.noise is None and run.notes.get("noise_words", CLEAN) == CLEAN


def added_noise(run: Run) -> str:
    """Return the noise of a run in a few words; where none was added, what is known about its labels."""
    if run.noise is None:
        return run.notes.get("noise_words", "noise not noted").partition(", ")[0]
    noise = run.noise
    assumed = " (labels before count as true)" if noise.get("of_given") else ""
    return f"{noise['name']} {noise['rate']:.0%}, {noise['realised']:.0%} wrong{assumed}"


def true_class(task: Task, i: int) -> int | None:
    """Return the true class of training sample i, None where it is not known."""
    i = int(i)
    if task.truth is None:
        return None
    is_known = task.truth.masks()[0]
    return int(task.truth.y[i]) if is_known[i] else None


def labels_of_test(run: Run) -> str:
    """Return what the test set is labelled with: "clean" labels, or "given" ones, which may be wrong."""
    return "given" if "test_labels" in run.notes else "clean"


def score_name(run: Run) -> str:
    """Return the name of a test score, which says so where the test labels may be wrong."""
    name = "R2 on the test set" if "r2_test" in run.rows[0] else "test accuracy"
    return f"{name} (given labels)" if labels_of_test(run) == "given" else name


def setting_lines(runs: list[Run], narrow: bool = False) -> list[str]:
    """Return data, network, method, noise and seeds in two lines, or in three where the panel is narrow."""
    run = runs[0]
    n = f", n = {len(run.method.train):,}" if run.method else ""
    seeds = f"seed {run.config['seed']}" if len(runs) == 1 else f"{len(runs)} seeds (mean, lowest to highest)"
    training = f"{run.config['task']}{n}, {run.config['net']}, {run.config['method']}"
    noise = added_noise(run)
    return [noise, training, seeds] if narrow else [training, f"{noise}; {seeds}"]

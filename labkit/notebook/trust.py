"""Sign notebooks, so that JupyterLab trusts them: it then shows their HTML, SVG and widgets, not only text and PNG."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from filelock import FileLock

LOCK = "labkit-trust.lock"  # Jupyter's key is made at the first signature, and two processes would make two keys


def sign(notebooks: Iterable[Path]) -> None:
    """Sign notebooks as Jupyter's server does, with the key of the user. Notebooks that are signed stay as they are.

    Raises OSError where Jupyter's data folder cannot be written.
    """
    from jupyter_core.paths import jupyter_data_dir
    from nbformat import reader
    from nbformat.sign import NotebookNotary

    folder = Path(jupyter_data_dir())
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        notary = NotebookNotary(data_dir=str(folder))
        with closing(notary.store):
            for path in notebooks:
                notebook = reader.reads(path.read_text(encoding="utf-8"))  # nbformat.read also validates: seconds
                if not notary.check_signature(notebook):
                    notary.sign(notebook)

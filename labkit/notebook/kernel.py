"""One kernel per process that runs notebook after notebook, so that its start and its imports are paid once."""

import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

IMPORTS = ("torch", "labkit", "labkit.plot", "matplotlib.pyplot", "IPython.display")
CALL = "__import__('labkit.notebook.blank', fromlist=['']).{}{!r}"  # a function and its arguments; leaves no name
PATIENCE = 120  # seconds for a start, with the imports, on a machine that is busy
TRIES = 3
SOCKET = 90  # characters that the path of a socket may have, less the number at its end


class Warm:
    """A kernel that is as new for every notebook; the first one pays for its start and imports.

    Between notebooks everything is put back that labkit.notebook.blank lists; a change that a notebook made inside a
    library (a function replaced, a cache filled) stays. A new kernel takes over after a notebook that failed, was
    interrupted or left something running, and after `limit` notebooks. It may be used from any thread: notebooks wait
    for each other. The kernel ends with the process, or at `close`.
    """

    def __init__(self, limit: int = 100) -> None:
        self.limit = limit
        self.used = 0
        self.environment = {}
        self.kernel = self.ending = None
        self.thread = ThreadPoolExecutor(1, "kernel")  # sockets and event loop belong to one thread

    def run(self, notebook: Path, out: Path, given: dict[str, Any], **options: Any) -> "NotebookNode":
        """Execute a notebook in this kernel, in its own folder, as papermill.execute_notebook does.

        given: its parameters. options: of papermill. Raises what papermill raises, and RuntimeError when no kernel
        starts.
        """
        return self._wait(self.thread.submit(self._run, notebook, out, given, options))

    def close(self) -> None:
        """End the kernel; the next notebook starts another one."""
        self._wait(self.thread.submit(self._end))

    def _wait(self, future):
        """Wait for a result. An interrupt of the waiting kills the kernel, and so ends the notebook."""
        try:
            return future.result()
        finally:
            while not wait([future], timeout=0.1).done:
                if self.kernel:
                    self.kernel.kill()

    def _run(self, notebook, out, given, options):
        """Execute a notebook; restore the kernel afterwards, or end it if the notebook failed."""
        from papermill import execute_notebook
        from papermill.engines import papermill_engines

        papermill_engines.register("warm", _engine())
        try:
            self._prepare()
            self.kernel.call("enter", str(Path(notebook).resolve().parent), self._changed())
            options = {"engine_name": "warm", "kernel": self.kernel, "progress_bar": False, **options}
            executed = execute_notebook(notebook, out, given, **options)
        except BaseException:
            self._end()
            raise
        self._restore()
        return executed

    def _changed(self):
        """Return the changes of this process's environment since the kernel started. -> {name: value}, None is gone"""
        changed = os.environ.items() ^ self.environment.items()
        return {name: os.environ.get(name) for name, _ in sorted(changed)}

    def _restore(self):
        """Restore the kernel at once, so that the notebook's memory is free while the next one is awaited."""
        try:
            self.kernel.call("restore")
        except RuntimeError:
            self._end()

    def _prepare(self):
        """Start a kernel unless there is a usable one, and count its notebooks."""
        usable = self.kernel and self.used < self.limit and self.kernel.alive()
        if not usable:
            self._start()
        if not self.used:
            self.kernel.call("remember", *IMPORTS)
        self.used += 1

    def _start(self):
        """Start a new kernel; try again if it does not answer. Raises RuntimeError after the last try."""
        for attempt in range(1, TRIES + 1):
            self._end()
            self.kernel = Kernel()
            self.used = 0
            self.environment = dict(os.environ)
            self.ending = weakref.finalize(self, self.kernel.end)
            try:
                self.kernel.start()
                return
            except RuntimeError:
                if attempt == TRIES:
                    raise

    def _end(self):
        """End the kernel, if there is one."""
        if self.ending:
            self.ending()
        self.kernel = self.ending = None


class Kernel:
    """A kernel and its client, both used from one thread. Nothing that they print reaches the terminal."""

    def __init__(self) -> None:
        """Choose the sockets: files in a folder of their own, so that no other process takes them; ports on a system
        that has no such files, or where their paths would be too long."""
        from jupyter_client import AsyncKernelManager

        self.folder = tempfile.mkdtemp(prefix="labkit-")
        file = os.path.join(self.folder, "kernel.json")
        transport = "ipc" if os.name == "posix" and len(file) < SOCKET else "tcp"
        self.manager = AsyncKernelManager(kernel_name="python3", connection_file=file, transport=transport)
        self.client = None

    def start(self) -> None:
        """Start the kernel and wait until it answers. Raises RuntimeError when it does not."""
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        options = ["--log-level=ERROR", "--HistoryManager.hist_file=:memory:"]  # as papermill's own have it
        _waiting(self.manager.start_kernel)(extra_arguments=options, **silent)
        self.client = self.manager.client()
        self.client.start_channels()
        _waiting(self.client.wait_for_ready)(timeout=PATIENCE)
        self.client.allow_stdin = False

    def alive(self) -> bool:
        """Return whether the kernel's process runs."""
        return _waiting(self.manager.is_alive)()

    def call(self, function: str, *given: Any) -> None:
        """Call a function of labkit.notebook.blank in the kernel. Raises RuntimeError with what went wrong."""
        options = {"silent": True, "allow_stdin": False, "output_hook": _ignore, "timeout": PATIENCE}
        try:
            message = _waiting(self.client.execute_interactive)(CALL.format(function, given), **options)
        except TimeoutError as error:
            raise RuntimeError(f"the kernel does not answer: {error}") from None
        reply = message["content"]
        if reply["status"] != "ok":
            raise RuntimeError(f"the kernel says: {reply.get('ename')}: {reply.get('evalue')}")

    def kill(self) -> None:
        """Kill the kernel's process, from any thread; a thread that waits for it gets an error."""
        if self.manager.provisioner and self.manager.provisioner.process:
            self.manager.provisioner.process.kill()

    def end(self) -> None:
        """End the kernel, and remove its files."""
        try:
            if self.client:
                self.client.stop_channels()
            _waiting(self.manager.shutdown_kernel)(now=True)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _ignore(message):
    """Drop an output of the kernel."""


def _waiting(function: Callable) -> Callable:
    """Return a coroutine's function as one that waits for its result."""
    from jupyter_core.utils import run_sync

    return run_sync(function)


def _engine():
    """Return papermill's own engine, changed to use a kernel that runs already and stays. -> class"""
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine

    class Engine(NBClientEngine):
        """Runs the notebook in the kernel that it is given."""

        @classmethod
        def execute_managed_notebook(
            cls, notebook: Any, kernel_name: str, kernel: Kernel, execution_timeout: float | None = None, **options: Any
        ) -> "NotebookNode":
            """Execute the notebook; papermill calls this."""
            client = PapermillNotebookClient(notebook, km=kernel.manager, timeout=execution_timeout)
            client.kc = kernel.client
            return client.execute()

    return Engine

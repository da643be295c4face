"""One kernel per process that runs notebook after notebook: what it costs to start and to import is paid once."""

import os
import shutil
import subprocess
import tempfile
import weakref
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

IMPORTS = ("torch", "labkit", "labkit.plot", "matplotlib.pyplot", "IPython.display")
BLANK = "__import__('labkit.notebook.blank', fromlist=['']).{}{!r}"  # a function and its arguments; leaves no name
PATIENCE = 120  # seconds for a start, with the imports, on a machine that is busy
TRIES = 3
SOCKET = 90  # characters that the path of a socket may have, less the number at its end


class Warm:
    """A kernel that is as new for every notebook: start and imports are paid by the first one.

    Between notebooks everything is put back that labkit.notebook.blank lists; what a notebook changed inside a library
    (a function replaced, a cache filled) stays. A new kernel takes over after a notebook that failed, was interrupted
    or left something running, and after `most` notebooks. It may be used from any thread: notebooks wait for each
    other. The kernel ends with the process, or at `close`.
    """

    def __init__(self, most=100):
        self.most, self.used, self.environment = most, 0, {}
        self.kernel = self.ending = None
        self.thread = ThreadPoolExecutor(1, "kernel")  # sockets and event loop belong to one thread

    def run(self, notebook, out, given, **how):
        """papermill.execute_notebook in this kernel, in the folder of the notebook. Raises what that raises, and
        RuntimeError when no kernel starts."""
        return self._wait(self.thread.submit(self._run, notebook, out, given, how))

    def close(self):
        """End the kernel; the next notebook starts another one."""
        self._wait(self.thread.submit(self._end))

    def _wait(self, future):
        try:
            return future.result()
        finally:  # whoever stops waiting stops the notebook
            while not wait([future], timeout=0.1).done:
                if self.kernel:
                    self.kernel.kill()

    def _run(self, notebook, out, given, how):
        from papermill import execute_notebook
        from papermill.engines import papermill_engines

        papermill_engines.register("warm", _engine())
        try:
            self._ready()
            self.kernel.ask("enter", str(Path(notebook).resolve().parent), self._changed())
            how = {"engine_name": "warm", "kernel": self.kernel, "progress_bar": False, **how}
            done = execute_notebook(notebook, out, given, **how)
        except BaseException:
            self._end()
            raise
        self._restore()
        return done

    def _changed(self):
        """What a new kernel would find in its environment, and this one does not; None is gone. -> {name: value}"""
        names = {name for name, _ in os.environ.items() ^ self.environment.items()}
        return {name: os.environ.get(name) for name in sorted(names)}

    def _restore(self):
        """At once, so that what the notebook held is free while the next one is awaited."""
        try:
            self.kernel.ask("restore")
        except RuntimeError:
            self._end()

    def _ready(self):
        """See to a kernel that may be used, a new one if need be; a start is tried again."""
        fit = self.kernel and self.used < self.most and self.kernel.alive()
        for attempt in () if fit else range(TRIES):
            self._end()
            self.kernel, self.used, self.environment = Kernel(), 0, dict(os.environ)
            self.ending = weakref.finalize(self, self.kernel.end)
            try:
                self.kernel.start()
                break
            except RuntimeError:
                if attempt == TRIES - 1:
                    raise
        if not self.used:
            self.kernel.ask("remember", *IMPORTS)
        self.used += 1

    def _end(self):
        if self.ending:
            self.ending()
        self.kernel = self.ending = None


class Kernel:
    """A kernel and the client that talks to it, both used from one thread. Nothing of it reaches the terminal."""

    def __init__(self):
        """Sockets are files in a folder of their own, so that no other process takes them; ports where there are none,
        or where their paths would be too long."""
        from jupyter_client import AsyncKernelManager

        self.folder = tempfile.mkdtemp(prefix="labkit-")
        file = os.path.join(self.folder, "kernel.json")
        transport = "ipc" if os.name == "posix" and len(file) < SOCKET else "tcp"
        self.manager = AsyncKernelManager(kernel_name="python3", connection_file=file, transport=transport)
        self.client = None

    def start(self):
        """Start it and wait until it answers. Raises RuntimeError when it does not."""
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        options = ["--log-level=ERROR", "--HistoryManager.hist_file=:memory:"]  # as papermill's own have it
        _now(self.manager.start_kernel)(extra_arguments=options, **silent)
        self.client = self.manager.client()
        self.client.start_channels()
        _now(self.client.wait_for_ready)(timeout=PATIENCE)
        self.client.allow_stdin = False

    def alive(self):
        """Is its process there?"""
        return _now(self.manager.is_alive)()

    def ask(self, function, *given):
        """Call a function of labkit.notebook.blank in it. Raises RuntimeError with what went wrong."""
        silent = {"silent": True, "allow_stdin": False, "output_hook": lambda message: None, "timeout": PATIENCE}
        try:
            reply = _now(self.client.execute_interactive)(BLANK.format(function, given), **silent)["content"]
        except TimeoutError as error:
            raise RuntimeError(f"the kernel does not answer: {error}") from None
        if reply["status"] != "ok":
            raise RuntimeError(f"the kernel says: {reply.get('ename')}: {reply.get('evalue')}")

    def kill(self):
        """From any thread: whoever waits for the kernel sees it dead."""
        if self.manager.provisioner and self.manager.provisioner.process:
            self.manager.provisioner.process.kill()

    def end(self):
        """End it, and remove its files."""
        try:
            if self.client:
                self.client.stop_channels()
            _now(self.manager.shutdown_kernel)(now=True)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _now(function):
    """A coroutine's function as one that waits."""
    from jupyter_core.utils import run_sync

    return run_sync(function)


def _engine():
    """papermill's own engine, but for the kernel: it is there, and stays. -> class"""
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine

    class Engine(NBClientEngine):
        """Runs the notebook in the kernel that it is given."""

        @classmethod
        def execute_managed_notebook(cls, notebook, kernel_name, kernel, execution_timeout=None, **how):
            client = PapermillNotebookClient(notebook, km=kernel.manager, timeout=execution_timeout)
            client.kc = kernel.client
            return client.execute()

    return Engine

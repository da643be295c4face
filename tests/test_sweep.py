"""Sweeps on a real Dask cluster: what they leave, and the faults that they have to stand."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import nbformat
import pandas as pd
import psutil
import pytest
import torch
from conftest import hears_ctrl_c
from distributed import Client
from nbformat.v4 import new_code_cell, new_notebook

import labkit
from labkit.cli import main
from labkit.runs import store
from labkit.runs.bench import sweep as bench
from labkit.runs.sweep import Plan, cluster, sweep
from labkit.runs.sweep.entry import entry
from labkit.runs.sweep.work import TOPIC

FIT = {"data": "digits", "n": 300, "noise": "symmetric", "net": "mlp", "epochs": 2}
GRID = {"method": ["ERM", "CDR"], "rate": [0.2, 0.4], "seed": [0, 1]}
ENV = os.environ | {"OMP_NUM_THREADS": "1"}


def plan(place, **changes):
    """Eight short trainings. -> Plan"""
    return Plan.read({"fit": FIT, "grid": GRID, "store": str(place), **changes})


@pytest.fixture(scope="module")
def client():
    """A local cluster with two workers, as a sweep makes it."""
    with cluster.local(plan("runs"), workers=2) as (client, _):
        yield client


def timeless(frame):
    return frame.drop(columns="seconds")


def begun(place):
    """How often each finished run was begun or gone on with, by its log. -> dict"""
    logs = {path.parent.name: path.read_text() for path in place.glob("*/log.txt")}
    return {run: len(re.findall("begins|goes on", text)) for run, text in logs.items()}


def test_a_sweep_trains_what_fit_trains_bit_for_bit_and_nothing_twice(client, tmp_path):
    asked = plan(tmp_path)
    done = sweep(asked, client=client)
    assert (done.finished, done.failed) == (8, 0) and set(done.outcomes["status"]) == {"finished"}
    assert len(labkit.results(tmp_path)) == 8 and begun(tmp_path) == dict.fromkeys(done.outcomes["run"], 1)
    for point, run in zip(asked.points, done.outcomes["run"]):
        method, task, net, epochs, seed, recipe, meta, life = entry(point)
        straight = labkit.fit(method, task, net, epochs, seed, recipe, meta=meta, life=life)
        stored = labkit.Run.load(tmp_path / run)
        assert stored.config == straight.config
        pd.testing.assert_frame_equal(timeless(stored.history), timeless(straight.history), check_exact=True)
    again = sweep(plan(tmp_path, grid={**GRID, "seed": [0, 1, 2]}), client=client)
    assert again.outcomes["status"].value_counts().to_dict() == {"read": 8, "finished": 4}
    assert set(begun(tmp_path).values()) == {1} and "8 were there" in again.words


def test_a_run_that_fails_does_not_stop_the_others_and_is_forgiven_when_it_finishes(client, tmp_path):
    asked = plan(tmp_path, grid={**GRID, "recipe.lr": [0.01, 1e9]})
    done = sweep(asked, client=client)
    failures = store.failures(tmp_path)
    assert (done.finished, done.failed) == (8, 8) and len(failures) == 8
    assert failures["error"].str.startswith("Diverged: ").all() and (failures["attempts"] == 1).all()
    assert failures["traceback"].str.contains("labkit.errors.Diverged").all() and set(failures["what"]) == {
        "ERM",
        "CDR",
    }
    assert all(f"failed: {label}: Diverged" in done.words for label in failures["label"])
    assert "lr 1e9" in done.words or "lr 1000000000.0" in done.words
    sweep(asked, client=client)
    assert (store.failures(tmp_path)["attempts"] == 2).all() and store.unfinished(tmp_path) == []
    path = next((tmp_path / store.FAILED).glob("*.json"))
    store.note(tmp_path, asked.points[0], json.loads(path.read_text()))  # as if it had failed once
    before = len(store.failures(tmp_path))
    store.forgive(tmp_path, asked.points[0])
    assert len(store.failures(tmp_path)) == before - 1


def test_data_that_are_not_there_are_a_failure_in_words(client, tmp_path):
    done = sweep(
        plan(tmp_path, fit={**FIT, "data": "webvision-mini"}, grid={**GRID, "method": ["ERM"], "seed": [0]}),
        client=client,
    )
    assert done.failed == 2 and done.outcomes["error"].str.contains("webvision").all()


def test_a_worker_that_is_killed_costs_nothing(tmp_path):
    asked = plan(tmp_path, fit={**FIT, "epochs": 40}, checkpoint_every=0.05)
    with cluster.local(asked, workers=2) as (client, _):
        thread = threading.Thread(target=lambda: results.append(sweep(asked, client=client)))
        results = []
        thread.start()
        killed = kill_a_worker(client, tmp_path)
        thread.join(300)
    assert results and results[0].finished == 8 and killed not in psutil.pids()
    assert max(begun(tmp_path).values()) == 2, "one run was begun and gone on with"
    straight = labkit.fit(*entry(asked.points[3])[:5])
    stored = labkit.Run.load(tmp_path / results[0].outcomes["run"][3])
    pd.testing.assert_frame_equal(timeless(stored.history), timeless(straight.history), check_exact=True)


def kill_a_worker(client, place):
    """SIGKILL to a worker in the middle of a run that has a checkpoint. -> its pid"""
    end = time.monotonic() + 120
    while time.monotonic() < end and not list(place.glob("*.partial/checkpoint.before.safetensors")):
        time.sleep(0.01)
    pid = next(iter(client.run(os.getpid).values()))
    os.kill(pid, signal.SIGKILL)
    return pid


def kill_the_next_worker(known, killed):
    """SIGKILL to the first process beside the known ones that a fork server makes, as soon as it is there."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not killed:
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it, or its parent, ended meanwhile
                parent = child.parent()
                if child.pid not in known and parent and "forkserver" in " ".join(parent.cmdline()):
                    child.kill()
                    return killed.append(child.pid)


def test_a_worker_that_is_killed_while_it_starts_costs_nothing(client, tmp_path):
    killed, known = [], {child.pid for child in psutil.Process().children(recursive=True)}
    thread = threading.Thread(target=kill_the_next_worker, args=(known, killed))
    thread.start()
    with cluster.local(plan(tmp_path), workers=2) as (own, _):
        pids = set(own.run(os.getpid).values())
        done = sweep(plan(tmp_path), client=own)
    thread.join()
    assert len(killed) == 1 and len(pids) == 2 and not pids & set(killed) and done.finished == 8


def test_two_sweeps_share_a_store(client, tmp_path):
    asked = plan(tmp_path, fit={**FIT, "epochs": 8})
    results = []
    with cluster.local(asked, workers=1) as (other, _):
        both = [threading.Thread(target=lambda c=c: results.append(sweep(asked, client=c))) for c in (client, other)]
        [thread.start() for thread in both]
        [thread.join(300) for thread in both]
    assert [done.finished for done in results] == [8, 8] and set(begun(tmp_path).values()) == {1}
    assert sum((done.outcomes["status"] == "finished").sum() for done in results) == 8


def test_a_full_disk_ends_the_sweep_in_words_and_it_goes_on_when_there_is_room(client, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mount = lambda *words: subprocess.run(["mount", *words, place], capture_output=True, text=True, check=False)
    if mount("-t", "tmpfs", "-o", "size=1m", "labkit").returncode:
        pytest.skip("a disk of its own needs root and mount")
    try:
        with pytest.raises(OSError, match=r"the disk is full: .*Make room"):
            sweep(plan(place), client=client)
        there = [path.parent for path in place.glob("*/config.json")]
        assert len(there) < 8 and all(labkit.Run.load(folder).finished for folder in there)
        assert not mount("-o", "remount,size=16m").returncode
        assert sweep(plan(place), client=client).finished == 8
        mount("-o", "remount,ro")
        with pytest.raises(ValueError, match=r"store is '.*disk'; it must be a folder that can be written"):
            sweep(plan(place), client=client)
    finally:
        subprocess.run(["umount", "-l", place], check=False)


NOTEBOOK = [
    "rate: float = 0.4  # in [0, 1)",
    "import torch, os\nprint(rate, os.environ['LABKIT_RUNS'])",
    "1 / (rate - 0.5)",
]


@pytest.fixture
def notebook(tmp_path):
    """A notebook that fails in its third cell at rate 0.5."""
    cells = [new_code_cell(source) for source in NOTEBOOK]
    cells[0].metadata["tags"] = ["parameters"]
    path = tmp_path / "tiny.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def test_a_sweep_of_notebooks_goes_on_after_one_that_fails_and_says_which_cell(client, notebook, tmp_path):
    asked = {"notebook": str(notebook), "grid": {"rate": [0.1, 0.5, 0.9]}, "store": str(tmp_path / "runs")}
    done = sweep(asked, client=client)
    assert (done.finished, done.failed) == (2, 1)
    failed = done.outcomes.iloc[1]
    assert failed["cell"] == 4 and "ZeroDivisionError" in failed["error"]  # papermill's own cell is the second
    assert re.search(r"failed: rate 0\.5: cell 4: .*ZeroDivisionError", done.words)
    (kept,) = (tmp_path / "runs").glob("*.partial/run.ipynb")
    outputs = [output for cell in nbformat.read(kept, 4).cells for output in cell.get("outputs", [])]
    assert any("ZeroDivisionError" in "".join(output.get("traceback", [])) for output in outputs)
    for run, rate in zip(done.outcomes["run"][[0, 2]], (0.1, 0.9)):
        cells = nbformat.read(tmp_path / "runs" / run / "run.ipynb", 4).cells
        assert f"{rate} {tmp_path / 'runs' / 'trainings'}" in cells[2].outputs[0].text
        assert json.loads((tmp_path / "runs" / run / "config.json").read_text())["config"]["values"] == {"rate": rate}
    again = sweep(asked, client=client)
    assert again.outcomes["status"].tolist() == ["read", "failed", "read"]
    assert store.failures(tmp_path / "runs")[["cell", "attempts", "what"]].values.tolist() == [[4, 2, "tiny"]]


def test_trainings_as_notebooks(client, tmp_path):
    asked = plan(tmp_path, grid={**GRID, "seed": [0], "rate": [0.4]}, as_notebooks=True)
    done = sweep(asked, client=client)
    assert done.finished == 2
    for run in done.outcomes["run"]:
        text = (tmp_path / run / "run.ipynb").read_text()
        assert "image/png" in text and '"output_type": "error"' not in text
        assert not list((tmp_path / run).glob(".*"))


def test_the_command_its_statuses_and_its_words(tmp_path, capsys):
    file = tmp_path / "plan.yml"
    file.write_text(json.dumps({"fit": {**FIT, "seed": 0, "rate": 0.2}, "grid": {"method": ["ERM", "CDR"]}}))
    words = ["sweep", str(file), "--store", str(tmp_path / "runs"), "--workers", "1"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "2 finished of 2" in said and f"run sweep -p store {tmp_path / 'runs'};" in said
    assert main(words) == 0 and "2 were there of 2" in capsys.readouterr().out
    file.write_text(json.dumps({"fit": {**FIT, "seed": 0, "rate": 0.2, "recipe.lr": 1e9}, "grid": {"method": ["ERM"]}}))
    assert main(words) == 1 and "failed: ERM: Diverged" in capsys.readouterr().out
    file.write_text(json.dumps({"fit": {**FIT, "seed": 0, "rate": 2}, "grid": {"method": ["ERM"]}}))
    assert main(words) == 2 and "rate" in capsys.readouterr().err


def test_a_script_may_sweep_without_a_guard_and_in_the_middle(tmp_path):
    script = tmp_path / "mine.py"
    words = {"fit": {**FIT, "seed": 0, "method": "ERM"}, "grid": {"rate": [0.2, 0.4]}, "store": str(tmp_path / "runs")}
    script.write_text(f"import labkit\nprint('once')\nprint(labkit.sweep({words!r}, workers=2))\n")
    done = subprocess.run([sys.executable, script], env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("once") == 1 and "2 finished of 2" in done.stdout and not done.stderr


def test_ctrl_c_leaves_everything_to_go_on_with(tmp_path):
    file = tmp_path / "plan.yml"
    file.write_text(json.dumps({"fit": {**FIT, "epochs": 30}, "grid": GRID, "checkpoint_every": 0.05}))
    words = [sys.executable, "-m", "labkit", "sweep", str(file), "--store", str(tmp_path / "runs"), "--workers", "2"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(words, env=ENV, process_group=0, preexec_fn=hears_ctrl_c, **pipes)
    end = time.monotonic() + 120
    while time.monotonic() < end and not list((tmp_path / "runs").glob("*/config.json")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130 and "Traceback" not in said, said
    assert said.strip().splitlines()[-1] == "lab: stopped", said
    there = len(list((tmp_path / "runs").glob("*/config.json")))
    done = subprocess.run(words, env=ENV, capture_output=True, text=True, check=True)
    assert 0 < there < 8 and f"{there} were there of 8" in done.stdout


@pytest.fixture
def by_hand(tmp_path):
    """A scheduler and two workers, started by hand as separate processes. -> its address, its Popen"""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    address, dask = f"tcp://127.0.0.1:{port}", [sys.executable, "-m", "dask"]
    quiet = {"env": ENV, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler = subprocess.Popen(
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], **quiet
    )
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
    workers = [subprocess.Popen(worker, **quiet) for _ in range(2)]
    yield address, scheduler
    for process in (*workers, scheduler):
        process.terminate()
    for process in (*workers, scheduler):
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.slow
def test_a_scheduler_and_two_workers_started_by_hand_and_the_scheduler_is_killed(by_hand, client, tmp_path):
    address, scheduler = by_hand
    file = tmp_path / "plan.yml"
    file.write_text(json.dumps({"fit": {**FIT, "epochs": 12}, "grid": GRID, "checkpoint_every": 0.05}))
    words = [sys.executable, "-m", "labkit", "sweep", str(file), "--store", str(tmp_path / "runs")]
    process = subprocess.Popen(
        [*words, "--address", address], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    end = time.monotonic() + 120
    while time.monotonic() < end and not list((tmp_path / "runs").glob("*/config.json")):
        time.sleep(0.02)
    scheduler.kill()
    said = process.communicate(timeout=120)[0].decode()
    assert process.returncode == 1 and "Traceback" not in said, said
    assert "scheduler" in said and "goes on" in said
    there = len(list((tmp_path / "runs").glob("*/config.json")))
    done = sweep(Plan.read({**json.loads(file.read_text()), "store": str(tmp_path / "runs")}), client=client)
    assert 0 < there < 8 and re.search("8 finished|were there of 8", done.words)
    assert len(labkit.results(tmp_path / "runs")) == 8


@pytest.mark.slow
def test_an_address_where_nobody_answers_is_named(tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{s.getsockname()[1]}"
    with pytest.raises(ValueError, match=f"address is '{address}'; it must be that of a Dask scheduler"):
        sweep(plan(tmp_path), address=address)


def get(address, cookie=None):
    """-> status, headers, text of a page, without following redirections"""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(address, headers={"Cookie": cookie} if cookie else {})
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def speaks_http(port):
    """Does whoever listens there answer a request in the clear, be it by a refusal?"""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        try:
            return s.recv(5) == b"HTTP/"
        except (ConnectionError, TimeoutError):
            return False


def test_the_dashboard_is_local_and_wants_its_token():
    with cluster.local(plan("runs"), workers=1) as (client, link):
        bare, token = link.split("?token=")
        assert bare.startswith("http://127.0.0.1:") and len(token) >= 32
        for address in (
            bare,
            f"{bare}?token=wrong",
            f"{bare}?token=",
            bare.replace("/status", "/info/main/workers.html"),
        ):
            status, _, text = get(address)
            assert status == 403 and "token" in text
        assert get(bare, "labkit=wrong")[0] == 403
        status, headers, _ = get(link)
        assert status == 302 and "HttpOnly" in headers["Set-Cookie"] and "token=" not in headers["Location"]
        assert get(bare, headers["Set-Cookie"].split(";")[0])[0] == 200
        listening = [c.laddr.ip for c in psutil.Process().net_connections() if c.status == psutil.CONN_LISTEN]
        for pid in client.run(os.getpid).values():
            listening += [c.laddr.ip for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]
        assert len(listening) > 2 and set(listening) <= {"127.0.0.1", "::1"}
        assert client.scheduler.address.startswith("tls://127.0.0.1:")
        for pid in client.run(os.getpid).values():
            ports = [c.laddr.port for c in psutil.Process(pid).net_connections() if c.status == psutil.CONN_LISTEN]
            assert ports and not any(map(speaks_http, ports))
        assert speaks_http(int(bare.split(":")[2].split("/")[0]))


def test_workers_say_how_far_they_are(client, tmp_path):
    heard = []
    with Client(client.scheduler.address, security=client.security) as other:
        other.subscribe_topic(TOPIC, heard.append)
        done = sweep(plan(tmp_path), client=client, quiet=True)
        other.unsubscribe_topic(TOPIC)
    told = {news["label"] for _, news in heard if "label" in news}
    assert set(done.outcomes["label"]) <= told and all("worker" in news for _, news in heard)


def memory_handed_back():
    """What glibc is told about memory here, and the page faults of ten tensors of 1 MB, one after another."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(2**18)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return os.environ.get("MALLOC_TRIM_THRESHOLD_"), faults


@pytest.mark.skipif(sys.platform != "linux" or "MALLOC_TRIM_THRESHOLD_" in os.environ, reason="glibc's own setting")
def test_workers_keep_the_memory_of_tensors(client):
    """Dask tells glibc to hand it back, so that every step asks for it anew: its CPU time was half as much more."""
    client.run(memory_handed_back)
    for setting, faults in client.run(memory_handed_back).values():
        assert setting is None and faults < 1000  # 2,560 where every tensor is new memory


@pytest.mark.parametrize(
    "cards, memory, workers, cores, count, seen",
    [
        ([], None, None, 8, 8, None),
        ([], None, 3, 8, 3, None),
        ([80e9], None, None, 8, 1, {"0"}),
        ([80e9, 80e9], 10, None, 8, 16, {"0", "1"}),
        ([80e9, 9e9], 10, None, 8, 8, {"0"}),
        ([80e9, 80e9], 10, 2, 8, 4, {"0", "1"}),
    ],
)
def test_the_layout_of_workers(cards, memory, workers, cores, count, seen, tmp_path):
    own = cluster.layout(plan(tmp_path, gpu_memory=memory or 1), workers, cores, cards) if memory else None
    own = own or cluster.layout(plan(tmp_path), workers, cores, cards)
    assert len(own) == count and all(each["env"]["OMP_NUM_THREADS"] == "1" for each in own)
    assert {each["env"].get("CUDA_VISIBLE_DEVICES") for each in own} == (seen or {None})
    assert all(("GPU" in each["resources"]) == bool(cards) for each in own)


def test_a_layout_counts_groups_of_cores_and_refuses_cards_without_room(tmp_path):
    assert len(cluster.layout(plan(tmp_path, threads=4), cores=10, cards=[])) == 2
    assert len(cluster.layout(plan(tmp_path, threads=4), cores=2, cards=[])) == 1
    with pytest.raises(ValueError, match=r"gpu_memory is 90\.0; it must be at most what a card has free: \[80.0\] GB"):
        cluster.layout(plan(tmp_path, gpu_memory=90), cards=[80e9])


def test_resources_are_asked_of_the_workers(tmp_path):
    asked = plan(tmp_path, resources={"card": 1}, grid={**GRID, "seed": [0]})
    with cluster.local(asked, workers=1) as (client, _):
        assert [worker["resources"] for worker in client.scheduler_info()["workers"].values()] == [{"card": 1}]
        assert sweep(asked, client=client).finished == 4


def kill_sweep(*words):
    """tests/kill_sweep.py in a process of its own, which it forks. -> exit status, what it said"""
    call = [sys.executable, Path(__file__).with_name("kill_sweep.py"), *words]
    done = subprocess.run(call, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.slow
def test_a_sweep_that_is_killed_with_its_worker_loses_nothing():
    status, said = kill_sweep("20", "--at-once", "2", "--seed", "7")
    print(said)
    assert status == 0 and "a worker after" in said and said.strip().endswith("20 passed, 0 failed"), said


def test_nothing_of_a_store_is_executed_code():
    sources = [
        path.read_text()
        for part in ("fit", "runs", "notebook")
        for path in Path(labkit.__file__).with_name(part).rglob("*.py")
    ]
    loads = re.compile(r"\b(pickle|torch\.load|joblib|cloudpickle|np\.load|(?<!\.)eval\(|exec\()")
    assert not [match for source in sources for match in loads.findall(source)]


@pytest.mark.slow
def test_the_cost_of_a_sweep_is_measured_and_scaled(client, tmp_path):
    costs = bench.measure(60, client, tmp_path)
    assert costs["overhead"] > 0 and costs["again"] > 0 and costs["files"] == 7 and costs["disk"] > 10_000
    assert costs["memory"] < 1e6, "bytes that the scheduler holds per task"
    said = "\n".join(bench.scale(costs, empty=0.005))
    assert "100,000 runs" in said and "13.9 days" in said and "700,000 files" in said

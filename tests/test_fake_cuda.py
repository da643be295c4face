"""Every method on a CUDA device that is not there (tests/fake_cuda.py says what it sees and what it cannot see).

No method is excepted. A planted CPU tensor, CPU draw or CUDA index, and real methods without a `device=`, are refused.
"""

import inspect
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import pytest
import torch
from cases import CASES, meta_for
from fake_cuda import FakeCuda, Mixed
from tools import NO_CASE, digits, faces, weights

import labkit
from labkit.fit import begin
from labkit.method import Method
from labkit.methods import AUX, CDR, CRUST, D2L, ERM, PES, PRL_G, SOP, DivideMix, MentorNetPD, MWNet, SModel, mentornet
from labkit.state import read_state, write_state

EPOCHS = 2
RECIPE = {"momentum": 0.9, "weight_decay": 1e-3}
every_method = pytest.mark.parametrize("cls, case", CASES.items(), ids=[cls.__name__ for cls in CASES])


@cache
def small(name):
    """A task of 115 training samples, or 55 beside a meta set."""
    return {"digits": digits, "faces": faces}[name](n=160)


def prepare(method, device, seed=0, net="mlp", **recipe):
    """A loop in front of its first batch. -> Loop"""
    case = CASES.get(type(method), NO_CASE)
    task, meta = meta_for(type(method), small(case.task))
    return begin(method, task, net, EPOCHS, seed, RECIPE | recipe, device, meta)[1]


def finish(loop):
    """Train to the end. -> number of batches"""
    return sum(event == "batch" for event in loop.run())


def train_in_two_parts(make, middle, path):
    """Train on CUDA up to batch `middle`, then go on from a file as another process would. make(seed) -> Loop"""
    first = make(0)
    events = first.run()
    for _ in range(middle):
        while next(events) != "batch":
            pass
    write_state(path, first.state_dict())
    second = make(7)
    second.load_state_dict(read_state(path))
    second.seed = first.seed
    finish(second)
    return second


def scores(loop):
    """The rows of the history without the time. -> text, in which NaN equals NaN"""
    return repr([{key: value for key, value in row.items() if key != "seconds"} for row in loop.rows])


@every_method
def test_a_training_with_a_resume_mixes_no_devices_and_gives_the_cpus_numbers(cls, case, tmp_path, monkeypatch):
    monkeypatch.setattr(mentornet.learn, "__defaults__", (5, 0.05))  # steps of the mentor, in place of 300
    reference = prepare(cls(**case.settings), "cpu")
    middle = finish(reference) // 2 + 1
    with FakeCuda():
        loop = train_in_two_parts(lambda seed: prepare(cls(**case.settings), "cuda", seed), middle, tmp_path / "state")
        end = weights(loop.method).to("cpu")
    assert torch.equal(end, weights(reference.method))
    assert scores(loop) == scores(reference)


IMAGES = {ERM: {}, PRL_G: {}, DivideMix: {}, CRUST: {"mode": "train"}, PES: {"parts": (1,), "refine": (1,), "views": 2}}
IMAGES[CDR] = {"strict": True}


SLOW = [pytest.param(cls, marks=pytest.mark.slow, id=cls.__name__) for cls in (DivideMix, CRUST, PES)]


@pytest.mark.parametrize("cls", [pytest.param(cls, id=cls.__name__) for cls in (ERM, CDR, PRL_G)] + SLOW)
def test_augmented_images_and_channels_last_weights_stay_on_the_device(cls, tmp_path):
    make = lambda: cls(**CASES[cls].settings | IMAGES[cls])
    options = {"net": "small_cnn", "augment": "crop_flip"}
    reference = prepare(make(), "cpu", **options)
    middle = finish(reference) // 2 + 1
    with FakeCuda():
        build = lambda seed: prepare(make(), "cuda", seed, **options)
        end = weights(train_in_two_parts(build, middle, tmp_path / "state").method).to("cpu")
    assert torch.allclose(end, weights(reference.method), rtol=0, atol=1e-6)  # PRL(G) sums in pieces of another size


def test_samples_on_disk_come_to_the_device_and_so_do_black_pixels():
    task = small("digits")
    arrays = task.train.x, task.train.y, task.test.x, task.test.y
    mapped = labkit.Task.of(*arrays, scale=task.train.scale, classes=10, limit_bytes=0)
    assert mapped.train.mapped
    with FakeCuda():
        run = labkit.fit("ERM", mapped, "small_cnn", 1, 0, {"augment": "crop_flip"}, device="cuda", progress=False)
    assert len(run.rows) == 1


def test_a_task_may_be_on_the_device_before():
    with FakeCuda():
        task = labkit.corrupt(labkit.load("digits", n=160).to("cuda"), labkit.noise.symmetric(0.4), 0)
        task, meta = labkit.data.meta_split(task, 60, trusted=True, balanced="true")
        for other in (meta, meta.to("cpu")):
            run = labkit.fit(MWNet(meta_batch=20), task, "mlp", 1, 0, device="cuda", meta=other, progress=False)
    assert task.train.y.device.type == "cuda" and len(run.rows) == 1


def test_fit_keeps_a_killed_training_and_the_lives_of_samples(tmp_path):
    def kill(run):
        if len(run.rows) == 1:
            raise KeyboardInterrupt

    options = {"progress": False, "life": True}
    straight = labkit.fit("ERM", small("digits"), "small_cnn", 2, 0, device="cpu", **options)
    with FakeCuda():
        on_cuda = options | {"device": "cuda", "store": tmp_path}
        with pytest.raises(KeyboardInterrupt):
            labkit.fit("ERM", small("digits"), "small_cnn", 2, 0, on_epoch=kill, **on_cuda)
        run = labkit.fit("ERM", small("digits"), "small_cnn", 2, 0, **on_cuda)
        assert torch.equal(weights(run.method).to("cpu"), weights(straight.method))
    read = labkit.Run.load(run.folder)  # where there is no such device
    assert torch.equal(read.life.loss, straight.life.loss)
    assert all(tensor.device.type == "cpu" for tensor in read.state()["nets"][0].values())


def on_cuda(*size, dtype=torch.float32):
    return torch.ones(size, dtype=dtype, device="cuda")


REFUSED = {
    "sum": lambda: on_cuda(3) + torch.ones(3),
    "range without a device": lambda: on_cuda(3) * torch.arange(3),
    "choice": lambda: torch.where(on_cuda(3) > 0, on_cuda(3), torch.zeros(3)),
    "concatenation": lambda: torch.cat([on_cuda(3), torch.zeros(3)]),
    "stack": lambda: torch.stack([on_cuda(), torch.zeros(())]),
    "product": lambda: on_cuda(3, 3) @ torch.ones(3),
    "gather by a CPU index": lambda: on_cuda(3).gather(0, torch.zeros(1, dtype=torch.long)),
    "scatter of CPU values": lambda: on_cuda(3).scatter(0, on_cuda(1, dtype=torch.long), torch.zeros(1)),
    "CUDA index into a CPU tensor": lambda: torch.zeros(3)[on_cuda(1, dtype=torch.long)],
    "CUDA values into a CPU tensor": lambda: torch.zeros(3).index_put_((torch.zeros(1, dtype=torch.long),), on_cuda(1)),
    "sum into a CPU tensor": lambda: torch.zeros(()).add_(on_cuda()),
    "CPU draws for CUDA": lambda: torch.rand(3, generator=torch.Generator(), device="cuda"),
    "CUDA draws for the CPU": lambda: torch.randperm(3, generator=torch.Generator("cuda")),
    "CPU draws into a CUDA tensor": lambda: on_cuda(3).uniform_(0, 1, generator=torch.Generator()),
    "array": lambda: on_cuda(3).numpy(),
    "layer": lambda: torch.nn.Linear(3, 2)(on_cuda(1, 3)),
}


@pytest.mark.parametrize("act", REFUSED.values(), ids=REFUSED)
def test_what_cuda_refuses_is_refused(act):
    with FakeCuda(), pytest.raises(RuntimeError, match=r"device|numpy|CUDA"):
        act()


ALLOWED = {
    "number of the CPU": lambda: on_cuda(3) * torch.tensor(2.0),
    "CPU index into a CUDA tensor": lambda: on_cuda(3)[torch.zeros(1, dtype=torch.long)],
    "CPU number into a CUDA tensor": lambda: on_cuda(3).index_put_((torch.zeros(1, dtype=torch.long),), torch.ones(())),
    "copy": lambda: on_cuda(3).copy_(torch.zeros(3)),
    "move": lambda: torch.zeros(3).to("cuda"),
    "CUDA draws": lambda: torch.rand(3, generator=torch.Generator("cuda"), device="cuda"),
    "module": lambda: torch.nn.Linear(3, 2).to("cuda")(on_cuda(1, 3)),
}


@pytest.mark.parametrize("act", ALLOWED.values(), ids=ALLOWED)
def test_what_cuda_allows_is_allowed(act):
    with FakeCuda():
        assert act().device.type == "cuda"


def test_a_fused_optimiser_wants_gradients_in_the_layout_of_their_parameters():
    with FakeCuda():
        p = on_cuda(4, 3, 2, 2).contiguous(memory_format=torch.channels_last).requires_grad_()
        p.square().sum().backward()
        torch.optim.SGD([p], fused=True).step()
        p.grad = p.grad.contiguous()
        with pytest.raises(Mixed, match="strides"):
            torch.optim.SGD([p], fused=True).step()


@dataclass(kw_only=True, eq=False)
class CountsOnTheCpu(Method):
    """Plain SGD whose weights are made where torch makes tensors when nobody says where."""

    def weight(self, x, y, i, logits):
        return torch.full(y.shape, 1 / len(y))


def test_a_method_that_mixes_devices_is_caught():
    with FakeCuda(), pytest.raises(Mixed):
        finish(prepare(CountsOnTheCpu(), "cuda"))


WITHOUT_DEVICE = {
    AUX: "device=y.device, ",
    SModel: ", device=self.train.y.device",
    SOP: ", device=self.train.y.device",
    MentorNetPD: ", device=v.device",
    D2L: ", device=self.rng.device",
    DivideMix: ", device=train.y.device",
}


@pytest.mark.parametrize("cls", WITHOUT_DEVICE, ids=lambda cls: cls.__name__)
def test_a_real_method_without_its_device_is_caught(cls):
    source = inspect.getsource(inspect.getmodule(cls))
    assert WITHOUT_DEVICE[cls] in source
    mutant = ModuleType("mutant")
    exec(compile(source.replace(WITHOUT_DEVICE[cls], ""), "mutant", "exec"), mutant.__dict__)
    with FakeCuda(), pytest.raises(Mixed):
        finish(prepare(getattr(mutant, cls.__name__)(**CASES[cls].settings), "cuda"))

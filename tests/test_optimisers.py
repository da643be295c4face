"""The optimisers are torch's own, and importing and training import nothing that they do not use."""

import subprocess
import sys

import pytest
import torch

from labkit.optimisers import OPTIMISERS

OWN = {
    "sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3},
    "adam": {"lr": 0.01, "weight_decay": 1e-3},
}


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("fused", [False, True])
def test_a_step_is_torchs_own_bit_for_bit(name, fused):
    theirs, ours = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[name], OPTIMISERS[name]
    paths = []
    for make in (theirs, ours):
        torch.manual_seed(0)
        net = torch.nn.Linear(5, 3)
        opt = make(net.parameters(), fused=fused, **OWN[name])
        for k in range(6):
            if k == 3:  # go on from a stored state, with another group
                state, opt = opt.state_dict(), make(net.parameters(), fused=fused, **OWN[name])
                opt.load_state_dict(state)
                opt.add_param_group({"params": [torch.nn.Parameter(torch.ones(2))], "lr": 0.5})
            opt.zero_grad()
            net(torch.randn(4, 5)).square().sum().backward()
            opt.step()
        paths.append([p.detach().clone() for p in net.parameters()])
        assert not opt.param_groups[1]["params"][0].grad and all(p.requires_grad for p in net.parameters())
    assert all(torch.equal(a, b) for a, b in zip(*paths))


LEAN = """
import sys
import labkit
task = labkit.corrupt(labkit.load("digits"), labkit.noise.symmetric(0.4), seed=0)
task, meta = labkit.data.meta_split(task, 60, trusted=True, balanced=False)
for name, own in {"ERM": {}, "PRL(G)": {"rate": 0.4}, "MW-Net": {"meta_optimiser": "adam"}}.items():
    method = labkit.methods.ALL[name](**own)
    labkit.fit(method, task, "mlp", 1, 0, progress=False, meta=meta if method.needs_meta else None)
heavy = {"torch._dynamo", "sklearn", "nbformat", "distributed", "plotly", "papermill"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


def test_a_training_imports_nothing_heavy_that_it_does_not_use():
    done = subprocess.run([sys.executable, "-c", LEAN], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Cases: CRUST."""

from cases import Case

from labkit.methods.crust import CRUST

CASES = {
    CRUST: Case(
        {"keep": 0.5, "start": 0, "mixup_after": 0},
        {"keep": 1.0, "mixup": "none", "weights": "none", "start": 0},
        core={"CRUST": "chosen = coreset.select(0 * g, budget, self.selector, group, radius)"},
        except_={
            "permuted": "the partners are drawn for each place of a batch",
            "meta_device": "the partners come from the data, which have their own device",
        },
    )
}

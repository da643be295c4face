"""PRL: Liu, Sun, Wang, Tan, Zhou, "Learning deep neural networks under agnostic corrupted supervision", ICML 2021."""

NAME = "PRL"
TABLES = {  # item: file in printed/
    "Table 1": "prl_table1_celeba",
    "Table 2": "prl_table2_cifar",
    "Table 3/5": "prl_table3_sensitivity",
    "Table 6": "prl_table6_runtime",
}
CRITERION = "last10"  # the epoch that the paper's accuracies are of

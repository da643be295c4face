"""CRUST: Mirzasoleiman, Cao, Leskovec, "Coresets for robust training of deep neural networks against noisy labels",
NeurIPS 2020."""

NAME = "CRUST"
TABLES = {"Table 1": "crust_table1", "Table 2": "crust_table2", "Table 3": "crust_table3"}  # item: file in printed/
CRITERION = "oracle_best"  # the epoch that the paper's accuracies are of

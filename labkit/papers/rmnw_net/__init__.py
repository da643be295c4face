"""RMNW-Net: Ghosh and Lan, "Do we really need gold samples for sample weighting under label noise?", WACV 2021."""

NAME = "RMNW-Net"
TABLES = {
    "Table 1": "rmnw_table1",
    "Table 2": "rmnw_table2_flip",
    "Table 3": "rmnw_table3_auc",
}  # item: file in printed/
CRITERION = "oracle_best"  # the epoch that the paper's accuracies are of

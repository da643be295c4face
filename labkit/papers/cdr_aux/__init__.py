"""CDR+AUX: a robust update of critical parameters (CDR) with auxiliary variables for the labels (AUX)."""

NAME = "CDR+AUX"
TABLES = {"Table 1": "cdr_aux_table1"}  # item: file in printed/
CRITERION = "best_val"  # the epoch that the paper's accuracies are of

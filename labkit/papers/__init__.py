"""A room for each paper: its experiments, findings, figures, printed tables and measured results."""

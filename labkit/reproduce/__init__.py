"""The queue of the papers' printed numbers: runs with a paper's full recipe, the most valuable first.

Every paper's room says in queue.py which runs fill its printed cells and its figures, and in which order. `./lab
reproduce` trains those that are open, keeps every step in a store of its own, and exports what is finished to
results/full.parquet of the paper's room. A finished run is never trained again, on any machine, because its exported
row says so.

    jobs    Job, Part: a run of the queue, and the runs that belong together
    numbers Number: a printed number, and the cells of the tables that have it
    queue   the order of all runs, and what is open
    cost    the hours that a run takes: steps times a measured step
    listing the queue as a table
    work    what a worker does with one run
    export  finished runs as rows of results/full.parquet, and printed beside measured
"""

from .export import export_finished, finished, printed_beside_measured
from .jobs import Job, Part, Point, point_of_cell, point_of_plan
from .listing import lines, list_queue
from .numbers import Number, printed_numbers
from .queue import all_jobs, matching, open_jobs, papers
from .run import default_store, reproduce

__all__ = [
    "Job", "Number", "Part", "Point", "all_jobs", "default_store", "export_finished", "finished", "lines", "list_queue",
    "matching", "open_jobs", "papers", "point_of_cell", "point_of_plan", "printed_beside_measured", "printed_numbers",
    "reproduce",
]  # fmt: skip

"""The paper's figures and table, drawn and written: the numbers come from `audit.paper`."""

from labelnext.report.paper.make import Item, Made, make
from labelnext.report.paper.tables import Table
from labelnext.report.paper.write import Written, write_counts, write_figure, write_times

__all__ = [
    "Item", "Made", "Table", "Written", "make", "write_counts", "write_figure", "write_times",
]  # fmt: skip

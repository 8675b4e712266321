"""The figures and the table of the paper on any data: arms, runs, times, counts.

`report.paper` draws them; `labelnext paper` does both.
"""

from labelnext.audit.paper.asked import Asked, asked
from labelnext.audit.paper.completion import Times, times
from labelnext.audit.paper.data_sets import PAPER, DataSet, data_sets
from labelnext.audit.paper.figures import NUMBERS, Figure, Line, Panel, figure, shown_cycles
from labelnext.audit.paper.measured import measure
from labelnext.audit.paper.runs import gather, replays, run

__all__ = [
    "NUMBERS", "PAPER", "Asked", "DataSet", "Figure", "Line", "Panel", "Times", "asked",
    "data_sets", "figure", "gather", "measure", "replays", "run", "shown_cycles", "times",
]  # fmt: skip

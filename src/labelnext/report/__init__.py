"""Room: report. A finished or interrupted study becomes one self-contained page and a few PNGs.

`write` makes the page, `table` the rows and `verdict` the words that a command line prints. Only
`write` loads matplotlib and Pillow.
"""

from labelnext.report.comparison import Comparison, comparisons
from labelnext.report.page import write
from labelnext.report.summary import COLUMNS, Row, Spread, cells, partial, table
from labelnext.report.verdict import verdict

__all__ = [
    "COLUMNS",
    "Comparison",
    "Row",
    "Spread",
    "cells",
    "comparisons",
    "partial",
    "table",
    "verdict",
    "write",
]
